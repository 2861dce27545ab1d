import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { prefixListIdOf } from '../../../src/simulator/ec2/vpc-endpoints/gateway-endpoint-routes.ts';
import { createNetworkLoadBalancer } from '../../../src/simulator/ec2/vpc-endpoints/network-load-balancers.ts';
import type { VpcEndpointRecord } from '../../../src/simulator/world/records.ts';
import type { World } from '../../../src/simulator/world/world.ts';
import { type Aws, aws, type Caller, one, two, vpc } from './account.ts';

type EndpointState = VpcEndpointRecord['state'];

/** Where each state may lead to (aws.md 4.2, 4.8). */
const edges: Readonly<Record<EndpointState, readonly EndpointState[]>> = {
  pendingAcceptance: ['pending', 'rejected', 'deleting', 'failed'],
  pending: ['available', 'rejected', 'deleting', 'failed'],
  available: ['pending', 'rejected', 'deleting', 'failed'],
  rejected: ['deleting', 'failed'],
  failed: ['deleting'],
  deleting: [],
};

interface Step {
  readonly what: number;
  readonly a: number;
  readonly b: number;
  readonly token: number;
  readonly afterMs: number;
}

const step = fc.record<Step>({
  what: fc.nat(16),
  a: fc.nat(50),
  b: fc.nat(50),
  token: fc.nat(12),
  afterMs: fc.constantFrom(0, 0, 300, 1_000, 3_000, 5_000),
});

const idsOf = (collection: { all(): Iterable<{ readonly id: string }> }): string[] => [...collection.all()].map(({ id }) => id);
const pick = (ids: readonly string[], index: number): string => ids[index % Math.max(1, ids.length)] ?? 'vpce-00000000000000000';

interface Scene {
  readonly simulated: Aws;
  readonly caller: Caller;
  readonly provider: Caller;
  readonly vpcId: string;
  readonly serviceId: string;
}

/** A VPC with three subnets in two zones, two more tables and groups, and another account's service that takes everybody. */
function scene(): Scene {
  const simulated = aws();
  const [caller, provider] = [simulated.caller(one), simulated.caller(two)];
  const vpcId = vpc(caller, '10.0.0.0/16');
  caller('ModifyVpcAttribute', { VpcId: vpcId, EnableDnsHostnames: { Value: true } });
  for (const [index, AvailabilityZoneId] of ['usw2-az1', 'usw2-az1', 'usw2-az2'].entries()) {
    caller('CreateSubnet', { VpcId: vpcId, CidrBlock: `10.0.${index}.0/28`, AvailabilityZoneId });
  }
  for (const GroupName of ['a', 'b']) {
    caller('CreateSecurityGroup', { VpcId: vpcId, GroupName, Description: 'x' });
    caller('CreateRouteTable', { VpcId: vpcId });
  }
  const theirs = vpc(provider, '10.9.0.0/16');
  const zone = { AvailabilityZoneId: 'usw2-az2' };
  const SubnetId = provider('CreateSubnet', { VpcId: theirs, CidrBlock: '10.9.0.0/24', ...zone }).Subnet!.SubnetId!;
  const call = { accountId: two!, region: 'us-west-2', callerArn: '' };
  const balancer = createNetworkLoadBalancer(simulated.world, call, { name: 'n', subnetIds: [SubnetId], listeners: [] });
  const made = provider('CreateVpcEndpointServiceConfiguration', { NetworkLoadBalancerArns: [balancer.id] });
  const serviceId = made.ServiceConfiguration!.ServiceId!;
  provider('ModifyVpcEndpointServicePermissions', { ServiceId: serviceId, AddAllowedPrincipals: ['*'] });
  return { simulated, caller, provider, vpcId, serviceId };
}

/** The call that a step stands for, and whether the provider makes it. */
function callOf(
  { simulated: { world }, vpcId, serviceId }: Scene,
  { what, a, b, token }: Step,
): [operation: string, input: object, byProvider?: boolean] {
  const mine = (collection: { where(key: string): { readonly id: string }[] }) => collection.where(`vpc:${vpcId}`).map(({ id }) => id);
  const [subnets, tables, groups] = [mine(world.subnets), mine(world.routeTables), mine(world.securityGroups)];
  const endpoint = pick(idsOf(world.vpcEndpoints), a);
  const ClientToken = token < 4 ? `token-${token}` : undefined;
  const gateway = { VpcId: vpcId, ServiceName: `com.amazonaws.us-west-2.${a % 2 ? 's3' : 'dynamodb'}`, ClientToken };
  const common = { VpcEndpointType: 'Interface', VpcId: vpcId, ClientToken };
  const at = { VpcEndpointId: endpoint };
  const calls: [string, object, boolean?][] = [
    ['CreateVpcEndpoint', { ...gateway, RouteTableIds: [pick(tables, b)] }],
    ['CreateVpcEndpoint', { ...gateway, RouteTableIds: [pick(tables, b), pick(tables, a)] }],
    [
      'CreateVpcEndpoint',
      { ...common, ServiceName: 'com.amazonaws.us-west-2.ec2', SubnetIds: [pick(subnets, b)], PrivateDnsEnabled: a % 2 === 0 },
    ],
    [
      'CreateVpcEndpoint',
      {
        ...common,
        ServiceName: 'com.amazonaws.us-west-2.sts',
        SubnetIds: [pick(subnets, a), pick(subnets, b)],
        SecurityGroupIds: [pick(groups, a)],
      },
    ],
    ['CreateVpcEndpoint', { ...common, ServiceName: `com.amazonaws.vpce.us-west-2.${serviceId}`, SubnetIds: [pick(subnets, b)] }],
    ['ModifyVpcEndpoint', { ...at, AddRouteTableIds: [pick(tables, b)] }],
    ['ModifyVpcEndpoint', { ...at, RemoveRouteTableIds: [pick(tables, b)] }],
    ['ModifyVpcEndpoint', { ...at, AddSubnetIds: [pick(subnets, b)] }],
    ['ModifyVpcEndpoint', { ...at, RemoveSubnetIds: [pick(subnets, b)] }],
    ['ModifyVpcEndpoint', { ...at, AddSecurityGroupIds: [pick(groups, b)], RemoveSecurityGroupIds: [pick(groups, b + 1)] }],
    ['ModifyVpcEndpoint', { ...at, PrivateDnsEnabled: b % 2 === 0 }],
    ['DeleteVpcEndpoints', { VpcEndpointIds: [endpoint] }],
    ['DeleteSubnet', { SubnetId: pick(subnets, b) }],
    ['DeleteSecurityGroup', { GroupId: pick(groups, b) }],
    ['DeleteRouteTable', { RouteTableId: pick(tables, b) }],
    ['AcceptVpcEndpointConnections', { ServiceId: serviceId, VpcEndpointIds: [endpoint] }, true],
    ['RejectVpcEndpointConnections', { ServiceId: serviceId, VpcEndpointIds: [endpoint] }, true],
  ];
  return calls[what]!;
}

/** What must hold whatever was called. */
function checkWorld(world: World): void {
  const endpoints = [...world.vpcEndpoints.all()];
  // Routes and endpoints tell the same, and each table has one of a service at most (aws.md 4.5).
  const byEndpoints = endpoints
    .filter(({ type }) => type === 'Gateway')
    .flatMap((endpoint) => endpoint.routeTableIds.map((id) => `${id} ${prefixListIdOf(endpoint)} ${endpoint.id}`));
  const byTables = [...world.routeTables.all()].flatMap(({ id, routes }) =>
    routes.filter(({ target }) => target.type === 'vpc-endpoint').map(({ destination, target }) => `${id} ${destination} ${target.id}`),
  );
  expect(byTables.toSorted()).toEqual(byEndpoints.toSorted());
  for (const { routes } of world.routeTables.all()) {
    const destinations = routes.map(({ destination }) => destination);
    expect(new Set(destinations).size).toBe(destinations.length);
  }
  // An interface belongs to one endpoint, and is where that one wants it (aws.md 4.6).
  const interfaces = endpoints.flatMap(({ networkInterfaceIds }) => networkInterfaceIds);
  expect(new Set(interfaces).size).toBe(interfaces.length);
  for (const endpoint of endpoints) {
    for (const id of endpoint.networkInterfaceIds) {
      const networkInterface = world.networkInterfaces.get(id);
      expect(networkInterface?.managedAs).toBe('vpc_endpoint');
      if (endpoint.state !== 'deleting') expect(networkInterface?.securityGroupIds).toEqual(endpoint.securityGroupIds);
    }
    for (const { subnetId } of endpoint.subnets) expect(world.subnets.get(subnetId)?.vpcId).toBe(endpoint.vpcId);
    for (const groupId of endpoint.securityGroupIds) expect(world.securityGroups.get(groupId)?.vpcId).toBe(endpoint.vpcId);
    const zones = endpoint.subnets.map(({ subnetId }) => world.subnets.get(subnetId)?.zoneId);
    expect(new Set(zones).size).toBe(zones.length);
    if (endpoint.state === 'available') expect(endpoint.networkInterfaceIds).toHaveLength(endpoint.subnets.length);
  }
  // No two answer for a name (aws.md 4.3).
  const answering = endpoints.filter(({ privateDnsEnabled, state }) => privateDnsEnabled && state !== 'failed' && state !== 'rejected');
  const domains = answering.flatMap(({ vpcId, privateDnsDomains }) => privateDnsDomains.map((domain) => `${vpcId} ${domain}`));
  expect(new Set(domains).size).toBe(domains.length);
}

const reaches = (from: EndpointState, to: EndpointState, over: readonly EndpointState[] = []): boolean =>
  edges[from].includes(to) || edges[from].some((next) => !over.includes(next) && reaches(next, to, [...over, next]));

const steps = fc.array(step, { minLength: 10, maxLength: 40 });

describe('whatever is done with endpoints, in whatever order', () => {
  test('routes, interfaces, names and states fit together, and a token never makes two (aws.md 4.2, 4.5, 4.6, 7.6)', async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const all = scene();
        const { world, clock } = all.simulated;
        const states = new Map<string, EndpointState>();
        const byToken = new Map<string, string>();
        for (const current of sequence) {
          const [operation, input, byProvider] = callOf(all, current);
          const who = byProvider ? all.provider : all.caller;
          let answer: { VpcEndpoint?: { VpcEndpointId?: string } } | undefined;
          const refused = who.refused(operation as 'CreateVpcEndpoint', input as never);
          if (!refused && operation === 'CreateVpcEndpoint' && 'ClientToken' in input && input.ClientToken) {
            answer = who('CreateVpcEndpoint', input as never) as typeof answer;
            const id = answer!.VpcEndpoint!.VpcEndpointId!;
            expect(byToken.get(String(input.ClientToken)) ?? id).toBe(id);
            byToken.set(String(input.ClientToken), id);
          }
          if (!refused && operation === 'CreateVpcEndpoint') made++;
          checkWorld(world);
          await clock.advance(current.afterMs);
          world.catchUp();
          checkWorld(world);
          for (const { id, state } of world.vpcEndpoints.all()) {
            const from = states.get(id);
            if (from && from !== state) expect([id, from, state, reaches(from, state)]).toEqual([id, from, state, true]);
            states.set(id, state);
          }
        }
        for (const id of idsOf(world.vpcEndpoints)) all.caller('DeleteVpcEndpoints', { VpcEndpointIds: [id] });
        await clock.advance(10_000);
        world.catchUp();
        expect(idsOf(world.vpcEndpoints)).toEqual([]);
        expect([...world.networkInterfaces.all()].filter(({ managedAs }) => managedAs === 'vpc_endpoint')).toEqual([]);
      }),
      { seed: 20260104, numRuns: 120 },
    );
    expect(made).toBeGreaterThan(200);
  }, 120_000);

  test('a dry run and a refused call change nothing (aws.md 7.2, 9.11)', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const all = scene();
        const { world, clock } = all.simulated;
        for (const current of sequence) {
          const [operation, input, byProvider] = callOf(all, current);
          const who = byProvider ? all.provider : all.caller;
          const before = JSON.stringify(world.dump());
          expect(who.code(operation as 'CreateVpcEndpoint', { ...input, DryRun: true } as never)).toBe('DryRunOperation');
          expect(JSON.stringify(world.dump())).toBe(before);
          if (who.code(operation as 'CreateVpcEndpoint', input as never) !== undefined) expect(JSON.stringify(world.dump())).toBe(before);
          await clock.advance(current.afterMs);
        }
      }),
      { seed: 20260105, numRuns: 15 },
    );
  }, 120_000);
});
