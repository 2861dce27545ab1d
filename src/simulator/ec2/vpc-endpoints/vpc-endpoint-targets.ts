import type { CreateVpcEndpointRequest } from '@aws-sdk/client-ec2';
import { ApiError, type Call } from '../../service.ts';
import { findConsumable } from '../../vpc-lattice/endpoint-associations.ts';
import { arnOf, find, kinds } from '../../vpc-lattice/kinds.ts';
import type { ResourceConfigurationRecord, ServiceNetworkRecord } from '../../vpc-lattice/records.ts';
import type { VpcEndpointRecord, VpcEndpointType } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { badParameter, exactlyOne, invalidParameter } from '../errors.ts';
import type { EndpointService } from './endpoint-service-catalogue.ts';
import { noSuchService, serviceOf, servicesFor } from './endpoint-services.ts';

/** What an endpoint leads to, as far as making the endpoint depends on it. */
export interface EndpointTarget {
  /** How AWS names it in its errors. */
  readonly name: string;
  readonly region: string;
  /** The zones by id that it can be reached in. */
  readonly zoneIds: readonly string[];
  /** The names that private DNS answers for. */
  readonly privateDnsDomains: readonly string[];
  readonly privateDnsVerified: boolean;
  readonly policySupported: boolean;
  readonly acceptanceRequired: boolean;
  readonly ipAddressTypes: readonly ('ipv4' | 'ipv6')[];
  /** Set where it is a service. */
  readonly service?: EndpointService | undefined;
  /** Set where it is a resource configuration. */
  readonly configuration?: ResourceConfigurationRecord | undefined;
}

const ofService = (service: EndpointService): EndpointTarget => ({
  name: service.name,
  region: service.region,
  zoneIds: service.zoneIds,
  privateDnsDomains: service.privateDnsNames,
  privateDnsVerified: service.privateDnsVerified,
  policySupported: service.policySupported,
  acceptanceRequired: service.acceptanceRequired,
  ipAddressTypes: service.ipAddressTypes,
  service,
});

/** What a look-up of VPC Lattice's gives; where it finds nothing, EC2 says so in a way of its own. */
function found<Value>(look: () => Value, notFound: ApiError): Value {
  try {
    return look();
  } catch (error) {
    throw error instanceof ApiError && error.code === 'ResourceNotFoundException' ? notFound : error;
  }
}

/**
 * A configuration that the caller may make an endpoint for: its own, or one that is shared with it. A share that nobody has accepted yet shows
 * nothing (aws.md 4.7).
 */
function findResourceConfiguration(world: World, call: Call, arn: string): ResourceConfigurationRecord {
  const notFound = new ApiError('InvalidResourceConfigurationArn.NotFound', `The resource configuration '${arn}' does not exist.`);
  const configuration = found(() => findConsumable(world, call, arn), notFound);
  if (!['SINGLE', 'GROUP', 'ARN'].includes(configuration.type)) {
    throw invalidParameter(`An endpoint of the type Resource cannot lead to a resource configuration of the type ${configuration.type}.`);
  }
  if (configuration.status !== 'ACTIVE' && configuration.status !== 'UPDATE_IN_PROGRESS') {
    throw invalidParameter(`The resource configuration ${arn} is in state ${configuration.status}.`);
  }
  return configuration;
}

const ofLattice = { privateDnsVerified: true, policySupported: false, acceptanceRequired: false, privateDnsDomains: [] } as const;

function ofResourceConfiguration(world: World, configuration: ResourceConfigurationRecord): EndpointTarget {
  const gateway = world.resourceGateways.get(configuration.resourceGatewayId);
  const zoneIds = (gateway?.subnetIds ?? []).flatMap((id) => world.subnets.get(id)?.zoneId ?? []);
  const types = { IPV4: ['ipv4'], IPV6: ['ipv6'], DUALSTACK: ['ipv4', 'ipv6'] } as const;
  return {
    ...ofLattice,
    name: arnOf(kinds.resourceConfiguration, configuration),
    region: configuration.region,
    zoneIds,
    ipAddressTypes: types[gateway?.ipAddressType ?? 'IPV4'],
    configuration,
  };
}

/** A network's resources lie in zones of their own each: an endpoint may be in any. */
function ofServiceNetwork(world: World, call: Call, network: ServiceNetworkRecord): EndpointTarget {
  return {
    ...ofLattice,
    name: arnOf(kinds.serviceNetwork, network),
    region: network.region,
    zoneIds: world.zones(call).map(({ zoneId }) => zoneId),
    ipAddressTypes: ['ipv4', 'ipv6'],
  };
}

function findService(world: World, call: Call, { name, region, type }: { name: string; region: string; type: string }): EndpointService {
  if (!world.hasRegion(region)) throw badParameter(region, 'serviceRegion', 'There is no such region.');
  const named = servicesFor(world, call, region).filter(
    (service) => service.name === name && (region === call.region || service.otherRegions.includes(call.region)),
  );
  if (named.length === 0) throw noSuchService(name);
  const service = named.find((one) => one.type === type);
  if (service) return service;
  const types = named.map((one) => one.type).join(', ');
  throw invalidParameter(`Endpoint type (${type}) does not match available service types ([${types}]).`);
}

function checkArn(arn: string, { resource, code }: { resource: RegExp; code: string }): void {
  if (!/^arn:aws[a-z-]*:vpc-lattice:[a-z0-9-]+:\d{12}:/.test(arn) || !resource.test(arn)) {
    throw new ApiError(`${code}.Malformed`, `The ARN '${arn}' is malformed.`);
  }
}

/**
 * What a new endpoint is to lead to: exactly one of service, resource configuration and service network, and the one that its type has (aws.md 4.1).
 *
 * @throws ApiError MissingParameter, InvalidParameterCombination, InvalidServiceName, InvalidResourceConfigurationArn.NotFound …
 */
export function readTarget(
  world: World,
  call: Call,
  { input, type }: { input: CreateVpcEndpointRequest; type: VpcEndpointType },
): EndpointTarget {
  const identifiers = {
    serviceName: input.ServiceName,
    resourceConfigurationArn: input.ResourceConfigurationArn,
    serviceNetworkArn: input.ServiceNetworkArn,
  };
  const given = exactlyOne(identifiers) as keyof typeof identifiers;
  const fitting = {
    Gateway: 'serviceName',
    Interface: 'serviceName',
    Resource: 'resourceConfigurationArn',
    ServiceNetwork: 'serviceNetworkArn',
  };
  if (given !== fitting[type]) throw invalidParameter(`The parameter ${given} is not supported for endpoints of the type ${type}.`);
  const text = identifiers[given]!;
  switch (given) {
    case 'serviceName':
      return ofService(findService(world, call, { name: text, region: input.ServiceRegion ?? call.region, type }));
    case 'resourceConfigurationArn':
      checkArn(text, { resource: /:resourceconfiguration\/rcfg-[0-9a-z]{17}$/, code: 'InvalidResourceConfigurationArn' });
      return ofResourceConfiguration(world, findResourceConfiguration(world, call, text));
    case 'serviceNetworkArn':
      checkArn(text, { resource: /:servicenetwork\/sn-[0-9a-z]{17}$/, code: 'InvalidServiceNetworkArn' });
      return found(
        () => {
          const wanted = { kind: kinds.serviceNetwork, identifier: text, field: 'serviceNetworkArn', sharedToo: true };
          return ofServiceNetwork(world, call, find(world, call, wanted));
        },
        new ApiError('InvalidServiceNetworkArn.NotFound', `The service network '${text}' does not exist.`),
      );
  }
}

/** What an endpoint of a service leads to. @throws ApiError InvalidServiceName where the service is gone */
export function serviceTarget(world: World, endpoint: VpcEndpointRecord): EndpointTarget {
  const service = serviceOf(world, endpoint);
  if (!service) throw noSuchService(endpoint.serviceName ?? '');
  return ofService(service);
}

/** @throws ApiError InvalidParameter where endpoints of the service cannot have a policy */
export function checkPolicySupported({ name, policySupported }: EndpointTarget): void {
  if (!policySupported) throw invalidParameter(`The VPC endpoint service ${name} does not support endpoint policies.`);
}
