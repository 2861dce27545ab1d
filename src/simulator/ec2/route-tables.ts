import type {
  AssociateRouteTableRequest,
  AssociateRouteTableResult,
  CreateRouteTableRequest,
  CreateRouteTableResult,
  DeleteRouteTableRequest,
  DescribeRouteTablesRequest,
  DescribeRouteTablesResult,
  DisassociateRouteTableRequest,
  ReplaceRouteTableAssociationRequest,
  ReplaceRouteTableAssociationResult,
  RouteTable,
  Route as ShownRoute,
} from '@aws-sdk/client-ec2';
import { cidrFamily } from '../../network/cidr.ts';
import type { Route, RouteTableAssociation } from '../../network/model.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { RouteTableRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { dependencyViolation, exactlyOne, invalidValue, required } from './errors.ts';
import { checkId, idKinds, notFound } from './ids.ts';
import { list } from './listing.ts';
import { findInternetGateway, findRouteTable, findSubnet, findVpc, ownership, placeOf } from './owned.ts';
import { routesOf } from './route-state.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

function shownRoute(world: World, { destination, target, state, origin }: Route): ShownRoute {
  const common = {
    ...(destination.startsWith('pl-')
      ? { DestinationPrefixListId: destination }
      : cidrFamily(destination) === 4
        ? { DestinationCidrBlock: destination }
        : { DestinationIpv6CidrBlock: destination }),
    State: state,
    Origin: origin,
  } as const;
  switch (target.type) {
    case 'vpc-peering-connection':
      return { ...common, VpcPeeringConnectionId: target.id };
    case 'nat-gateway':
      return { ...common, NatGatewayId: target.id };
    case 'egress-only-internet-gateway':
      return { ...common, EgressOnlyInternetGatewayId: target.id };
    case 'transit-gateway':
      return { ...common, TransitGatewayId: target.id };
    case 'instance': {
      const instance = world.instances.get(target.id);
      const networkInterfaceId = instance?.networkInterfaceIds[0];
      return {
        ...common,
        InstanceId: target.id,
        ...(instance ? { InstanceOwnerId: instance.ownerId } : {}),
        ...(networkInterfaceId ? { NetworkInterfaceId: networkInterfaceId } : {}),
      };
    }
    case 'network-interface': {
      const attachment = world.networkInterfaces.get(target.id)?.attachment;
      return { ...common, NetworkInterfaceId: target.id, ...(attachment ? { InstanceId: attachment.instanceId } : {}) };
    }
    default:
      return { ...common, GatewayId: target.id };
  }
}

function shown(world: World, table: RouteTableRecord, tags: RouteTable['Tags']): RouteTable {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: table.ownerId,
    // Subnets that use the main table without saying so are not listed (aws.md 2.5).
    Associations: table.associations.map(({ associationId, main, subnetId, gatewayId }) => ({
      RouteTableAssociationId: associationId,
      RouteTableId: table.id,
      Main: main,
      ...(subnetId ? { SubnetId: subnetId } : {}),
      ...(gatewayId ? { GatewayId: gatewayId } : {}),
      AssociationState: { State: 'associated' },
    })),
    PropagatingVgws: table.propagated ? [{ GatewayId: table.propagated.gatewayId }] : [],
    Routes: routesOf(world, table).map((route) => shownRoute(world, route)),
    Tags: tags,
  };
}

/** A route table of the VPC; the main one comes with the VPC. */
export function createRouteTable(world: World, call: Call, { vpcId, main }: { vpcId: string; main: boolean }): RouteTableRecord {
  if (world.routeTables.count(`vpc:${vpcId}`) >= world.settings.quotas.routeTablesPerVpc) {
    throw new ApiError('RouteTableLimitExceeded', 'The maximum number of route tables has been reached.');
  }
  const table: RouteTableRecord = {
    ...ownership(call),
    id: world.newId('rtb'),
    vpcId,
    associations: main ? [{ associationId: world.newId('rtbassoc'), main: true }] : [],
    routes: [],
  };
  world.routeTables.put(table);
  return table;
}

/** @throws ApiError where a route of the table leads to what traffic that enters through a gateway cannot be sent to (aws.md 2.5) */
function checkEdgeRoutes(table: RouteTableRecord): void {
  const refused = table.routes.find(({ target }) => !['local', 'network-interface', 'instance'].includes(target.type));
  if (refused) {
    throw invalidValue(
      `The route table ${table.id} has a route to ${refused.target.id}, which a route table associated with a gateway does not support.`,
    );
  }
}

function associationOf(
  world: World,
  call: Call,
  id: string | undefined,
): { readonly table: RouteTableRecord; readonly association: RouteTableAssociation } {
  const associationId = required(id, 'associationId');
  checkId(idKinds.routeTableAssociation, associationId);
  const table = world.routeTables
    .where(`association:${associationId}`)
    .find(({ ownerId, region }) => ownerId === call.accountId && region === call.region);
  if (!table) throw notFound(idKinds.routeTableAssociation, associationId);
  return { table, association: table.associations.find((association) => association.associationId === associationId)! };
}

const differentNetworks = (a: string, b: string): ApiError => invalidValue(`${a} and ${b} belong to different networks`);

export function routeTableOperations(world: World): Operations {
  return {
    CreateRouteTable(input: CreateRouteTableRequest, call: Call): CreateRouteTableResult {
      const tags = specifiedTags(input.TagSpecifications, ['route-table']);
      const vpc = findVpc(world, call, input.VpcId);
      const table = createRouteTable(world, call, { vpcId: vpc.id, main: false });
      tagNew(world, call, { id: table.id, type: 'route-table', tags });
      return { RouteTable: shown(world, table, trueTags(world, call, table.id)) };
    },

    DeleteRouteTable(input: DeleteRouteTableRequest, call: Call): object {
      const table = findRouteTable(world, call, input.RouteTableId);
      if (table.associations.length > 0) throw dependencyViolation(`The routeTable '${table.id}' has dependencies and cannot be deleted.`);
      for (const { id, routeTableIds } of world.vpcEndpoints.where(`table:${table.id}`)) {
        world.vpcEndpoints.change(id, { routeTableIds: routeTableIds.filter((other) => other !== table.id) });
      }
      world.routeTables.delete(table.id);
      world.setTags(placeOf(call), table.id, {});
      return {};
    },

    AssociateRouteTable(input: AssociateRouteTableRequest, call: Call): AssociateRouteTableResult {
      const table = findRouteTable(world, call, input.RouteTableId);
      const what = exactlyOne({ subnetId: input.SubnetId, gatewayId: input.GatewayId });
      const inVpc = `vpc:${table.vpcId}`;
      const associationId = world.newId('rtbassoc');
      const taken = (): ApiError =>
        new ApiError(
          'Resource.AlreadyAssociated',
          `the specified association for route table ${table.id} conflicts with an existing association`,
        );
      if (what === 'subnetId') {
        const subnet = findSubnet(world, call, input.SubnetId);
        if (subnet.vpcId !== table.vpcId) throw differentNetworks(`route table ${table.id}`, `subnet ${subnet.id}`);
        if (table.associations.some(({ gatewayId }) => gatewayId)) {
          throw invalidValue(`The route table ${table.id} is associated with a gateway and cannot be associated with a subnet.`);
        }
        const existing = world.routeTables.where(`subnet:${subnet.id}`)[0];
        if (existing && existing.id !== table.id) throw taken();
        const same = existing?.associations.find(({ subnetId }) => subnetId === subnet.id);
        if (same) return { AssociationId: same.associationId, AssociationState: { State: 'associated' } };
        world.routeTables.change(table.id, { associations: [...table.associations, { associationId, main: false, subnetId: subnet.id }] });
      } else {
        const gateway = findInternetGateway(world, call, input.GatewayId);
        if (gateway.vpcId !== table.vpcId) throw differentNetworks(`route table ${table.id}`, `network gateway ${gateway.id}`);
        if (table.associations.some(({ main, subnetId }) => main || subnetId)) {
          throw invalidValue(`The route table ${table.id} is used by subnets and cannot be associated with a gateway.`);
        }
        if (world.routeTables.where(inVpc).some(({ associations }) => associations.some(({ gatewayId }) => gatewayId === gateway.id)))
          throw taken();
        checkEdgeRoutes(table);
        world.routeTables.change(table.id, {
          associations: [...table.associations, { associationId, main: false, gatewayId: gateway.id }],
        });
      }
      return { AssociationId: associationId, AssociationState: { State: 'associated' } };
    },

    DisassociateRouteTable(input: DisassociateRouteTableRequest, call: Call): object {
      const { table, association } = associationOf(world, call, input.AssociationId);
      if (association.main) throw invalidValue(`cannot disassociate the main route table association ${association.associationId}`);
      world.routeTables.change(table.id, { associations: table.associations.filter((other) => other !== association) });
      return {};
    },

    /** Moves a subnet, a gateway, or being the main table of the VPC, to another table. */
    ReplaceRouteTableAssociation(input: ReplaceRouteTableAssociationRequest, call: Call): ReplaceRouteTableAssociationResult {
      const { table, association } = associationOf(world, call, input.AssociationId);
      const target = findRouteTable(world, call, input.RouteTableId);
      if (target.vpcId !== table.vpcId) throw differentNetworks(`route table ${target.id}`, `route table ${table.id}`);
      const targetIsEdge = target.associations.some(({ gatewayId }) => gatewayId);
      if (association.gatewayId) {
        if (target.associations.some(({ main, subnetId }) => main || subnetId)) {
          throw invalidValue(`The route table ${target.id} is used by subnets and cannot be associated with a gateway.`);
        }
        checkEdgeRoutes(target);
      } else if (targetIsEdge) {
        throw invalidValue(`The route table ${target.id} is associated with a gateway and cannot be used by subnets.`);
      }
      const moved: RouteTableAssociation = { ...association, associationId: world.newId('rtbassoc') };
      world.routeTables.change(table.id, { associations: table.associations.filter((other) => other !== association) });
      const { associations } = world.routeTables.get(target.id)!;
      world.routeTables.change(target.id, { associations: [...associations, moved] });
      return { NewAssociationId: moved.associationId, AssociationState: { State: 'associated' } };
    },

    DescribeRouteTables(input: DescribeRouteTablesRequest, call: Call): DescribeRouteTablesResult {
      const routes = (table: RouteTableRecord): ShownRoute[] => routesOf(world, table).map((route) => shownRoute(world, route));
      const { items, NextToken } = list(world, call, {
        collection: world.routeTables,
        kind: idKinds.routeTable,
        ids: input.RouteTableIds,
        input,
        limits: { min: 5, max: 100 },
        keys: { 'vpc-id': 'vpc', 'association.subnet-id': 'subnet', 'association.route-table-association-id': 'association' },
        fields: {
          'association.gateway-id': (table) => table.associations.map(({ gatewayId }) => gatewayId),
          'association.main': (table) => table.associations.map(({ main }) => main),
          'association.route-table-association-id': (table) => table.associations.map(({ associationId }) => associationId),
          'association.route-table-id': (table) => (table.associations.length > 0 ? table.id : undefined),
          'association.subnet-id': (table) => table.associations.map(({ subnetId }) => subnetId),
          'owner-id': (table) => table.ownerId,
          'route-table-id': (table) => table.id,
          'route.destination-cidr-block': (table) => routes(table).map((route) => route.DestinationCidrBlock),
          'route.destination-ipv6-cidr-block': (table) => routes(table).map((route) => route.DestinationIpv6CidrBlock),
          'route.destination-prefix-list-id': (table) => routes(table).map((route) => route.DestinationPrefixListId),
          'route.egress-only-internet-gateway-id': (table) => routes(table).map((route) => route.EgressOnlyInternetGatewayId),
          'route.gateway-id': (table) => routes(table).map((route) => route.GatewayId),
          'route.instance-id': (table) => routes(table).map((route) => route.InstanceId),
          'route.nat-gateway-id': (table) => routes(table).map((route) => route.NatGatewayId),
          'route.transit-gateway-id': (table) => routes(table).map((route) => route.TransitGatewayId),
          'route.origin': (table) => routes(table).map((route) => route.Origin),
          'route.state': (table) => routes(table).map((route) => route.State),
          'route.vpc-peering-connection-id': (table) => routes(table).map((route) => route.VpcPeeringConnectionId),
          'vpc-id': (table) => table.vpcId,
        },
      });
      return { RouteTables: items.map((table) => shown(world, table, shownTags(world, call, table.id))), NextToken };
    },
  };
}
