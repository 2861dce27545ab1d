import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, mainTable, one, two, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;

beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
});

describe('a VPC', () => {
  test('comes with a main table, a network ACL and a group, and goes with them', () => {
    const id = vpc(caller, '10.0.0.0/16');
    const filters = [{ Name: 'vpc-id', Values: [id] }];
    expect(mainTable(caller, id).Routes).toEqual([
      { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' },
    ]);
    expect(caller('DescribeNetworkAcls', { Filters: filters }).NetworkAcls).toMatchObject([{ IsDefault: true }]);
    expect(caller('DescribeSecurityGroups', { Filters: filters }).SecurityGroups).toMatchObject([{ GroupName: 'default' }]);
    caller('DeleteVpc', { VpcId: id });
    expect(Object.values(simulated.world.dump()).flatMap((collection) => Object.keys(collection as object))).toEqual([]);
  });

  test('is in no region to begin with', () => {
    expect(caller('DescribeVpcs', {}).Vpcs).toEqual([]);
  });

  test.each([
    ['10.0.0.0/15', 'InvalidVpc.Range'],
    ['10.0.0.0/29', 'InvalidVpc.Range'],
    ['10.0.0.0', 'InvalidParameterValue'],
    [undefined, 'MissingParameter'],
  ])('of %s is refused with %s (aws.md 1.6)', (CidrBlock, code) => {
    expect(caller.code('CreateVpc', { CidrBlock })).toBe(code);
  });

  test('gets its block in its one spelling', () => {
    expect(caller('CreateVpc', { CidrBlock: '10.0.5.7/16' }).Vpc?.CidrBlock).toBe('10.0.0.0/16');
  });

  test.each([
    ['a subnet', (id: string) => caller('CreateSubnet', { VpcId: id, CidrBlock: '10.0.0.0/24' })],
    ['a group', (id: string) => caller('CreateSecurityGroup', { VpcId: id, GroupName: 'a', Description: 'a' })],
    ['a route table', (id: string) => caller('CreateRouteTable', { VpcId: id })],
    ['a network ACL', (id: string) => caller('CreateNetworkAcl', { VpcId: id })],
    [
      'a gateway',
      (id: string) =>
        caller('AttachInternetGateway', {
          VpcId: id,
          InternetGatewayId: caller('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId,
        }),
    ],
  ])('cannot be deleted while it has %s', (_what, add) => {
    const id = vpc(caller, '10.0.0.0/16');
    add(id);
    expect(caller.code('DeleteVpc', { VpcId: id })).toBe('DependencyViolation');
  });

  test('tells DNS attributes one at a time', () => {
    const id = vpc(caller, '10.0.0.0/16');
    const read = (Attribute: 'enableDnsSupport' | 'enableDnsHostnames') => caller('DescribeVpcAttribute', { VpcId: id, Attribute });
    expect(read('enableDnsSupport')).toEqual({ VpcId: id, EnableDnsSupport: { Value: true } });
    expect(read('enableDnsHostnames')).toEqual({ VpcId: id, EnableDnsHostnames: { Value: false } });
    caller('ModifyVpcAttribute', { VpcId: id, EnableDnsHostnames: { Value: true } });
    expect(read('enableDnsHostnames').EnableDnsHostnames?.Value).toBe(true);
    const two = { VpcId: id, EnableDnsHostnames: { Value: true }, EnableDnsSupport: { Value: true } };
    expect(caller.code('ModifyVpcAttribute', two)).toBe('InvalidParameterCombination');
  });
});

describe('CIDR blocks of a VPC (aws.md 1.6, 9.12)', () => {
  const blocks = (id: string) =>
    caller('DescribeVpcs', { VpcIds: [id] }).Vpcs![0]!.CidrBlockAssociationSet!.map(
      (block) => `${block.CidrBlock} ${block.CidrBlockState?.State}`,
    );

  test('pass through associating and disassociating', async () => {
    const id = vpc(caller, '10.0.0.0/16');
    const { CidrBlockAssociation: added } = caller('AssociateVpcCidrBlock', { VpcId: id, CidrBlock: '10.5.0.1/16' });
    expect(blocks(id)).toEqual(['10.0.0.0/16 associated', '10.5.0.0/16 associating']);
    expect(caller.code('CreateSubnet', { VpcId: id, CidrBlock: '10.5.0.0/24' })).toBe('InvalidSubnet.Range');
    await simulated.clock.advance(1_000);
    expect(blocks(id)[1]).toBe('10.5.0.0/16 associated');
    const gone = caller('DisassociateVpcCidrBlock', { AssociationId: added!.AssociationId });
    expect(gone.CidrBlockAssociation?.CidrBlockState?.State).toBe('disassociating');
    await simulated.clock.advance(1_000);
    expect(blocks(id)[1]).toBe('10.5.0.0/16 disassociated');
    await simulated.clock.advance(60_000);
    expect(blocks(id)).toEqual(['10.0.0.0/16 associated']);
  });

  test('that are taken away before they have come do not come any more', async () => {
    const id = vpc(caller, '10.0.0.0/16');
    const { AssociationId } = caller('AssociateVpcCidrBlock', { VpcId: id, CidrBlock: '10.5.0.0/16' }).CidrBlockAssociation!;
    await simulated.clock.advance(500);
    caller('DisassociateVpcCidrBlock', { AssociationId });
    await simulated.clock.advance(500);
    expect(blocks(id)[1]).toBe('10.5.0.0/16 disassociating');
  });

  test('of a subnet that are taken away before they have come do not come any more', async () => {
    const VpcId = caller('CreateVpc', { CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }).Vpc!.VpcId!;
    await simulated.clock.advance(1_000);
    const block = caller('DescribeVpcs', { VpcIds: [VpcId] }).Vpcs![0]!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!;
    const SubnetId = caller('CreateSubnet', { VpcId, CidrBlock: '10.0.0.0/24' }).Subnet!.SubnetId!;
    const Ipv6CidrBlock = block.replace('/56', '/64');
    const { AssociationId } = caller('AssociateSubnetCidrBlock', { SubnetId, Ipv6CidrBlock }).Ipv6CidrBlockAssociation!;
    await simulated.clock.advance(500);
    caller('DisassociateSubnetCidrBlock', { AssociationId });
    await simulated.clock.advance(500);
    const shown = caller('DescribeSubnets', { SubnetIds: [SubnetId] }).Subnets![0]!.Ipv6CidrBlockAssociationSet;
    expect(shown).toMatchObject([{ Ipv6CidrBlockState: { State: 'disassociating' } }]);
  });

  test.each([
    ['10.0.0.0/16', '10.0.128.0/20', 'overlaps its own'],
    ['10.0.0.0/16', '172.16.0.0/16', 'comes from another private range'],
    ['192.168.0.0/16', '10.0.0.0/16', 'comes from another private range'],
    ['100.64.0.0/16', '10.0.0.0/16', 'is private where the primary is not'],
    ['10.5.0.0/16', '198.19.0.0/16', 'is reserved'],
    ['10.5.0.0/16', '10.6.0.0/15', 'is too large'],
  ])('of %s: %s is refused, since it %s', (primary, added) => {
    expect(caller.code('AssociateVpcCidrBlock', { VpcId: vpc(caller, primary), CidrBlock: added })).toBe('InvalidVpc.Range');
  });

  test('may not be the same as, or larger than, what a route leads to', () => {
    const id = vpc(caller, '10.0.0.0/16');
    const gateway = caller('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId!;
    caller('AttachInternetGateway', { InternetGatewayId: gateway, VpcId: id });
    caller('CreateRoute', { RouteTableId: mainTable(caller, id).RouteTableId, DestinationCidrBlock: '10.9.0.0/24', GatewayId: gateway });
    const associate = (CidrBlock: string) => caller.code('AssociateVpcCidrBlock', { VpcId: id, CidrBlock });
    expect([associate('10.9.0.0/16'), associate('10.9.0.0/24'), associate('10.9.0.0/25')]).toEqual([
      'InvalidVpc.Range',
      'InvalidVpc.Range',
      undefined,
    ]);
  });

  test('that are primary, or hold a subnet, cannot be taken away; there are at most five', async () => {
    const id = vpc(caller, '10.10.0.0/16');
    const add = (CidrBlock: string) => caller('AssociateVpcCidrBlock', { VpcId: id, CidrBlock }).CidrBlockAssociation!.AssociationId!;
    const added = add('10.11.0.0/16');
    await simulated.clock.advance(1_000);
    caller('CreateSubnet', { VpcId: id, CidrBlock: '10.11.0.0/24' });
    const primary = caller('DescribeVpcs', {}).Vpcs![0]!.CidrBlockAssociationSet![0]!.AssociationId!;
    const remove = (AssociationId: string) => caller.code('DisassociateVpcCidrBlock', { AssociationId });
    expect([remove(primary), remove(added)]).toEqual(['OperationNotPermitted', 'InvalidCidrBlock.InUse']);
    for (const second of [12, 13, 14]) add(`10.${second}.0.0/16`);
    expect(caller.code('AssociateVpcCidrBlock', { VpcId: id, CidrBlock: '10.15.0.0/16' })).toBe('CidrLimitExceeded');
  });

  test('of IPv6 are Amazon’s, never the same twice, or the account’s own', async () => {
    const made = [0, 1].map(() => caller('CreateVpc', { CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }).Vpc!);
    const [first, second] = made.map((one) => one.Ipv6CidrBlockAssociationSet![0]!);
    expect(first).toMatchObject({ Ipv6CidrBlockState: { State: 'associating' }, Ipv6Pool: 'Amazon' });
    expect(first!.Ipv6CidrBlock).toMatch(/\/56$/);
    expect(second!.Ipv6CidrBlock).not.toBe(first!.Ipv6CidrBlock);
    const own = { VpcId: vpc(caller, '10.1.0.0/16'), Ipv6CidrBlock: '2001:db8:0::/56', Ipv6Pool: 'ipv6pool-ec2-1' };
    expect(caller('AssociateVpcCidrBlock', own).Ipv6CidrBlockAssociation?.Ipv6CidrBlock).toBe('2001:db8::/56');
    await simulated.clock.advance(1_000);
    const subnet = caller('CreateSubnet', { VpcId: own.VpcId, CidrBlock: '10.1.0.0/24' }).Subnet!;
    caller('AssociateSubnetCidrBlock', { SubnetId: subnet.SubnetId, Ipv6CidrBlock: '2001:db8:0:1::/64' });
    await simulated.clock.advance(1_000);
    const shown = caller('DescribeSubnets', { SubnetIds: [subnet.SubnetId!] }).Subnets![0]!.Ipv6CidrBlockAssociationSet!;
    expect(shown).toMatchObject([{ Ipv6CidrBlock: '2001:db8:0:1::/64', Ipv6CidrBlockState: { State: 'associated' } }]);
    caller('DisassociateSubnetCidrBlock', { AssociationId: shown[0]!.AssociationId });
    await simulated.clock.advance(61_000);
    expect(caller('DescribeSubnets', { SubnetIds: [subnet.SubnetId!] }).Subnets![0]!.Ipv6CidrBlockAssociationSet).toEqual([]);
  });
});

describe('zones (aws.md 9.12)', () => {
  test('have the same ids and other names for another account', () => {
    const zones = (accountId: string) =>
      simulated
        .caller(accountId, 'us-east-1')('DescribeAvailabilityZones', {})
        .AvailabilityZones!.map(({ ZoneName, ZoneId }) => `${ZoneName} ${ZoneId}`);
    const ids = (accountId: string) =>
      zones(accountId)
        .map((zone) => zone.split(' ')[1])
        .toSorted();
    expect(zones(one)).toHaveLength(6);
    expect(ids(one)).toEqual(ids(two));
    expect(zones(one)).not.toEqual(zones(two));
    expect(zones(one)).toEqual(zones(one));
  });

  test('can be named either way for a subnet', () => {
    const id = vpc(caller, '10.0.0.0/16');
    const { ZoneName, ZoneId } = caller('DescribeAvailabilityZones', {}).AvailabilityZones![2]!;
    const byName = caller('CreateSubnet', { VpcId: id, CidrBlock: '10.0.0.0/24', AvailabilityZone: ZoneName }).Subnet!;
    const byId = caller('CreateSubnet', { VpcId: id, CidrBlock: '10.0.1.0/24', AvailabilityZoneId: ZoneId }).Subnet!;
    for (const subnet of [byName, byId]) expect([subnet.AvailabilityZone, subnet.AvailabilityZoneId]).toEqual([ZoneName, ZoneId]);
    expect(caller.code('CreateSubnet', { VpcId: id, CidrBlock: '10.0.2.0/24', AvailabilityZone: 'eu-west-1a' })).toBe(
      'InvalidParameterValue',
    );
  });

  test('are in regions, which can be listed', () => {
    const names = caller('DescribeRegions', {}).Regions!.map(({ RegionName }) => RegionName);
    expect(names).toEqual(expect.arrayContaining(['us-west-2', 'ap-northeast-2', 'eu-west-2']));
    expect(caller.code('DescribeRegions', { RegionNames: ['eu-west-9'] })).toBe('InvalidParameterValue');
  });
});

describe('subnets, interfaces and instances', () => {
  let vpcId: string;
  let subnetId: string;
  beforeEach(() => {
    vpcId = vpc(caller, '10.0.0.0/16');
    subnetId = caller('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/28' }).Subnet!.SubnetId!;
  });

  test.each([
    ['10.0.1.0/24', 'InvalidSubnet.Conflict'],
    ['10.1.0.0/24', 'InvalidSubnet.Range'],
    ['10.0.2.0/29', 'InvalidSubnet.Range'],
  ])('a subnet %s is refused with %s', (CidrBlock, code) => {
    expect(caller.code('CreateSubnet', { VpcId: vpcId, CidrBlock })).toBe(code);
  });

  test('a subnet keeps five addresses for AWS and runs out of the others', () => {
    const free = () => caller('DescribeSubnets', { SubnetIds: [subnetId] }).Subnets![0]!.AvailableIpAddressCount;
    expect(free()).toBe(11);
    const addresses = Array.from(
      { length: 11 },
      () => caller('CreateNetworkInterface', { SubnetId: subnetId }).NetworkInterface!.PrivateIpAddress,
    );
    expect([addresses[0], addresses[10], free()]).toEqual(['10.0.1.4', '10.0.1.14', 0]);
    expect(caller.code('CreateNetworkInterface', { SubnetId: subnetId })).toBe('InsufficientFreeAddressesInSubnet');
    expect(caller.code('DeleteSubnet', { SubnetId: subnetId })).toBe('DependencyViolation');
  });

  test.each([
    ['10.0.1.3', 'InvalidParameterValue'],
    ['10.0.1.15', 'InvalidParameterValue'],
    ['10.0.2.5', 'InvalidParameterValue'],
    ['10.0.1.9', 'InvalidIPAddress.InUse'],
  ])('the address %s cannot be had: %s', (PrivateIpAddress, code) => {
    caller('CreateNetworkInterface', { SubnetId: subnetId, PrivateIpAddress: '10.0.1.9' });
    expect(caller.code('CreateNetworkInterface', { SubnetId: subnetId, PrivateIpAddress })).toBe(code);
  });

  test('an instance runs after a while, holds its interface, and takes it along', async () => {
    caller('ModifySubnetAttribute', { SubnetId: subnetId, MapPublicIpOnLaunch: { Value: true } });
    const run = { ImageId: 'ami-1', MinCount: 1, MaxCount: 1, SubnetId: subnetId, PrivateIpAddress: '10.0.1.9', ClientToken: 'token' };
    const [made] = caller('RunInstances', run).Instances!;
    const InstanceIds = [made!.InstanceId!];
    const shown = () => caller('DescribeInstances', { InstanceIds }).Reservations![0]!.Instances![0]!;
    expect([made!.State?.Name, made!.PrivateIpAddress]).toEqual(['pending', '10.0.1.9']);
    await simulated.clock.advance(3_000);
    expect(shown().State?.Name).toBe('running');
    expect(shown().PublicIpAddress).toMatch(/^52\./);
    const eni = shown().NetworkInterfaces![0]!.NetworkInterfaceId!;
    expect(caller.code('DeleteNetworkInterface', { NetworkInterfaceId: eni })).toBe('InvalidNetworkInterface.InUse');
    expect(caller('RunInstances', run).Instances![0]!.InstanceId).toBe(made!.InstanceId);
    expect(caller.code('RunInstances', { ...run, ImageId: 'ami-2' })).toBe('IdempotentParameterMismatch');
    caller('TerminateInstances', { InstanceIds });
    await simulated.clock.advance(3_000);
    expect(shown().State?.Name).toBe('terminated');
    expect(caller('DescribeNetworkInterfaces', {}).NetworkInterfaces).toEqual([]);
    await simulated.clock.advance(3_600_000);
    expect(caller.code('DescribeInstances', { InstanceIds })).toBe('InvalidInstanceID.NotFound');
  });

  test('groups of an interface must be of its VPC', () => {
    const other = vpc(caller, '10.1.0.0/16');
    const [foreign] = caller('DescribeSecurityGroups', { Filters: [{ Name: 'vpc-id', Values: [other] }] }).SecurityGroups!;
    const create = (...Groups: string[]) => caller.code('CreateNetworkInterface', { SubnetId: subnetId, Groups });
    expect([create(foreign!.GroupId!), create('sg-00000000000000000')]).toEqual([
      'InvalidParameterValue',
      'InvalidSecurityGroupID.NotFound',
    ]);
  });
});

describe('internet gateways', () => {
  test('are attached to one VPC, and a VPC has one', () => {
    const [first, second] = [vpc(caller, '10.0.0.0/16'), vpc(caller, '10.1.0.0/16')];
    const [a, b] = [0, 1].map(() => caller('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId!);
    const attach = (InternetGatewayId: string | undefined, VpcId: string) =>
      caller.code('AttachInternetGateway', { InternetGatewayId, VpcId });
    expect([attach(a, first), attach(a, second), attach(b, first)]).toEqual([
      undefined,
      'Resource.AlreadyAssociated',
      'InvalidParameterValue',
    ]);
    expect(caller.code('DeleteInternetGateway', { InternetGatewayId: a })).toBe('DependencyViolation');
    expect(caller.code('DetachInternetGateway', { InternetGatewayId: a, VpcId: second })).toBe('Gateway.NotAttached');
    caller('DetachInternetGateway', { InternetGatewayId: a, VpcId: first });
    caller('DeleteInternetGateway', { InternetGatewayId: a });
    expect(caller('DescribeInternetGateways', {}).InternetGateways).toMatchObject([{ InternetGatewayId: b, Attachments: [] }]);
  });
});

describe('network ACLs', () => {
  test('deny at last what no entry spoke of; the default one lets everything through before', () => {
    const vpcId = vpc(caller, '10.0.0.0/16');
    const made = caller('CreateNetworkAcl', { VpcId: vpcId }).NetworkAcl!;
    const entries = (acl: typeof made) =>
      acl.Entries!.map(({ RuleNumber, RuleAction, Egress }) => `${RuleNumber} ${RuleAction} ${Egress ? 'out' : 'in'}`);
    expect(entries(made)).toEqual(['32767 deny out', '32767 deny in']);
    const [standard] = caller('DescribeNetworkAcls', { Filters: [{ Name: 'default', Values: ['true'] }] }).NetworkAcls!;
    expect(entries(standard!)).toEqual(['100 allow out', '32767 deny out', '100 allow in', '32767 deny in']);
  });

  test('hold an entry per number and direction, which can be replaced and deleted', () => {
    const NetworkAclId = caller('CreateNetworkAcl', { VpcId: vpc(caller, '10.0.0.0/16') }).NetworkAcl!.NetworkAclId!;
    const entry = {
      NetworkAclId,
      RuleNumber: 90,
      Egress: false,
      Protocol: '6',
      RuleAction: 'deny',
      CidrBlock: '10.9.0.1/16',
      PortRange: { From: 22, To: 22 },
    } as const;
    expect(caller.code('ReplaceNetworkAclEntry', entry)).toBe('InvalidNetworkAclEntry.NotFound');
    caller('CreateNetworkAclEntry', entry);
    expect(caller.code('CreateNetworkAclEntry', entry)).toBe('NetworkAclEntryAlreadyExists');
    caller('ReplaceNetworkAclEntry', { ...entry, RuleAction: 'allow' });
    const [shown] = caller('DescribeNetworkAcls', { NetworkAclIds: [NetworkAclId] }).NetworkAcls!;
    expect(shown!.Entries).toContainEqual({
      RuleNumber: 90,
      Egress: false,
      Protocol: '6',
      RuleAction: 'allow',
      CidrBlock: '10.9.0.0/16',
      PortRange: { From: 22, To: 22 },
    });
    caller('DeleteNetworkAclEntry', { NetworkAclId, RuleNumber: 90, Egress: false });
    expect(caller.code('DeleteNetworkAclEntry', { NetworkAclId, RuleNumber: 90, Egress: false })).toBe('InvalidNetworkAclEntry.NotFound');
  });

  test('serve every subnet, the default one until it is given another', () => {
    const vpcId = vpc(caller, '10.0.0.0/16');
    const subnetId = caller('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet!.SubnetId!;
    const serving = () => caller('DescribeNetworkAcls', { Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }] }).NetworkAcls!;
    const [association] = serving()[0]!.Associations!;
    const NetworkAclId = caller('CreateNetworkAcl', { VpcId: vpcId }).NetworkAcl!.NetworkAclId!;
    caller('ReplaceNetworkAclAssociation', { AssociationId: association!.NetworkAclAssociationId, NetworkAclId });
    expect(serving().map((acl) => acl.NetworkAclId)).toEqual([NetworkAclId]);
    expect(caller.code('DeleteNetworkAcl', { NetworkAclId })).toBe('DependencyViolation');
    caller('DeleteSubnet', { SubnetId: subnetId });
    expect(caller.code('DeleteNetworkAcl', { NetworkAclId })).toBeUndefined();
  });
});
