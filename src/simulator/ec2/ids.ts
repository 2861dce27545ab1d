import { ApiError } from '../service.ts';
import type { Collection } from '../world/store.ts';
import type { World } from '../world/world.ts';

/** How AWS speaks of the ids of one kind of thing; its codes differ from kind to kind, in spelling too (aws.md 0, 1.3, 2.2, 3.2). */
export interface IdKind {
  readonly prefix: string;
  /** As in a tag specification; undefined where the thing cannot be tagged. */
  readonly resourceType?: string;
  readonly label: string;
  readonly notFound: string;
  readonly malformed: string;
}

const kind = (
  prefix: string,
  resourceType: string | undefined,
  label: string,
  codes: readonly [notFound: string, malformed: string],
): IdKind => ({
  prefix,
  ...(resourceType ? { resourceType } : {}),
  label,
  notFound: codes[0],
  malformed: codes[1],
});

export const idKinds = {
  vpc: kind('vpc', 'vpc', 'vpc ID', ['InvalidVpcID.NotFound', 'InvalidVpcID.Malformed']),
  subnet: kind('subnet', 'subnet', 'subnet ID', ['InvalidSubnetID.NotFound', 'InvalidSubnetID.Malformed']),
  internetGateway: kind('igw', 'internet-gateway', 'internetGateway ID', [
    'InvalidInternetGatewayID.NotFound',
    'InvalidInternetGatewayId.Malformed',
  ]),
  routeTable: kind('rtb', 'route-table', 'routeTable ID', ['InvalidRouteTableID.NotFound', 'InvalidRouteTableId.Malformed']),
  securityGroup: kind('sg', 'security-group', 'security group', ['InvalidGroup.NotFound', 'InvalidGroupId.Malformed']),
  securityGroupRule: kind('sgr', 'security-group-rule', 'security group rule ID', [
    'InvalidSecurityGroupRuleId.NotFound',
    'InvalidSecurityGroupRuleId.Malformed',
  ]),
  peering: kind('pcx', 'vpc-peering-connection', 'vpcPeeringConnection ID', [
    'InvalidVpcPeeringConnectionID.NotFound',
    'InvalidVpcPeeringConnectionId.Malformed',
  ]),
  networkAcl: kind('acl', 'network-acl', 'networkAcl ID', ['InvalidNetworkAclID.NotFound', 'InvalidNetworkAclId.Malformed']),
  networkInterface: kind('eni', 'network-interface', 'networkInterface ID', [
    'InvalidNetworkInterfaceID.NotFound',
    'InvalidNetworkInterfaceId.Malformed',
  ]),
  elasticIp: kind('eipalloc', 'elastic-ip', 'allocation ID', ['InvalidAllocationID.NotFound', 'InvalidAllocationID.Malformed']),
  elasticIpAssociation: kind('eipassoc', undefined, 'association ID', ['InvalidAssociationID.NotFound', 'InvalidAssociationID.Malformed']),
  transitGateway: kind('tgw', 'transit-gateway', 'transitGateway ID', [
    'InvalidTransitGatewayID.NotFound',
    'InvalidTransitGatewayID.Malformed',
  ]),
  transitGatewayAttachment: kind('tgw-attach', 'transit-gateway-attachment', 'transitGatewayAttachment ID', [
    'InvalidTransitGatewayAttachmentID.NotFound',
    'InvalidTransitGatewayAttachmentID.Malformed',
  ]),
  transitGatewayRouteTable: kind('tgw-rtb', 'transit-gateway-route-table', 'transitGatewayRouteTable ID', [
    'InvalidTransitGatewayRouteTableId.NotFound',
    'InvalidTransitGatewayRouteTableId.Malformed',
  ]),
  natGateway: kind('nat', 'natgateway', 'natGateway ID', ['NatGatewayNotFound', 'NatGatewayMalformed']),
  egressOnlyInternetGateway: kind('eigw', 'egress-only-internet-gateway', 'egressOnlyInternetGateway ID', [
    'InvalidGatewayID.NotFound',
    'InvalidEgressOnlyInternetGatewayId.Malformed',
  ]),
  instance: kind('i', 'instance', 'instance ID', ['InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed']),
  vpcEndpoint: kind('vpce', 'vpc-endpoint', 'Vpc Endpoint Id', ['InvalidVpcEndpointId.NotFound', 'InvalidVpcEndpointId.Malformed']),
  endpointService: kind('vpce-svc', 'vpc-endpoint-service', 'VpcEndpointService Id', [
    'InvalidVpcEndpointServiceId.NotFound',
    'InvalidVpcEndpointServiceId.Malformed',
  ]),
  prefixList: kind('pl', 'prefix-list', 'prefix list ID', ['InvalidPrefixListID.NotFound', 'InvalidPrefixListId.Malformed']),
  routeTableAssociation: kind('rtbassoc', undefined, 'association ID', ['InvalidAssociationID.NotFound', 'InvalidAssociationID.Malformed']),
  networkAclAssociation: kind('aclassoc', undefined, 'association ID', ['InvalidAssociationID.NotFound', 'InvalidAssociationID.Malformed']),
  vpcCidrBlockAssociation: kind('vpc-cidr-assoc', undefined, 'vpc CIDR block association ID', [
    'InvalidVpcCidrBlockAssociationID.NotFound',
    'InvalidVpcCidrBlockAssociationID.Malformed',
  ]),
  subnetCidrBlockAssociation: kind('subnet-cidr-assoc', undefined, 'subnet CIDR block association ID', [
    'InvalidSubnetCidrBlockAssociationID.NotFound',
    'InvalidSubnetCidrBlockAssociationID.Malformed',
  ]),
} as const satisfies Record<string, IdKind>;

/** The kind of thing that an id's prefix tells of. */
export function kindOfId(id: string): IdKind | undefined {
  const prefix = id.slice(0, id.lastIndexOf('-'));
  return Object.values(idKinds).find((candidate) => candidate.prefix === prefix);
}

/** @throws ApiError where the id is not written as those of its kind are */
export function checkId(idKind: IdKind, id: string): void {
  const digits = id.startsWith(`${idKind.prefix}-`) ? id.slice(idKind.prefix.length + 1) : '';
  if (!/^(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(digits)) {
    throw new ApiError(idKind.malformed, `Invalid id: "${id}" (expecting "${idKind.prefix}-...")`);
  }
}

export const notFound = (idKind: IdKind, id: string): ApiError =>
  new ApiError(idKind.notFound, `The ${idKind.label} '${id}' does not exist`);

/** Whether calls may know the id yet: for a while after it was made, a new one is unknown even as an argument (aws.md 7.5). */
export function isKnown<Value extends { readonly id: string }>(world: World, collection: Collection<Value>, id: string): boolean {
  const { newIdUnknownMs } = world.settings;
  return newIdUnknownMs === 0 || (collection.madeAt(id) ?? 0) + newIdUnknownMs <= world.now();
}

/**
 * The thing that a call names, as it truly is.
 *
 * @param mine whether the caller may know of it: only what is its account's, and in the region of the call
 * @throws ApiError MissingParameter, or the kind's own `…Malformed` or `…NotFound`
 */
export function find<Value extends { readonly id: string }>(
  world: World,
  { kind: idKind, collection, id, mine }: { kind: IdKind; collection: Collection<Value>; id: string; mine: (value: Value) => boolean },
): Value {
  checkId(idKind, id);
  const value = collection.get(id);
  if (!value || !mine(value) || !isKnown(world, collection, id)) throw notFound(idKind, id);
  return value;
}
