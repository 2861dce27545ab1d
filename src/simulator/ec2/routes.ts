import type { CreateRouteRequest, CreateRouteResult, DeleteRouteRequest, ReplaceRouteRequest } from '@aws-sdk/client-ec2';
import { cidrContains } from '../../network/cidr.ts';
import type { RouteTarget } from '../../network/model.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { RouteRecord, RouteTableRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { readCidr } from './addresses.ts';
import { exactlyOne, invalidValue, required } from './errors.ts';
import { checkId, idKinds, isKnown, notFound } from './ids.ts';
import { findEgressOnlyInternetGateway, findInstance, findNetworkInterface, findRouteTable, findVpcEndpoint, placeOf } from './owned.ts';
import { isVisibleTo } from './peering-view.ts';
import { checkRouteCount, findPrefixList } from './prefix-list-view.ts';
import { isLive, local, vpcCidrs } from './route-state.ts';
import { usableAttachment } from './transit-gateways/transit-gateway-view.ts';

type RouteRequest = CreateRouteRequest & ReplaceRouteRequest;

const destinationFields: Readonly<Record<string, string>> = {
  destinationCidrBlock: 'destination-cidr-block',
  destinationIpv6CidrBlock: 'destination-ipv6-cidr-block',
  destinationPrefixListId: 'destination-prefix-list-id',
};

/** What a destination parameter is called in AWS's sentences. */
function destinationOf(input: DeleteRouteRequest): { readonly parameter: string; readonly text: string } {
  const given = {
    destinationCidrBlock: input.DestinationCidrBlock,
    destinationIpv6CidrBlock: input.DestinationIpv6CidrBlock,
    destinationPrefixListId: input.DestinationPrefixListId,
  };
  const parameter = exactlyOne(given);
  return { parameter, text: given[parameter as keyof typeof given]! };
}

/**
 * The destination that a new route is stored under: AWS clears the bits behind the prefix (aws.md 2.1).
 *
 * @throws ApiError for what is no CIDR, and for ranges that AWS keeps to itself (aws.md 2.4)
 */
function readDestination(world: World, call: Call, input: RouteRequest): string {
  const { parameter, text } = destinationOf(input);
  if (parameter === 'destinationPrefixListId') return findPrefixList(world, call, text).id;
  const destination = readCidr(text, parameter, parameter === 'destinationCidrBlock' ? 4 : 6);
  const reserved = ['169.254.168.0/22', 'fd00:ec2::/32'].find((range) => cidrContains(range, destination));
  if (reserved) throw invalidValue(`The destination CIDR block ${destination} is within ${reserved}, which is reserved for AWS services.`);
  return destination;
}

/**
 * Where a route is to lead, checked to be there and to belong to the table's VPC.
 *
 * @throws ApiError `…NotFound`, or InvalidParameterValue for what belongs to another VPC (aws.md 2.2)
 */
function readTarget(world: World, call: Call, { input, table }: { input: RouteRequest; table: RouteTableRecord }): RouteTarget {
  const parameter = exactlyOne({
    gatewayId: input.GatewayId,
    instanceId: input.InstanceId,
    networkInterfaceId: input.NetworkInterfaceId,
    vpcPeeringConnectionId: input.VpcPeeringConnectionId,
    natGatewayId: input.NatGatewayId,
    transitGatewayId: input.TransitGatewayId,
    egressOnlyInternetGatewayId: input.EgressOnlyInternetGatewayId,
    vpcEndpointId: input.VpcEndpointId,
    localGatewayId: input.LocalGatewayId,
    carrierGatewayId: input.CarrierGatewayId,
    coreNetworkArn: input.CoreNetworkArn,
    odbNetworkArn: input.OdbNetworkArn,
    localTarget: input.LocalTarget || undefined,
  });
  const foreign = (what: string): ApiError => invalidValue(`route table ${table.id} and ${what} belong to different networks`);
  switch (parameter) {
    case 'localTarget':
      return local;
    case 'vpcPeeringConnectionId': {
      const id = input.VpcPeeringConnectionId!;
      checkId(idKinds.peering, id);
      const peering = world.peerings.get(id);
      if (!peering || !isVisibleTo(peering, placeOf(call), world.now()) || !isLive(peering) || !isKnown(world, world.peerings, id)) {
        throw notFound(idKinds.peering, id);
      }
      if (![peering.requester.vpcId, peering.accepter.vpcId].includes(table.vpcId)) throw foreign(`network gateway ${id}`);
      return { type: 'vpc-peering-connection', id };
    }
    case 'gatewayId': {
      const id = input.GatewayId!;
      if (id === 'local') return local;
      if (id.startsWith('vpce-')) throw managedByEndpoint(findVpcEndpoint(world, call, id).id);
      const gateway = world.internetGateways.get(id);
      if (!gateway || gateway.ownerId !== call.accountId || gateway.region !== call.region || !isKnown(world, world.internetGateways, id)) {
        throw new ApiError('InvalidGatewayID.NotFound', `The gateway ID '${id}' does not exist`);
      }
      if (gateway.vpcId !== table.vpcId) throw foreign(`network gateway ${id}`);
      return { type: 'internet-gateway', id };
    }
    case 'instanceId': {
      const instance = findInstance(world, call, input.InstanceId);
      if (instance.vpcId !== table.vpcId) throw foreign(`instance ${instance.id}`);
      return { type: 'instance', id: instance.id };
    }
    case 'networkInterfaceId': {
      const networkInterface = findNetworkInterface(world, call, input.NetworkInterfaceId);
      if (networkInterface.vpcId !== table.vpcId) throw foreign(`interface ${networkInterface.id}`);
      return { type: 'network-interface', id: networkInterface.id };
    }
    case 'natGatewayId': {
      const id = input.NatGatewayId!;
      const gateway = world.natGateways.get(id);
      const isMine = gateway?.ownerId === call.accountId && gateway.region === call.region;
      // Routes can lead to one only once it works.
      if (!gateway || !isMine || gateway.state !== 'available' || !isKnown(world, world.natGateways, id)) {
        throw new ApiError('InvalidNatGatewayID.NotFound', `The natGateway ID '${id}' does not exist`);
      }
      if (gateway.vpcId !== table.vpcId) throw foreign(`NAT gateway ${id}`);
      return { type: 'nat-gateway', id };
    }
    case 'egressOnlyInternetGatewayId': {
      const gateway = findEgressOnlyInternetGateway(world, call, input.EgressOnlyInternetGatewayId);
      if (gateway.vpcId !== table.vpcId) throw foreign(`network gateway ${gateway.id}`);
      if (input.DestinationIpv6CidrBlock === undefined) {
        throw invalidValue(`The egress-only internet gateway ${gateway.id} can only be the target of an IPv6 destination.`);
      }
      return { type: 'egress-only-internet-gateway', id: gateway.id };
    }
    case 'vpcEndpointId': {
      const { id, type } = findVpcEndpoint(world, call, input.VpcEndpointId);
      throw invalidValue(`The endpoint ${id} is of the type ${type}; a route can lead only to one of the type GatewayLoadBalancer.`);
    }
    case 'transitGatewayId': {
      const id = input.TransitGatewayId!;
      checkId(idKinds.transitGateway, id);
      // Unknown to the VPC until it is attached (aws.md 6.1).
      if (!usableAttachment(world, table.vpcId, id) || !isKnown(world, world.transitGateways, id))
        throw notFound(idKinds.transitGateway, id);
      return { type: 'transit-gateway', id };
    }
    default:
      throw new ApiError('InvalidGatewayID.NotFound', `The target that ${parameter} names does not exist`);
  }
}

const viaInterface = ({ type }: RouteTarget): boolean => type === 'network-interface' || type === 'instance';

/** @throws ApiError where a route of the table must not lead to the target: rules of edge tables and of the VPC's own addresses (aws.md 2.2, 2.4, 2.5) */
function checkAllowed(world: World, table: RouteTableRecord, { destination, target }: RouteRecord): void {
  if (table.associations.some(({ gatewayId }) => gatewayId) && target.type !== 'local' && !viaInterface(target)) {
    throw invalidValue(
      `The route table ${table.id} is associated with a gateway: it supports only the local target and network interfaces, not ${target.id}.`,
    );
  }
  if (destination.startsWith('pl-') && table.associations.some(({ gatewayId }) => gatewayId)) {
    throw invalidValue(
      `The route table ${table.id} is associated with a gateway and cannot have a route to the prefix list ${destination}.`,
    );
  }
  if (target.type === 'local' || destination.startsWith('pl-')) return;
  const holding = vpcCidrs(world, table.vpcId).find((cidr) => cidrContains(cidr, destination));
  if (!holding) return;
  // A NAT gateway may take the traffic between subnets, though not that of the whole block (aws.md 2.4).
  if (!viaInterface(target) && (target.type !== 'nat-gateway' || destination === holding)) {
    throw invalidValue(
      `The destination CIDR block ${destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
    );
  }
  const subnetCidrs = world.subnets
    .where(`vpc:${table.vpcId}`)
    .flatMap((subnet) => [subnet.cidr, ...subnet.ipv6CidrBlocks.map(({ cidr }) => cidr)]);
  if (destination !== holding && !subnetCidrs.includes(destination)) {
    throw invalidValue(
      `The destination CIDR block ${destination} is more specific than the VPC's ${holding} and does not equal the CIDR of a subnet.`,
    );
  }
}

/** Routes to a gateway endpoint are made and removed by the endpoint (aws.md 2.3). */
const managedByEndpoint = (endpointId: string): ApiError =>
  invalidValue(`Routes to the VPC endpoint ${endpointId} are made and removed with ModifyVpcEndpoint.`);

function checkUnmanaged(table: RouteTableRecord, destination: string): void {
  const target = table.routes.find((route) => route.destination === destination)?.target;
  if (target?.type === 'vpc-endpoint') throw managedByEndpoint(target.id);
}

const sameTarget = (a: RouteTarget, b: RouteTarget): boolean => a.type === b.type && a.id === b.id;

export function routeOperations(world: World): Operations {
  return {
    CreateRoute(input: CreateRouteRequest, call: Call): CreateRouteResult {
      const table = findRouteTable(world, call, input.RouteTableId);
      const destination = readDestination(world, call, input);
      const target = readTarget(world, call, { input, table });
      checkAllowed(world, table, { destination, target });
      const alreadyExists = new ApiError('RouteAlreadyExists', `The route identified by ${destination} already exists.`);
      if (vpcCidrs(world, table.vpcId).includes(destination)) throw alreadyExists;
      const existing = table.routes.find((route) => route.destination === destination);
      if (existing) {
        if (sameTarget(existing.target, target) && world.settings.createRouteIdentical === 'succeeds') return { Return: true };
        throw alreadyExists;
      }
      if (target.type === 'local') throw invalidValue(`The local target cannot be used for ${destination}.`);
      checkRouteCount(world, table, destination);
      world.routeTables.change(table.id, { routes: [...table.routes, { destination, target }] });
      return { Return: true };
    },

    /** The destination must be written exactly as it is stored (aws.md 2.1). */
    ReplaceRoute(input: ReplaceRouteRequest, call: Call): object {
      const table = findRouteTable(world, call, input.RouteTableId);
      const { text: destination } = destinationOf(input);
      const isLocal = vpcCidrs(world, table.vpcId).includes(destination);
      const others = table.routes.filter((route) => route.destination !== destination);
      if (!isLocal && others.length === table.routes.length) {
        throw invalidValue(`There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`);
      }
      checkUnmanaged(table, destination);
      const target = readTarget(world, call, { input, table });
      checkAllowed(world, table, { destination, target });
      if (target.type === 'local') {
        if (!isLocal) throw invalidValue(`The local target cannot be used for ${destination}.`);
        world.routeTables.change(table.id, { routes: others });
        return {};
      }
      const routes = table.routes.map((route) => (route.destination === destination ? { destination, target } : route));
      world.routeTables.change(table.id, { routes: others.length === table.routes.length ? [...routes, { destination, target }] : routes });
      return {};
    },

    /** The destination must be written exactly as it is stored (aws.md 2.1). */
    DeleteRoute(input: DeleteRouteRequest, call: Call): object {
      const table = findRouteTable(world, call, required(input.RouteTableId, 'routeTableId'));
      const { parameter, text: destination } = destinationOf(input);
      if (vpcCidrs(world, table.vpcId).includes(destination)) {
        throw invalidValue(`cannot remove local route ${destination} in route table ${table.id}`);
      }
      checkUnmanaged(table, destination);
      const others = table.routes.filter((route) => route.destination !== destination);
      if (others.length === table.routes.length) {
        const name = destinationFields[parameter];
        throw new ApiError('InvalidRoute.NotFound', `no route with ${name} ${destination} in route table ${table.id}`);
      }
      world.routeTables.change(table.id, { routes: others });
      return {};
    },
  };
}
