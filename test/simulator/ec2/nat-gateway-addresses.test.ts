import { beforeEach, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;
let SubnetId: string;
let NatGatewayId: string;

const allocate = (): string => caller('AllocateAddress', {}).AllocationId!;
const addresses = () => caller('DescribeNatGateways', { NatGatewayIds: [NatGatewayId] }).NatGateways![0]!.NatGatewayAddresses!;

beforeEach(async () => {
  simulated = aws();
  caller = simulated.caller();
  const VpcId = vpc(caller, '10.0.0.0/16');
  SubnetId = caller('CreateSubnet', { VpcId, CidrBlock: '10.0.0.0/24' }).Subnet!.SubnetId!;
  const { InternetGatewayId } = caller('CreateInternetGateway', {}).InternetGateway!;
  caller('AttachInternetGateway', { InternetGatewayId, VpcId });
  NatGatewayId = caller('CreateNatGateway', { SubnetId, AllocationId: allocate() }).NatGateway!.NatGatewayId!;
  await simulated.clock.advance(60_000);
});

test('a NAT gateway takes further Elastic IPs, each with a private address, and gives them back', () => {
  const AllocationIds = [allocate(), allocate()];
  const { NatGatewayAddresses: added } = caller('AssociateNatGatewayAddress', {
    NatGatewayId,
    AllocationIds,
    PrivateIpAddresses: ['10.0.0.90', '10.0.0.91'],
  });
  expect(added!.map(({ AllocationId, PrivateIp, IsPrimary }) => [AllocationId, PrivateIp, IsPrimary])).toEqual([
    [AllocationIds[0], '10.0.0.90', false],
    [AllocationIds[1], '10.0.0.91', false],
  ]);
  expect(addresses().map(({ IsPrimary }) => IsPrimary)).toEqual([true, false, false]);
  const first = addresses()[0]!;
  const shown = caller('DescribeAddresses', { AllocationIds: [AllocationIds[1]!] }).Addresses![0]!;
  expect([shown.PrivateIpAddress, shown.NetworkInterfaceId]).toEqual(['10.0.0.91', first.NetworkInterfaceId]);
  const ids = { NatGatewayId, AssociationIds: [added![0]!.AssociationId!] };
  expect(caller('DisassociateNatGatewayAddress', ids).NatGatewayAddresses).toHaveLength(1);
  expect(addresses().map(({ PrivateIp }) => PrivateIp)).toEqual([first.PrivateIp, '10.0.0.91']);
  expect(caller.code('ReleaseAddress', { AllocationId: AllocationIds[0]! })).toBeUndefined();
  expect(caller.code('CreateNetworkInterface', { SubnetId, PrivateIpAddress: '10.0.0.90' })).toBeUndefined();
  expect(addresses()[0]).toEqual(first);
});

test('the addresses go back to their owner with the gateway', async () => {
  const AllocationId = allocate();
  caller('AssociateNatGatewayAddress', { NatGatewayId, AllocationIds: [AllocationId] });
  expect(caller.code('ReleaseAddress', { AllocationId })).toBe('InvalidIPAddress.InUse');
  caller('DeleteNatGateway', { NatGatewayId });
  expect(caller.code('AssociateNatGatewayAddress', { NatGatewayId, AllocationIds: [allocate()] })).toBe('IncorrectState');
  await simulated.clock.advance(60_000);
  expect(caller.code('ReleaseAddress', { AllocationId })).toBeUndefined();
});

test('what cannot be is refused, and nothing of the call is kept', () => {
  const before = JSON.stringify(simulated.world.dump());
  const free = allocate();
  const taken = addresses()[0]!;
  const code = (input: object) => caller.code('AssociateNatGatewayAddress', { NatGatewayId, AllocationIds: undefined, ...input });
  expect(code({})).toBe('MissingParameter');
  expect(code({ AllocationIds: [free, taken.AllocationId] })).toBe('Resource.AlreadyAssociated');
  expect(code({ AllocationIds: [free], PrivateIpAddresses: ['10.0.0.90', '10.0.0.91'] })).toBe('InvalidParameterValue');
  expect(code({ AllocationIds: ['eipalloc-0123456789abcdef0'] })).toBe('InvalidAllocationID.NotFound');
  const leave = (id: string) => caller.code('DisassociateNatGatewayAddress', { NatGatewayId, AssociationIds: [id] });
  expect([leave(taken.AssociationId!), leave('eipassoc-0123456789abcdef0')]).toEqual([
    'InvalidParameterValue',
    'InvalidAssociationID.NotFound',
  ]);
  caller('ReleaseAddress', { AllocationId: free });
  expect(JSON.stringify(simulated.world.dump())).toBe(before);
  const inside = caller('CreateNatGateway', { SubnetId, ConnectivityType: 'private' }).NatGateway!.NatGatewayId!;
  expect(caller.code('AssociateNatGatewayAddress', { NatGatewayId: inside, AllocationIds: [allocate()] })).toBe('InvalidParameterValue');
});
