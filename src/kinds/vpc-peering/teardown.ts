import type { MemoryEntry, Plan, Side, SideReference, Step, Waiting } from '../kind.ts';
import { ownershipKeys, ownershipOf } from '../ownership.ts';
import type { VpcPeering } from './api.ts';
import { isEndState } from './connection.ts';
import { parseRouteId, routeRole } from './routes.ts';
import { planRuleRemoval, ruleRole } from './rules.ts';
import { type Draft, type PeeringCollection, type PeeringInput, type PeeringView, type SideName, sideNames } from './side.ts';

/** The side that an entry of memory belongs to. */
const sideOf = (entry: MemoryEntry): SideName => (entry.role.startsWith('accepter/') ? 'accepter' : 'requester');

/** Accounts and regions of the things in memory: the spec is never looked at again for deletion. */
export function teardownSides(resource: VpcPeering): Readonly<Record<string, SideReference>> {
  const entries = resource.status?.resources ?? [];
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
 * a tag, carries ours. With `Retain` (and `observeOnly`) things stay, without our ownership tags. An entry leaves memory when it is
 * confirmed gone, or is seen to be somebody else's.
 */
export function planTeardown(input: PeeringInput): Draft & { readonly notes: NonNullable<Plan['notes']> } {
  const { deletionPolicy, observeOnly } = input.resource.spec;
  const retain = deletionPolicy === 'Retain' || observeOnly === true;
  const letGo = abandoned(input.resource);
  const steps: Step[] = [];
  const waiting: Waiting[] = [];
  const connections = new Set(input.memory.filter((entry) => /\/(former-)?connection$/.test(entry.role)).map((entry) => entry.id));

  const memory = input.memory.filter((entry) => {
    const name = sideOf(entry);
    if (!entry.created || letGo.includes(name)) return false;
    const side = input.sides[name];
    if (!side || side.problem) {
      waiting.push(blocked(entry, side));
      return !isConnectionGone(entry, input);
    }
    const removal = retain
      ? planRelease(entry, side.view)
      : entry.role === routeRole(name)
        ? planRouteRemoval(entry, { view: side.view, connections })
        : entry.role === ruleRole(name)
          ? planRuleRemoval(input, { entry, view: side.view, why: 'since the object is being deleted' })
          : planConnectionRemoval(input, { entry, view: side.view });
    steps.push(...removal.steps);
    waiting.push(...removal.waiting);
    return removal.keep;
  });
  const left = input.memory.filter((entry) => entry.created && letGo.includes(sideOf(entry)));
  const notes = left.map((entry) => ({
    reason: 'Abandoned' as const,
    message: `${entry.id || entry.key} of account ${entry.accountId}, region ${entry.region} was let go and may still be there: nobody looks after it any more`,
  }));
  const seen = new Set<string>();
  const once = steps.filter((step) => {
    // A connection stands in memory once for each side; it is deleted once, by whichever side may.
    const key = JSON.stringify(step.change);
    return !seen.has(key) && seen.add(key);
  });
  const firstDelete = new Map(
    once
      .toReversed()
      .flatMap((step) =>
        step.change.action === 'DeleteVpcPeeringConnection' ? [[step.change.vpcPeeringConnectionId, step] as const] : [],
      ),
  );
  return {
    steps: once.filter(
      (step) => step.change.action !== 'DeleteVpcPeeringConnection' || firstDelete.get(step.change.vpcPeeringConnectionId) === step,
    ),
    waiting,
    memory,
    notes,
  };
}

const blocked = (entry: MemoryEntry, side: Side<PeeringCollection> | undefined): Waiting => ({
  part: 'Accepted',
  problem: {
    reason: 'DeletionBlocked',
    message: `${entry.id || entry.key} of account ${entry.accountId}, region ${entry.region} cannot be removed: ${side?.problem?.message ?? 'its account cannot be entered'}; mend that, or let it go with the annotation isthmus.dev/abandon: ${sideOf(entry)}`,
    heals: 'person',
  },
});

/** A connection has two ends: what the living side sees of its end is true for the other one too. */
function isConnectionGone(entry: MemoryEntry, input: PeeringInput): boolean {
  if (!/\/(former-)?connection$/.test(entry.role)) return false;
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

function planRouteRemoval(entry: MemoryEntry, { view, connections }: { view: PeeringView; connections: ReadonlySet<string> }): Removal {
  if (view.gone.has(entry.id)) return gone;
  const { routeTableId, destination } = parseRouteId(entry.id);
  const route = view.routeTables.get(routeTableId)?.routes.find((other) => other.destination === destination);
  if (!route) return later('RoutesReady', `making sure that route ${destination} of ${routeTableId} is gone`, 5_000);
  if (!connections.has(route.target.id)) return gone;
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

function planConnectionRemoval(input: PeeringInput, { entry, view }: { entry: MemoryEntry; view: PeeringView }): Removal {
  const connection =
    entry.id === ''
      ? [...view.peeringConnections.values()].find((other) => ownershipOf(other.tags, input).of === 'us' && !isEndState(other.state))
      : view.peeringConnections.get(entry.id);
  if (!connection) {
    const proven = entry.id === '' ? Date.parse(entry.intentAt) < view.completeUpTo : view.gone.has(entry.id);
    return proven
      ? gone
      : later('Accepted', `making sure that connection ${entry.id || '(requested, its answer not seen)'} is gone`, 5_000);
  }
  if (isEndState(connection.state)) return gone;
  const of = ownershipOf(connection.tags, input).of;
  if (of !== 'us' && of !== 'predecessor') {
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

/** Leaves a thing as it is, without the tags that say it is ours. */
function planRelease(entry: MemoryEntry, view: PeeringView): Removal {
  const tags = view.securityGroupRules.get(entry.id)?.tags ?? view.peeringConnections.get(entry.id)?.tags;
  const keys = Object.values(ownershipKeys).filter((key) => tags?.[key] !== undefined);
  if (keys.length === 0) return gone;
  return {
    keep: true,
    waiting: [],
    steps: [
      {
        change: { action: 'DeleteTags', scope: view.scope, resourceId: entry.id, keys },
        part: 'Accepted',
        stage: 1,
        sentence: `leave ${entry.id} in AWS without our ownership tags`,
        forget: entry,
      },
    ],
  };
}
