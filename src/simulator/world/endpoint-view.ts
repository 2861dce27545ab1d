import type { ResourceConfigurationDefinition } from '@aws-sdk/client-vpc-lattice';
import type {
  EndpointCollections,
  EndpointService,
  NetworkLoadBalancer,
  ResourceConfiguration,
  ResourceDefinition,
  ResourceEndpointAssociation,
  ResourceGateway,
  ServiceNetworkResourceAssociation,
} from '../../network/endpoint-model.ts';
import type { Tags, VpcEndpoint } from '../../network/model.ts';
import { serviceNameOf } from '../ec2/vpc-endpoints/endpoint-services.ts';
import type { ResourceConfigurationRecord } from '../vpc-lattice/records.ts';
import type { World } from './world.ts';

/** What lies behind endpoints, and the endpoints themselves. */
type EndpointView = { readonly [Name in keyof EndpointCollections]: ReadonlyMap<string, EndpointCollections[Name]> } & {
  readonly vpcEndpoints: ReadonlyMap<string, VpcEndpoint>;
};

const mapOf = <Value extends { readonly id: string }, Shown>(
  values: readonly Value[],
  show: (value: Value) => Shown,
): ReadonlyMap<string, Shown> => new Map(values.map((value) => [value.id, show(value)]));

function definitionOf(definition: ResourceConfigurationDefinition | undefined): ResourceDefinition | undefined {
  if (!definition) return undefined;
  const { dnsResource, ipResource, arnResource, cidrResource } = definition;
  if (dnsResource) return { domainName: dnsResource.domainName ?? '', family: dnsResource.ipAddressType === 'IPV6' ? 6 : 4 };
  if (ipResource) return { ipAddress: ipResource.ipAddress ?? '' };
  if (arnResource) return { arn: arnResource.arn ?? '' };
  return { cidrRanges: cidrResource?.cidrRanges ?? [] };
}

/** `443` and `8000-8080` as numbers. */
function portRangeOf(text: string): ResourceConfiguration['portRanges'][number] {
  const [from = 0, to = from] = text.split('-').map(Number);
  return { from, to };
}

const shownConfiguration = (record: ResourceConfigurationRecord, tags: Tags): ResourceConfiguration => ({
  resourceConfigurationId: record.id,
  ownerId: record.ownerId,
  name: record.name,
  type: record.type,
  status: record.status,
  resourceGatewayId: record.resourceGatewayId,
  resourceConfigurationGroupId: record.resourceConfigurationGroupId,
  definition: definitionOf(record.resourceConfigurationDefinition),
  portRanges: record.portRanges.map(portRangeOf),
  customDomainName: record.customDomainName,
  tags,
});

/**
 * The endpoints of one account in one region, and what it offers to others' endpoints, as they truly are.
 *
 * @param key `111122223333/us-west-2`
 */
export function endpointView(world: World, key: string): EndpointView {
  const where = `place:${key}`;
  const tagsOf = (id: string): Tags => world.tagsOf(key, id);
  return {
    vpcEndpoints: mapOf(
      world.vpcEndpoints.where(where),
      (endpoint): VpcEndpoint => ({
        vpcEndpointId: endpoint.id,
        ownerId: endpoint.ownerId,
        type: endpoint.type,
        vpcId: endpoint.vpcId,
        state: endpoint.state,
        serviceName: endpoint.serviceName,
        resourceConfigurationArn: endpoint.resourceConfigurationArn,
        serviceNetworkArn: endpoint.serviceNetworkArn,
        routeTableIds: endpoint.routeTableIds,
        subnetIds: endpoint.subnets.map(({ subnetId }) => subnetId),
        securityGroupIds: endpoint.securityGroupIds,
        networkInterfaceIds: endpoint.networkInterfaceIds,
        privateDnsEnabled: endpoint.privateDnsEnabled,
        tags: tagsOf(endpoint.id),
      }),
    ),
    networkLoadBalancers: mapOf(
      world.networkLoadBalancers.where(where),
      ({ id, ownerId, name, vpcId, networkInterfaceIds, listeners }): NetworkLoadBalancer => ({
        loadBalancerArn: id,
        ownerId,
        loadBalancerName: name,
        vpcId,
        networkInterfaceIds,
        listeners,
        tags: tagsOf(id),
      }),
    ),
    endpointServices: mapOf(
      world.endpointServices.where(where),
      (service): EndpointService => ({
        serviceId: service.id,
        serviceName: serviceNameOf(service),
        ownerId: service.ownerId,
        state: service.state,
        networkLoadBalancerArns: service.networkLoadBalancerArns,
        tags: tagsOf(service.id),
      }),
    ),
    resourceGateways: mapOf(
      world.resourceGateways.where(where),
      ({ id, ownerId, name, status, vpcId, networkInterfaceIds, resourceConfigDnsResolution }): ResourceGateway => ({
        resourceGatewayId: id,
        ownerId,
        name,
        status,
        vpcId,
        networkInterfaceIds,
        dnsResolution: resourceConfigDnsResolution,
        tags: tagsOf(id),
      }),
    ),
    resourceConfigurations: mapOf(world.resourceConfigurations.where(where), (record) => shownConfiguration(record, tagsOf(record.id))),
    resourceEndpointAssociations: mapOf(
      world.resourceEndpointAssociations.where(where),
      ({ id, resourceConfigurationId, vpcEndpointId }): ResourceEndpointAssociation => ({
        resourceEndpointAssociationId: id,
        resourceConfigurationId,
        vpcEndpointId,
      }),
    ),
    serviceNetworkResourceAssociations: mapOf(
      world.serviceNetworkResourceAssociations.where(where),
      ({ id, serviceNetworkId, resourceConfigurationId, status }): ServiceNetworkResourceAssociation => ({
        serviceNetworkResourceAssociationId: id,
        serviceNetworkId,
        resourceConfigurationId,
        status,
      }),
    ),
  };
}
