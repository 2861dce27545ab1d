import type {
  DescribeVpcEndpointAssociationsRequest,
  DescribeVpcEndpointAssociationsResult,
  VpcEndpointAssociation,
} from '@aws-sdk/client-ec2';
import type { Call, Operations } from '../../service.ts';
import { associateResourceEndpoint } from '../../vpc-lattice/endpoint-associations.ts';
import { arnOf, kinds } from '../../vpc-lattice/kinds.ts';
import type { ResourceConfigurationRecord, ServiceNetworkResourceAssociationRecord } from '../../vpc-lattice/records.ts';
import { isUnder } from '../../vpc-lattice/resource-definitions.ts';
import type { VpcEndpointRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { checkId, idKinds, notFound } from '../ids.ts';
import { filterTest, page } from '../listing.ts';
import { placeOf } from '../owned.ts';
import { digitsOf } from './endpoint-service-catalogue.ts';
import { hostedZoneIdOf } from './vpc-endpoint-dns.ts';

/** One resource that an endpoint of the type Resource or ServiceNetwork makes reachable. */
export interface ResourceAssociation {
  /** `vpce-rsc-asc-…`. */
  readonly id: string;
  readonly endpoint: VpcEndpointRecord;
  readonly configuration: ResourceConfigurationRecord;
  /** Set where it comes through a service network. */
  readonly throughNetwork?: ServiceNetworkResourceAssociationRecord | undefined;
  /** Known to the whole world, and the endpoint's private addresses: `vpce-….rcfg-….….vpc-lattice-rsc.us-west-2.on.aws` (aws.md 4.3). */
  readonly dnsName: string;
  /** The configuration's own name, where the endpoint's VPC gets an answer for it. */
  readonly privateDnsName?: string | undefined;
  /** Whether the endpoint and the resource are both ready. */
  readonly accessible: boolean;
}

const idOfArn = (arn: string): string => arn.split('/').at(-1)!;

/** A group is reached as its children are (aws.md 4.1). */
function reached(world: World, configuration: ResourceConfigurationRecord | undefined): ResourceConfigurationRecord[] {
  if (!configuration) return [];
  return configuration.type === 'GROUP' ? world.resourceConfigurations.where(`group:${configuration.id}`) : [configuration];
}

function isVerified(world: World, { domainVerificationId }: ResourceConfigurationRecord): boolean {
  return domainVerificationId !== undefined && world.domainVerifications.get(domainVerificationId)?.status === 'VERIFIED';
}

/** Whether an endpoint answers for a configuration's own name, by its preference (aws.md 4.1, 4.3). */
function answersFor(world: World, endpoint: VpcEndpointRecord, configuration: ResourceConfigurationRecord): boolean {
  const domain = configuration.customDomainName;
  if (!endpoint.privateDnsEnabled || domain === undefined) return false;
  const group = configuration.resourceConfigurationGroupId
    ? world.resourceConfigurations.get(configuration.resourceConfigurationGroupId)
    : undefined;
  const verified = isVerified(world, configuration) || (group !== undefined && isVerified(world, group));
  const specified = (endpoint.privateDnsSpecifiedDomains ?? []).some((one) => {
    const wanted = one.replace(/^\*\./, '');
    return domain === wanted || isUnder(domain, wanted);
  });
  switch (endpoint.privateDnsPreference) {
    case 'ALL_DOMAINS':
      return true;
    case 'VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS':
      return verified || specified;
    case 'SPECIFIED_DOMAINS_ONLY':
      return specified;
    default:
      return verified;
  }
}

function association(
  world: World,
  endpoint: VpcEndpointRecord,
  { configuration, throughNetwork }: Pick<ResourceAssociation, 'configuration' | 'throughNetwork'>,
): ResourceAssociation {
  const front = throughNetwork ? `${endpoint.id}-${throughNetwork.id}` : endpoint.id;
  const label = digitsOf(`vpc-lattice-rsc ${endpoint.region}`, 7);
  const answers = answersFor(world, endpoint, configuration) && (throughNetwork?.privateDnsEnabled ?? true);
  return {
    id: `vpce-rsc-asc-0${digitsOf(`${front} ${configuration.id}`, 16)}`,
    endpoint,
    configuration,
    throughNetwork,
    dnsName: `${front}.${configuration.id}.${label}.vpc-lattice-rsc.${endpoint.region}.on.aws`,
    ...(answers ? { privateDnsName: configuration.customDomainName } : {}),
    accessible: endpoint.state === 'available' && ['ACTIVE', 'UPDATE_IN_PROGRESS'].includes(configuration.status),
  };
}

/** What an endpoint makes reachable; nothing where the provider has cut it off. */
export function resourceAssociationsOf(world: World, endpoint: VpcEndpointRecord): ResourceAssociation[] {
  if (endpoint.type === 'Resource') {
    if (world.resourceEndpointAssociations.count(`endpoint:${endpoint.id}`) === 0) return [];
    return reached(world, world.resourceConfigurations.get(idOfArn(endpoint.resourceConfigurationArn!))).map((configuration) =>
      association(world, endpoint, { configuration }),
    );
  }
  if (endpoint.type !== 'ServiceNetwork') return [];
  return world.serviceNetworkResourceAssociations
    .where(`network:${idOfArn(endpoint.serviceNetworkArn!)}`)
    .filter(({ status }) => status === 'ACTIVE')
    .flatMap((throughNetwork) =>
      reached(world, world.resourceConfigurations.get(throughNetwork.resourceConfigurationId)).map((configuration) =>
        association(world, endpoint, { configuration, throughNetwork }),
      ),
    );
}

/** The names that a new endpoint is to answer for in its VPC. */
export function privateResourceDomains(world: World, endpoint: VpcEndpointRecord): string[] {
  const configurations =
    endpoint.type === 'Resource'
      ? reached(world, world.resourceConfigurations.get(idOfArn(endpoint.resourceConfigurationArn!)))
      : resourceAssociationsOf(world, endpoint)
          .filter(({ throughNetwork }) => throughNetwork?.privateDnsEnabled)
          .map(({ configuration }) => configuration);
  return configurations.filter((one) => answersFor(world, endpoint, one)).map(({ customDomainName }) => customDomainName!);
}

/** Tells the provider of a resource of a new endpoint for it (aws.md 5.4). */
export function associateEndpoint(world: World, endpoint: VpcEndpointRecord): void {
  if (endpoint.type !== 'Resource') return;
  const configuration = world.resourceConfigurations.get(idOfArn(endpoint.resourceConfigurationArn!))!;
  associateResourceEndpoint(world, { configuration, vpcEndpointId: endpoint.id, vpcEndpointOwner: endpoint.ownerId });
}

function shown(world: World, one: ResourceAssociation): VpcEndpointAssociation {
  const { endpoint, configuration, throughNetwork } = one;
  const network = throughNetwork ? world.serviceNetworks.get(throughNetwork.serviceNetworkId) : undefined;
  const group = configuration.resourceConfigurationGroupId
    ? world.resourceConfigurations.get(configuration.resourceConfigurationGroupId)
    : undefined;
  return {
    Id: one.id,
    VpcEndpointId: endpoint.id,
    ...(network ? { ServiceNetworkArn: arnOf(kinds.serviceNetwork, network), ServiceNetworkName: network.name } : {}),
    AssociatedResourceAccessibility: accessibility(one),
    // Until it can be reached it has no names (aws.md 10.9).
    ...(one.accessible
      ? { DnsEntry: { DnsName: one.dnsName, HostedZoneId: hostedZoneIdOf(`vpc-lattice-rsc.${endpoint.region}.on.aws`) } }
      : {}),
    ...(one.accessible && one.privateDnsName
      ? { PrivateDnsEntry: { DnsName: one.privateDnsName, HostedZoneId: hostedZoneIdOf(`${endpoint.id} ${one.privateDnsName}`) } }
      : {}),
    AssociatedResourceArn: arnOf(kinds.resourceConfiguration, configuration),
    ...(group ? { ResourceConfigurationGroupArn: arnOf(kinds.resourceConfiguration, group) } : {}),
    Tags: [],
  };
}

const accessibility = ({ accessible }: ResourceAssociation): string => (accessible ? 'Accessible' : 'Pending');

export function resourceAssociationOperations(world: World): Operations {
  return {
    /** Where the names of Resource endpoints are: not among those that DescribeVpcEndpoints tells (aws.md 4.3). */
    DescribeVpcEndpointAssociations(input: DescribeVpcEndpointAssociationsRequest, call: Call): DescribeVpcEndpointAssociationsResult {
      const endpoints = world.vpcEndpoints.seenWhere(`place:${placeOf(call)}`);
      const asked = (input.VpcEndpointIds ?? []).map((id) => {
        checkId(idKinds.vpcEndpoint, id);
        const endpoint = endpoints.find((one) => one.id === id);
        if (!endpoint) throw notFound(idKinds.vpcEndpoint, id);
        return endpoint;
      });
      const all = (asked.length > 0 ? asked : endpoints).flatMap((endpoint) => resourceAssociationsOf(world, endpoint));
      const test = filterTest<ResourceAssociation>(
        input.Filters ?? [],
        {
          'associated-resource-accessibility': accessibility,
          'associated-resource-id': ({ configuration }) => configuration.id,
          'association-id': ({ id }) => id,
          'resource-configuration-group-arn': (one) => shown(world, one).ResourceConfigurationGroupArn,
          'service-network-arn': (one) => shown(world, one).ServiceNetworkArn,
          'service-network-name': (one) => shown(world, one).ServiceNetworkName,
          'service-network-resource-association-id': ({ throughNetwork }) => throughNetwork?.id,
          'vpc-endpoint-id': ({ endpoint }) => endpoint.id,
        },
        undefined,
      );
      const { items, NextToken } = page(world, {
        items: all.filter(test).map((one, index) => ({ one, index })),
        orderOf: ({ index }) => index,
        input,
        limits: { min: 1, max: 100 },
      });
      return { VpcEndpointAssociations: items.map(({ one }) => shown(world, one)), NextToken };
    },
  };
}
