import { ApiError } from '../../service.ts';
import type { RouteTableRecord, VpcEndpointRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { awsPrefixLists } from '../aws-prefix-lists.ts';
import { invalidParameter } from '../errors.ts';
import { checkRouteCount } from '../prefix-list-view.ts';

type GatewayEndpoint = Pick<VpcEndpointRecord, 'id' | 'vpcId' | 'region' | 'serviceName'>;

/** The prefix list of a gateway endpoint's service: what its routes have as their destination. */
export function prefixListIdOf({ region, serviceName }: Pick<VpcEndpointRecord, 'region' | 'serviceName'>): string {
  return awsPrefixLists(region).find(({ name }) => name === serviceName)!.id;
}

/**
 * Puts the route to a gateway endpoint into a table.
 *
 * @throws ApiError RouteAlreadyExists where an endpoint of the same service, or somebody, has such a route there (aws.md 4.5)
 */
export function insertEndpointRoute(world: World, endpoint: GatewayEndpoint, table: RouteTableRecord): void {
  const destination = prefixListIdOf(endpoint);
  if (table.vpcId !== endpoint.vpcId) throw invalidParameter(`Route table ${table.id} does not belong to the network ${endpoint.vpcId}.`);
  if (table.associations.some(({ gatewayId }) => gatewayId)) {
    throw invalidParameter(`Route table ${table.id} is associated with a gateway and cannot have a route to an endpoint.`);
  }
  if (table.routes.some((route) => route.destination === destination)) {
    throw new ApiError('RouteAlreadyExists', `route table ${table.id} already has a route with destination-prefix-list-id ${destination}`);
  }
  checkRouteCount(world, table, destination);
  world.routeTables.change(table.id, { routes: [...table.routes, { destination, target: { type: 'vpc-endpoint', id: endpoint.id } }] });
}

/** Takes the route to a gateway endpoint out of a table. */
export function removeEndpointRoute(world: World, endpointId: string, tableId: string): void {
  const table = world.routeTables.get(tableId);
  if (table) world.routeTables.change(tableId, { routes: table.routes.filter(({ target }) => target.id !== endpointId) });
}
