import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PeeringState } from '../../../src/network/model.ts';
import type { PeeringRecord } from '../../../src/simulator/records.ts';
import type { World } from '../../../src/simulator/world.ts';
import { type Aws, aws, type Caller, one, two } from './account.ts';

/** Where each state may lead to (aws.md 1.1). */
const edges: Readonly<Record<PeeringState, readonly PeeringState[]>> = {
  'initiating-request': ['failed', 'pending-acceptance'],
  'pending-acceptance': ['provisioning', 'rejected', 'deleted', 'deleting', 'expired'],
  provisioning: ['active', 'deleted'],
  active: ['deleting', 'deleted'],
  deleting: ['deleted'],
  deleted: [],
  rejected: [],
  failed: [],
  expired: [],
};

/** One step of somebody who tries all sorts of things: a number picks among what there is. */
interface Step {
  readonly who: number;
  readonly what: number;
  readonly a: number;
  readonly b: number;
  readonly afterMs: number;
}

const step = fc.record<Step>({
  who: fc.nat(2),
  what: fc.nat(23),
  a: fc.nat(50),
  b: fc.nat(50),
  afterMs: fc.constantFrom(0, 0, 500, 1_000, 3_000, 3_600_000, 170 * 3_600_000),
});

const pick = (ids: readonly string[], index: number): string => ids[index % Math.max(1, ids.length)] ?? 'vpc-00000000000000000';
const idsOf = (collection: { all(): Iterable<{ readonly id: string }> }): string[] => [...collection.all()].map(({ id }) => id);

/** The call that a step stands for. */
function callOf(world: World, { what, a, b }: Step): [operation: string, input: object] {
  const [vpcId, otherVpcId] = [pick(idsOf(world.vpcs), a), pick(idsOf(world.vpcs), b)];
  const [table, group] = [pick(idsOf(world.routeTables), a), pick(idsOf(world.securityGroups), a)];
  const pcx = pick(idsOf(world.peerings), b);
  const cidr = `10.${b % 8}.0.0/16`;
  const permission = { IpProtocol: 'tcp', FromPort: b % 3, ToPort: 5, IpRanges: [{ CidrIp: cidr }] };
  const reference = { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: pick(idsOf(world.securityGroups), b), UserId: b % 2 ? one : two }] };
  const calls: [string, object][] = [
    ['CreateVpc', { CidrBlock: `10.${a % 8}.0.0/16` }],
    ['DeleteVpc', { VpcId: vpcId }],
    ['AssociateVpcCidrBlock', { VpcId: vpcId, CidrBlock: cidr }],
    ['CreateSubnet', { VpcId: vpcId, CidrBlock: `10.${b % 8}.${a % 4}.0/24` }],
    ['DeleteSubnet', { SubnetId: pick(idsOf(world.subnets), a) }],
    ['RunInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 2, SubnetId: pick(idsOf(world.subnets), a) }],
    ['TerminateInstances', { InstanceIds: [pick(idsOf(world.instances), a)] }],
    ['CreateRouteTable', { VpcId: vpcId }],
    ['DeleteRouteTable', { RouteTableId: table }],
    ['CreateRoute', { RouteTableId: table, DestinationCidrBlock: cidr, VpcPeeringConnectionId: pcx }],
    ['ReplaceRoute', { RouteTableId: table, DestinationCidrBlock: cidr, VpcPeeringConnectionId: pcx }],
    ['DeleteRoute', { RouteTableId: table, DestinationCidrBlock: cidr }],
    ['CreateSecurityGroup', { VpcId: vpcId, GroupName: `g${b % 4}`, Description: 'x' }],
    ['DeleteSecurityGroup', { GroupId: group }],
    ['AuthorizeSecurityGroupIngress', { GroupId: group, IpPermissions: [permission, reference] }],
    ['AuthorizeSecurityGroupIngress', { GroupId: group, IpPermissions: [reference] }],
    ['RevokeSecurityGroupIngress', { GroupId: group, IpPermissions: [permission] }],
    ['CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: otherVpcId, PeerOwnerId: world.vpcs.get(otherVpcId)?.ownerId }],
    ['CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: otherVpcId, PeerRegion: 'eu-west-2' }],
    ['AcceptVpcPeeringConnection', { VpcPeeringConnectionId: pcx }],
    ['AcceptVpcPeeringConnection', { VpcPeeringConnectionId: pcx }],
    ['RejectVpcPeeringConnection', { VpcPeeringConnectionId: pcx }],
    ['DeleteVpcPeeringConnection', { VpcPeeringConnectionId: pcx }],
    ['CreateTags', { Resources: [pcx], Tags: [{ Key: `k${a % 3}`, Value: `${b}` }] }],
  ];
  return calls[what]!;
}

/** What must hold whatever was called. */
function checkWorld(world: World): void {
  const everything = [
    world.vpcs,
    world.subnets,
    world.routeTables,
    world.securityGroups,
    world.securityGroupRules,
    world.peerings,
    world.instances,
  ];
  const ids = [...everything, world.networkInterfaces, world.networkAcls].flatMap(idsOf);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { vpcId } of [
    ...world.subnets.all(),
    ...world.routeTables.all(),
    ...world.securityGroups.all(),
    ...world.networkInterfaces.all(),
  ]) {
    expect(world.vpcs.get(vpcId)).toBeDefined();
  }
  for (const rule of world.securityGroupRules.all()) expect(world.securityGroups.get(rule.groupId)).toBeDefined();
  for (const { id } of world.vpcs.all()) {
    expect(world.routeTables.where(`vpc:${id}`).filter(({ associations }) => associations.some(({ main }) => main))).toHaveLength(1);
    expect(world.securityGroups.where(`vpc:${id}`).filter(({ groupName }) => groupName === 'default')).toHaveLength(1);
  }
  for (const table of world.routeTables.all()) {
    const destinations = table.routes.map(({ destination }) => destination);
    expect(new Set(destinations).size).toBe(destinations.length);
    for (const { subnetId } of table.associations) if (subnetId) expect(world.subnets.get(subnetId)?.vpcId).toBe(table.vpcId);
  }
  for (const networkInterface of world.networkInterfaces.all()) {
    expect(world.subnets.get(networkInterface.subnetId)).toBeDefined();
    for (const groupId of networkInterface.securityGroupIds) expect(world.securityGroups.get(groupId)).toBeDefined();
  }
  const joined = [...world.peerings.all()].filter(({ state }) => state === 'active' || state === 'provisioning');
  const pairs = joined.map(({ requester, accepter }) => [requester.vpcId, accepter.vpcId].toSorted().join(' '));
  expect(new Set(pairs).size).toBe(pairs.length);
  for (const { requester, accepter } of joined)
    expect([world.vpcs.get(requester.vpcId), world.vpcs.get(accepter.vpcId)]).not.toContain(undefined);
}

function watchStates(world: World): { readonly check: () => void } {
  const before = new Map<string, PeeringRecord['state']>();
  return {
    check() {
      for (const { id, state } of world.peerings.all()) {
        const from = before.get(id);
        if (from && from !== state) expect([id, from, reaches(from, state)]).toEqual([id, from, true]);
        before.set(id, state);
      }
    },
  };
}

/** Whether one state leads to another, over any that passed unseen in between. */
function reaches(from: PeeringState, to: PeeringState): boolean {
  return edges[from].includes(to) || edges[from].some((next) => reaches(next, to));
}

/** The code with which the step is refused. */
function run(simulated: Aws, callers: readonly Caller[], current: Step, more: object = {}): string | undefined {
  const [operation, input] = callOf(simulated.world, current);
  return callers[current.who]!.code(operation as 'DescribeVpcs', { ...input, ...more });
}

describe('whatever is called, in whatever order', () => {
  test('ids stay unique, references valid, and peerings go only where aws.md 1.1 lets them', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const simulated = aws();
        const callers = [simulated.caller(one), simulated.caller(two), simulated.caller(one, 'eu-west-2')];
        const states = watchStates(simulated.world);
        for (const current of steps) {
          if (run(simulated, callers, current) === undefined && current.what === 19) accepted++;
          states.check();
          checkWorld(simulated.world);
          await simulated.clock.advance(current.afterMs);
          simulated.world.catchUp();
          states.check();
        }
      }),
      { seed: 20260101, numRuns: 60 },
    );
    // A walk that never came as far as an accepted peering would prove little.
    expect(accepted).toBeGreaterThan(0);
  });

  test('a refused call, and a dry one, changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
        const simulated = aws();
        const callers = [simulated.caller(one), simulated.caller(two), simulated.caller(one, 'eu-west-2')];
        for (const current of steps) {
          const before = JSON.stringify(simulated.world.dump());
          expect(run(simulated, callers, current, { DryRun: true })).toBe('DryRunOperation');
          expect(JSON.stringify(simulated.world.dump())).toBe(before);
          if (run(simulated, callers, current) !== undefined) expect(JSON.stringify(simulated.world.dump())).toBe(before);
          await simulated.clock.advance(current.afterMs);
        }
      }),
      { seed: 20260102, numRuns: 30 },
    );
  });

  test('the same seed and calls give the same world', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        const dumps: string[] = [];
        for (let again = 0; again < 2; again++) {
          const simulated = aws();
          const callers = [simulated.caller(one), simulated.caller(two), simulated.caller(one, 'eu-west-2')];
          for (const current of steps) {
            run(simulated, callers, current);
            await simulated.clock.advance(current.afterMs);
          }
          dumps.push(JSON.stringify(simulated.world.dump()));
        }
        expect(dumps[0]).toBe(dumps[1]);
      }),
      { seed: 20260103, numRuns: 10 },
    );
  });
});
