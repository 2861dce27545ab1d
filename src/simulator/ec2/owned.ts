import { partitionOf } from '../../network/partitions.ts';
import type { Call } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type {
  EgressOnlyInternetGatewayRecord,
  ElasticIpRecord,
  EndpointServiceRecord,
  InstanceRecord,
  InternetGatewayRecord,
  NatGatewayRecord,
  NetworkAclRecord,
  NetworkInterfaceRecord,
  Owned,
  RouteTableRecord,
  SecurityGroupRecord,
  SubnetRecord,
  VpcEndpointRecord,
  VpcRecord,
} from '../world/records.ts';
import type { Collection } from '../world/store.ts';
import type { World } from '../world/world.ts';
import { required } from './errors.ts';
import { find, type IdKind, idKinds } from './ids.ts';

/** The thing of the caller's account and region with that id. */
export function ownedBy<Value extends Owned>(
  world: World,
  call: Call,
  { kind, collection, id }: { kind: IdKind; collection: Collection<Value>; id: string },
): Value {
  return find(world, { kind, collection, id, mine: (value) => value.ownerId === call.accountId && value.region === call.region });
}

/**
 * The thing that a call names in the given parameter; one function for each kind.
 *
 * @throws ApiError MissingParameter, `…Malformed`, `…NotFound`
 */
type Finder<Value> = (world: World, call: Call, id: string | undefined) => Value;

function finder<Value extends Owned>(kind: IdKind, parameter: string, collectionOf: (world: World) => Collection<Value>): Finder<Value> {
  return (world, call, id) => ownedBy(world, call, { kind, collection: collectionOf(world), id: required(id, parameter) });
}

export const findVpc: Finder<VpcRecord> = finder(idKinds.vpc, 'vpcId', (world) => world.vpcs);
export const findSubnet: Finder<SubnetRecord> = finder(idKinds.subnet, 'subnetId', (world) => world.subnets);
export const findInternetGateway: Finder<InternetGatewayRecord> = finder(
  idKinds.internetGateway,
  'internetGatewayId',
  (world) => world.internetGateways,
);
export const findRouteTable: Finder<RouteTableRecord> = finder(idKinds.routeTable, 'routeTableId', (world) => world.routeTables);
export const findSecurityGroup: Finder<SecurityGroupRecord> = finder(idKinds.securityGroup, 'groupId', (world) => world.securityGroups);
export const findNetworkAcl: Finder<NetworkAclRecord> = finder(idKinds.networkAcl, 'networkAclId', (world) => world.networkAcls);
export const findNetworkInterface: Finder<NetworkInterfaceRecord> = finder(
  idKinds.networkInterface,
  'networkInterfaceId',
  (world) => world.networkInterfaces,
);
export const findElasticIp: Finder<ElasticIpRecord> = finder(idKinds.elasticIp, 'allocationId', (world) => world.elasticIps);
export const findNatGateway: Finder<NatGatewayRecord> = finder(idKinds.natGateway, 'natGatewayId', (world) => world.natGateways);
export const findEgressOnlyInternetGateway: Finder<EgressOnlyInternetGatewayRecord> = finder(
  idKinds.egressOnlyInternetGateway,
  'egressOnlyInternetGatewayId',
  (world) => world.egressOnlyInternetGateways,
);
export const findInstance: Finder<InstanceRecord> = finder(idKinds.instance, 'instanceId', (world) => world.instances);

export const findVpcEndpoint: Finder<VpcEndpointRecord> = finder(idKinds.vpcEndpoint, 'vpcEndpointId', (world) => world.vpcEndpoints);

export const findEndpointService: Finder<EndpointServiceRecord> = finder(
  idKinds.endpointService,
  'serviceId',
  (world) => world.endpointServices,
);

/** What every new thing of the caller's carries. */
export function ownership(call: Call): Omit<Owned, 'id'> {
  return { ownerId: call.accountId, region: call.region };
}

/** Key of what the caller has in the region that it calls. */
export const placeOf = (call: Call): string => placeKey(call);

/** `arn:aws:ec2:us-west-2:111122223333:vpc/vpc-…`. */
export const arnOf = (owned: Owned, resourceType: string): string =>
  `arn:${partitionOf(owned.region)}:ec2:${owned.region}:${owned.ownerId}:${resourceType}/${owned.id}`;
