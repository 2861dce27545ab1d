import type {
  CreateTransitGatewayRouteRequest,
  CreateTransitGatewayRouteResult,
  DeleteTransitGatewayRouteRequest,
  DeleteTransitGatewayRouteResult,
  Filter,
  ReplaceTransitGatewayRouteRequest,
  ReplaceTransitGatewayRouteResult,
  SearchTransitGatewayRoutesRequest,
  SearchTransitGatewayRoutesResult,
  TransitGatewayRoute,
} from '@aws-sdk/client-ec2';
import { cidrContains, cidrFamily, isCanonicalCidr, prefixLength } from '../../../network/cidr.ts';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { World } from '../../world/world.ts';
import { readCidr } from '../addresses.ts';
import { badParameter, exactlyOne, required } from '../errors.ts';
import { idKinds, notFound } from '../ids.ts';
import { filterTest } from '../listing.ts';
import type { TransitGatewayRouteTableRecord } from './transit-gateway-records.ts';
import {
  findAttachment,
  findTransitGatewayRouteTable,
  incorrectState,
  isUsable,
  type TransitGatewayRouteView,
  transitGatewayRoutes,
} from './transit-gateway-view.ts';

function shown(world: World, { destination, type, state, attachmentId }: TransitGatewayRouteView): TransitGatewayRoute {
  const attachment = attachmentId === undefined ? undefined : world.transitGatewayAttachments.get(attachmentId);
  return {
    DestinationCidrBlock: destination,
    Type: type,
    State: state,
    ...(attachment
      ? {
          TransitGatewayAttachments: [
            { TransitGatewayAttachmentId: attachment.id, ResourceId: attachment.vpcId, ResourceType: 'vpc' as const },
          ],
        }
      : {}),
  };
}

/** The one spelling of a destination of either family. */
function readDestination(text: string | undefined): string {
  const destination = required(text, 'destinationCidrBlock');
  return readCidr(destination, 'destinationCidrBlock', destination.includes(':') ? 6 : 4);
}

/** The attachment to which a route leads; undefined for one that swallows everything. */
function readTarget(
  world: World,
  call: Call,
  { input, table }: { input: CreateTransitGatewayRouteRequest; table: TransitGatewayRouteTableRecord },
): string | undefined {
  const asked = { transitGatewayAttachmentId: input.TransitGatewayAttachmentId, blackhole: input.Blackhole || undefined };
  if (exactlyOne(asked) === 'blackhole') return undefined;
  const attachment = findAttachment(world, call, input.TransitGatewayAttachmentId);
  if (attachment.transitGatewayId !== table.transitGatewayId) throw notFound(idKinds.transitGatewayAttachment, attachment.id);
  if (!isUsable(attachment)) throw incorrectState(`${attachment.id} is in invalid state`);
  return attachment.id;
}

function findTable(world: World, call: Call, id: string | undefined): TransitGatewayRouteTableRecord {
  const table = findTransitGatewayRouteTable(world, call, id);
  if (table.state !== 'available') throw incorrectState(`${table.id} is in invalid state`);
  return table;
}

const routeOf = (world: World, tableId: string, destination: string): TransitGatewayRouteView =>
  transitGatewayRoutes(world, world.transitGatewayRouteTables.get(tableId)!).find((route) => route.destination === destination)!;

const noSuchRoute = (destination: string, { id }: TransitGatewayRouteTableRecord): ApiError =>
  new ApiError('InvalidRoute.NotFound', `There is no static route ${destination} in ${id}`);

type RouteTest = (route: TransitGatewayRouteView) => boolean;

/** A test for one `route-search.…` filter, whose values are CIDRs. */
function searchTest(routes: readonly TransitGatewayRouteView[], { Name: name = '', Values: values = [] }: Filter): RouteTest {
  const wanted = values.map((value) => {
    if (!isCanonicalCidr(value)) throw badParameter(value, name, 'This is not a valid CIDR block.');
    return value;
  });
  const related = (outer: string, inner: string): boolean => cidrFamily(outer) === cidrFamily(inner) && cidrContains(outer, inner);
  switch (name) {
    case 'route-search.exact-match':
      return ({ destination }) => wanted.includes(destination);
    case 'route-search.subnet-of-match':
      return ({ destination }) => wanted.some((cidr) => related(cidr, destination));
    case 'route-search.supernet-of-match':
      return ({ destination }) => wanted.some((cidr) => related(destination, cidr));
    case 'route-search.longest-prefix-match': {
      const longest = wanted.map((cidr) =>
        Math.max(-1, ...routes.filter((route) => related(route.destination, cidr)).map((route) => prefixLength(route.destination))),
      );
      return ({ destination }) => wanted.some((cidr, index) => related(destination, cidr) && prefixLength(destination) === longest[index]);
    }
    default:
      throw badParameter(name, 'Filter.Name', 'Unknown filter.');
  }
}

export function transitGatewayRouteOperations(world: World): Operations {
  return {
    /** Takes the place of a propagated route of the same destination, but not of a static one. */
    CreateTransitGatewayRoute(input: CreateTransitGatewayRouteRequest, call: Call): CreateTransitGatewayRouteResult {
      const table = findTable(world, call, input.TransitGatewayRouteTableId);
      const destination = readDestination(input.DestinationCidrBlock);
      const attachmentId = readTarget(world, call, { input, table });
      if (table.routes.some((route) => route.destination === destination)) {
        throw new ApiError('RouteAlreadyExists', `Route ${destination} already exists in Transit Gateway Route Table ${table.id}.`);
      }
      world.transitGatewayRouteTables.change(table.id, { routes: [...table.routes, { destination, attachmentId }] });
      return { Route: shown(world, routeOf(world, table.id, destination)) };
    },

    ReplaceTransitGatewayRoute(input: ReplaceTransitGatewayRouteRequest, call: Call): ReplaceTransitGatewayRouteResult {
      const table = findTable(world, call, input.TransitGatewayRouteTableId);
      const destination = readDestination(input.DestinationCidrBlock);
      const attachmentId = readTarget(world, call, { input, table });
      if (!table.routes.some((route) => route.destination === destination)) throw noSuchRoute(destination, table);
      const routes = table.routes.map((route) => (route.destination === destination ? { destination, attachmentId } : route));
      world.transitGatewayRouteTables.change(table.id, { routes });
      return { Route: shown(world, routeOf(world, table.id, destination)) };
    },

    DeleteTransitGatewayRoute(input: DeleteTransitGatewayRouteRequest, call: Call): DeleteTransitGatewayRouteResult {
      const table = findTable(world, call, input.TransitGatewayRouteTableId);
      const destination = readDestination(input.DestinationCidrBlock);
      if (!table.routes.some((route) => route.destination === destination)) throw noSuchRoute(destination, table);
      const before = routeOf(world, table.id, destination);
      world.transitGatewayRouteTables.change(table.id, { routes: table.routes.filter((route) => route.destination !== destination) });
      return { Route: { ...shown(world, before), State: 'deleted' } };
    },

    /** Asks for a filter, and gives 1,000 routes at most (aws.md 6.1). */
    SearchTransitGatewayRoutes(input: SearchTransitGatewayRoutesRequest, call: Call): SearchTransitGatewayRoutesResult {
      const { id } = findTransitGatewayRouteTable(world, call, input.TransitGatewayRouteTableId);
      const filters = required(input.Filters?.length ? input.Filters : undefined, 'Filter');
      const { MaxResults: most = 1000 } = input;
      if (most < 5 || most > 1000) {
        throw new ApiError('InvalidMaxResults', `Value ( ${most} ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.`);
      }
      const seen = world.transitGatewayRouteTables.seen(id);
      const routes = seen ? transitGatewayRoutes(world, seen) : [];
      const isSearch = ({ Name: name }: Filter): boolean => name?.startsWith('route-search.') ?? false;
      const tests: RouteTest[] = filters.filter(isSearch).map((filter) => searchTest(routes, filter));
      const plain = filterTest<TransitGatewayRouteView>(
        filters.filter((filter) => !isSearch(filter)),
        {
          'attachment.resource-id': ({ attachmentId }) => world.transitGatewayAttachments.get(attachmentId ?? '')?.vpcId,
          'attachment.resource-type': ({ attachmentId }) => (attachmentId === undefined ? undefined : 'vpc'),
          'attachment.transit-gateway-attachment-id': ({ attachmentId }) => attachmentId,
          'prefix-list-id': () => undefined,
          state: ({ state }) => state,
          type: ({ type }) => type,
        },
        undefined,
      );
      const found = routes.filter((route) => plain(route) && tests.every((test) => test(route)));
      return { Routes: found.slice(0, most).map((route) => shown(world, route)), AdditionalRoutesAvailable: found.length > most };
    },
  };
}
