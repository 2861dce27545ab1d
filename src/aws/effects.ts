import type { PeeringConnection, PeeringState, Route, RouteTable, SecurityGroupRule, Tags } from '../network/model.ts';
import { hasReached } from '../network/peering-states.ts';
import type { AnyEffect, Effect } from './own-writes.ts';
import { type CollectionName, collectionOf } from './reads.ts';

/** The connection is there, as AWS answered. */
export function peeringExists(connection: PeeringConnection): Effect<'peeringConnections'> {
  return {
    collection: 'peeringConnections',
    key: connection.vpcPeeringConnectionId,
    part: 'exists',
    apply: (item) => item ?? connection,
    shownBy: (item) => item !== undefined,
  };
}

/** The connection has come at least as far as this state; both sides see it. */
export function peeringReached(id: string, state: PeeringState, stateMessage: string): Effect<'peeringConnections'> {
  return {
    collection: 'peeringConnections',
    key: id,
    part: 'state',
    everywhere: true,
    apply: (item) => (item && !hasReached(item.state, state) ? { ...item, state, stateMessage } : item),
    // One that is on its way out and not shown any more has come to its end.
    shownBy: (item) => (item ? hasReached(item.state, state) : hasReached(state, 'deleting')),
  };
}

/** One side's DNS option has this value. */
export function peeringOption(id: string, side: 'requester' | 'accepter', allows: boolean): Effect<'peeringConnections'> {
  return {
    collection: 'peeringConnections',
    key: id,
    part: `option of ${side}`,
    everywhere: true,
    apply: (item) => item && { ...item, [side]: { ...item[side], allowDnsResolutionFromRemoteVpc: allows } },
    shownBy: (item) => item?.[side].allowDnsResolutionFromRemoteVpc === allows,
  };
}

function withoutRoute(table: RouteTable, destination: string): readonly Route[] {
  return table.routes.filter((route) => route.destination !== destination);
}

/** The table has this route. */
export function routeLeads(routeTableId: string, destination: string, vpcPeeringConnectionId: string): Effect<'routeTables'> {
  const leadsThere = (route: Route) => route.destination === destination && route.target.id === vpcPeeringConnectionId;
  const made: Route = {
    destination,
    target: { type: 'vpc-peering-connection', id: vpcPeeringConnectionId },
    state: 'active',
    origin: 'CreateRoute',
  };
  return {
    collection: 'routeTables',
    key: routeTableId,
    part: `route ${destination}`,
    apply: (table) => table && (table.routes.some(leadsThere) ? table : { ...table, routes: [...withoutRoute(table, destination), made] }),
    shownBy: (table) => table?.routes.some(leadsThere) ?? false,
  };
}

/** The table has no route to this destination, except where AWS has put one of its own in the place. */
export function routeGone(routeTableId: string, destination: string): Effect<'routeTables'> {
  return {
    collection: 'routeTables',
    key: routeTableId,
    part: `route ${destination}`,
    apply: (table) => table && { ...table, routes: withoutRoute(table, destination) },
    shownBy: (table) => !table?.routes.some((route) => route.destination === destination),
  };
}

/** The rule is there, as AWS answered. */
export function ruleExists(rule: SecurityGroupRule): Effect<'securityGroupRules'> {
  return {
    collection: 'securityGroupRules',
    key: rule.securityGroupRuleId,
    part: 'exists',
    apply: (item) => item ?? rule,
    shownBy: (item) => item !== undefined,
  };
}

export function ruleGone(securityGroupRuleId: string): Effect<'securityGroupRules'> {
  return {
    collection: 'securityGroupRules',
    key: securityGroupRuleId,
    part: 'exists',
    apply: () => undefined,
    shownBy: (item) => item === undefined,
  };
}

/** One effect a tag, so that a later change to one of them leaves the others standing. */
export function tagsSet(resourceId: string, tags: Tags): readonly AnyEffect[] {
  return Object.entries(tags)
    .map(([key, value]) => tagEffect(resourceId, key, value))
    .filter((effect) => effect !== undefined);
}

export function tagsGone(resourceId: string, keys: readonly string[]): readonly AnyEffect[] {
  return keys.map((key) => tagEffect(resourceId, key, undefined)).filter((effect) => effect !== undefined);
}

function tagEffect(resourceId: string, key: string, value: string | undefined): AnyEffect | undefined {
  const collection = collectionOf(resourceId);
  // Things of other kinds are in no collection, and so have no view to be kept true.
  return collection && tagIn(collection, resourceId, { key, value });
}

function tagIn<Name extends CollectionName>(collection: Name, id: string, tag: { key: string; value: string | undefined }): AnyEffect {
  const { key, value } = tag;
  const effect: Effect<CollectionName> = {
    collection,
    key: id,
    part: `tag ${key}`,
    apply: (item) => {
      if (!item) return item;
      const { [key]: _, ...others } = item.tags;
      return { ...item, tags: value === undefined ? others : { ...others, [key]: value } };
    },
    shownBy: (item) => item?.tags[key] === value,
  };
  return effect as AnyEffect;
}
