import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, two, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;
let vpcId: string;
let subnetId: string;

beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
  vpcId = vpc(caller, '10.0.0.0/16');
  subnetId = caller('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.0.0/24' }).Subnet!.SubnetId!;
});

function attachGateway(): string {
  const id = caller('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId!;
  caller('AttachInternetGateway', { InternetGatewayId: id, VpcId: vpcId });
  return id;
}

const allocate = (): { AllocationId: string; PublicIp: string } => {
  const { AllocationId, PublicIp } = caller('AllocateAddress', { Domain: 'vpc' });
  return { AllocationId: AllocationId!, PublicIp: PublicIp! };
};
const networkInterface = (): string => caller('CreateNetworkInterface', { SubnetId: subnetId }).NetworkInterface!.NetworkInterfaceId!;
const shown = (id: string) => caller('DescribeAddresses', { AllocationIds: [id] }).Addresses![0]!;
const publicIpOf = (id: string) =>
  caller('DescribeNetworkInterfaces', { NetworkInterfaceIds: [id] }).NetworkInterfaces![0]!.Association?.PublicIp;

describe('AllocateAddress', () => {
  test('has no client token: asked twice it gives two (aws.md 7.6)', () => {
    const [first, second] = [allocate(), allocate()];
    expect(first.AllocationId).not.toBe(second.AllocationId);
    expect(first.PublicIp).not.toBe(second.PublicIp);
    expect(caller('DescribeAddresses', {}).Addresses).toHaveLength(2);
  });

  test('gives five in a region (aws.md 6.2)', () => {
    for (let index = 0; index < 5; index++) allocate();
    expect(caller.code('AllocateAddress', {})).toBe('AddressLimitExceeded');
    expect(simulated.caller(two).code('AllocateAddress', {})).toBeUndefined();
  });

  test('tags at creation, so that the address is found by its tag (aws.md 7.6)', () => {
    const tags = [{ Key: 'Name', Value: 'out' }];
    const { AllocationId } = caller('AllocateAddress', { TagSpecifications: [{ ResourceType: 'elastic-ip', Tags: tags }] });
    const filters = [{ Name: 'tag:Name', Values: ['out'] }];
    expect(caller('DescribeAddresses', { Filters: filters }).Addresses).toMatchObject([{ AllocationId, Domain: 'vpc', Tags: tags }]);
  });
});

describe('an association', () => {
  test('needs an internet gateway on the VPC', () => {
    const { AllocationId } = allocate();
    expect(caller.code('AssociateAddress', { AllocationId, NetworkInterfaceId: networkInterface() })).toBe('Gateway.NotAttached');
  });

  test('asked for again is the same, and taken away again is no error (aws.md 6.2)', () => {
    attachGateway();
    const { AllocationId, PublicIp } = allocate();
    const eni = networkInterface();
    const { AssociationId } = caller('AssociateAddress', { AllocationId, NetworkInterfaceId: eni });
    expect(caller('AssociateAddress', { AllocationId, NetworkInterfaceId: eni }).AssociationId).toBe(AssociationId);
    expect(publicIpOf(eni)).toBe(PublicIp);
    expect(shown(AllocationId)).toMatchObject({ AssociationId, NetworkInterfaceId: eni, PrivateIpAddress: '10.0.0.4' });
    caller('DisassociateAddress', { AssociationId });
    caller('DisassociateAddress', { AssociationId });
    expect(publicIpOf(eni)).toBeUndefined();
    expect(caller.code('DisassociateAddress', { AssociationId: 'eipassoc-0123456789abcdef0' })).toBe('InvalidAssociationID.NotFound');
  });

  test('moves to another interface, unless that is forbidden', () => {
    attachGateway();
    const { AllocationId, PublicIp } = allocate();
    const [first, second] = [networkInterface(), networkInterface()];
    caller('AssociateAddress', { AllocationId, NetworkInterfaceId: first });
    const forbidden = { AllocationId, NetworkInterfaceId: second, AllowReassociation: false };
    expect(caller.code('AssociateAddress', forbidden)).toBe('Resource.AlreadyAssociated');
    caller('AssociateAddress', { AllocationId, NetworkInterfaceId: second });
    expect([publicIpOf(first), publicIpOf(second)]).toEqual([undefined, PublicIp]);
  });

  test('with an instance is with its primary interface, and ends with it', async () => {
    attachGateway();
    const run = { ImageId: 'ami-1', MinCount: 1, MaxCount: 1, SubnetId: subnetId };
    const InstanceId = caller('RunInstances', run).Instances![0]!.InstanceId!;
    const { AllocationId, PublicIp } = allocate();
    expect(caller.code('AssociateAddress', { AllocationId, InstanceId })).toBe('InvalidInstanceID');
    await simulated.clock.advance(3_000);
    caller('AssociateAddress', { PublicIp, InstanceId });
    expect(shown(AllocationId).InstanceId).toBe(InstanceId);
    caller('TerminateInstances', { InstanceIds: [InstanceId] });
    await simulated.clock.advance(3_000);
    expect(shown(AllocationId).AssociationId).toBeUndefined();
  });
});

describe('ReleaseAddress', () => {
  test('is refused while the address is in use (aws.md 6.2)', () => {
    attachGateway();
    const { AllocationId, PublicIp } = allocate();
    const { AssociationId } = caller('AssociateAddress', { AllocationId, NetworkInterfaceId: networkInterface() });
    expect(caller.refused('ReleaseAddress', { AllocationId })).toEqual({
      code: 'InvalidIPAddress.InUse',
      message: `Address ${PublicIp} is in use.`,
    });
    caller('DisassociateAddress', { AssociationId });
    caller('ReleaseAddress', { AllocationId });
    expect(caller.code('ReleaseAddress', { AllocationId })).toBe('InvalidAllocationID.NotFound');
    expect(caller.code('DescribeAddresses', { PublicIps: [PublicIp] })).toBe('InvalidAddress.NotFound');
  });

  test('is refused for the address of another account (aws.md 6.2)', () => {
    const { AllocationId } = allocate();
    expect(simulated.caller(two).code('ReleaseAddress', { AllocationId })).toBe('AuthFailure');
  });
});
