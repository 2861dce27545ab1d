import type { PeeringConnection, Route } from '../../network/model.ts';
import type { Kind, MemoryEntry, PartStatus, Plan, Problem, SideReference, Step, Waiting } from '../kind.ts';
import { remember } from '../memory.ts';
import { ownerName } from '../ownership.ts';
import type { VpcPeering, VpcPeeringStatus } from './api.ts';
import { type Connection, leadsToFormer, passingStateRecheckMs, planConnection, planFormers, seenBySomeone } from './connection.ts';
import { planRoutes, type RouteStatus } from './routes.ts';
import { planRules, type RuleStatus, ruleClaim } from './rules.ts';
import {
  accountRef,
  cidrsOf,
  describeVpc,
  findVpc,
  isProblem,
  managedSides,
  otherSide,
  type PeeringCollection,
  type PeeringInput,
  type PeerSide,
  peerCidrs,
  peeringCollections,
  type ResolvedSides,
  type SideName,
  sideClaim,
  sideClaims,
  sideInAws,
  sideNames,
} from './side.ts';
import { planTeardown, teardownSides } from './teardown.ts';

type Status = Omit<VpcPeeringStatus, 'conditions' | 'resources' | 'plan' | 'observedGeneration'>;

const partTypes = ['Accepted', 'DnsReady', 'RoutesReady', 'SecurityGroupsReady'] as const;

/** Lists in status show at most this many entries, with the whole count beside them. */
const longestStatusList = 100;

export const vpcPeering: Kind<VpcPeering, Status, PeeringCollection> = {
  kind: 'VpcPeering',
  partTypes,
  collections: peeringCollections,
  dependsOn: (resource) => [
    ...managedNames(resource).map((name) => ({ kind: 'AwsAccount' as const, name: accountRef(resource, name) })),
    ...(resource.metadata.namespace === undefined ? [] : [{ kind: 'Namespace' as const, name: resource.metadata.namespace }]),
  ],
  claims,
  sides: (resource) => (resource.metadata.deletionTimestamp === undefined ? sides(resource) : teardownSides(resource)),
  plan,
};

/** The sides that are not foreign. */
const managedNames = (resource: VpcPeering): readonly SideName[] => sideNames.filter((name) => resource.spec[name].accountId === undefined);

function sides(resource: VpcPeering): Readonly<Record<string, SideReference>> {
  const reference = (name: SideName): SideReference => {
    const { region } = resource.spec[name];
    const mine = (resource.status?.resources ?? []).filter((entry) => entry.role.startsWith(`${name}/`) || /connection$/.test(entry.role));
    return {
      accountRef: accountRef(resource, name),
      ...(region !== undefined && { region }),
      ids: [...new Set(mine.map((entry) => entry.id))].filter((id) => id !== ''),
    };
  };
  return Object.fromEntries(managedNames(resource).map((name) => [name, reference(name)]));
}

/** The sides that it manages, as far as their VPCs are known, and the routes and rules that it uses: of two objects that want one of them the older has it. */
function claims(resource: VpcPeering): readonly string[] {
  const used = (resource.status?.resources ?? []).flatMap((entry) => {
    if (entry.role.endsWith('/route')) return [`route:${entry.id}`];
    return entry.role.endsWith('/rule') ? [ruleClaim(entry)] : [];
  });
  return [...sideClaims(resource), ...used];
}

function plan(input: PeeringInput): Plan<Status> {
  if (input.resource.metadata.deletionTimestamp !== undefined) {
    const draft = planTeardown(input);
    return { ...draft, status: keptStatus(input.resource), parts: [] };
  }
  const found = resolve(input);
  if ('waiting' in found) {
    return { steps: [], waiting: found.waiting, memory: input.memory, status: keptStatus(input.resource), parts: unknownParts('Accepted') };
  }
  const taken = managedSides(found)
    .map(({ name, vpcId }) => input.claimedBy(sideClaim(vpcId, found[otherSide(name)].vpcId)))
    .find((other) => other !== undefined);
  if (taken) {
    const problem: Problem = {
      reason: 'SideOwnedByAnother',
      message: `${ownerName(taken)} joins ${found.requester.vpcId} and ${found.accepter.vpcId} already, and is older; delete one of the two`,
      heals: 'person',
    };
    // The VPCs stand in status, so that this one comes next when the other goes.
    const status = { ...keptStatus(input.resource), ...resolvedStatus(input, found) };
    return { steps: [], waiting: [{ part: 'Accepted', problem }], memory: input.memory, status, parts: unknownParts('Accepted') };
  }
  return planConnected(input, found);
}

/** Both sides' VPCs, or what keeps them from being known. What was resolved once must not come out differently later. */
function resolve(input: PeeringInput): ResolvedSides | { readonly waiting: readonly Waiting[] } {
  const waiting: Waiting[] = [];
  const found = new Map<SideName, PeerSide>();
  for (const name of sideNames) {
    const { accountId, region, vpcId } = input.resource.spec[name];
    if (accountId !== undefined && region !== undefined && vpcId !== undefined) {
      found.set(name, { name, accountId, region, vpcId });
      continue;
    }
    const side = input.sides[name];
    if (!side || side.problem) {
      if (side?.problem) waiting.push({ part: 'Accepted', problem: side.problem });
      continue;
    }
    const before = input.resource.status?.[name];
    const vpc = findVpc(name, input.resource.spec[name], side);
    const now = { accountId: side.view.scope.accountId, region: side.view.scope.region, ...(!isProblem(vpc) && { vpcId: vpc.vpcId }) };
    const changed = (['accountId', 'region', 'vpcId'] as const).filter(
      (field) => before?.[field] !== undefined && now[field] !== undefined && before[field] !== now[field],
    );
    if (changed.length > 0) {
      const differences = changed.map((field) => `${field} was ${before?.[field]} and would now be ${now[field]}`);
      waiting.push({
        part: 'Accepted',
        problem: {
          reason: 'IdentityChanged',
          message: `spec.${name} leads somewhere else than before: ${differences.join('; ')}; nothing is written: restore what it led to, or make a new object`,
          heals: 'person',
        },
      });
    } else if (isProblem(vpc)) {
      waiting.push({ part: 'Accepted', problem: vpc });
    } else {
      const { accountId: owner, region: place } = side.view.scope;
      found.set(name, { name, accountId: owner, region: place, vpcId: vpc.vpcId, spec: input.resource.spec[name], view: side.view, vpc });
    }
  }
  const requester = found.get('requester');
  const accepter = found.get('accepter');
  if (!requester || !accepter) return { waiting };
  if (requester.vpcId === accepter.vpcId) {
    const problem: Problem = {
      reason: 'CidrOverlap',
      message: `spec.requester and spec.accepter both lead to ${requester.vpcId}: a VPC cannot be peered with itself`,
      heals: 'person',
    };
    return { waiting: [{ part: 'Accepted', problem }] };
  }
  return { requester, accepter };
}

function planConnected(input: PeeringInput, found: ResolvedSides): Plan<Status> {
  const draft = planConnection(input, found);
  const { connection } = draft;
  const steps: Step[] = [...draft.steps];
  const waiting: Waiting[] = [...draft.waiting];
  let memory = draft.memory;
  const routes: Partial<Record<SideName, readonly RouteStatus[]>> = {};
  const rules: Partial<Record<SideName, readonly RuleStatus[]>> = {};
  const skipped: string[] = [];

  const active = connection?.state === 'active' && waiting.length === 0;
  if (active) {
    const seen = seenBySomeone(connection);
    steps.push(...planOptions(connection, found));
    const past = memory;
    const isFormer = (route: Route) => leadsToFormer(route, found, past);
    for (const side of managedSides(found)) {
      const { name } = side;
      const peer = found[otherSide(name)];
      if (peerCidrs(side, peer, seen).length === 0) {
        waiting.push({
          part: 'RoutesReady',
          problem: { reason: 'Progressing', message: `AWS does not show the CIDRs of ${describeVpc(peer)} yet`, heals: 'time' },
          recheckMs: passingStateRecheckMs,
        });
        continue;
      }
      const routesDraft = planRoutes(input, { side, peer, connection, isFormer, memory });
      const rulesDraft = planRules(input, { side, peer, connection: seen, memory: routesDraft.memory });
      steps.push(...routesDraft.steps, ...rulesDraft.steps);
      waiting.push(...routesDraft.waiting, ...rulesDraft.waiting);
      memory = rulesDraft.memory;
      routes[name] = routesDraft.status;
      rules[name] = rulesDraft.status;
      skipped.push(...routesDraft.skipped);
    }
    const formersDraft = planFormers(input, found, memory);
    steps.push(...formersDraft.steps);
    memory = formersDraft.memory;
  }

  const tooMany = planTooMany(memory, steps);
  if (tooMany) {
    steps.length = 0;
    waiting.push(tooMany);
  }

  const requestedFor = draft.requestedFor ?? input.resource.status?.requestedFor;
  const status: Status = {
    ...(connection && { peeringConnectionId: connection.id, state: connection.state, stateMessage: connection.stateMessage }),
    ...(requestedFor !== undefined && { requestedFor }),
    ...resolvedStatus(input, found, { routes, rules, ...(connection && { connection: seenBySomeone(connection) }) }),
  };
  const parts = active ? readyParts(input.resource, connection, { routes, rules, skipped }) : unknownParts('Accepted');
  return { steps: steps.toSorted(inOrder), waiting, memory: memory.toSorted(byRole), status, parts };
}

/** Status can remember this many things (the schema's bound); more would be made and then forgotten. */
const mostThings = 2_000;

function planTooMany(memory: readonly MemoryEntry[], steps: readonly Step[]): Waiting | undefined {
  const things = steps.reduce((all, step) => (step.remember ? remember(all, step.remember) : all), memory).length;
  if (things <= mostThings) return undefined;
  return {
    part: 'RoutesReady',
    problem: {
      reason: 'QuotaExceeded',
      message: `the object would have ${things} routes and rules, and one object can have ${mostThings}: nothing is written; narrow routeTables and destinations, or name fewer ports and CIDRs in rules`,
      heals: 'person',
    },
  };
}

/** Order of a plan: by stage, then by what it does and to what, so that the same plan always reads the same. */
function inOrder(one: Step, other: Step): number {
  if (one.stage !== other.stage) return one.stage - other.stage;
  const [a, b] = [one, other].map((step) => `${partTypes.indexOf(step.part as (typeof partTypes)[number])} ${step.sentence}`) as [
    string,
    string,
  ];
  return a < b ? -1 : a > b ? 1 : 0;
}

function byRole(one: MemoryEntry, other: MemoryEntry): number {
  const [a, b] = [one, other].map((entry) => `${entry.role} ${entry.region} ${entry.key ?? entry.id}`) as [string, string];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Each side sets its own option; what is left out is not managed (aws.md 1.4). */
function planOptions(connection: Connection, found: ResolvedSides): readonly Step[] {
  const steps: Step[] = [];
  for (const side of managedSides(found)) {
    const { name } = side;
    const wanted = side.spec.dns?.allowDnsResolutionFromRemoteVpc;
    const seen = connection.seen[name];
    if (wanted === undefined || !seen) continue;
    const end = sideInAws(seenBySomeone(connection), side);
    if ((seen[end].allowDnsResolutionFromRemoteVpc ?? false) === wanted) continue;
    steps.push({
      change: {
        action: 'ModifyVpcPeeringConnectionOptions',
        scope: side.view.scope,
        vpcPeeringConnectionId: connection.id,
        side: end,
        allowDnsResolutionFromRemoteVpc: wanted,
      },
      part: 'DnsReady',
      stage: 1,
      sentence: `${wanted ? 'allow' : 'stop'} DNS resolution from the remote VPC on the ${name} side of ${connection.id}`,
    });
  }
  return steps;
}

type Shown<Item> = Partial<Record<SideName, readonly Item[]>>;

function resolvedStatus(
  input: PeeringInput,
  found: ResolvedSides,
  {
    routes,
    rules,
    connection,
  }: { readonly routes: Shown<RouteStatus>; readonly rules: Shown<RuleStatus>; readonly connection?: PeeringConnection } = {
    routes: {},
    rules: {},
  },
): Pick<Status, SideName> {
  const of = (name: SideName) =>
    sideStatus(found[name], { routes: routes[name], rules: rules[name], connection }, input.resource.status?.[name]);
  return { requester: of('requester'), accepter: of('accepter') };
}

function sideStatus(
  side: PeerSide,
  shown: {
    readonly routes: readonly RouteStatus[] | undefined;
    readonly rules: readonly RuleStatus[] | undefined;
    readonly connection: PeeringConnection | undefined;
  },
  before: VpcPeeringStatus['requester'],
): NonNullable<VpcPeeringStatus['requester']> {
  const { ipv4, ipv6 } = cidrsOf(side, shown.connection);
  const end = { accountId: side.accountId, region: side.region, vpcId: side.vpcId, cidrs: [...ipv4, ...ipv6] };
  // Of a foreign side nothing is managed, and so nothing told.
  if (!side.view) return end;
  const routes = shown.routes ?? before?.routes ?? [];
  const rules = shown.rules ?? before?.securityGroupRules ?? [];
  return {
    ...end,
    routes: routes.slice(0, longestStatusList),
    routeCount: shown.routes?.length ?? before?.routeCount ?? 0,
    securityGroupRules: rules.slice(0, longestStatusList),
    securityGroupRuleCount: shown.rules?.length ?? before?.securityGroupRuleCount ?? 0,
  };
}

/** The status as it was, where nothing new is known. */
function keptStatus(resource: VpcPeering): Status {
  const { conditions: _conditions, resources: _resources, plan: _plan, observedGeneration: _generation, ...rest } = resource.status ?? {};
  return rest;
}

const unknownParts = (from: (typeof partTypes)[number]): readonly PartStatus[] =>
  partTypes
    .slice(partTypes.indexOf(from))
    .map((type) => ({ type, status: 'Unknown', reason: 'Progressing', message: 'the connection is not active yet' }));

/** Where groups were named but stand as CIDRs: said, since it opens more than was written. */
function substituted(resource: VpcPeering, rules: Shown<RuleStatus>): string {
  const named = sideNames.flatMap((name) => {
    const { ingress = [], egress = [] } = resource.spec[name];
    const byGroup = [...ingress.filter((rule) => rule.from.securityGroup), ...egress.filter((rule) => rule.to.securityGroup)].map(
      (rule) => rule.name,
    );
    return (rules[name] ?? []).filter((rule) => byGroup.includes(rule.name) && !rule.source.startsWith('sg-')).map((rule) => rule.name);
  });
  const names = [...new Set(named)].toSorted();
  return names.length === 0
    ? ''
    : `; AWS takes no references across regions, so these stand for the peer's CIDRs instead: ${names.join(', ')}`;
}

function readyParts(
  resource: VpcPeering,
  connection: Connection,
  made: {
    readonly routes: Partial<Record<SideName, readonly RouteStatus[]>>;
    readonly rules: Partial<Record<SideName, readonly RuleStatus[]>>;
    readonly skipped: readonly string[];
  },
): readonly PartStatus[] {
  const count = (lists: Partial<Record<SideName, readonly unknown[]>>) => (lists.requester?.length ?? 0) + (lists.accepter?.length ?? 0);
  const references = sideNames.flatMap((name) => made.rules[name] ?? []).filter((rule) => rule.source.startsWith('sg-')).length;
  const managed = sideNames.some((name) => resource.spec[name].dns?.allowDnsResolutionFromRemoteVpc !== undefined);
  const edge =
    made.skipped.length === 0 ? '' : `; edge tables take no route to a peering and were skipped: ${made.skipped.toSorted().join(', ')}`;
  return [
    { type: 'Accepted', status: 'True', reason: 'Available', message: `connection ${connection.id} is active` },
    {
      type: 'DnsReady',
      status: 'True',
      reason: managed ? 'Available' : 'NotManaged',
      message: managed ? 'DNS options are set on the sides that name them' : 'no side sets a DNS option',
    },
    { type: 'RoutesReady', status: 'True', reason: 'Available', message: `${count(made.routes)} routes lead to ${connection.id}${edge}` },
    {
      type: 'SecurityGroupsReady',
      status: 'True',
      reason: 'Available',
      message: `${count(made.rules)} rules are in place, ${references} of them by reference to the peer's group${substituted(resource, made.rules)}`,
    },
  ];
}
