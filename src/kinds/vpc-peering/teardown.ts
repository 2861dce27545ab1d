import { parseRouteId, routeId } from '../../network/changes.ts';
import type { PeeringConnection } from '../../network/model.ts';
import { isEndState } from '../../network/peering-states.ts';
import { allowsVpc } from '../aws-account/access.ts';
import type { MemoryEntry, Plan, Side, SideReference, Step, Waiting } from '../kind.ts';
import { isOurs, ownerName, ownershipKeys, ownershipOf, ownershipTags } from '../ownership.ts';
import type { VpcPeering } from './api.ts';
import { routeRole, wantedRoutes } from './routes.ts';
import { planRuleRemoval, ruleKey, ruleOf, ruleRole, wantedRules } from './rules.ts';
import {
  accountRef,
  type Draft,
  type PeeringCollection,
  type PeeringInput,
  type PeeringView,
  type PeerSide,
  type SideName,
  sideClaims,
  sideNames,
} from './side.ts';

/** The side that an entry of memory belongs to. */
const sideOf = (entry: MemoryEntry): SideName => (entry.role.startsWith('accepter/') ? 'accepter' : 'requester');

/**
 * Whether an entry can be this object's: the account of a side never changes, and a thing's id says what it is, so that anything else was
 * forged. A side without an account of ours has nothing to remember.
 */
function isPlausible(resource: VpcPeering, entry: MemoryEntry): boolean {
  const { role, id } = entry;
  const prefix = isConnection(entry) ? 'pcx-' : role.endsWith('/route') ? 'rtb-' : role.endsWith('/rule') ? 'sgr-' : undefined;
  const isNamed = prefix !== undefined && (id.startsWith(prefix) || (id === '' && prefix !== 'rtb-'));
  return isNamed && resource.spec[sideOf(entry)].accountId === undefined && entry.accountRef === accountRef(resource, sideOf(entry));
}

/** Accounts and regions of the things in memory: what the spec's selectors and defaults lead to is never looked at again for deletion. */
export function teardownSides(resource: VpcPeering): Readonly<Record<string, SideReference>> {
  const entries = (resource.status?.resources ?? []).filter((entry) => isPlausible(resource, entry));
  return Object.fromEntries(
    sideNames.flatMap((name) => {
      const own = entries.filter((entry) => sideOf(entry) === name);
      const first = own[0];
      return first
        ? [[name, { accountRef: first.accountRef, region: first.region, ids: own.map((entry) => entry.id).filter((id) => id !== '') }]]
        : [];
    }),
  );
}

/** `isthmus.dev/abandon`: sides whose things are left in AWS, since they cannot be reached. */
function abandoned(resource: VpcPeering): readonly SideName[] {
  const value = resource.metadata.annotations?.['isthmus.dev/abandon'];
  return value === 'all' ? sideNames : sideNames.filter((name) => name === value);
}

/**
 * Takes down what memory holds: routes and rules first, then the connection, each only if it was made by this object and, where it can carry
 * a tag, carries ours. What another object still wants is handed over to it. With `Retain` (and `observeOnly`) things stay, without our
 * ownership tags. An entry leaves memory when it is confirmed gone, or is seen to be somebody else's.
 */
export function planTeardown(input: PeeringInput): Draft & { readonly notes: NonNullable<Plan['notes']> } {
  const { deletionPolicy, observeOnly } = input.resource.spec;
  const retain = deletionPolicy === 'Retain' || observeOnly === true;
  const letGo = abandoned(input.resource);
  const heir = findHeir(input);
  const steps: Step[] = [];
  const waiting: Waiting[] = [];
  const stuck: Record<SideName, MemoryEntry[]> = { requester: [], accepter: [] };
  const memory = input.memory.filter((entry) => isPlausible(input.resource, entry));
  const standings = new Map(memory.filter(isConnection).map(({ id }) => [id, standingOf(id, input)]));

  const kept = new Set(
    memory.filter((entry) => {
      const name = sideOf(entry);
      if (!entry.created || letGo.includes(name)) return false;
      const side = input.sides[name];
      if (!side || side.problem) {
        const isGone = isConnectionGone(entry, input);
        if (!isGone) stuck[name].push(entry);
        return !isGone;
      }
      const removal = retain
        ? planRelease(input, { entry, view: side.view })
        : heir
          ? planHandOver(input, { entry, view: side.view, standings, heir })
          : planRemoval(input, { entry, view: side.view, standings });
      steps.push(...removal.steps);
      waiting.push(...removal.waiting);
      return removal.keep;
    }),
  );
  for (const name of sideNames) if (stuck[name].length > 0) waiting.push(blocked(stuck[name], input.sides[name]));
  // A route has no tag: that it leads to a connection of ours is all that makes it ours, so the connection is remembered for as long as one is.
  const routesLeft = [...kept].some((entry) => entry.role === routeRole(sideOf(entry)));
  const left = memory.filter((entry) => entry.created && letGo.includes(sideOf(entry)));
  const strange = input.memory.filter((entry) => !memory.includes(entry));
  return {
    steps: onceEach(steps),
    waiting,
    memory: memory.filter((entry) => kept.has(entry) || (routesLeft && isConnection(entry) && !letGo.includes(sideOf(entry)))),
    notes: [
      ...left.map((entry) => ({
        reason: 'Abandoned' as const,
        message: `${entry.id || entry.key} of account ${entry.accountId}, region ${entry.region} was let go and may still be there: nobody looks after it any more`,
      })),
      ...strange.slice(0, 1).map((entry) => ({
        reason: 'Abandoned' as const,
        message: `status.resources held ${strange.length === 1 ? '' : `${strange.length} things, the first `}${entry.role} ${entry.id} of AwsAccount ${entry.accountRef}, that this object cannot have made; left alone`,
      })),
    ],
  };
}

const isConnection = (entry: MemoryEntry): boolean => /\/(former-)?connection$/.test(entry.role);

/** A connection stands in memory once for each side, and is deleted once, from whichever side may. */
function onceEach(steps: readonly Step[]): readonly Step[] {
  const seen = new Set<string>();
  return steps.filter(({ change }) => {
    const { scope, ...what } = change;
    const key = JSON.stringify(change.action === 'DeleteVpcPeeringConnection' ? what : change);
    return !seen.has(key) && seen.add(key);
  });
}

interface Removing {
  readonly entry: MemoryEntry;
  readonly view: PeeringView;
  /** Of each connection in memory. */
  readonly standings: ReadonlyMap<string, Standing>;
}

function planRemoval(input: PeeringInput, removing: Removing): Removal {
  const { entry, view } = removing;
  const name = sideOf(entry);
  if (entry.role === routeRole(name)) return planRouteRemoval(input, removing);
  if (entry.role === ruleRole(name)) return planRuleRemoval(input, { entry, view, why: 'since the object is being deleted' });
  return planConnectionRemoval(input, removing);
}

/** The object that is to have the connection after this one, and what it wants of what there is. */
interface Heir {
  readonly resource: VpcPeering;
  readonly routes: ReadonlySet<string>;
  readonly rules: ReadonlySet<string>;
}

/** Another live object that joins the same two VPCs, both sides of which can be seen from here. */
function findHeir(input: PeeringInput): Heir | undefined {
  const resource = sideClaims(input.resource)
    .map((claim) => input.alsoWantedBy(claim))
    .find((other) => other !== undefined) as VpcPeering | undefined;
  if (!resource) return undefined;
  const seen = input.memory
    .filter(isConnection)
    .flatMap((entry) => input.sides[sideOf(entry)]?.view?.peeringConnections.get(entry.id) ?? []);
  const connection = seen.find((other) => !isEndState(other.state));
  const found = sideNames.flatMap((name): PeerSide[] => {
    const end = resource.status?.[name];
    if (!end) return [];
    const known = { name, accountId: end.accountId, region: end.region, vpcId: end.vpcId };
    if (resource.spec[name].accountId !== undefined) return [known];
    const view = sideNames.map((side) => input.sides[side]?.view).find((other) => other?.vpcs.has(end.vpcId));
    const vpc = view?.vpcs.get(end.vpcId);
    return view && vpc ? [{ ...known, spec: resource.spec[name], view, vpc }] : [];
  });
  const [one, other] = found;
  if (!one || !other || !connection) return undefined;
  const pairs = [
    [one, other],
    [other, one],
  ] as const;
  const ends = pairs.flatMap(([side, peer]) => (side.view ? [{ side, peer, connection }] : []));
  return {
    resource,
    routes: new Set(ends.flatMap((each) => wantedRoutes(each).map(({ table, destination }) => routeId(table.routeTableId, destination)))),
    rules: new Set(ends.flatMap((each) => wantedRules(each).wanted.map(({ groupId, rule }) => ruleKey(groupId, rule)))),
  };
}

/** What the heir wants stays, under its name; the rest goes. The connection changes hands last, since routes are ours only through it. */
function planHandOver(input: PeeringInput, { heir, ...removing }: Removing & { readonly heir: Heir }): Removal {
  const { entry, view } = removing;
  const name = sideOf(entry);
  if (entry.role === routeRole(name)) return heir.routes.has(entry.id) ? gone : planRouteRemoval(input, removing);
  const isRule = entry.role === ruleRole(name);
  const tags = isRule ? view.securityGroupRules.get(entry.id)?.tags : view.peeringConnections.get(entry.id)?.tags;
  const isWanted = isRule ? heir.rules.has(entry.key ?? '') : entry.role.endsWith('/connection');
  if (!isWanted || !tags || ownershipOf(tags, input).of !== 'us') return planRemoval(input, removing);
  return {
    keep: true,
    waiting: [],
    steps: [
      {
        change: { action: 'CreateTags', scope: view.scope, resourceId: entry.id, tags: ownershipTags(heir.resource, input.cluster) },
        part: 'Accepted',
        stage: isRule ? 1 : 2,
        sentence: `hand ${entry.id} over to ${ownerName(heir.resource)}, which wants it too`,
        forget: entry,
      },
    ],
  };
}

/** What of a side cannot be removed, since the side cannot be entered. */
function blocked(entries: readonly MemoryEntry[], side: Side<PeeringCollection> | undefined): Waiting {
  const [first] = entries;
  const names = entries.map((entry) => entry.id || entry.key);
  const shown = `${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
  return {
    part: 'Accepted',
    problem: {
      reason: 'DeletionBlocked',
      message: `${shown} of account ${first?.accountId}, region ${first?.region} cannot be removed: ${side?.problem?.message ?? 'the account cannot be entered'}; mend that, or let it go with the annotation isthmus.dev/abandon: ${first && sideOf(first)}`,
      heals: 'person',
    },
  };
}

/** A connection has two ends: what the living side sees of its end is true for the other one too. */
function isConnectionGone(entry: MemoryEntry, input: PeeringInput): boolean {
  if (!isConnection(entry)) return false;
  return sideNames.some((name) => {
    const view = input.sides[name]?.view;
    const seen = view?.peeringConnections.get(entry.id);
    return seen !== undefined && isEndState(seen.state);
  });
}

interface Removal {
  readonly keep: boolean;
  readonly steps: readonly Step[];
  readonly waiting: readonly Waiting[];
}
const gone: Removal = { keep: false, steps: [], waiting: [] };
const later = (part: string, message: string, recheckMs: number): Removal => ({
  keep: true,
  steps: [],
  waiting: [{ part, problem: { reason: 'Progressing', message, heals: 'time' }, recheckMs }],
});

/** What AWS says of a connection that memory names: whether this object made it, may have used it, or whether it is to be seen at all. */
type Standing = 'made' | 'used' | 'strange' | 'unseen';

/** Memory alone is not believed, since a status could be forged: a connection is made by its tags, and used by joining the object's two VPCs. */
function standingOf(id: string, input: PeeringInput): Standing {
  const seen = sideNames.flatMap((name) => input.sides[name]?.view?.peeringConnections.get(id) ?? []);
  if (seen.length === 0) return 'unseen';
  if (seen.some(({ tags }) => isOurs(tags, input))) return 'made';
  const vpcIds = sideNames.map((name) => input.resource.spec[name].vpcId ?? input.resource.status?.[name]?.vpcId);
  const joinsOurs = seen.some((each) => vpcIds.every((vpcId) => [each.requester.vpcId, each.accepter.vpcId].includes(vpcId ?? '')));
  return joinsOurs ? 'used' : 'strange';
}

/** Why the object could not use a VPC of a side if it were not being deleted; undefined where it could. */
function whyRefused(side: Side<PeeringCollection> | undefined, vpcId: string | undefined): string | undefined {
  if (!side?.view || side.withdrawn) return side?.withdrawn?.message;
  const vpc = vpcId === undefined ? undefined : side.view.vpcs.get(vpcId);
  return vpc && allowsVpc(side.allowedVpcs, vpc.tags)
    ? undefined
    : `AwsAccount ${side.view.scope.accountRef} does not allow ${vpcId} (spec.allowedVpcs)`;
}

function planRouteRemoval(input: PeeringInput, { entry, view, standings }: Removing): Removal {
  if (view.gone.has(entry.id)) return gone;
  const { routeTableId, destination } = parseRouteId(entry.id);
  const route = view.routeTables.get(routeTableId)?.routes.find((other) => other.destination === destination);
  if (!route) return later('RoutesReady', `making sure that route ${destination} of ${routeTableId} is gone`, 5_000);
  const standing = route.target.type === 'vpc-peering-connection' ? (standings.get(route.target.id) ?? 'strange') : 'strange';
  if (standing === 'strange') return gone;
  // It carries traffic to a connection that is not shown: whose that is must be seen first.
  if (standing === 'unseen' && route.state !== 'blackhole')
    return later('RoutesReady', `waiting until AWS shows connection ${route.target.id}`, 5_000);
  const refused = whyRefused(input.sides[sideOf(entry)], view.routeTables.get(routeTableId)?.vpcId);
  if (standing !== 'made' && refused !== undefined) {
    const message = `route ${destination} of ${routeTableId} leads to ${route.target.id}, which this object used but did not make, so that nothing proves the route to be its own, and ${refused}; allow it again, or let the route stay with the annotation isthmus.dev/abandon: ${sideOf(entry)}`;
    return { keep: true, steps: [], waiting: [{ part: 'RoutesReady', problem: { reason: 'DeletionBlocked', message, heals: 'person' } }] };
  }
  return {
    keep: true,
    waiting: [],
    steps: [
      {
        change: { action: 'DeleteRoute', scope: view.scope, routeTableId, destination },
        part: 'RoutesReady',
        stage: 1,
        sentence: `in ${routeTableId}, delete route ${destination}, since the object is being deleted`,
        forget: entry,
      },
    ],
  };
}

function planConnectionRemoval(input: PeeringInput, { entry, view }: Removing): Removal {
  const connection = entry.id === '' ? findUnanswered(input, view) : view.peeringConnections.get(entry.id);
  if (!connection) {
    const proven = entry.id === '' ? Date.parse(entry.intentAt) < view.completeUpTo : view.gone.has(entry.id);
    return proven
      ? gone
      : later('Accepted', `making sure that connection ${entry.id || '(requested, its answer not seen)'} is gone`, 5_000);
  }
  if (isEndState(connection.state)) return gone;
  if (!isOurs(connection.tags, input)) {
    // The accepter's view may not carry our tags yet; the requester's is where they were put by the call that made it.
    return sideNames.some(
      (name) =>
        ownershipOf(input.sides[name]?.view?.peeringConnections.get(connection.vpcPeeringConnectionId)?.tags ?? {}, input).of === 'us',
    )
      ? later('Accepted', `waiting for connection ${connection.vpcPeeringConnectionId} to be deleted`, 2_000)
      : gone;
  }
  switch (connection.state) {
    case 'deleting':
    case 'initiating-request':
    case 'provisioning':
      return later('Accepted', `connection ${connection.vpcPeeringConnectionId} is ${connection.state}`, 2_000);
    case 'pending-acceptance':
      // Only the requester may withdraw a request.
      if (connection.requester.ownerId !== view.scope.accountId || connection.requester.region !== view.scope.region) {
        return later('Accepted', `waiting for connection ${connection.vpcPeeringConnectionId} to be deleted`, 2_000);
      }
      break;
    default:
      break;
  }
  return {
    keep: true,
    waiting: [],
    steps: [
      {
        change: { action: 'DeleteVpcPeeringConnection', scope: view.scope, vpcPeeringConnectionId: connection.vpcPeeringConnectionId },
        part: 'Accepted',
        stage: 2,
        sentence: `delete connection ${connection.vpcPeeringConnectionId}`,
      },
    ],
  };
}

/** The connection that a request made whose answer was not seen: it carries our tag. */
const findUnanswered = (input: PeeringInput, view: PeeringView): PeeringConnection | undefined =>
  [...view.peeringConnections.values()].find(
    (connection) => ownershipOf(connection.tags, input).of === 'us' && !isEndState(connection.state),
  );

/** Leaves a thing as it is, without the tags that say it is ours. */
function planRelease(input: PeeringInput, { entry, view }: Omit<Removing, 'standings'>): Removal {
  const unanswered = entry.id === '' ? (isConnection(entry) ? findUnanswered(input, view) : ruleOf(entry, view)) : undefined;
  const thing = unanswered ?? view.securityGroupRules.get(entry.id) ?? view.peeringConnections.get(entry.id);
  const keys = thing && ownershipOf(thing.tags, input).of === 'us' ? Object.values(ownershipKeys) : [];
  const id = thing && ('securityGroupRuleId' in thing ? thing.securityGroupRuleId : thing.vpcPeeringConnectionId);
  if (id === undefined || keys.length === 0) {
    const mayComeToLight = entry.id === '' && Date.parse(entry.intentAt) >= view.completeUpTo;
    return mayComeToLight ? later('Accepted', 'waiting until AWS is certain to show what was asked for', 5_000) : gone;
  }
  return {
    keep: true,
    waiting: [],
    steps: [
      {
        change: { action: 'DeleteTags', scope: view.scope, resourceId: id, keys },
        part: 'Accepted',
        stage: 1,
        sentence: `leave ${id} in AWS without our ownership tags`,
        forget: entry,
      },
    ],
  };
}
