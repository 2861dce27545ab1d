import type { DnsOptionsSpecification, SubnetConfiguration } from '@aws-sdk/client-ec2';
import { addressFamily } from '../../../network/cidr.ts';
import { ApiError, type Call } from '../../service.ts';
import type { EndpointSubnet, VpcEndpointRecord, VpcEndpointType } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { badParameter, invalidParameter } from '../errors.ts';
import { findSubnet } from '../owned.ts';

/**
 * The type of endpoint that a call asks for; Gateway where it does not say (aws.md 4.1).
 *
 * @throws ApiError InvalidVpcEndpointType; 501 for those of AWS's types that are not modelled
 */
export function readType(text = 'Gateway'): VpcEndpointType {
  switch (text) {
    case 'Gateway':
    case 'Interface':
    case 'Resource':
    case 'ServiceNetwork':
      return text;
    case 'GatewayLoadBalancer':
    case 'Tunnel':
      throw new ApiError('NotImplemented.CreateVpcEndpoint', `The simulator does not model VPC endpoints of the type ${text}`, {
        httpStatus: 501,
      });
    default:
      throw new ApiError('InvalidVpcEndpointType', `The VPC endpoint type '${text}' is not valid.`);
  }
}

/** What only some types have, by the parameter's name in AWS's errors (aws.md 4.1). */
const parametersOf: Readonly<Record<VpcEndpointType, readonly string[]>> = {
  Gateway: ['routeTableIds', 'policyDocument'],
  Interface: [
    'subnetIds',
    'subnetConfigurations',
    'securityGroupIds',
    'privateDnsEnabled',
    'policyDocument',
    'ipAddressType',
    'dnsOptions',
  ],
  Resource: ['subnetIds', 'subnetConfigurations', 'securityGroupIds', 'privateDnsEnabled', 'ipAddressType', 'dnsOptions'],
  ServiceNetwork: ['subnetIds', 'subnetConfigurations', 'securityGroupIds', 'privateDnsEnabled', 'ipAddressType', 'dnsOptions'],
};

/** @throws ApiError InvalidParameter for what endpoints of the type do not have; what is empty or false was not asked for */
export function checkTypeRules(type: VpcEndpointType, given: Readonly<Record<string, unknown>>): void {
  const isGiven = (value: unknown): boolean => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  const wrong = Object.keys(given).find((name) => isGiven(given[name]) && !parametersOf[type].includes(name));
  if (wrong) throw invalidParameter(`The parameter ${wrong} is not supported for endpoints of the type ${type}.`);
}

/**
 * The subnets that a call names, with the addresses that it wants there.
 *
 * @throws ApiError InvalidSubnetID.NotFound, InvalidParameter for an address in a subnet that is not named
 */
export function readSubnets(
  world: World,
  call: Call,
  { subnetIds, configurations }: { subnetIds: readonly string[] | undefined; configurations: readonly SubnetConfiguration[] | undefined },
): EndpointSubnet[] {
  const configured = (configurations ?? []).map(({ SubnetId, Ipv4 }): EndpointSubnet => {
    const subnet = findSubnet(world, call, SubnetId);
    if (Ipv4 !== undefined && addressFamily(Ipv4) !== 4) throw badParameter(Ipv4, 'ipv4', 'This is not a valid IPv4 address.');
    return { subnetId: subnet.id, ...(Ipv4 === undefined ? {} : { ipv4: Ipv4 }) };
  });
  const ids = subnetIds?.length
    ? [...new Set(subnetIds)].map((id) => findSubnet(world, call, id).id)
    : configured.map(({ subnetId }) => subnetId);
  const unnamed = configured.find(({ subnetId }) => !ids.includes(subnetId));
  if (unnamed) throw invalidParameter(`The subnet ${unnamed.subnetId} has a configuration and is not among the subnets.`);
  return [...new Set(ids)].map((subnetId) => configured.find((one) => one.subnetId === subnetId) ?? { subnetId });
}

export type IpAddressType = VpcEndpointRecord['ipAddressType'];

const ipAddressTypes: readonly string[] = ['ipv4', 'dualstack', 'ipv6'] satisfies IpAddressType[];

/** @throws ApiError InvalidParameter for a type that there is not, or that the other side does not have */
export function readIpAddressType(
  text: string | undefined,
  { name, offered }: { name: string; offered: readonly ('ipv4' | 'ipv6')[] },
): IpAddressType {
  const type = text ?? 'ipv4';
  if (!ipAddressTypes.includes(type)) throw invalidParameter(`The IP address type ${type} is not valid.`);
  const needed = type === 'dualstack' ? (['ipv4', 'ipv6'] as const) : ([type] as ('ipv4' | 'ipv6')[]);
  if (needed.some((one) => !offered.includes(one))) throw invalidParameter(`${name} does not support the IP address type ${type}.`);
  return type as IpAddressType;
}

export type DnsChoice = Pick<
  VpcEndpointRecord,
  'dnsRecordIpType' | 'privateDnsOnlyForInboundResolverEndpoint' | 'privateDnsPreference' | 'privateDnsSpecifiedDomains'
>;

const preferences: readonly string[] = [
  'ALL_DOMAINS',
  'VERIFIED_DOMAINS_ONLY',
  'VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS',
  'SPECIFIED_DOMAINS_ONLY',
];

const maxDomains = 10;

/**
 * How an endpoint is to do DNS; what is not said stays as it is.
 *
 * @throws ApiError InvalidParameter for what there is not, or endpoints of the type do not have (aws.md 4.1)
 */
export function readDnsOptions(
  options: DnsOptionsSpecification | undefined,
  {
    type,
    ipAddressType,
    current,
    preference: usual,
  }: { type: VpcEndpointType; ipAddressType: IpAddressType; current?: DnsChoice | undefined; preference?: string | undefined },
): DnsChoice {
  const { DnsRecordIpType: recordType, PrivateDnsPreference: preference, PrivateDnsSpecifiedDomains: domains } = options ?? {};
  const inboundOnly = options?.PrivateDnsOnlyForInboundResolverEndpoint;
  if (recordType !== undefined && !['ipv4', 'dualstack', 'ipv6', 'service-defined'].includes(recordType)) {
    throw invalidParameter(`The DNS record IP type ${recordType} is not valid.`);
  }
  if (type === 'Interface' && (preference !== undefined || domains?.length)) {
    throw invalidParameter('A preference for private DNS domains is not supported for endpoints of the type Interface.');
  }
  if (type !== 'Interface' && inboundOnly !== undefined) {
    throw invalidParameter(`privateDnsOnlyForInboundResolverEndpoint is not supported for endpoints of the type ${type}.`);
  }
  if (preference !== undefined && !preferences.includes(preference)) {
    throw invalidParameter(`The private DNS preference ${preference} is not valid.`);
  }
  if ((domains?.length ?? 0) > maxDomains) throw invalidParameter(`At most ${maxDomains} private DNS domains can be specified.`);
  if (Boolean(domains?.length) !== Boolean(preference?.includes('SPECIFIED_DOMAINS'))) {
    throw invalidParameter('Private DNS domains are specified if, and only if, the preference says so.');
  }
  return {
    dnsRecordIpType: recordType ?? current?.dnsRecordIpType ?? ipAddressType,
    privateDnsOnlyForInboundResolverEndpoint: inboundOnly ?? current?.privateDnsOnlyForInboundResolverEndpoint,
    privateDnsPreference: preference ?? current?.privateDnsPreference ?? (type === 'Interface' ? undefined : usual),
    privateDnsSpecifiedDomains: domains ?? current?.privateDnsSpecifiedDomains,
  };
}
