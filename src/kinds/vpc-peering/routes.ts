import { parseRouteId, routeId } from '../../network/changes.ts';
import { coveredBy } from '../../network/cidr.ts';
import { grouped } from '../../network/grouped.ts';
import type { PeeringConnection, Route, RouteTable } from '../../network/model.ts';
import type { MemoryEntry, Problem, Step, Waiting } from '../kind.ts';
import { ownerName } from '../ownership.ts';
import { describeTags, hasTags } from '../tags.ts';
import type { VpcPeeringStatus } from './api.ts';
import { type Connection, seenBySomeone } from './connection.ts';
import {
  type Draft,
  describeVpc,
  isOldEnough,
  type PeeringInput,
  type PeerSide,
  peerCidrs,
  placeOf,
  type ResolvedSide,
  type SideName,
  timestamp,
  tooYoung,
} from './side.ts';

export type RouteStatus = NonNullable<NonNullable<VpcPeeringStatus['requester']>['routes']>[number];

export interface RoutesDraft extends Draft {
  readonly status: readonly RouteStatus[];
  /** Edge tables of the VPC, which take no route to a peering. */
  readonly skipped: readonly string[];
}

export const routeRole = (side: SideName): string => `${side}/route`;
/** An edge table takes only local, network-interface and Gateway Load Balancer endpoint targets (aws.md 2.5). */
const isEdgeTable = (table: RouteTable): boolean => table.associations.some((association) => association.gatewayId !== undefined);

function chooseTables(side: ResolvedSide): {
  readonly tables: readonly RouteTable[];
  readonly skipped: readonly string[];
  readonly problems: readonly Problem[];
} {
  const all = grouped(side.view.routeTables, 'vpc', (table) => [table.vpcId])(side.vpc.vpcId).toSorted((one, other) =>
    one.routeTableId < other.routeTableId ? -1 : 1,
  );
  const { strategy, ids, tags } = side.spec.routeTables ?? { strategy: 'All' as const };
  const chosen = all.filter((table) => {
    switch (strategy) {
      case 'All':
        return true;
      case 'Main':
        return table.associations.some((association) => association.main);
      case 'Selected':
        return (ids === undefined || ids.includes(table.routeTableId)) && (tags === undefined || hasTags(table.tags, tags));
      case 'None':
        return false;
      default:
        return strategy satisfies never;
    }
  });
  const field = `spec.${side.name}.routeTables`;
  const problems: Problem[] = (ids ?? [])
    .filter((id) => !all.some((table) => table.routeTableId === id))
    .map((id) => ({
      reason: 'RouteTableNotFound',
      message: `${field}.ids: ${describeVpc(side)} has no route table ${id}`,
      heals: 'object',
    }));
  if (strategy === 'Selected' && chosen.length === 0 && problems.length === 0) {
    problems.push({
      reason: 'RouteTableNotFound',
      message: `${field}: ${describeVpc(side)} has no route table with the tags ${describeTags(tags ?? {})}`,
      heals: 'object',
    });
  }
  return {
    tables: chosen.filter((table) => !isEdgeTable(table)),
    skipped: chosen.filter(isEdgeTable).map((table) => table.routeTableId),
    problems,
  };
}

/** The destinations of one side: what the spec names, which must lie within the peer's CIDRs, or all of those. */
function chooseDestinations(
  side: ResolvedSide,
  peer: PeerSide,
  connection: PeeringConnection,
): { readonly destinations: readonly string[]; readonly problems: readonly Problem[] } {
  const cidrs = peerCidrs(side, peer, connection);
  const named = side.spec.destinations;
  if (named === undefined) return { destinations: cidrs, problems: [] };
  const outside = named.filter((destination) => !coveredBy(destination, cidrs));
  return {
    destinations: named.filter((destination) => !outside.includes(destination)),
    problems: outside.map((destination) => ({
      reason: 'CidrOutsidePeer',
      message: `spec.${side.name}.destinations: ${destination} does not lie within the CIDRs of ${describeVpc(peer)} (${cidrs.join(', ')}). A peering leads to the peer VPC and no further: not to its other peers, its internet or NAT gateway, or its VPN; peer with the VPC that has the addresses, or use a transit gateway`,
      heals: 'person',
    })),
  };
}

/** The tables and destinations of one side, as far as they can be told. */
export function wantedRoutes({
  side,
  peer,
  connection,
}: {
  readonly side: ResolvedSide;
  readonly peer: PeerSide;
  readonly connection: PeeringConnection;
}): readonly { readonly table: RouteTable; readonly destination: string }[] {
  const { destinations } = chooseDestinations(side, peer, connection);
  return chooseTables(side).tables.flatMap((table) => destinations.map((destination) => ({ table, destination })));
}

/**
 * The routes of one side to its peer.
 *
 * | in the table | what is done |
 * | --- | --- |
 * | nothing for the destination | created |
 * | a route to the connection | kept; ours if the connection is, or if it was in memory before |
 * | a route to a connection that this object used before | turned to the new one |
 * | a route to anything else, alive or blackhole | left alone: RouteConflict |
 * | a route of ours that is not wanted any more | deleted, after the others are made |
 */
export function planRoutes(input: PeeringInput, { side, peer, connection, isFormer, memory }: RoutesInput): RoutesDraft {
  const { tables, skipped, problems } = chooseTables(side);
  const { destinations, problems: cidrProblems } = chooseDestinations(side, peer, seenBySomeone(connection));
  const waiting: Waiting[] = [...problems, ...cidrProblems].map((problem) => ({ part: 'RoutesReady', problem }));
  const steps: Step[] = [];
  const status: RouteStatus[] = [];
  const role = routeRole(side.name);
  const kept: MemoryEntry[] = [];
  const mine = new Map(memory.filter((entry) => entry.role === role).map((entry) => [entry.id, entry]));
  const wanted = new Set<string>();

  for (const table of tables) {
    const byDestination = new Map(table.routes.map((route) => [route.destination, route]));
    for (const destination of destinations) {
      const id = routeId(table.routeTableId, destination);
      wanted.add(id);
      const route = byDestination.get(destination);
      const before = mine.get(id);
      const entry: MemoryEntry = before ?? {
        role,
        ...placeOf(side.view),
        id,
        created: connection.created,
        attempt: 1,
        intentAt: timestamp(input.now),
      };
      const holder = input.claimedBy(`route:${id}`);
      if (route?.target.id === connection.id) {
        // One that leads to what this object made is its own, whoever put it there.
        kept.push({ ...entry, created: entry.created || connection.created });
        status.push({ routeTableId: table.routeTableId, destination, state: route.state });
      } else if (holder) {
        waiting.push({
          part: 'RoutesReady',
          problem: {
            reason: 'RouteConflict',
            message: `route table ${table.routeTableId}: ${destination} is wanted by ${ownerName(holder)} too, which is older`,
            heals: 'person',
          },
        });
        status.push({ routeTableId: table.routeTableId, destination, state: 'conflict' });
      } else if (route && route.origin === 'CreateRoute' && isFormer(route)) {
        kept.push({ ...entry, created: true });
        steps.push({
          change: {
            action: 'ReplaceRoute',
            scope: side.view.scope,
            routeTableId: table.routeTableId,
            destination,
            vpcPeeringConnectionId: connection.id,
          },
          part: 'RoutesReady',
          stage: 1,
          sentence: `in ${table.routeTableId}, turn route ${destination} from ${route.target.id} to ${connection.id}`,
        });
        status.push({ routeTableId: table.routeTableId, destination, state: 'pending' });
      } else if (route) {
        waiting.push({ part: 'RoutesReady', problem: conflict(table, route) });
        status.push({ routeTableId: table.routeTableId, destination, state: 'conflict' });
      } else {
        steps.push({
          change: {
            action: 'CreateRoute',
            scope: side.view.scope,
            routeTableId: table.routeTableId,
            destination,
            vpcPeeringConnectionId: connection.id,
          },
          part: 'RoutesReady',
          stage: 1,
          sentence: `in ${table.routeTableId}, route ${destination} to ${connection.id}`,
          remember: { ...entry, created: true, intentAt: before?.created ? before.intentAt : timestamp(input.now) },
        });
        status.push({ routeTableId: table.routeTableId, destination, state: 'pending' });
      }
    }
  }

  for (const entry of mine.values()) {
    if (wanted.has(entry.id)) continue;
    const { routeTableId, destination } = parseRouteId(entry.id);
    const route = side.view.routeTables.get(routeTableId)?.routes.find((other) => other.destination === destination);
    if (!entry.created || side.view.gone.has(entry.id) || (route && route.target.id !== connection.id && !isFormer(route))) continue;
    kept.push(entry);
    // What is not understood is left as it is: a table that cannot be found just now must not cut what is connected.
    if (problems.length > 0 || cidrProblems.length > 0) continue;
    if (!isOldEnough(entry, [side, peer])) {
      waiting.push(tooYoung('RoutesReady', `route ${destination} of ${routeTableId}`));
    } else if (route) {
      steps.push({
        change: { action: 'DeleteRoute', scope: side.view.scope, routeTableId, destination },
        part: 'RoutesReady',
        stage: 2,
        sentence: `in ${routeTableId}, delete route ${destination}, which is not wanted any more`,
        forget: entry,
      });
    } else {
      waiting.push({
        part: 'RoutesReady',
        problem: { reason: 'Progressing', message: `making sure that route ${destination} of ${routeTableId} is gone`, heals: 'time' },
        recheckMs: 5_000,
      });
    }
  }
  return { steps, waiting, memory: [...memory.filter((entry) => entry.role !== role), ...kept], status, skipped };
}

export interface RoutesInput {
  readonly side: ResolvedSide;
  readonly peer: PeerSide;
  readonly connection: Connection;
  /** Whether a route leads to a connection of this object's past: it is turned to the present one. */
  readonly isFormer: (route: Route) => boolean;
  readonly memory: readonly MemoryEntry[];
}

const conflict = (table: RouteTable, route: Route): Problem => ({
  reason: 'RouteConflict',
  message: `route table ${table.routeTableId} already sends ${route.destination} to ${route.target.id}${route.state === 'blackhole' ? ' (blackhole)' : ''}; it is not overwritten: remove that route, or leave the table or destination out`,
  heals: 'person',
});
