import type { DnsEntry } from '@aws-sdk/client-ec2';
import type { ApiError } from '../../service.ts';
import type { VpcEndpointRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { awsPrefixLists } from '../aws-prefix-lists.ts';
import { invalidParameter } from '../errors.ts';
import { digitsOf, type EndpointService } from './endpoint-service-catalogue.ts';
import { serviceOf } from './endpoint-services.ts';
import type { EndpointTarget } from './vpc-endpoint-targets.ts';

/** The public zone that a name is in; the id follows from the zone's name. */
export const hostedZoneIdOf = (zoneName: string): string => `Z${digitsOf(zoneName, 13).toUpperCase()}`;

/** Names of a thing that one can look up. */
export interface EndpointNames {
  /** Known to the whole world: the name for the region, then one for each zone (aws.md 4.3). */
  readonly public: readonly string[];
  /** Known in the endpoint's VPC, while private DNS is on. */
  readonly private: readonly string[];
}

/** The names of an interface endpoint. Those of S3 stand for all names below them. */
export function namesOf(world: World, endpoint: VpcEndpointRecord, service: EndpointService): EndpointNames {
  const star = service.name === `com.amazonaws.${service.region}.s3` ? '*.' : '';
  const zones = world.zones({ accountId: endpoint.ownerId, region: endpoint.region });
  const zoneNames = endpoint.subnets.flatMap(({ subnetId }) => {
    const zoneId = world.subnets.get(subnetId)?.zoneId;
    return zones.filter((zone) => zone.zoneId === zoneId).map(({ zoneName }) => zoneName);
  });
  const label = `${endpoint.id}-${endpoint.dnsLabel}`;
  return {
    public: ['', ...zoneNames.toSorted()].map((zone) => `${star}${label}${zone && `-${zone}`}.${service.baseDnsName}`),
    private: endpoint.privateDnsEnabled ? service.privateDnsNames : [],
  };
}

/** An endpoint's names as AWS lists them: callers must pick by suffix, never by place (aws.md 4.3). */
export function dnsEntriesOf(world: World, endpoint: VpcEndpointRecord): DnsEntry[] {
  const service = endpoint.type === 'Interface' ? serviceOf(world, endpoint) : undefined;
  if (!service) return [];
  const names = namesOf(world, endpoint, service);
  return [
    ...names.public.map((DnsName) => ({ DnsName, HostedZoneId: hostedZoneIdOf(service.baseDnsName) })),
    ...names.private.map((DnsName) => ({ DnsName, HostedZoneId: hostedZoneIdOf(`${endpoint.id} ${DnsName}`) })),
  ];
}

/**
 * Whether private DNS can be on for an endpoint.
 *
 * @throws ApiError InvalidParameter where the service has no private names or has not proven to own them, the VPC does not do DNS so, or another
 * endpoint or a private hosted zone answers for one of the names (aws.md 4.1, 4.3)
 */
export function checkPrivateDns(
  world: World,
  { id, type, vpcId, privateDnsDomains, privateDnsOnlyForInboundResolverEndpoint }: VpcEndpointRecord,
  { name, privateDnsVerified, service }: EndpointTarget,
): void {
  if (type === 'Interface' && privateDnsDomains.length === 0) {
    throw invalidParameter(`Private DNS can't be enabled because the service ${name} does not provide a private DNS name.`);
  }
  if (!privateDnsVerified) {
    throw invalidParameter(`Private DNS can't be enabled because the private DNS name of ${name} is not verified.`);
  }
  if (privateDnsOnlyForInboundResolverEndpoint !== undefined && service)
    checkInboundOnly(world, { vpcId, only: privateDnsOnlyForInboundResolverEndpoint, service });
  const vpc = world.vpcs.get(vpcId)!;
  if (!vpc.enableDnsSupport || !vpc.enableDnsHostnames) {
    throw invalidParameter(
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpcId}`,
    );
  }
  const conflict = (domain: string): ApiError =>
    invalidParameter(
      `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${domain} in the VPC ${vpcId}`,
    );
  const zones = new Set(world.hostedZones.where(`vpc:${vpcId}`).map((zone) => zone.name));
  const inZone = privateDnsDomains.find((domain) => zones.has(`${zoneOf(domain)}.`));
  if (inZone) throw conflict(inZone);
  for (const other of answeringEndpoints(world, vpcId)) {
    const taken = other.id === id ? undefined : other.privateDnsDomains.find((domain) => privateDnsDomains.includes(domain));
    if (taken) throw conflict(taken);
  }
}

/** AWS keeps the private names of an endpoint in a zone of its own: one of the name, be it for all names below. */
const zoneOf = (domain: string): string => domain.replace(/^\*\./, '');

/** The endpoints of a VPC that answer for private names; one that is being deleted still does (aws.md 4.4). */
const answeringEndpoints = (world: World, vpcId: string): VpcEndpointRecord[] =>
  world.vpcEndpoints
    .where(`vpc:${vpcId}`)
    .filter(({ privateDnsEnabled, state }) => privateDnsEnabled && state !== 'failed' && state !== 'rejected');

/**
 * The hidden private zone of this name that an endpoint has brought to a VPC, by its id: no other zone of the name can be there.
 *
 * @param name without a dot at its end
 */
export function endpointZoneIn(world: World, vpcId: string, name: string): string | undefined {
  const endpoint = answeringEndpoints(world, vpcId).find((one) => one.privateDnsDomains.some((domain) => zoneOf(domain) === name));
  return endpoint && hostedZoneIdOf(`${endpoint.id} ${name}`);
}

/** Private names for resolver endpoints alone are for services that have a gateway endpoint too, and only where the VPC has one (aws.md 4.1). */
function checkInboundOnly(world: World, { vpcId, only, service }: { vpcId: string; only: boolean; service: EndpointService }): void {
  if (!awsPrefixLists(service.region).some(({ name }) => name === service.name)) {
    throw invalidParameter('privateDnsOnlyForInboundResolverEndpoint is only for services that also have gateway endpoints.');
  }
  const hasGateway = world.vpcEndpoints
    .where(`vpc:${vpcId}`)
    .some(({ type, serviceName, state }) => type === 'Gateway' && serviceName === service.name && state === 'available');
  if (only && !hasGateway) {
    throw invalidParameter(
      `To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC ${vpcId} must have a Gateway endpoint for the service.`,
    );
  }
}
