import type { CreateVpcEndpointRequest } from '@aws-sdk/client-ec2';
import type { VpcEndpointRecord, VpcEndpointType } from '../records.ts';
import { ApiError, type Call } from '../service.ts';
import type { World } from '../world.ts';
import type { EndpointService } from './endpoint-service-catalogue.ts';
import { noSuchService, serviceOf, servicesFor } from './endpoint-services.ts';
import { badParameter, exactlyOne, invalidParameter } from './errors.ts';

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
      throw new ApiError('InvalidResourceConfigurationArn.NotFound', `The resource configuration '${text}' does not exist.`);
    case 'serviceNetworkArn':
      checkArn(text, { resource: /:servicenetwork\/sn-[0-9a-z]{17}$/, code: 'InvalidServiceNetworkArn' });
      throw new ApiError('InvalidServiceNetworkArn.NotFound', `The service network '${text}' does not exist.`);
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
