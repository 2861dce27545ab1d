import type {
  TransitGatewayAttachmentRecord,
  TransitGatewayRecord,
  TransitGatewayRouteTableRecord,
} from '../ec2/transit-gateways/transit-gateway-records.ts';
import type { ResourceShareAssociationRecord, ResourceShareInvitationRecord, ResourceShareRecord } from '../ram/records.ts';
import type {
  DomainVerificationRecord,
  PublicTxtRecord,
  ResourceConfigurationRecord,
  ResourceEndpointAssociationRecord,
  ResourceGatewayRecord,
  ServiceNetworkRecord,
  ServiceNetworkResourceAssociationRecord,
} from '../vpc-lattice/records.ts';
import type {
  ClientTokenRecord,
  EgressOnlyInternetGatewayRecord,
  ElasticIpRecord,
  EndpointServiceRecord,
  HostedZoneChangeRecord,
  HostedZoneRecord,
  InstanceRecord,
  InternetGatewayRecord,
  InternetHostRecord,
  NatGatewayRecord,
  NetworkAclRecord,
  NetworkInterfaceRecord,
  NetworkLoadBalancerRecord,
  Owned,
  PeeringRecord,
  PrefixListRecord,
  RouteTableRecord,
  SecurityGroupRecord,
  SecurityGroupRuleRecord,
  SubnetRecord,
  TagsRecord,
  VpcEndpointRecord,
  VpcRecord,
} from './records.ts';
import { Collection, type StoreContext } from './store.ts';

const inPlace = (owned: Owned): string => `place:${owned.ownerId}/${owned.region}`;
const inVpc = (owned: Owned & { readonly vpcId: string }): string => `vpc:${owned.vpcId}`;

/** The view of tags by which calls filter. */
export const tagIndex = 'tagIndex';

/** All that there is in a world, by kinds, and what each is looked up by besides its id. */
export function collectionsOf(context: StoreContext) {
  return {
    vpcs: new Collection<VpcRecord>('vpcs', context, (vpc) => [inPlace(vpc)]),
    subnets: new Collection<SubnetRecord>('subnets', context, (subnet) => [inPlace(subnet), inVpc(subnet)]),
    internetGateways: new Collection<InternetGatewayRecord>('internetGateways', context, (gateway) => [
      inPlace(gateway),
      ...(gateway.vpcId ? [`vpc:${gateway.vpcId}`] : []),
    ]),
    transitGateways: new Collection<TransitGatewayRecord>('transitGateways', context, (gateway) => [
      inPlace(gateway),
      `region:${gateway.region}`,
    ]),
    transitGatewayAttachments: new Collection<TransitGatewayAttachmentRecord>('transitGatewayAttachments', context, (attachment) => [
      ...new Set([attachment.vpcOwnerId, attachment.transitGatewayOwnerId].map((owner) => `place:${owner}/${attachment.region}`)),
      `vpc:${attachment.vpcId}`,
      `gateway:${attachment.transitGatewayId}`,
      ...(attachment.association ? [`associated:${attachment.association.routeTableId}`] : []),
      ...attachment.propagations.map(({ routeTableId }) => `propagates:${routeTableId}`),
    ]),
    transitGatewayRouteTables: new Collection<TransitGatewayRouteTableRecord>('transitGatewayRouteTables', context, (table) => [
      inPlace(table),
      `gateway:${table.transitGatewayId}`,
    ]),
    routeTables: new Collection<RouteTableRecord>('routeTables', context, (table) => [
      inPlace(table),
      inVpc(table),
      ...table.associations.flatMap(({ associationId, subnetId, gatewayId }) => [
        `association:${associationId}`,
        ...(subnetId ? [`subnet:${subnetId}`] : []),
        ...(gatewayId ? [`gateway:${gatewayId}`] : []),
      ]),
    ]),
    securityGroups: new Collection<SecurityGroupRecord>('securityGroups', context, (group) => [inPlace(group), inVpc(group)]),
    securityGroupRules: new Collection<SecurityGroupRuleRecord>('securityGroupRules', context, (rule) => [
      inPlace(rule),
      `group:${rule.groupId}`,
      ...('referencedGroup' in rule.peer ? [`references:${rule.peer.referencedGroup.groupId}`] : []),
    ]),
    peerings: new Collection<PeeringRecord>('peerings', context, ({ requester, accepter }) => [
      ...new Set([
        `place:${requester.ownerId}/${requester.region}`,
        `place:${accepter.ownerId}/${accepter.region}`,
        `vpc:${requester.vpcId}`,
        `vpc:${accepter.vpcId}`,
      ]),
    ]),
    networkAcls: new Collection<NetworkAclRecord>('networkAcls', context, (acl) => [
      inPlace(acl),
      inVpc(acl),
      ...acl.associations.flatMap(({ associationId, subnetId }) => [`association:${associationId}`, `subnet:${subnetId}`]),
    ]),
    networkInterfaces: new Collection<NetworkInterfaceRecord>('networkInterfaces', context, (networkInterface) => [
      inPlace(networkInterface),
      inVpc(networkInterface),
      `subnet:${networkInterface.subnetId}`,
      ...networkInterface.securityGroupIds.map((groupId) => `group:${groupId}`),
    ]),
    instances: new Collection<InstanceRecord>('instances', context, (instance) => [
      inPlace(instance),
      inVpc(instance),
      ...(instance.clientToken ? [`token:${instance.ownerId}/${instance.region}/${instance.clientToken}`] : []),
    ]),
    prefixLists: new Collection<PrefixListRecord>('prefixLists', context, (list) => [inPlace(list)]),
    vpcEndpoints: new Collection<VpcEndpointRecord>('vpcEndpoints', context, (endpoint) => [
      inPlace(endpoint),
      inVpc(endpoint),
      ...(endpoint.serviceName ? [`service:${endpoint.serviceName}`] : []),
      ...(endpoint.resourceConfigurationArn ? [`configuration:${endpoint.resourceConfigurationArn}`] : []),
      ...endpoint.routeTableIds.map((id) => `table:${id}`),
      ...endpoint.subnets.map(({ subnetId }) => `subnet:${subnetId}`),
      ...endpoint.securityGroupIds.map((id) => `group:${id}`),
    ]),
    endpointServices: new Collection<EndpointServiceRecord>('endpointServices', context, (service) => [
      inPlace(service),
      `region:${service.region}`,
    ]),
    networkLoadBalancers: new Collection<NetworkLoadBalancerRecord>('networkLoadBalancers', context, (balancer) => [
      inPlace(balancer),
      inVpc(balancer),
    ]),
    clientTokens: new Collection<ClientTokenRecord>('clientTokens', context, () => []),
    resourceGateways: new Collection<ResourceGatewayRecord>('resourceGateways', context, (gateway) => [inPlace(gateway), inVpc(gateway)]),
    resourceConfigurations: new Collection<ResourceConfigurationRecord>('resourceConfigurations', context, (configuration) => [
      inPlace(configuration),
      `gateway:${configuration.resourceGatewayId}`,
      ...(configuration.resourceConfigurationGroupId ? [`group:${configuration.resourceConfigurationGroupId}`] : []),
    ]),
    domainVerifications: new Collection<DomainVerificationRecord>('domainVerifications', context, (verification) => [
      inPlace(verification),
      `txt:${verification.txtName}`,
    ]),
    resourceEndpointAssociations: new Collection<ResourceEndpointAssociationRecord>(
      'resourceEndpointAssociations',
      context,
      (association) => [
        inPlace(association),
        `configuration:${association.resourceConfigurationId}`,
        `endpoint:${association.vpcEndpointId}`,
      ],
    ),
    serviceNetworks: new Collection<ServiceNetworkRecord>('serviceNetworks', context, (network) => [inPlace(network)]),
    serviceNetworkResourceAssociations: new Collection<ServiceNetworkResourceAssociationRecord>(
      'serviceNetworkResourceAssociations',
      context,
      (association) => [
        inPlace(association),
        `configuration:${association.resourceConfigurationId}`,
        `network:${association.serviceNetworkId}`,
      ],
    ),
    publicTxtRecords: new Collection<PublicTxtRecord>('publicTxtRecords', context, () => []),
    resourceShares: new Collection<ResourceShareRecord>('resourceShares', context, (share) => [inPlace(share)]),
    resourceShareAssociations: new Collection<ResourceShareAssociationRecord>('resourceShareAssociations', context, (association) => [
      inPlace(association),
      `share:${association.shareId}`,
      `entity:${association.associatedEntity}`,
    ]),
    resourceShareInvitations: new Collection<ResourceShareInvitationRecord>('resourceShareInvitations', context, (invitation) => [
      `share:${invitation.shareId}`,
      `receiver:${invitation.receiverAccountId}/${invitation.region}`,
    ]),
    hostedZones: new Collection<HostedZoneRecord>('hostedZones', context, ({ ownerId, vpcs }) => [
      `account:${ownerId}`,
      ...vpcs.map(({ vpcId }) => `vpc:${vpcId}`),
    ]),
    /** The caller references of all zones that there ever were: `111122223333/<reference>`. */
    hostedZoneReferences: new Collection<{ readonly id: string }>('hostedZoneReferences', context, () => []),
    hostedZoneChanges: new Collection<HostedZoneChangeRecord>('hostedZoneChanges', context, () => []),
    elasticIps: new Collection<ElasticIpRecord>('elasticIps', context, (address) => [
      inPlace(address),
      `address:${address.publicIp}`,
      ...(address.association
        ? [`association:${address.association.associationId}`, `interface:${address.association.networkInterfaceId}`]
        : []),
    ]),
    natGateways: new Collection<NatGatewayRecord>('natGateways', context, (gateway) => [
      inPlace(gateway),
      inVpc(gateway),
      `subnet:${gateway.subnetId}`,
    ]),
    egressOnlyInternetGateways: new Collection<EgressOnlyInternetGatewayRecord>('egressOnlyInternetGateways', context, (gateway) => [
      inPlace(gateway),
      inVpc(gateway),
    ]),
    internetHosts: new Collection<InternetHostRecord>('internetHosts', context, () => []),
    tags: new Collection<TagsRecord>('tags', context, (tags) => [`place:${tags.place}`], tagIndex),
    /** The roles that services keep for themselves in accounts: `111122223333/AWSServiceRoleForVpcLattice`. */
    serviceLinkedRoles: new Collection<{ readonly id: string }>('serviceLinkedRoles', context, () => []),
  };
}

export type Collections = ReturnType<typeof collectionsOf>;
