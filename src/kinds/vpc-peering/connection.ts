import { cidrsOverlap } from '../../network/cidr.ts';
import { grouped } from '../../network/grouped.ts';
import type { PeeringConnection, PeeringState, Route } from '../../network/model.ts';
import { compareStates, isEndState, isLiveState } from '../../network/peering-states.ts';
import type { MemoryEntry, Problem, Step, Waiting } from '../kind.ts';
import { missingTags, ownershipOf, ownershipTags } from '../ownership.ts';
import {
  associatedCidrs,
  type Draft,
  describeVpc,
  isEnd,
  managedSides,
  otherSide,
  type PeeringInput,
  placeOf,
  type ResolvedSide,
  type ResolvedSides,
  type SideName,
  sideInAws,
  sideNames,
  timestamp,
} from './side.ts';

/** How long until AWS is asked again about a state that passes by itself, in milliseconds. */
export const passingStateRecheckMs = 2_000;
/** A foreign account's request comes when it comes. */
const awaitedRequestRecheckMs = 30_000;

/** The connection as each side's account sees it. Two views, since tags are per account and region, and reads lag apart. */
export interface Connection {
  readonly id: string;
  readonly seen: Readonly<Partial<Record<SideName, PeeringConnection>>>;
  /** The further of the two views along the life cycle. */
  readonly state: PeeringState;
  readonly stateMessage: string;
  /** Made by this object, not found. */
  readonly created: boolean;
}

export interface ConnectionDraft extends Draft {
  readonly connection?: Connection;
  /** What asked for the connection that is requested or used, kept in status so that a rejected one is asked for again only when that changes. */
  readonly requestedFor?: string;
}

const roleOf = (side: SideName): string => `${side}/connection`;
const connectionKey = 'connection';

/** `<generation>` or `<generation>/<reconcile-at>`: what a person last asked for. */
function askOf(input: PeeringInput): string {
  const asked = input.resource.metadata.annotations?.['isthmus.dev/reconcile-at'];
  // Annotations may be long; status is kept short.
  return asked === undefined ? `${input.resource.metadata.generation}` : `${input.resource.metadata.generation}/${asked.slice(0, 256)}`;
}

/** Both sides' views of one connection, put together. */
export function seeConnection(
  id: string,
  sides: Readonly<Partial<Record<SideName, { readonly view?: ResolvedSide['view'] | undefined }>>>,
  created: boolean,
): Connection | undefined {
  const requester = sides.requester?.view?.peeringConnections.get(id);
  const accepter = sides.accepter?.view?.peeringConnections.get(id);
  const furthest = !requester || (accepter && compareStates(accepter.state, requester.state) > 0) ? accepter : requester;
  if (!furthest) return undefined;
  return {
    id,
    seen: { ...(requester && { requester }), ...(accepter && { accepter }) },
    state: furthest.state,
    stateMessage: furthest.stateMessage,
    created,
  };
}

/** Every connection between the two VPCs, in either direction, the most useful one first. */
function connectionsOfPair(sides: ResolvedSides): readonly { readonly id: string; readonly state: PeeringState }[] {
  const ids = new Map<string, PeeringState>();
  for (const { view, vpcId } of managedSides(sides)) {
    const ofVpc = grouped(view.peeringConnections, 'vpc', ({ requester, accepter }) => [requester.vpcId, accepter.vpcId]);
    for (const connection of ofVpc(vpcId)) {
      if (!joins(connection, sides)) continue;
      const known = ids.get(connection.vpcPeeringConnectionId);
      if (known === undefined || compareStates(connection.state, known) > 0) ids.set(connection.vpcPeeringConnectionId, connection.state);
    }
  }
  return [...ids]
    .filter(([, state]) => isLiveState(state))
    .sort(([oneId, one], [otherId, other]) => compareStates(other, one) || (oneId < otherId ? -1 : 1))
    .map(([id, state]) => ({ id, state }));
}

/** The CIDRs of the two VPCs that overlap, IPv4 and IPv6, secondary blocks too: AWS judges by all of them (aws.md 1.2). */
export function overlapOf(sides: ResolvedSides): readonly (readonly [string, string])[] {
  const all = (name: SideName) => {
    // A foreign side's CIDRs cannot be read: AWS itself refuses then, and the connection fails.
    const { ipv4, ipv6 } = sides[name].vpc ? associatedCidrs(sides[name].vpc) : { ipv4: [], ipv6: [] };
    return [...ipv4, ...ipv6];
  };
  return all('requester').flatMap((one) =>
    all('accepter')
      .filter((other) => cidrsOverlap(one, other))
      .map((other) => [one, other] as const),
  );
}

/**
 * Finds, requests and accepts the connection.
 *
 * | what is there | what is done |
 * | --- | --- |
 * | ours, or one between the two VPCs in either direction, live | used; tagged where it is ours |
 * | an intent without an answer | waited for until a read is certain to show it, then requested again |
 * | none | requested; waited for where the requester is foreign |
 * | pending-acceptance | accepted by whoever is the accepter in AWS, or waited for with `acceptance: Manual`, or where that is a foreign account |
 * | rejected, or deleted by a foreign account | nothing, until the spec changes or `reconcile-at` asks |
 * | deleted, expired, failed | requested again, each time later |
 */
export function planConnection(input: PeeringInput, sides: ResolvedSides): ConnectionDraft {
  const mine = input.memory.find((entry) => entry.key === connectionKey);
  const others = input.memory.filter((entry) => entry.key !== connectionKey);

  const known = mine && mine.id !== '' ? seeConnection(mine.id, sides, mine.created) : undefined;
  const pair = connectionsOfPair(sides);
  const [best] = pair;
  // Its own, unless another one has come further: only one between two VPCs can become active.
  const isAhead = best !== undefined && (!known || !isLiveState(known.state) || compareStates(best.state, known.state) > 0);
  const chosenId = isAhead ? best.id : known?.id;

  if (chosenId !== undefined) {
    const connection = chosenId === known?.id ? known : seeConnection(chosenId, sides, false);
    if (connection && isLiveState(connection.state)) return planLive(input, { sides, connection, mine, others });
  }
  if (known && !isEndState(known.state)) {
    return {
      steps: [],
      waiting: [progress(`connection ${known.id} is ${known.state}`)],
      memory: input.memory,
      connection: known,
    };
  }
  if (mine && mine.id !== '' && !known && !isGone(mine.id, sides)) {
    return { steps: [], waiting: [progress(`connection ${mine.id} is not visible in AWS yet`)], memory: input.memory };
  }
  if (mine && mine.id === '' && !intentIsSettled(mine, sides)) {
    return {
      steps: [],
      waiting: [progress('a request may have been made without its answer being seen; waiting until AWS is certain to show it')],
      memory: input.memory,
    };
  }
  return planRequest(input, { sides, mine, others, ...(known && { ended: known }) });
}

const progress = (message: string): Waiting => ({
  part: 'Accepted',
  problem: { reason: 'Progressing', message, heals: 'time' },
  recheckMs: passingStateRecheckMs,
});

const isGone = (id: string, sides: ResolvedSides): boolean => managedSides(sides).every(({ view }) => view.gone.has(id));

const intentIsSettled = (entry: MemoryEntry, sides: ResolvedSides): boolean =>
  managedSides(sides).every(({ view }) => Date.parse(entry.intentAt) < view.completeUpTo);

/** A connection exists here only because at least one side sees it. */
export function seenBySomeone(connection: Connection): PeeringConnection {
  const seen = connection.seen.requester ?? connection.seen.accepter;
  if (!seen) throw new Error(`connection ${connection.id} is seen by neither side`);
  return seen;
}

interface LiveConnection {
  readonly sides: ResolvedSides;
  readonly connection: Connection;
  readonly mine: MemoryEntry | undefined;
  readonly others: readonly MemoryEntry[];
}

function planLive(input: PeeringInput, { sides, connection, mine, others }: LiveConnection): ConnectionDraft {
  const tags = ownershipTags(input.resource, input.cluster);
  const requesterInAws = requesterOf(connection, sides);
  const seenByMaker = connection.seen[requesterInAws];
  const ownership = ownershipOf(seenByMaker?.tags ?? {}, input);

  if (ownership.of === 'elsewhere') {
    const problem: Problem = {
      reason: 'OwnedElsewhere',
      message: `connection ${connection.id} between ${describeVpc(sides.requester)} and ${describeVpc(sides.accepter)} is owned by the cluster ${ownership.cluster}; only one cluster can own it`,
      heals: 'person',
    };
    return { steps: [], waiting: [{ part: 'Accepted', problem }], memory: input.memory, connection };
  }
  // Only our own tag in AWS makes it ours: status could be forged, and what was only found must never be tagged or deleted.
  const created = ownership.of === 'us' || ownership.of === 'predecessor';
  const managed = managedSides(sides);
  // The one entry that stands for the connection itself: that of its requester, or of the only side there is.
  const keeper = managed.find(({ name }) => name === requesterInAws) ?? managed[0];
  const entry = (side: ResolvedSide): MemoryEntry => {
    const before = input.memory.find((other) => other.role === roleOf(side.name) && other.id === connection.id);
    return {
      role: roleOf(side.name),
      ...placeOf(side.view),
      id: connection.id,
      ...(side === keeper && { key: connectionKey }),
      created,
      attempt: mine?.attempt ?? 1,
      intentAt: before?.intentAt ?? mine?.intentAt ?? timestamp(input.now),
    };
  };
  const isConnection = (other: MemoryEntry) => other.role.endsWith('/connection');
  const former = mine && mine.id !== '' && mine.id !== connection.id ? [formerOf(mine)] : [];
  // Asked again for a connection that it still has, AWS answers with that one: it is then no former one any more.
  const memory = [...managed.map(entry), ...former, ...others.filter((other) => !isConnection(other) && other.id !== connection.id)];
  const steps: Step[] = [];
  const waiting: Waiting[] = [];

  const tagSteps = created
    ? managed.flatMap(({ name, view }): Step[] => {
        const seen = connection.seen[name];
        if (name === 'accepter' && isOnePlace(sides)) return [];
        const missing = seen && missingTags(tags, seen.tags);
        if (!missing) return [];
        return [
          {
            change: { action: 'CreateTags', scope: view.scope, resourceId: connection.id, tags: missing },
            part: 'Accepted',
            stage: 1,
            sentence: `tag connection ${connection.id} in ${view.scope.region}`,
          },
        ];
      })
    : [];

  switch (connection.state) {
    case 'initiating-request':
    case 'provisioning':
      waiting.push(progress(`connection ${connection.id} is ${connection.state}`));
      break;
    case 'pending-acceptance': {
      const accepter = sides[otherSide(requesterInAws)];
      if (input.resource.spec.acceptance === 'Manual' || !accepter.view) {
        waiting.push({
          part: 'Accepted',
          problem: {
            reason: 'PendingAcceptance',
            message: `connection ${connection.id} waits to be accepted by ${accepter.view ? 'hand by ' : ''}account ${accepter.accountId} in ${accepter.region}${expiry(connection)}`,
            heals: 'time',
          },
          recheckMs: 15_000,
        });
      } else {
        steps.push({
          change: { action: 'AcceptVpcPeeringConnection', scope: accepter.view.scope, vpcPeeringConnectionId: connection.id },
          part: 'Accepted',
          stage: 1,
          sentence: `accept connection ${connection.id} in ${accepter.region}`,
        });
      }
      break;
    }
    default:
      // Active: nothing is left to do for the connection itself.
      break;
  }
  const asked = input.resource.status?.requestedFor;
  return {
    steps: [...tagSteps, ...steps],
    waiting,
    memory,
    connection: { ...connection, created },
    requestedFor: mine?.id === connection.id && asked !== undefined ? asked : askOf(input),
  };
}

function expiry(connection: Connection): string {
  const expires = connection.seen.requester?.expirationTime ?? connection.seen.accepter?.expirationTime;
  return expires === undefined ? '' : `; the request expires at ${timestamp(expires).slice(0, 16)}Z`;
}

/** A connection that was used before: routes that still lead to it are ours to turn. Forgotten once nothing does. */
const formerOf = (entry: MemoryEntry): MemoryEntry => {
  const { key: _, ...rest } = entry;
  return { ...rest, role: entry.role.replace(/\/connection$/, '/former-connection') };
};

/** Both VPCs in one account and region: the connection carries one set of tags, and not one for each side. */
const isOnePlace = ({ requester, accepter }: ResolvedSides): boolean =>
  requester.accountId === accepter.accountId && requester.region === accepter.region;

/** Whether a connection is one between the VPCs of these two sides. */
export function joins(connection: PeeringConnection, sides: ResolvedSides): boolean {
  const ends = [connection.requester, connection.accepter];
  return sideNames.every((name) => ends.some((end) => isEnd(end, sides[name])));
}

/**
 * What becomes of connections that were used before: a request of ours that was overtaken is deleted; one that has ended is kept in memory
 * for as long as a route still leads to it.
 */
export function planFormers(input: PeeringInput, sides: ResolvedSides, memory: readonly MemoryEntry[]): Draft {
  const steps: Step[] = [];
  const kept = memory.filter((entry) => {
    if (!isFormer(entry)) return true;
    const seen = seeConnection(entry.id, sides, false);
    if (seen && !isEndState(seen.state)) {
      const ours = sideNames.some((name) => ownershipOf(seen.seen[name]?.tags ?? {}, input).of === 'us');
      if (!ours) return false;
      // Only its requester may withdraw what was not accepted yet.
      const { view } = sides[requesterOf(seen, sides)];
      if (seen.state !== 'deleting' && view) {
        steps.push({
          change: { action: 'DeleteVpcPeeringConnection', scope: view.scope, vpcPeeringConnectionId: entry.id },
          part: 'Accepted',
          stage: 2,
          sentence: `delete connection ${entry.id}, which another one between the same VPCs has overtaken`,
        });
      }
      return true;
    }
    return managedSides(sides).some(
      ({ view }) => grouped(view.routeTables, 'target', (table) => table.routes.map((route) => route.target.id))(entry.id).length > 0,
    );
  });
  return { steps, waiting: [], memory: kept };
}

/**
 * Whether a route leads to a connection of this object's past, so that it may be turned or deleted. Memory alone is not believed, since a status
 * could be forged: a connection that AWS still shows must join the same two VPCs, and one that it shows no more leads nowhere.
 */
export function leadsToFormer(route: Route, sides: ResolvedSides, memory: readonly MemoryEntry[]): boolean {
  const { type, id } = route.target;
  if (type !== 'vpc-peering-connection' || !memory.some((entry) => isFormer(entry) && entry.id === id)) return false;
  const seen = seeConnection(id, sides, false);
  return seen ? joins(seenBySomeone(seen), sides) : route.state === 'blackhole';
}

const isFormer = (entry: MemoryEntry): boolean => entry.role.endsWith('/former-connection');

/** The side of the spec that is the requester in AWS. */
function requesterOf(connection: Connection, sides: ResolvedSides): SideName {
  return sideNames.find((name) => sideInAws(seenBySomeone(connection), sides[name]) === 'requester') ?? 'requester';
}

/** Rejected by anyone, or deleted by an account that is not ours: somebody does not want it, and is not asked again and again. */
function isRefusal(ended: Connection, sides: ResolvedSides): boolean {
  if (ended.state === 'rejected') return true;
  const managed = managedSides(sides);
  // AWS says by whom: "Deleted by 111122223333".
  return ended.state === 'deleted' && managed.length === 1 && !managed.some(({ accountId }) => ended.stateMessage.includes(accountId));
}

interface EndedConnection {
  readonly sides: ResolvedSides;
  readonly mine: MemoryEntry | undefined;
  readonly others: readonly MemoryEntry[];
  readonly ended?: Connection;
}

function planRequest(input: PeeringInput, { sides, mine, others, ended }: EndedConnection): ConnectionDraft {
  const { requester, accepter } = sides;
  const stop = (problem: Problem, recheckMs?: number): ConnectionDraft => ({
    steps: [],
    waiting: [{ part: 'Accepted', problem, ...(recheckMs !== undefined && { recheckMs }) }],
    memory: input.memory,
    ...(ended && { connection: ended }),
  });

  const overlaps = overlapOf(sides);
  if (overlaps.length > 0) {
    const shown = overlaps
      .slice(0, 5)
      .map(([one, other]) => `${one} of ${describeVpc(requester)} and ${other} of ${describeVpc(accepter)}`);
    return stop({
      reason: 'CidrOverlap',
      message: `the VPCs cannot be peered, since CIDRs overlap: ${shown.join('; ')}. To reach single services across overlapping networks use a ResourceEndpoint`,
      heals: 'person',
    });
  }
  const ask = askOf(input);
  const attempt = mine ? mine.attempt + 1 : 1;
  if (ended && isRefusal(ended, sides) && input.resource.status?.requestedFor === ask) {
    return stop({
      reason: 'PeeringRejected',
      message: `connection ${ended.id} was ${ended.state} (${ended.stateMessage}); it is requested again when the spec changes or the annotation isthmus.dev/reconcile-at is set to a new value`,
      heals: 'person',
    });
  }
  if (!requester.view) {
    return stop(
      {
        reason: 'PendingAcceptance',
        message: `waiting for account ${requester.accountId} to request a connection from ${describeVpc(requester)} to ${describeVpc(accepter)}; it is accepted here once it is there`,
        heals: 'time',
      },
      awaitedRequestRecheckMs,
    );
  }
  if (mine && mine.id !== '' && input.resource.status?.requestedFor === ask) {
    const dueAt = Date.parse(mine.intentAt) + retryDelayMs(mine.attempt);
    if (input.now < dueAt) {
      const what = ended ? `is ${ended.state} (${ended.stateMessage})` : 'is gone';
      return stop(
        {
          reason: ended?.state === 'failed' ? 'PeeringFailed' : ended?.state === 'expired' ? 'PeeringExpired' : 'Progressing',
          message: `connection ${mine.id} ${what}; it is requested again at ${timestamp(Math.ceil(dueAt / 60_000) * 60_000).slice(0, 16)}Z at the latest`,
          heals: 'time',
        },
        dueAt - input.now,
      );
    }
  }
  const former = mine && mine.id !== '' ? [formerOf(mine)] : [];
  const rest = others.filter((other) => !other.role.endsWith('/connection'));
  const intent: MemoryEntry = {
    role: roleOf('requester'),
    ...placeOf(requester.view),
    id: '',
    key: connectionKey,
    created: true,
    attempt,
    intentAt: timestamp(input.now),
  };
  return {
    steps: [
      {
        change: {
          action: 'CreateVpcPeeringConnection',
          scope: requester.view.scope,
          vpcId: requester.vpcId,
          peerVpcId: accepter.vpcId,
          peerOwnerId: accepter.accountId,
          peerRegion: accepter.region,
          tags: ownershipTags(input.resource, input.cluster),
        },
        part: 'Accepted',
        stage: 1,
        sentence: `request a peering connection from ${describeVpc(requester)} to ${describeVpc(accepter)}`,
        remember: intent,
      },
    ],
    waiting: [],
    memory: [...former, ...rest],
    requestedFor: ask,
  };
}

/** How long after the request before last a further one is made, in milliseconds: none after the first, then 30 s doubling up to an hour. */
function retryDelayMs(attempt: number): number {
  return attempt <= 1 ? 0 : Math.min(30_000 * 2 ** (attempt - 2), 3_600_000);
}
