import { addressFamily, canonicalAddress } from './cidr.ts';
import { plainName, type Resolve } from './dns.ts';
import type { ResourceConfiguration, ResourceDefinition, ResourceGateway } from './endpoint-model.ts';
import type { Blockage, ExplanationCode, Hop, Leg } from './leg.ts';
import type { RegionNetwork, VpcEndpoint } from './model.ts';
import { allHaving, type Component, called, componentOf, findById, interfaceOf, type Place, placeOf } from './place.ts';
import { tcpPortOf, type Way } from './ways.ts';

/** What is known of a packet besides the packet. */
export interface Asked {
  /** What names stand for; left out: names are not known. */
  readonly resolve?: Resolve | undefined;
  /** The name by which the packet's destination was found: where one address leads to several resources, it says which of them is meant. */
  readonly name?: string | undefined;
}

type Obstacle = Omit<Blockage, 'way'>;

const obstacle = (code: ExplanationCode, component: Component, message: string): Obstacle => ({ code, component, message });

/** What failed to change still is as it was. */
const isLive = (status: string): boolean => ['ACTIVE', 'UPDATE_IN_PROGRESS', 'UPDATE_FAILED'].includes(status);

const componentOfConfiguration = ({ resourceConfigurationId: id, name }: ResourceConfiguration): Component => ({
  type: 'resourceconfiguration',
  id,
  name,
});

const componentOfGateway = ({ resourceGatewayId: id, name }: ResourceGateway): Component => ({ type: 'resourcegateway', id, name });

const idOfArn = (arn: string | undefined): string => arn?.split('/').at(-1) ?? '';

/** A configuration, or the children of a group: only those can be reached. */
function membersOf(networks: readonly RegionNetwork[], configuration: ResourceConfiguration): readonly ResourceConfiguration[] {
  if (configuration.type !== 'GROUP') return [configuration];
  return allHaving(networks, (network) => network.resourceConfigurations, {
    by: 'group',
    key: configuration.resourceConfigurationId,
    keysOf: (one) => [one.resourceConfigurationGroupId ?? ''],
  });
}

/** The ids of the configurations that the endpoint is tied to, or why there are none. */
function configurationIds(networks: readonly RegionNetwork[], endpoint: VpcEndpoint, component: Component): readonly string[] | Obstacle {
  if (endpoint.type === 'Resource') {
    const ids = allHaving(networks, (network) => network.resourceEndpointAssociations, {
      by: 'endpoint',
      key: endpoint.vpcEndpointId,
      keysOf: (one) => [one.vpcEndpointId],
    }).map(({ resourceConfigurationId }) => resourceConfigurationId);
    if (ids.length > 0) return ids;
    const message = `endpoint ${called(component)} is no longer associated with ${idOfArn(endpoint.resourceConfigurationArn)}: the provider cut it off`;
    return obstacle('BAD_STATE_ATTACHMENT', component, message);
  }
  const serviceNetworkId = idOfArn(endpoint.serviceNetworkArn);
  const ids = allHaving(networks, (network) => network.serviceNetworkResourceAssociations, {
    by: 'service network',
    key: serviceNetworkId,
    keysOf: (one) => [one.serviceNetworkId],
  })
    .filter(({ status }) => status === 'ACTIVE' || status === 'PARTIAL')
    .map(({ resourceConfigurationId }) => resourceConfigurationId);
  if (ids.length > 0) return ids;
  return obstacle(
    'BAD_STATE_ATTACHMENT',
    component,
    `no resource is associated with service network ${serviceNetworkId} of endpoint ${called(component)}`,
  );
}

const isNamed = (name: string | undefined, { resourceConfigurationId, customDomainName }: ResourceConfiguration): boolean =>
  name !== undefined &&
  (plainName(name).split('.').includes(resourceConfigurationId) ||
    (customDomainName !== undefined && plainName(name) === plainName(customDomainName)));

/** `80, 8000–8080`. */
const describePorts = ({ portRanges }: ResourceConfiguration): string =>
  portRanges.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');

/**
 * The configurations that may be meant: all names of an endpoint lead to the same interfaces, so that it is the name by which a client came, where that
 * says it, and else the port.
 */
function meant(
  configurations: readonly ResourceConfiguration[],
  { name, port, component }: { readonly name: string | undefined; readonly port: number; readonly component: Component },
): readonly ResourceConfiguration[] | Obstacle {
  const named = configurations.filter((one) => isNamed(name, one));
  const candidates = named.length > 0 ? named : configurations;
  const fitting = candidates.filter(
    ({ type, portRanges }) => type === 'ARN' || portRanges.some(({ from, to }) => from <= port && port <= to),
  );
  if (fitting.length > 0) return fitting;
  const offers = candidates.map((one) => `${called(componentOfConfiguration(one))} has ${describePorts(one)}`).join('; ');
  const message = `endpoint ${called(component)} leads to nothing at tcp/${port}: ${offers || 'the group has no children'}`;
  return obstacle('ENDPOINT_PORT_RESTRICTION', component, message);
}

/** The interface of the gateway that takes up what comes in by an endpoint's: in the same zone, or another that both are in. */
function exitOf(
  networks: readonly RegionNetwork[],
  { gateway, endpoint, at }: { readonly gateway: ResourceGateway; readonly endpoint: VpcEndpoint; readonly at: Place },
): Place | undefined {
  const zoneOf = ({ subnet }: Place): string => subnet.availabilityZoneId;
  const places = (ids: readonly string[]): Place[] => ids.flatMap((id) => placeOf(networks, id) ?? []);
  const zones = new Set(places(endpoint.networkInterfaceIds).map(zoneOf));
  const exits = places(gateway.networkInterfaceIds).filter((exit) => zones.has(zoneOf(exit)));
  return exits.find((exit) => zoneOf(exit) === zoneOf(at)) ?? exits[0];
}

/** The addresses of a resource as its gateway finds them, with the name that it goes by. */
function addressesOf(
  definition: ResourceDefinition | undefined,
  { gateway, component, asked }: { readonly gateway: ResourceGateway; readonly component: Component; readonly asked: Asked },
): { readonly addresses: readonly string[]; readonly name?: string } | Obstacle {
  const unknown = (why: string): Obstacle => obstacle('RESOURCE_ADDRESS_UNKNOWN', component, `${called(component)} ${why}`);
  if (!definition) return unknown('has no definition');
  if ('ipAddress' in definition) return { addresses: [canonicalAddress(definition.ipAddress) ?? definition.ipAddress] };
  if ('arn' in definition) return unknown(`stands for ${definition.arn}, of whose addresses nothing is known`);
  if ('cidrRanges' in definition) return unknown('stands for ranges of addresses, which only endpoints of the type Tunnel lead to');
  const { domainName: name, family } = definition;
  if (!asked.resolve) return unknown(`stands for ${name}, and what names stand for is not known here`);
  const isPublic = gateway.dnsResolution === 'PUBLIC';
  const addresses = asked
    .resolve(name, isPublic ? 'internet' : { vpcId: gateway.vpcId })
    .flatMap((address) => canonicalAddress(address) ?? [])
    .filter((address) => addressFamily(address) === family);
  if (addresses.length > 0) return { addresses, name };
  const where = isPublic ? 'on the internet, where its gateway resolves names (PUBLIC)' : `in ${gateway.vpcId}`;
  return unknown(`stands for ${name}, which has no IPv${family} address ${where}`);
}

/** The ways from an endpoint's interface to one resource. */
function waysToResource(
  { leg, endpoint, at, asked }: { readonly leg: Leg; readonly endpoint: VpcEndpoint; readonly at: Place; readonly asked: Asked },
  configuration: ResourceConfiguration,
  port: number,
): readonly Way[] {
  const { networks } = leg;
  const hops: Hop[] = [{ component: componentOf('vpc-endpoint', endpoint.vpcEndpointId, endpoint) }];
  const stop = (what: Obstacle): readonly Way[] => [{ hops, obstacle: what }];
  const component = componentOfConfiguration(configuration);
  const { status, resourceGatewayId, definition } = configuration;
  if (!isLive(status))
    return stop(obstacle('BAD_STATE', component, `resource configuration ${called(component)} is ${status}, not ACTIVE`));
  hops.push({ component });
  const gateway = findById(networks, 'resourceGateways', resourceGatewayId);
  if (!gateway) {
    const message = `resource gateway ${resourceGatewayId} of ${called(component)} does not exist`;
    return stop(obstacle('BAD_STATE', { type: 'resourcegateway', id: resourceGatewayId }, message));
  }
  const through = componentOfGateway(gateway);
  if (!isLive(gateway.status))
    return stop(obstacle('BAD_STATE', through, `resource gateway ${called(through)} is ${gateway.status}, not ACTIVE`));
  const from = exitOf(networks, { gateway, endpoint, at });
  if (!from) {
    const message = `resource gateway ${called(through)} and endpoint ${endpoint.vpcEndpointId} have no Availability Zone in common`;
    return stop(obstacle('VPCE_SERVICE_NOT_INSTALLED_IN_AZ', through, message));
  }
  hops.push({ component: through });
  const found = addressesOf(definition, { gateway, component, asked });
  if ('code' in found) return stop(found);
  return found.addresses.map((destinationAddress): Way => {
    const family = addressFamily(destinationAddress);
    const { privateIpAddresses, ipv6Addresses } = from.networkInterface;
    const sourceAddress = canonicalAddress((family === 4 ? privateIpAddresses : ipv6Addresses)[0] ?? '');
    if (sourceAddress !== undefined) return { from, sourceAddress, destinationAddress, port, hops, name: found.name };
    const message = `${called(interfaceOf(from))} of resource gateway ${called(through)} has no IPv${family} address`;
    return { hops, obstacle: obstacle('ENI_ADDRESS_RESTRICTION', interfaceOf(from), message) };
  });
}

/**
 * The ways on from the interface of an endpoint of the type Resource or ServiceNetwork: through a resource gateway, which has an address of its own in
 * the resource's VPC, so that the two VPCs may use the same blocks, and nothing there can open a connection back (VPC User Guide, AWS PrivateLink,
 * "Access VPC resources through AWS PrivateLink"; Amazon VPC Lattice, "Resource gateways").
 */
export function waysToResources(leg: Leg, at: Place, { endpoint, asked }: { endpoint: VpcEndpoint; asked: Asked }): readonly Way[] {
  const component = componentOf('vpc-endpoint', endpoint.vpcEndpointId, endpoint);
  const hops: Hop[] = [{ component }];
  const port = tcpPortOf(leg);
  if (port === undefined) {
    const message = `endpoint ${called(component)} takes nothing but TCP`;
    return [{ hops, obstacle: obstacle('ENDPOINT_PORT_RESTRICTION', component, message) }];
  }
  const ids = configurationIds(leg.networks, endpoint, component);
  if ('code' in ids) return [{ hops, obstacle: ids }];
  const known = ids.flatMap((id) => findById(leg.networks, 'resourceConfigurations', id) ?? []);
  if (known.length === 0) {
    const message = `endpoint ${called(component)} leads to ${ids.join(', ')}, of which nothing is known`;
    return [{ hops, obstacle: obstacle('UNKNOWN_DESTINATION', component, message) }];
  }
  const configurations = known.flatMap((configuration) => membersOf(leg.networks, configuration));
  const chosen = meant(configurations, { name: asked.name, port, component });
  if ('code' in chosen) return [{ hops, obstacle: chosen }];
  return chosen.flatMap((configuration) => waysToResource({ leg, endpoint, at, asked }, configuration, port));
}
