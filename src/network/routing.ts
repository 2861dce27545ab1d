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

/**
 * The route that a packet to `address` takes: the longest prefix, and a static route before a propagated one of the same prefix. The VPC's own
 * blocks are local even where the table does not list them. A blackhole wins like any other route: the packet is then lost, not sent another way.
 * Routes to prefix lists are passed over, since their entries are not part of the network model.
 *
 * @param address canonical IPv4 or IPv6
 * @returns undefined where no route applies
 */
export function chooseRoute(address: string, table: RouteTable, vpc: Vpc): Route | undefined {
  const own = associatedCidrs(vpc);
  const isOwn = own.some((cidr) => addressInCidr(address, cidr));
  const implied = own
    .filter((cidr) => !table.routes.some((route) => route.destination === cidr))
    .map((destination): Route => ({ destination, target: { type: 'local', id: 'local' }, state: 'active', origin: 'CreateRouteTable' }));
  let chosen: { readonly route: Route; readonly length: number } | undefined;
  for (const route of [...table.routes, ...implied]) {
    const length = parseCidr(route.destination)?.prefixLength;
    if (length === undefined || !addressInCidr(address, route.destination)) continue;
    if (isOwn && !mayBeatLocal.has(route.target.type)) continue;
    const wins = !chosen || length > chosen.length || (length === chosen.length && isStatic(route) && !isStatic(chosen.route));
    if (wins) chosen = { route, length };
  }
  return chosen?.route;
}
