import { cidrFamily } from '../../network/cidr.ts';
import { ApiError, type Call } from '../service.ts';
import type { PrefixListEntry, PrefixListRecord, RouteRecord, RouteTableRecord, SecurityGroupRuleRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { type AwsPrefixList, awsPrefixLists } from './aws-prefix-lists.ts';
import { checkId, idKinds, isKnown, notFound } from './ids.ts';

/** A prefix list, be it an account's or AWS's, as routes and rules use it. */
export interface PrefixList {
  readonly id: string;
  readonly name: string;
  readonly addressFamily: 'IPv4' | 'IPv6';
  readonly entries: readonly PrefixListEntry[];
  /** As how many routes or rules it counts (aws.md 2.6). */
  readonly weight: number;
  /** The account's record; undefined for AWS's own. */
  readonly record?: PrefixListRecord | undefined;
}

/** AWS's list as what routes and rules use. */
export const ofAws = ({ id, name, cidrs, weight }: AwsPrefixList): PrefixList => ({
  id,
  name,
  addressFamily: 'IPv4',
  entries: cidrs.map((cidr) => ({ cidr })),
  weight,
});

/** An account's list as what routes and rules use. */
export const ofAccount = (record: PrefixListRecord): PrefixList => ({
  id: record.id,
  name: record.name,
  addressFamily: record.addressFamily,
  entries: record.versions.at(-1)!,
  weight: record.maxEntries,
  record,
});

/**
 * The list that a call names.
 *
 * @throws ApiError InvalidPrefixListId.Malformed, InvalidPrefixListID.NotFound
 */
export function findPrefixList(world: World, call: Call, id: string): PrefixList {
  checkId(idKinds.prefixList, id);
  const own = awsPrefixLists(call.region).find((list) => list.id === id);
  if (own) return ofAws(own);
  const record = world.prefixLists.get(id);
  const mine = record && record.ownerId === call.accountId && record.region === call.region && isKnown(world, world.prefixLists, id);
  if (!mine) throw notFound(idKinds.prefixList, id);
  return ofAccount(record);
}

/** As how many routes a destination counts, and of which address family. */
export function weightOf(world: World, destination: string): { readonly family: 4 | 6; readonly weight: number } {
  if (!destination.startsWith('pl-')) return { family: cidrFamily(destination), weight: 1 };
  const record = world.prefixLists.get(destination);
  return { family: record?.addressFamily === 'IPv6' ? 6 : 4, weight: record?.maxEntries ?? 1 };
}

/** As how many routes of a family these count (aws.md 2.6). */
export function routeWeight(world: World, routes: readonly RouteRecord[], family: 4 | 6): number {
  return routes.reduce((sum, { destination }) => {
    const counted = weightOf(world, destination);
    return counted.family === family ? sum + counted.weight : sum;
  }, 0);
}

/** @throws ApiError where the table has no room for a route to one more destination: a prefix list counts as often as it may have entries (aws.md 2.6) */
export function checkRouteCount(world: World, table: RouteTableRecord, destination: string): void {
  const { routesPerRouteTable } = world.settings.quotas;
  const { family, weight } = weightOf(world, destination);
  if (routeWeight(world, table.routes, family) + weight > routesPerRouteTable) {
    throw new ApiError('RouteLimitExceeded', `The route table '${table.id}' has reached its limit of ${routesPerRouteTable} routes.`);
  }
}

/** As how many rules of a family these count: one that names a group counts for both (aws.md 3.6). */
export function ruleWeight(world: World, rules: readonly SecurityGroupRuleRecord[], family: 4 | 6): number {
  return rules.reduce((sum, { peer }) => {
    if ('cidrIpv4' in peer) return family === 4 ? sum + 1 : sum;
    if ('cidrIpv6' in peer) return family === 6 ? sum + 1 : sum;
    if ('referencedGroup' in peer) return sum + 1;
    const counted = weightOf(world, peer.prefixListId);
    return counted.family === family ? sum + counted.weight : sum;
  }, 0);
}
