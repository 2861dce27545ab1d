import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Aws, aws, type Caller, mainTable, one, two, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;
let vpcId: string;
let subnetId: string;

function subnet(cidr: string, zone: string, inVpc = vpcId): string {
  return caller('CreateSubnet', { VpcId: inVpc, CidrBlock: cidr, AvailabilityZoneId: zone }).Subnet!.SubnetId!;
}

beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
  vpcId = vpc(caller, '10.0.0.0/16');
  subnetId = subnet('10.0.0.0/24', 'usw2-az1');
});

function attachGateway(inVpc = vpcId): string {
  const id = caller('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId!;
  caller('AttachInternetGateway', { InternetGatewayId: id, VpcId: inVpc });
  return id;
}

const allocate = (): string => caller('AllocateAddress', {}).AllocationId!;
const create = (input: object = {}): string => caller('CreateNatGateway', { SubnetId: subnetId, ...input }).NatGateway!.NatGatewayId!;
const shown = (id: string) => caller('DescribeNatGateways', { NatGatewayIds: [id] }).NatGateways![0]!;

async function available(): Promise<string> {
  const id = create({ AllocationId: allocate() });
  await simulated.clock.advance(5_000);
  return id;
}

describe('a NAT gateway comes to be (aws.md 6.2)', () => {
  test('pending, then available, with an interface and the Elastic IP', async () => {
    attachGateway();
    const AllocationId = allocate();
    const id = create({ AllocationId });
    expect(shown(id)).toMatchObject({ State: 'pending', VpcId: vpcId, SubnetId: subnetId, ConnectivityType: 'public' });
    await simulated.clock.advance(5_000);
    const { PublicIp, NetworkInterfaceId } = caller('DescribeAddresses', { AllocationIds: [AllocationId] }).Addresses![0]!;
    expect(shown(id)).toMatchObject({
      State: 'available',
      NatGatewayAddresses: [{ AllocationId, PublicIp, NetworkInterfaceId, PrivateIp: '10.0.0.4', IsPrimary: true }],
    });
    const filters = [{ Name: 'interface-type', Values: ['nat_gateway'] }];
    expect(caller('DescribeNetworkInterfaces', { Filters: filters }).NetworkInterfaces).toMatchObject([
      { NetworkInterfaceId, RequesterManaged: true, Status: 'in-use', SourceDestCheck: false, Groups: [], Association: { PublicIp } },
    ]);
  });

  test('private, without an internet gateway or an Elastic IP', async () => {
    const id = create({ ConnectivityType: 'private', PrivateIpAddress: '10.0.0.9' });
    await simulated.clock.advance(5_000);
    expect(shown(id)).toMatchObject({ State: 'available', NatGatewayAddresses: [{ PrivateIp: '10.0.0.9' }] });
    expect(shown(id).NatGatewayAddresses![0]!.PublicIp).toBeUndefined();
  });

  test.each([
    ['Gateway.NotAttached', (): object => ({ AllocationId: allocate() })],
    [
      'InvalidAllocationID.NotFound',
      (): object => {
        attachGateway();
        return { AllocationId: 'eipalloc-0123456789abcdef0' };
      },
    ],
    [
      'Resource.AlreadyAssociated',
      (): object => {
        attachGateway();
        const AllocationId = allocate();
        create({ AllocationId });
        return { AllocationId };
      },
    ],
    [
      'InsufficientFreeAddressesInSubnet',
      (): object => {
        const small = subnet('10.0.1.0/28', 'usw2-az1');
        for (let index = 0; index < 11; index++) caller('CreateNetworkInterface', { SubnetId: small });
        return { SubnetId: small, ConnectivityType: 'private' };
      },
    ],
  ])('or fails with %s, and is shown for an hour', async (code, inputOf) => {
    const id = create(inputOf());
    expect([shown(id).State, shown(id).FailureCode]).toEqual(['pending', undefined]);
    await simulated.clock.advance(5_000);
    expect([shown(id).State, shown(id).FailureCode]).toEqual(['failed', code]);
    await simulated.clock.advance(3_600_000);
    expect(caller.code('DescribeNatGateways', { NatGatewayIds: [id] })).toBe('NatGatewayNotFound');
  });

  test.each([
    ['no Elastic IP', {}, 'MissingParameter'],
    [
      'an Elastic IP for a private one',
      { ConnectivityType: 'private', AllocationId: 'eipalloc-0123456789abcdef0' },
      'InvalidParameterCombination',
    ],
    ['an unknown subnet', { SubnetId: 'subnet-00000000000000000', ConnectivityType: 'private' }, 'InvalidSubnetID.NotFound'],
    [
      'several addresses, which are not modelled',
      { ConnectivityType: 'private', SecondaryPrivateIpAddressCount: 1 },
      'NotImplemented.CreateNatGateway.SecondaryPrivateIpAddressCount',
    ],
  ] as const)('and is refused at once with %s', (_what, input, code) => {
    expect(caller.code('CreateNatGateway', { SubnetId: subnetId, ...input })).toBe(code);
  });

  test('five in a zone (aws.md 6.2)', () => {
    for (let index = 0; index < 5; index++) create({ ConnectivityType: 'private' });
    expect(caller.code('CreateNatGateway', { SubnetId: subnetId, ConnectivityType: 'private' })).toBe('NatGatewayLimitExceeded');
    const elsewhere = { SubnetId: subnet('10.0.1.0/24', 'usw2-az2'), ConnectivityType: 'private' } as const;
    expect(caller.code('CreateNatGateway', elsewhere)).toBeUndefined();
  });
});

describe('a client token (aws.md 7.6)', () => {
  const asked = { ConnectivityType: 'private', ClientToken: 'once' } as const;

  test('never makes two, and is refused for something else', () => {
    const id = create(asked);
    expect(create(asked)).toBe(id);
    expect(caller('DescribeNatGateways', {}).NatGateways).toHaveLength(1);
    expect(caller.code('CreateNatGateway', { SubnetId: subnetId, ...asked, PrivateIpAddress: '10.0.0.9' })).toBe(
      'IdempotentParameterMismatch',
    );
  });

  test('after a deletion gives the dead thing (aws.md 9.13)', async () => {
    const id = create(asked);
    await simulated.clock.advance(5_000);
    caller('DeleteNatGateway', { NatGatewayId: id });
    await simulated.clock.advance(5_000);
    expect(caller('CreateNatGateway', { SubnetId: subnetId, ...asked }).NatGateway).toMatchObject({ NatGatewayId: id, State: 'deleted' });
  });
});

describe('a NAT gateway goes (aws.md 6.2)', () => {
  test('deleting, then deleted for an hour, then unknown; its Elastic IP is free but not released', async () => {
    attachGateway();
    const id = await available();
    const [address] = caller('DescribeAddresses', {}).Addresses!;
    expect(caller.code('ReleaseAddress', { AllocationId: address!.AllocationId })).toBe('InvalidIPAddress.InUse');
    expect(caller.code('DisassociateAddress', { AssociationId: address!.AssociationId })).toBe('AuthFailure');
    caller('DeleteNatGateway', { NatGatewayId: id });
    expect(shown(id).State).toBe('deleting');
    await simulated.clock.advance(5_000);
    expect(shown(id).State).toBe('deleted');
    expect(caller('DescribeAddresses', {}).Addresses![0]!.AssociationId).toBeUndefined();
    expect(caller('DescribeNetworkInterfaces', {}).NetworkInterfaces).toEqual([]);
    expect(caller.code('DeleteNatGateway', { NatGatewayId: id })).toBe('NatGatewayNotFound');
    await simulated.clock.advance(3_600_000);
    expect(caller('DescribeNatGateways', { Filter: [{ Name: 'vpc-id', Values: [vpcId] }] }).NatGateways).toEqual([]);
  });

  test('and until then keeps its subnet, its interface and its internet gateway in place', async () => {
    const igw = attachGateway();
    await available();
    const [eni] = caller('DescribeNetworkInterfaces', {}).NetworkInterfaces!;
    expect(caller.code('DeleteSubnet', { SubnetId: subnetId })).toBe('DependencyViolation');
    expect(caller.code('DetachInternetGateway', { InternetGatewayId: igw, VpcId: vpcId })).toBe('DependencyViolation');
    expect(caller.code('DeleteNetworkInterface', { NetworkInterfaceId: eni!.NetworkInterfaceId })).toBe('InvalidNetworkInterface.InUse');
  });
});

describe('routes', () => {
  const routeTo = (target: object, destination = '0.0.0.0/0') => ({
    RouteTableId: mainTable(caller, vpcId).RouteTableId!,
    DestinationCidrBlock: destination,
    ...target,
  });
  const routes = () => mainTable(caller, vpcId).Routes!;

  test('lead to a NAT gateway once it is available, and are blackholes when it is gone (aws.md 2.2, 2.3)', async () => {
    attachGateway();
    const id = create({ AllocationId: allocate() });
    expect(caller.code('CreateRoute', routeTo({ NatGatewayId: id }))).toBe('InvalidNatGatewayID.NotFound');
    await simulated.clock.advance(5_000);
    caller('CreateRoute', routeTo({ NatGatewayId: id }));
    expect(routes().at(-1)).toMatchObject({ NatGatewayId: id, State: 'active' });
    const filters = [{ Name: 'route.nat-gateway-id', Values: [id] }];
    expect(caller('DescribeRouteTables', { Filters: filters }).RouteTables).toHaveLength(1);
    caller('DeleteNatGateway', { NatGatewayId: id });
    expect(routes().at(-1)).toMatchObject({ NatGatewayId: id, State: 'blackhole' });
    expect(caller.code('ReplaceRoute', routeTo({ NatGatewayId: id }))).toBe('InvalidNatGatewayID.NotFound');
  });

  test('to the NAT gateway of another VPC are refused (aws.md 2.2)', async () => {
    const other = vpc(caller, '10.1.0.0/16');
    const id = create({ SubnetId: subnet('10.1.0.0/24', 'usw2-az1', other), ConnectivityType: 'private' });
    await simulated.clock.advance(5_000);
    expect(caller.code('CreateRoute', routeTo({ NatGatewayId: id }))).toBe('InvalidParameterValue');
  });

  test('within the VPC may lead a subnet’s traffic to a NAT gateway, but not the whole block’s (aws.md 2.4)', async () => {
    const id = create({ ConnectivityType: 'private' });
    await simulated.clock.advance(5_000);
    expect(caller.code('CreateRoute', routeTo({ NatGatewayId: id }, '10.0.0.0/24'))).toBeUndefined();
    expect(caller.code('ReplaceRoute', routeTo({ NatGatewayId: id }, '10.0.0.0/16'))).toBe('InvalidParameterValue');
  });

  test('lead IPv6 to an egress-only internet gateway, and are blackholes when it is gone (aws.md 2.3)', () => {
    const { EgressOnlyInternetGateway: made } = caller('CreateEgressOnlyInternetGateway', { VpcId: vpcId, ClientToken: 'a' });
    const id = made!.EgressOnlyInternetGatewayId!;
    expect(caller('CreateEgressOnlyInternetGateway', { VpcId: vpcId, ClientToken: 'a' }).EgressOnlyInternetGateway).toEqual(made);
    expect(caller.code('CreateRoute', routeTo({ EgressOnlyInternetGatewayId: id }))).toBe('InvalidParameterValue');
    const { RouteTableId } = routeTo({});
    const route = { RouteTableId, DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: id };
    caller('CreateRoute', route);
    expect(routes().at(-1)).toMatchObject({ DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: id, State: 'active' });
    expect(caller.code('DeleteVpc', { VpcId: vpcId })).toBe('DependencyViolation');
    caller('DeleteEgressOnlyInternetGateway', { EgressOnlyInternetGatewayId: id });
    expect(routes().at(-1)?.State).toBe('blackhole');
    expect(caller.code('ReplaceRoute', route)).toBe('InvalidGatewayID.NotFound');
    expect(caller('DescribeEgressOnlyInternetGateways', {}).EgressOnlyInternetGateways).toEqual([]);
  });
});

test('NAT gateways and Elastic IPs go only where aws.md 6.2 lets them, and never share an address', async () => {
  const edges: Readonly<Record<string, readonly string[]>> = {
    pending: ['available', 'failed', 'deleting', 'deleted'],
    available: ['deleting', 'deleted'],
    failed: ['deleting', 'deleted'],
    deleting: ['deleted'],
    deleted: [],
  };
  let came = 0;
  const step = fc.record({ what: fc.nat(7), a: fc.nat(9), afterMs: fc.constantFrom(0, 1_000, 5_000, 3_600_000) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const own = aws();
      const me = own.caller(one);
      const home = vpc(me, '10.0.0.0/16');
      const place = me('CreateSubnet', { VpcId: home, CidrBlock: '10.0.0.0/24' }).Subnet!.SubnetId!;
      const igw = me('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId!;
      const states = new Map<string, string>();
      for (const { what, a, afterMs } of steps) {
        const pick = (ids: readonly string[], otherwise: string): string => ids[a % Math.max(1, ids.length)] ?? otherwise;
        const AllocationId = pick(
          [...own.world.elasticIps.all()].map(({ id }) => id),
          'eipalloc-0123456789abcdef0',
        );
        const NatGatewayId = pick(
          [...own.world.natGateways.all()].map(({ id }) => id),
          'nat-0123456789abcdef0',
        );
        const calls: (() => unknown)[] = [
          () => me.code('AllocateAddress', {}),
          () => me.code('ReleaseAddress', { AllocationId }),
          () => me.code('CreateNatGateway', { SubnetId: place, AllocationId }),
          () => me.code('CreateNatGateway', { SubnetId: place, AllocationId, ClientToken: `t${a % 3}` }),
          () => me.code('DeleteNatGateway', { NatGatewayId }),
          () => me.code('AttachInternetGateway', { InternetGatewayId: igw, VpcId: home }),
          () => me.code('DetachInternetGateway', { InternetGatewayId: igw, VpcId: home }),
          () => simulated.caller(two).code('DeleteNatGateway', { NatGatewayId }),
        ];
        calls[what]!();
        await own.clock.advance(afterMs);
        own.world.catchUp();
        const owners = new Set<string>();
        for (const gateway of own.world.natGateways.all()) {
          const before = states.get(gateway.id);
          if (before && before !== gateway.state) expect([before, edges[before]?.includes(gateway.state)]).toEqual([before, true]);
          states.set(gateway.id, gateway.state);
          if (gateway.state === 'available') came++;
          if (gateway.state === 'deleted' || !gateway.publicIp) continue;
          expect(owners.has(gateway.publicIp)).toBe(false);
          owners.add(gateway.publicIp);
          expect(own.world.networkInterfaces.get(gateway.networkInterfaceId!)?.publicIp).toBe(gateway.publicIp);
          expect(own.world.elasticIps.get(gateway.allocationId!)?.association?.networkInterfaceId).toBe(gateway.networkInterfaceId);
        }
      }
    }),
    { seed: 20260104, numRuns: 80 },
  );
  expect(came).toBeGreaterThan(0);
});
