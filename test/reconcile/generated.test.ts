import type { EC2Client } from '@aws-sdk/client-ec2';
import { DeleteVpcPeeringConnectionCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Random, seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { type ChangeRow, changes } from '../../src/aws/changes.ts';
import { admit } from '../../src/kinds/admission.ts';
import type { MemoryEntry } from '../../src/kinds/kind.ts';
import { forget, remember } from '../../src/kinds/memory.ts';
import { ownershipKeys } from '../../src/kinds/ownership.ts';
import type { VpcPeering } from '../../src/kinds/vpc-peering/api.ts';
import { vpcPeering } from '../../src/kinds/vpc-peering/plan.ts';
import type { PeeringInput, PeeringView } from '../../src/kinds/vpc-peering/side.ts';
import type { Change, ChangeAction } from '../../src/network/changes.ts';
import type { RegionNetwork } from '../../src/network/model.ts';
import { reachableSet, type Traffic } from '../../src/network/reachability.ts';
import type { FaultOrder } from '../../src/simulator/calls/faults.ts';
import type { RecordedCall } from '../../src/simulator/calls/record.ts';
import { ec2Operations } from '../../src/simulator/ec2/index.ts';
import type { Operations } from '../../src/simulator/service.ts';
import { World } from '../../src/simulator/world/world.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';
import {
  accountOf,
  accountRefOf,
  manifestsOf,
  type Outcome,
  objectName,
  objectOf,
  oldPeerings,
  outcomeOf,
  type Plot,
  plot,
  regionOf,
  worldOf,
} from './plot.ts';
import { type Census, census, keyOf, lastSequence, minutes, more, person, writesSince } from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/** VpcPeering on networks and manifests by chance: what is said here holds for all of them. */

const sameEachTime = { seed: 20_260_101 };
/** A thousand networks take their time on a machine that has much else to do. */
const patienceMs = 300_000;

const tried: readonly { readonly traffic: Traffic; readonly family: 4 | 6 }[] = [
  { traffic: { protocol: 'tcp', port: 22 }, family: 4 },
  { traffic: { protocol: 'udp', port: 443 }, family: 4 },
  { traffic: { protocol: 'icmp' }, family: 4 },
  { traffic: { protocol: 'tcp', port: 443 }, family: 6 },
];

/** Which instances reach which others, over all that is tried; each `<from> <to> <which of what is tried>`. */
function reached(networks: readonly RegionNetwork[]): ReadonlySet<string> {
  const sentences = tried.flatMap(({ traffic, family }, index) =>
    [...reachableSet(networks, [traffic], family)].map((sentence) => {
      const [, from, to] = /^(\S+) reaches (\S+) /.exec(sentence) ?? [];
      return `${from} ${to} ${index}`;
    }),
  );
  return new Set(sentences);
}

/** What must be reachable: within a VPC and elsewhere what was before, and between the two what the manifest comes to. */
function mustBeReached(before: ReadonlySet<string>, outcome: Outcome, networks: readonly RegionNetwork[]): ReadonlySet<string> {
  const instances = networks.flatMap((network) => [...network.instances.keys()]);
  const crosses = (one: string, other: string) => {
    const [from, to] = [outcome.endOf(one), outcome.endOf(other)];
    return from !== undefined && to !== undefined && from !== to;
  };
  const across = instances.flatMap((from) =>
    instances
      .filter((to) => crosses(from, to))
      .flatMap((to) =>
        tried.flatMap(({ traffic, family }, index) => (outcome.permits(from, to, traffic, family) ? [`${from} ${to} ${index}`] : [])),
      ),
  );
  const [kept = []] = [[...before].filter((entry) => !crosses(entry.split(' ')[0] ?? '', entry.split(' ')[1] ?? ''))];
  return new Set([...kept, ...across]);
}

const firstWords = (count: number) => (line: string) => line.split(' ').slice(0, count).join(' ');

/** The census is the one before, and what the manifest comes to in it: all of that, once, and nothing else. */
function expectDone(now: Census, { before, outcome, plotted }: { before: Census; outcome: Outcome; plotted: Plot }): void {
  expect(more(before.routes, now.routes)).toEqual([]);
  expect(more(now.routes, before.routes).map(firstWords(2))).toEqual(outcome.routes);
  expect(more(now.routes, before.routes).filter((route) => !route.endsWith(' active'))).toEqual([]);
  const had = new Set(before.rules.map(firstWords(6)));
  expect(more(before.rules, now.rules)).toEqual([]);
  expect(more(now.rules, before.rules).map((rule) => rule.trim())).toEqual(
    outcome.rules.filter((rule) => !had.has(rule)).map((rule) => `${rule} ours (VpcPeering/network/${objectName})`),
  );
  const joins = (connection: string) => connection.startsWith(`${outcome.pair[0]}>${outcome.pair[1]} `);
  const [made, ...twice] = now.connections.filter(joins);
  expect(twice).toEqual([]);
  expect(now.connections.filter((connection) => !joins(connection))).toEqual(before.connections.filter((connection) => !joins(connection)));
  const requester = plotted.existing?.requester ?? (plotted.leftIs === 'requester' ? 'left' : 'right');
  const dns = [requester, requester === 'left' ? ('right' as const) : ('left' as const)].map((end) => plotted[end].dns === true);
  expect(made?.split(' ').slice(1, 3)).toEqual(['active', dns.join()]);
  expect(made?.includes('ours')).toBe(plotted.existing === undefined);
}

/** What there was is there again: connections whatever their state and options, since one that was found may have been accepted. */
function expectGone(now: Census, before: Census): void {
  const pairs = (of: Census) => of.connections.map(firstWords(1));
  expect({ ...now, connections: pairs(now) }).toEqual({ ...before, connections: pairs(before) });
}

/** Everything in AWS that a peering has nothing to do with, as a text: what it says of tables is whose they are, and for what. */
function rest(world: World): string {
  return JSON.stringify(
    world
      .network()
      .map((network) => [
        [network.vpcs, network.subnets, network.securityGroups, network.networkAcls].map((collection) => [...collection.values()]),
        [network.networkInterfaces, network.instances, network.internetGateways].map((collection) => [...collection.values()]),
        [...network.routeTables.values()].map(({ routes: _, ...table }) => table),
      ]),
  );
}

/** One pass after another over a world, as the loop does it, without wire, cluster, faults or delay between: the planner alone. */
class Bench {
  readonly world: World;
  readonly #clock = new VirtualClock();
  readonly #plotted: Plot;
  readonly #operations: Operations;
  #object: VpcPeering;

  constructor(plotted: Plot) {
    this.#plotted = plotted;
    this.world = new World({ clock: this.#clock, random: seededRandom(1) });
    loadWorld(worldOf(plotted), 'world.yaml', this.world);
    this.#operations = ec2Operations(this.world);
    for (const name of oldPeerings(plotted)) {
      const end = name.startsWith('left') ? 'left' : 'right';
      const call = { accountId: accountOf(plotted, end), region: regionOf(plotted, end), callerArn: '' };
      this.#operations.DeleteVpcPeeringConnection?.({ VpcPeeringConnectionId: peeringNamed(this.world, name) } as never, call);
    }
    const manifest = objectOf(plotted) as { kind: string };
    const admitted = admit(manifest, undefined);
    if ('errors' in admitted) throw new Error(admitted.errors.join('; '));
    const metadata = {
      name: objectName,
      namespace: 'network',
      uid: 'uid-1',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    this.#object = { ...manifest, metadata, spec: admitted.spec } as VpcPeering;
  }

  delete(): void {
    this.#object = { ...this.#object, metadata: { ...this.#object.metadata, deletionTimestamp: '2026-01-01T01:00:00Z' } };
  }

  /** What the planner is asked: the world as it is, complete and certain. */
  input(shuffle: <Item>(items: readonly Item[]) => readonly Item[] = (items) => items): PeeringInput {
    const now = this.#clock.now();
    const memory = this.#object.status?.resources ?? [];
    const sides = vpcPeering.sides(this.#object as never);
    const viewOf = (name: string): PeeringView => {
      const end = name === this.#plotted.leftIs ? 'left' : 'right';
      const scope = {
        accountRef: accountRefOf(this.#plotted, end),
        accountId: accountOf(this.#plotted, end),
        region: regionOf(this.#plotted, end),
      };
      const network = this.world.network().find(({ accountId, region }) => accountId === scope.accountId && region === scope.region);
      if (!network) throw new Error(`nothing is in ${scope.accountId}, ${scope.region}`);
      const ids = sides[name]?.ids ?? [];
      return {
        scope,
        asOf: now,
        completeUpTo: now,
        gone: new Set(ids.filter((id) => !isThere(network, id))),
        vpcs: shuffled(network.vpcs, shuffle),
        routeTables: shuffled(network.routeTables, shuffle, (table) => ({
          ...table,
          routes: shuffle(table.routes),
          associations: shuffle(table.associations),
        })),
        securityGroups: shuffled(network.securityGroups, shuffle),
        securityGroupRules: shuffled(network.securityGroupRules, shuffle),
        peeringConnections: shuffled(network.peeringConnections, shuffle),
      };
    };
    return {
      resource: this.#object,
      sides: Object.fromEntries(Object.keys(sides).map((name) => [name, { view: viewOf(name), identity: name }])),
      memory,
      now,
      cluster: 'bench',
      isLive: (uid) => uid === 'uid-1',
      claimedBy: () => undefined,
      alsoWantedBy: () => undefined,
      users: () => [],
    };
  }

  /** Passes until one has nothing to do and nothing to wait for that time alone brings. @throws Error where that does not come */
  async settle(): Promise<ReturnType<typeof vpcPeering.plan>> {
    for (let pass = 0; pass < 30; pass++) {
      const plan = vpcPeering.plan(this.input());
      if (plan.steps.length === 0 && plan.waiting.every(({ problem }) => problem.heals !== 'time')) return plan;
      let memory = plan.steps.reduce((known, step) => (step.remember ? remember(known, step.remember) : known), plan.memory);
      for (const step of plan.steps.toSorted((one, other) => one.stage - other.stage)) {
        const { id, tags } = await this.#make(step.change);
        if (step.remember) {
          const created = tags === undefined ? step.remember.created : tags[ownershipKeys.uid] === 'uid-1';
          memory = remember(memory, { ...step.remember, id: id ?? step.remember.id, created });
        }
        if (step.forget) memory = forget(memory, step.forget);
      }
      this.#write(plan.status, memory);
      this.#clock.jump(2_000);
      this.world.catchUp();
    }
    throw new Error('thirty passes were not enough');
  }

  #write(status: object, memory: readonly MemoryEntry[]): void {
    this.#object = { ...this.#object, status: { ...status, resources: [...memory] } } as VpcPeering;
  }

  /** Through the product's own table of changes, and then straight into the simulated EC2. */
  async #make(change: Change) {
    const { accountId, region } = change.scope;
    const client = {
      send: async (command: { readonly input: never; readonly constructor: { readonly name: string } }) =>
        this.#operations[command.constructor.name.replace(/Command$/, '')]?.(command.input, { accountId, region, callerArn: '' }),
    };
    const row = changes[change.action] as ChangeRow<ChangeAction>;
    return (await row.send(client as unknown as EC2Client, change)).result;
  }
}

function isThere(network: RegionNetwork, id: string): boolean {
  const [key = '', destination] = id.split(/\/(.*)/s);
  if (destination !== undefined) return network.routeTables.get(key)?.routes.some((route) => route.destination === destination) ?? false;
  return [network.peeringConnections, network.securityGroupRules].some((collection) => collection.has(id));
}

function shuffled<Item>(
  collection: ReadonlyMap<string, Item>,
  shuffle: <Any>(items: readonly Any[]) => readonly Any[],
  inside: (item: Item) => Item = (item) => item,
): ReadonlyMap<string, Item> {
  return new Map(shuffle([...collection]).map(([id, item]) => [id, inside(item)]));
}

const shuffleBy =
  (random: Random) =>
  <Item>(items: readonly Item[]): readonly Item[] =>
    items
      .map((item) => ({ item, at: random() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ item }) => item);

/** The id of a peering of the world file, by the tag that it got from it. */
function peeringNamed(world: World, name: string): string {
  for (const network of world.network()) {
    for (const [id, { tags }] of network.peeringConnections) if (tags.Name === name) return id;
  }
  throw new Error(`there is no peering ${name}`);
}

describe('the planner, on a thousand networks', () => {
  test(
    'arrives at what the manifest comes to and nothing else, by whatever order AWS lists in, and takes all of it back',
    async () => {
      await fc.assert(
        fc.asyncProperty(plot, fc.integer(), async (plotted, seed) => {
          const bench = new Bench(plotted);
          const before = census(bench);
          const others = rest(bench.world);
          const outcome = outcomeOf(plotted, bench.world);
          const shuffle = shuffleBy(seededRandom(seed));
          expect(vpcPeering.plan(bench.input(shuffle))).toEqual(vpcPeering.plan(bench.input()));

          const plan = await bench.settle();
          expectDone(census(bench), { before, outcome, plotted });
          expect(rest(bench.world)).toBe(others);
          expect([...new Set(plan.waiting.map(({ problem }) => problem.reason))].toSorted()).toEqual(reasonsOf(outcome));
          expect(vpcPeering.plan(bench.input(shuffle))).toEqual(plan);

          bench.delete();
          await bench.settle();
          expectGone(census(bench), before);
          expect(rest(bench.world)).toBe(others);
        }),
        { ...sameEachTime, numRuns: 1_000 },
      );
    },
    patienceMs,
  );

  test(
    'lets reach each other exactly what the manifest comes to, beside what reached each other before',
    async () => {
      await fc.assert(
        fc.asyncProperty(plot, async (plotted) => {
          const bench = new Bench(plotted);
          const before = reached(bench.world.network());
          const outcome = outcomeOf(plotted, bench.world);
          await bench.settle();
          expect(reached(bench.world.network())).toEqual(mustBeReached(before, outcome, bench.world.network()));
          bench.delete();
          await bench.settle();
          expect(reached(bench.world.network())).toEqual(before);
        }),
        { ...sameEachTime, numRuns: 100 },
      );
    },
    patienceMs,
  );
});

const reasonsOf = ({ reason, conflicts }: Outcome): readonly string[] =>
  [...new Set([...(reason === 'Available' ? [] : [reason]), ...(conflicts.length > 0 ? ['RouteConflict'] : [])])].toSorted();

/** What goes wrong while the object is made, and again while it is deleted. */
interface Trouble {
  readonly seed: number;
  readonly faults: readonly FaultOrder[];
  readonly lagMs: number;
  readonly crash: { readonly write: number; readonly when: 'before' | 'after' } | undefined;
}

const fault: fc.Arbitrary<FaultOrder> = fc
  .record({
    operation: fc.constantFrom(
      'ec2:*',
      'Describe*',
      'Create*',
      'Authorize*',
      'Accept*',
      'Delete*',
      'Revoke*',
      'CreateVpcPeeringConnection',
      'CreateTags',
    ),
    when: fc.oneof(fc.record({ nth: fc.integer({ min: 1, max: 4 }) }), fc.record({ probability: fc.constantFrom(0.1, 0.3, 0.6) })),
    effect: fc.constantFrom<FaultOrder['effect']>(
      { throttle: true },
      { loseRequest: true },
      { loseAnswer: true },
      { delayMs: 3_000 },
      { error: { code: 'InternalError', httpStatus: 500 } },
      { error: { code: 'Unavailable', httpStatus: 503 } },
    ),
  })
  .map(({ operation, when, effect }) => ({ operation, ...when, effect }));
const trouble: fc.Arbitrary<Trouble> = fc.record({
  seed: fc.nat({ max: 1_000 }),
  faults: fc.array(fault, { maxLength: 3 }),
  lagMs: fc.constantFrom(0, 0, 1_000, 4_000, 10_000),
  crash: fc.option(fc.record({ write: fc.integer({ min: 1, max: 14 }), when: fc.constantFrom('before' as const, 'after' as const) }), {
    nil: undefined,
  }),
});

async function staged(plotted: Plot, seed = 1): Promise<Stage> {
  const stage = setStage({ world: worldOf(plotted), seed });
  for (const name of oldPeerings(plotted)) {
    const end = name.startsWith('left') ? 'left' : 'right';
    const owner = person(stage, { accountId: accountOf(plotted, end), region: regionOf(plotted, end) });
    await owner.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: peeringNamed(stage.world, name) }));
  }
  return stage;
}

/** Whether the object says, of its present generation, that it is as far as it can get. */
function hasArrived(stage: Stage, outcome: Outcome): boolean {
  const object = stage.get(objectName);
  const conditions = object?.status?.conditions ?? [];
  const [ready, reconciling] = ['Ready', 'Reconciling'].map((type) => conditions.find((condition) => condition.type === type));
  if (ready?.observedGeneration !== object?.metadata.generation) return false;
  return outcome.reason === 'Available'
    ? ready?.status === 'True'
    : reasonsOf(outcome).includes(ready?.reason ?? '') && reconciling !== undefined;
}

/** Every write that was tried is about the connection between the two VPCs, or about a route or a rule that was not there before. */
function expectOwnWrites(
  calls: readonly RecordedCall[],
  { plotted, world, before }: { plotted: Plot; world: World; before: Before },
): void {
  const own = new Set(
    [...world.peerings.all()].filter(({ requester, accepter }) => isPair([requester.vpcId, accepter.vpcId], before)).map(({ id }) => id),
  );
  for (const { operation, parameters, accountId, region } of calls) {
    const input = parameters as Record<string, string> & { SecurityGroupRuleIds?: string[]; Resources?: string[] };
    const route = `${input.RouteTableId} ${input.DestinationCidrBlock ?? input.DestinationIpv6CidrBlock}`;
    const said = JSON.stringify({ operation, parameters });
    expect([
      `${accountOf(plotted, 'left')} ${regionOf(plotted, 'left')}`,
      `${accountOf(plotted, 'right')} ${regionOf(plotted, 'right')}`,
    ]).toContain(`${accountId} ${region}`);
    switch (operation) {
      case 'CreateVpcPeeringConnection':
        expect([said, isPair([input.VpcId ?? '', input.PeerVpcId ?? ''], before)]).toEqual([said, true]);
        break;
      case 'AcceptVpcPeeringConnection':
      case 'ModifyVpcPeeringConnectionOptions':
        expect([said, own.has(input.VpcPeeringConnectionId ?? '')]).toEqual([said, true]);
        break;
      case 'DeleteVpcPeeringConnection':
        expect([said, own.has(input.VpcPeeringConnectionId ?? '') && !before.connections.has(input.VpcPeeringConnectionId ?? '')]).toEqual([
          said,
          true,
        ]);
        break;
      case 'CreateRoute':
      case 'ReplaceRoute':
        expect([said, own.has(input.VpcPeeringConnectionId ?? '') && !before.routes.has(route)]).toEqual([said, true]);
        break;
      case 'DeleteRoute':
        expect([said, before.routes.has(route)]).toEqual([said, false]);
        break;
      case 'AuthorizeSecurityGroupIngress':
      case 'AuthorizeSecurityGroupEgress':
        expect([said, before.groups.has(input.GroupId ?? '')]).toEqual([said, true]);
        break;
      case 'RevokeSecurityGroupIngress':
      case 'RevokeSecurityGroupEgress':
        expect([said, (input.SecurityGroupRuleIds ?? []).filter((id) => before.rules.has(id))]).toEqual([said, []]);
        break;
      case 'CreateTags':
      case 'DeleteTags':
        expect([
          said,
          (input.Resources ?? []).filter((id) => before.rules.has(id) || before.connections.has(id) || !/^(pcx|sgr)-/.test(id)),
        ]).toEqual([said, []]);
        break;
      default:
        throw new Error(`a write that nobody asked for: ${said}`);
    }
  }
}

/** Ids of what was there before. */
interface Before {
  readonly pair: readonly string[];
  readonly groups: ReadonlySet<string>;
  readonly connections: ReadonlySet<string>;
  readonly routes: ReadonlySet<string>;
  readonly rules: ReadonlySet<string>;
}

const isPair = (vpcs: readonly string[], { pair }: Before): boolean => vpcs.toSorted().join() === pair.toSorted().join();

function beforeOf(world: World, pair: readonly string[]): Before {
  const networks = world.network();
  const groups = networks.flatMap(({ securityGroups }) => [...securityGroups.values()]).filter(({ vpcId }) => pair.includes(vpcId));
  return {
    pair,
    groups: new Set(groups.map(({ groupId }) => groupId)),
    connections: new Set(networks.flatMap(({ peeringConnections }) => [...peeringConnections.keys()])),
    routes: new Set(census({ world }).routes.map(firstWords(2))),
    rules: new Set(networks.flatMap(({ securityGroupRules }) => [...securityGroupRules.keys()])),
  };
}

/** Lets a troubled process work for two minutes, and one without trouble after it where it died. */
async function suffer(stage: Stage, { faults, lagMs, crash }: Trouble): Promise<void> {
  stage.world.configure({ lagMs });
  stage.simulator.orderFaults(faults);
  const process = await stage.start(crash ? { dieAt: crash } : {});
  await stage.pass(minutes(2));
  if (!process.dead) process.kill();
  stage.simulator.orderFaults([]);
  await stage.start();
}

describe('the whole loop, on networks by chance', () => {
  test(
    'makes everything once, then writes nothing, and takes it all back, whatever AWS does to it and whenever it dies',
    async () => {
      await fc.assert(
        fc.asyncProperty(plot, trouble, trouble, async (plotted, first, second) => {
          const stage = await staged(plotted, first.seed);
          const before = census(stage);
          const others = rest(stage.world);
          const outcome = outcomeOf(plotted, stage.world);
          const ids = beforeOf(stage.world, outcome.pair);
          const from = lastSequence(stage);

          stage.apply(manifestsOf(plotted));
          await suffer(stage, first);
          await stage.until(() => hasArrived(stage, outcome), minutes(75));
          // What something that comes along may heal is given five minutes before the object says that it is stalled.
          await stage.pass(minutes(outcome.reason === 'RouteTableNotFound' ? 7 : 1.5));
          expectDone(census(stage), { before, outcome, plotted });

          const [sequence, version] = [lastSequence(stage), stage.server.version];
          await stage.pass(minutes(outcome.reason === 'Available' ? 3.5 : 16.5));
          expect(lastSequence(stage)).toBeGreaterThan(sequence);
          expect(writesSince(stage, sequence)).toEqual([]);
          expect(stage.server.version).toBe(version);

          stage.killAll();
          stage.server.delete(keyOf(objectName));
          await suffer(stage, second);
          await stage.until(() => stage.get(objectName) === undefined, minutes(75));
          expectGone(census(stage), before);
          expect(rest(stage.world)).toBe(others);
          expectOwnWrites(writesSince(stage, from), { plotted, world: stage.world, before: ids });
        }),
        { ...sameEachTime, numRuns: 150 },
      );
    },
    patienceMs,
  );
});
