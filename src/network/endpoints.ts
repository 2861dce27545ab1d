import { block, describePacket, type Leg, type Position } from './leg.ts';
import { waysThroughBalancer } from './load-balancers.ts';
import type { VpcEndpoint } from './model.ts';
import { called, componentOf, findById, interfaceOf, type Place, placeOf } from './place.ts';
import { relayOf } from './relays.ts';
import { type Asked, waysToResources } from './resources.ts';
import { type Obstructed, tcpPortOf, type Way } from './ways.ts';

/** At this port AWS's services take requests through interface endpoints (AWS PrivateLink, "Access AWS services"). */
const serviceTcpPort = 443;

/** Leaves for a service of AWS's through a gateway endpoint, which serves only what its own VPC sends. */
export function passGatewayEndpoint(leg: Leg, from: Position, endpoint: VpcEndpoint): true | undefined {
  const { packet } = leg;
  const component = componentOf('vpc-endpoint', endpoint.vpcEndpointId, endpoint);
  if (endpoint.state !== 'available') {
    const message = `endpoint ${called(component)} is ${endpoint.state}, not available`;
    return block(leg, { code: 'BAD_STATE', component, message });
  }
  if (endpoint.vpcId !== from.vpc.vpcId) {
    const message = `endpoint ${called(component)} is in ${endpoint.vpcId}, not in ${from.vpc.vpcId}`;
    return block(leg, { code: 'BAD_STATE_ATTACHMENT', component, message });
  }
  if (!from.networkInterface) {
    const message = `endpoint ${called(component)} takes only what ${from.vpc.vpcId} itself sends, not what a transit gateway brings there`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  const isEcho = packet.protocol === 'icmp' && packet.type === 8;
  if (packet.protocol !== 'tcp' && !isEcho) {
    const message = `endpoint ${called(component)} takes only TCP and echo requests, not ${describePacket(packet)}`;
    return block(leg, { code: 'VPCE_GATEWAY_PROTOCOL_RESTRICTION', component, message });
  }
  if (leg.to) {
    const message = `endpoint ${called(component)} leads to ${endpoint.serviceName}, not to ${called(interfaceOf(leg.to))} of ${leg.to.vpc.vpcId}`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  leg.hops.push({ component });
  return true;
}

const obstructed = (endpoint: VpcEndpoint, code: Obstructed['obstacle']['code'], message: string): readonly Way[] => {
  const component = componentOf('vpc-endpoint', endpoint.vpcEndpointId, endpoint);
  return [{ hops: [], obstacle: { code, component, message: `endpoint ${called(component)} ${message}` } }];
};

/** On to the load balancers of a provider's service, in the zone of the endpoint's interface; from another region in any. */
function waysToService(leg: Leg, at: Place, endpoint: VpcEndpoint): readonly Way[] {
  const { networks } = leg;
  const region = networks.find(({ vpcEndpoints }) => vpcEndpoints?.has(endpoint.vpcEndpointId))?.region;
  const home = networks.find(({ endpointServices }) => endpointServices?.has(endpoint.serviceName?.split('.').at(-1) ?? ''));
  const service = findById(networks, 'endpointServices', endpoint.serviceName?.split('.').at(-1) ?? '');
  if (!service) return obstructed(endpoint, 'UNKNOWN_DESTINATION', `leads to ${endpoint.serviceName}, of which nothing is known`);
  const component = componentOf('vpc-endpoint-service', service.serviceId, service);
  const before = [{ component: componentOf('vpc-endpoint', endpoint.vpcEndpointId, endpoint) }, { component }];
  if (service.state !== 'Available') {
    const message = `endpoint service ${called(component)} is ${service.state}`;
    return [{ hops: before.slice(0, 1), obstacle: { code: 'BAD_STATE', component, message } }];
  }
  const ways = service.networkLoadBalancerArns.flatMap((arn) => {
    const balancer = findById(networks, 'networkLoadBalancers', arn);
    const place = balancer?.networkInterfaceIds
      .flatMap((id) => placeOf(networks, id) ?? [])
      .find(({ subnet }) => home?.region !== region || subnet.availabilityZoneId === at.subnet.availabilityZoneId);
    return balancer && place ? waysThroughBalancer(leg, place, balancer) : [];
  });
  if (ways.length > 0) return ways.map((way) => ({ ...way, hops: [...before, ...way.hops] }));
  const message = `endpoint service ${called(component)} has no load balancer in ${at.subnet.availabilityZoneId}, where ${at.networkInterface.networkInterfaceId} is`;
  return [{ hops: before, obstacle: { code: 'VPCE_SERVICE_NOT_INSTALLED_IN_AZ', component, message } }];
}

function waysThroughEndpoint(leg: Leg, at: Place, { endpoint, asked }: { endpoint: VpcEndpoint; asked: Asked }): readonly Way[] {
  if (endpoint.state !== 'available') return obstructed(endpoint, 'BAD_STATE', `is ${endpoint.state}, not available`);
  if (endpoint.type !== 'Interface') return waysToResources(leg, at, { endpoint, asked });
  if (/\.vpce-svc-[0-9a-f]+$/.test(endpoint.serviceName ?? '')) return waysToService(leg, at, endpoint);
  if (tcpPortOf(leg) !== serviceTcpPort) {
    const message = `takes requests for ${endpoint.serviceName} at tcp/${serviceTcpPort}, not ${describePacket(leg.packet)}`;
    return obstructed(endpoint, 'ENDPOINT_PORT_RESTRICTION', message);
  }
  leg.hops.push({ component: componentOf('vpc-endpoint', endpoint.vpcEndpointId, endpoint) });
  return [];
}

/**
 * How what came to a place goes on from there: in connections that an endpoint or a load balancer opens for it, any of which will do. None where the
 * place is where it was to come, a service of AWS's behind an interface endpoint included.
 */
export function waysOn(leg: Leg, at: Place, asked: Asked): readonly Way[] {
  const relay = relayOf(leg.networks, at.networkInterface);
  switch (relay?.kind) {
    case undefined:
      return [];
    case 'endpoint':
      return waysThroughEndpoint(leg, at, { endpoint: relay.endpoint, asked });
    case 'load balancer':
      return waysThroughBalancer(leg, at, relay.balancer);
    case 'resource gateway': {
      const { resourceGatewayId: id, name } = relay.gateway;
      const component = { type: 'resourcegateway', id, name } as const;
      const message = `resource gateway ${called(component)} opens connections to resources, and takes none from them`;
      return [{ hops: [], obstacle: { code: 'NO_POSSIBLE_DESTINATION', component, message } }];
    }
  }
}
