import { addressInCidr, parseCidr } from './cidr.ts';
import type { Route, RouteTable, RouteTargetType, Subnet, Vpc } from './model.ts';

/** The VPC's blocks that carry traffic, IPv4 first: those whose association is complete. */
export function associatedCidrs(vpc: Vpc): readonly string[] {
  return [...vpc.cidrBlocks, ...vpc.ipv6CidrBlocks].filter((block) => block.state === 'associated').map((block) => block.cidr);
}

/** The table that a subnet's traffic follows: its own, or else the VPC's main one. Undefined where neither is among the tables. */
export function routeTableOfSubnet(subnet: Subnet, tables: Iterable<RouteTable>): RouteTable | undefined {
  let main: RouteTable | undefined;
  for (const table of tables) {
    if (table.vpcId !== subnet.vpcId) continue;
    if (table.associations.some((association) => association.subnetId === subnet.subnetId)) return table;
    if (table.associations.some((association) => association.main)) main = table;
  }
  return main;
}

/** Only these may take traffic for a part of the VPC's own blocks away from the local route. Source: VPC user guide, "Route priority". */
const mayBeatLocal: ReadonlySet<RouteTargetType> = new Set(['local', 'network-interface', 'instance', 'nat-gateway', 'vpc-endpoint']);

const isStatic = (route: Route): boolean => route.origin !== 'EnableVgwRoutePropagation' && route.origin !== 'Advertisement';

/** How well a route fits an address; the larger number wins. Undefined where it does not apply. */
function fitOf(route: Route, address: string, cidrsOf: CidrsOf): number | undefined {
  const isList = route.destination.startsWith('pl-');
  let longest: number | undefined;
  for (const cidr of isList ? cidrsOf(route.destination) : [route.destination]) {
    const length = parseCidr(cidr)?.prefixLength;
    if (length !== undefined && length >= (longest ?? 0) && addressInCidr(address, cidr)) longest = length;
  }
  if (longest === undefined) return undefined;
  return longest * 3 + (isStatic(route) ? (isList ? 1 : 2) : 0);
}

/** The CIDRs of a prefix list by its id; none where nothing is known of it. */
export type CidrsOf = (prefixListId: string) => readonly string[];

/**
 * The route that a packet to `address` takes: the longest prefix; of routes of the same prefix a static one to a CIDR, then one to a prefix list, then a
 * propagated one; of two lists the first, where AWS leaves it to chance. The VPC's own blocks are local even where the table does not list them. A
 * blackhole wins like any other route: the packet is then lost, not sent another way. Source: VPC User Guide, "Route priority".
 *
 * @param address canonical IPv4 or IPv6
 * @returns undefined where no route applies
 */
export function chooseRoute(
  address: string,
  { table, vpc, cidrsOf }: { readonly table: RouteTable; readonly vpc: Vpc; readonly cidrsOf: CidrsOf },
): Route | undefined {
  const own = associatedCidrs(vpc);
  const isOwn = own.some((cidr) => addressInCidr(address, cidr));
  const implied = own
    .filter((cidr) => !table.routes.some((route) => route.destination === cidr))
    .map((destination): Route => ({ destination, target: { type: 'local', id: 'local' }, state: 'active', origin: 'CreateRouteTable' }));
  let chosen: { readonly route: Route; readonly fit: number } | undefined;
  for (const route of [...table.routes, ...implied]) {
    if (isOwn && !mayBeatLocal.has(route.target.type)) continue;
    const fit = fitOf(route, address, cidrsOf);
    if (fit !== undefined && (!chosen || fit > chosen.fit)) chosen = { route, fit };
  }
  return chosen?.route;
}
