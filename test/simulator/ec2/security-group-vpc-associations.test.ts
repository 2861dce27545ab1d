import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, defaultGroup, one, two, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;
let home: string;
let other: string;
let group: string;

beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
  home = vpc(caller, '10.0.0.0/16');
  other = vpc(caller, '10.1.0.0/16');
  group = caller('CreateSecurityGroup', { GroupName: 'web', Description: 'web', VpcId: home }).GroupId!;
});

const wait = () => simulated.clock.advance(10_000);
const states = () => caller('DescribeSecurityGroupVpcAssociations', {}).SecurityGroupVpcAssociations!.map(({ State }) => State);
const usable = (VpcId: string) => caller('GetSecurityGroupsForVpc', { VpcId }).SecurityGroupForVpcs!.map(({ GroupId }) => GroupId);

function subnetOf(vpcId: string, cidr: string): string {
  return caller('CreateSubnet', { VpcId: vpcId, CidrBlock: cidr }).Subnet!.SubnetId!;
}

describe('a security group in another VPC (EC2 API Reference, AssociateSecurityGroupVpc)', () => {
  test('is associating, then associated, then disassociating, then gone', async () => {
    expect(caller('AssociateSecurityGroupVpc', { GroupId: group, VpcId: other })).toEqual({ State: 'associating' });
    expect(states()).toEqual(['associating']);
    await wait();
    expect(caller('DescribeSecurityGroupVpcAssociations', {}).SecurityGroupVpcAssociations).toEqual([
      { GroupId: group, GroupOwnerId: one, VpcId: other, VpcOwnerId: one, State: 'associated' },
    ]);
    expect(caller('AssociateSecurityGroupVpc', { GroupId: group, VpcId: other })).toEqual({ State: 'associated' });
    expect(caller('DisassociateSecurityGroupVpc', { GroupId: group, VpcId: other })).toEqual({ State: 'disassociating' });
    expect(caller.code('AssociateSecurityGroupVpc', { GroupId: group, VpcId: other })).toBe('IncorrectState');
    await wait();
    expect(states()).toEqual([]);
    expect(caller.code('DisassociateSecurityGroupVpc', { GroupId: group, VpcId: other })).toBe('InvalidAssociationID.NotFound');
  });

  test('is for interfaces there, and stays while one has it', async () => {
    const SubnetId = subnetOf(other, '10.1.1.0/24');
    const make = { SubnetId, Groups: [group] };
    expect(caller.code('CreateNetworkInterface', make)).toBe('InvalidParameterValue');
    caller('AssociateSecurityGroupVpc', { GroupId: group, VpcId: other });
    expect(caller.code('CreateNetworkInterface', make)).toBe('InvalidParameterValue');
    await wait();
    const { NetworkInterfaceId } = caller('CreateNetworkInterface', make).NetworkInterface!;
    expect(caller.code('DisassociateSecurityGroupVpc', { GroupId: group, VpcId: other })).toBe('DependencyViolation');
    caller('DeleteNetworkInterface', { NetworkInterfaceId });
    expect(caller.code('DisassociateSecurityGroupVpc', { GroupId: group, VpcId: other })).toBeUndefined();
  });

  test('is listed among those that can be used there', async () => {
    expect(usable(other)).toEqual([defaultGroup(caller, other)]);
    caller('AssociateSecurityGroupVpc', { GroupId: group, VpcId: other });
    await wait();
    expect(usable(other)).toEqual([defaultGroup(caller, other), group]);
    const Filters = [{ Name: 'primary-vpc-id', Values: [home] }];
    expect(caller('GetSecurityGroupsForVpc', { VpcId: other, Filters }).SecurityGroupForVpcs).toEqual([
      { GroupId: group, GroupName: 'web', Description: 'web', OwnerId: one, PrimaryVpcId: home, Tags: [] },
    ]);
  });

  test('is not the default group, nor in the group’s own VPC, nor in another region or account', () => {
    const code = (GroupId: string, VpcId: string) => caller.code('AssociateSecurityGroupVpc', { GroupId, VpcId });
    expect(code(defaultGroup(caller, home), other)).toBe('InvalidParameterValue');
    expect(code(group, home)).toBe('InvalidParameterValue');
    expect(code(group, vpc(simulated.caller(one, 'eu-west-1'), '10.2.0.0/16'))).toBe('InvalidVpcID.NotFound');
    expect(code(group, vpc(simulated.caller(two), '10.2.0.0/16'))).toBe('InvalidVpcID.NotFound');
  });

  test('goes with the VPC, and pages by association', async () => {
    const third = vpc(caller, '10.3.0.0/16');
    for (let n = 0; n < 3; n++) {
      const GroupId = caller('CreateSecurityGroup', { GroupName: `g${n}`, Description: 'd', VpcId: home }).GroupId!;
      for (const VpcId of [other, third]) caller('AssociateSecurityGroupVpc', { GroupId, VpcId });
    }
    await wait();
    const first = caller('DescribeSecurityGroupVpcAssociations', { MaxResults: 5 });
    const rest = caller('DescribeSecurityGroupVpcAssociations', { MaxResults: 5, NextToken: first.NextToken });
    expect([first.SecurityGroupVpcAssociations, rest.SecurityGroupVpcAssociations].map((page) => page!.length)).toEqual([5, 1]);
    caller('DeleteVpc', { VpcId: third });
    expect(caller('DescribeSecurityGroupVpcAssociations', {}).SecurityGroupVpcAssociations!.map(({ VpcId }) => VpcId)).toEqual([
      other,
      other,
      other,
    ]);
  });
});

describe('ModifyNetworkInterfaceAttribute', () => {
  test('changes one of description, groups and the check of source and destination', () => {
    const { NetworkInterfaceId } = caller('CreateNetworkInterface', { SubnetId: subnetOf(home, '10.0.1.0/24') }).NetworkInterface!;
    const shown = () => caller('DescribeNetworkInterfaces', { NetworkInterfaceIds: [NetworkInterfaceId!] }).NetworkInterfaces![0]!;
    caller('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId, Groups: [group] });
    caller('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId, SourceDestCheck: { Value: false } });
    caller('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId, Description: { Value: 'proxy' } });
    expect(shown()).toMatchObject({ Groups: [{ GroupId: group }], SourceDestCheck: false, Description: 'proxy' });
    const code = (input: object) => caller.code('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId, ...input });
    expect(code({})).toBe('MissingParameter');
    expect(code({ Description: { Value: 'x' }, SourceDestCheck: { Value: true } })).toBe('InvalidParameterCombination');
    expect(code({ Groups: [defaultGroup(caller, other)] })).toBe('InvalidParameterValue');
    expect(code({ EnaSrdSpecification: {} })).toBe('NotImplemented.ModifyNetworkInterfaceAttribute.EnaSrdSpecification');
  });

  test('leaves interfaces of AWS’s own alone', () => {
    const SubnetId = subnetOf(home, '10.0.1.0/24');
    caller('CreateNatGateway', { SubnetId, ConnectivityType: 'private' });
    const Filters = [{ Name: 'subnet-id', Values: [SubnetId] }];
    const { NetworkInterfaceId } = caller('DescribeNetworkInterfaces', { Filters }).NetworkInterfaces![0]!;
    expect(caller.code('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId, Description: { Value: 'x' } })).toBe(
      'OperationNotPermitted',
    );
  });
});
