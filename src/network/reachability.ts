import { addressFamily, canonicalAddress } from './cidr.ts';
import type { Resolve } from './dns.ts';
import { exchange } from './exchange.ts';
import { type Blockage, describePacket, type Hop, type Leg } from './leg.ts';
import type { RegionNetwork } from './model.ts';
import type { Packet } from './packet-filter.ts';
import { type Component, called, componentOf, findById, interfaceOf, type Place, placeOf } from './place.ts';

/** One end: an instance (its primary interface) or a network interface. */
export type Endpoint = { readonly instanceId: string } | { readonly networkInterfaceId: string };

/** What is sent. The answer to tcp and udp comes to any port of `ephemeralPorts`; icmp without type is an echo request. */
export type Traffic =
  | {
      readonly protocol: 'tcp' | 'udp';
      /** Destination port. */
      readonly port: number;
      /** Ports that the source may have chosen, all of which must get the answer; by default 1024–65535. */
      readonly ephemeralPorts?: { readonly from: number; readonly to: number };
    }
  | { readonly protocol: 'icmp' | 'icmpv6'; readonly type?: number; readonly code?: number };

/** "Does this get from the source to the destination, and its answer back?" */
export type ReachabilityQuery = Traffic & {
  readonly source: Endpoint;
  /** With the name by which an address was found, what the name says of it counts, too: which of the resources behind one endpoint is meant. */
  readonly destination: Endpoint | { readonly address: string; readonly name?: string | undefined };
  /** Which addresses are used where the destination is an endpoint and the traffic is tcp or udp; IPv4 by default. */
  readonly family?: 4 | 6;
};

/** The answer to a query. The hops end where the packet or its answer was stopped. */
export type Reachability = {
  readonly query: ReachabilityQuery;
  /** Components that the packet passes, from the source on. */
  readonly hops: readonly Hop[];
  /** Components that the answer passes; empty where none is sent. */
  readonly returnHops: readonly Hop[];
} & (
  | {
      readonly reachable: true;
      readonly blockedBy?: undefined;
      /** What answers: the address, and for tcp and udp the port, behind endpoints and load balancers. */
      readonly arrival: { readonly address: string; readonly port?: number | undefined };
    }
  | {
      readonly reachable: false;
      readonly blockedBy: Blockage;
      /** Whether the source is told so: "connection refused". Otherwise it waits in vain. */
      readonly refused: boolean;
    }
);

function packetOf(query: ReachabilityQuery, ends: { readonly sourceAddress: string; readonly destinationAddress: string }): Packet {
  if ('port' in query) return { ...ends, protocol: query.protocol, ports: { from: query.port, to: query.port } };
  return { ...ends, protocol: query.protocol, type: query.type ?? (query.protocol === 'icmp' ? 8 : 128), code: query.code ?? 0 };
}

function familyOf(query: ReachabilityQuery, address: string | undefined): 4 | 6 {
  if (query.protocol === 'icmp') return 4;
  if (query.protocol === 'icmpv6') return 6;
  return (address === undefined ? undefined : addressFamily(address)) ?? query.family ?? 4;
}

const componentOfEndpoint = (networks: readonly RegionNetwork[], endpoint: Endpoint): Component =>
  'instanceId' in endpoint
    ? componentOf('instance', endpoint.instanceId, findById(networks, 'instances', endpoint.instanceId))
    : componentOf('network-interface', endpoint.networkInterfaceId, findById(networks, 'networkInterfaces', endpoint.networkInterfaceId));

function placeOfEndpoint(networks: readonly RegionNetwork[], endpoint: Endpoint): Place | undefined {
  const id =
    'networkInterfaceId' in endpoint
      ? endpoint.networkInterfaceId
      : findById(networks, 'instances', endpoint.instanceId)?.networkInterfaceIds[0];
  return id === undefined ? undefined : placeOf(networks, id);
}

/** What was wrong with an end before anything was sent. */
function unusable(networks: readonly RegionNetwork[], endpoint: Endpoint, code: 'BAD_STATE' | 'UNKNOWN_DESTINATION'): Blockage {
  const component = componentOfEndpoint(networks, endpoint);
  const instance = 'instanceId' in endpoint ? findById(networks, 'instances', endpoint.instanceId) : undefined;
  const message = instance
    ? `instance ${called(component)} is ${instance.state} and has no network interface`
    : `${component.type} ${component.id} does not exist`;
  return { code, component, way: 'there', message };
}

/** The ends of a query, with the addresses that its packets carry; or why there are none. */
function resolveEnds(
  networks: readonly RegionNetwork[],
  query: ReachabilityQuery,
):
  | { readonly from: Place; readonly to: Place | undefined; readonly sourceAddress: string; readonly destinationAddress: string }
  | Blockage {
  const { source, destination } = query;
  const from = placeOfEndpoint(networks, source);
  if (!from) return unusable(networks, source, 'BAD_STATE');
  const asked = 'address' in destination ? canonicalAddress(destination.address) : undefined;
  const to = 'address' in destination ? undefined : placeOfEndpoint(networks, destination);
  if (!('address' in destination) && !to) return unusable(networks, destination, 'UNKNOWN_DESTINATION');
  const family = familyOf(query, asked);
  const addressOf = ({ networkInterface }: Place): string | undefined => {
    const [first] = family === 4 ? networkInterface.privateIpAddresses : networkInterface.ipv6Addresses;
    return first === undefined ? undefined : canonicalAddress(first);
  };
  const without = (place: Place): Blockage => {
    const component = interfaceOf(place);
    return { code: 'ENI_ADDRESS_RESTRICTION', component, way: 'there', message: `${called(component)} has no IPv${family} address` };
  };
  const sourceAddress = addressOf(from);
  if (sourceAddress === undefined) return without(from);
  const destinationAddress = to ? addressOf(to) : asked;
  if (to && destinationAddress === undefined) return without(to);
  if (destinationAddress === undefined || addressFamily(destinationAddress) !== family) {
    const message = `${'address' in destination ? destination.address : ''} is not an IPv${family} address`;
    return { code: 'UNKNOWN_DESTINATION', component: interfaceOf(from), way: 'there', message };
  }
  return { from, to, sourceAddress, destinationAddress };
}

/** What questions about reachability need besides the networks. */
export interface ReachabilityOptions {
  /** What names stand for: where resources behind endpoints are defined by names, they are found by it, and not without. */
  readonly resolve?: Resolve | undefined;
}

/**
 * Whether a packet gets to its destination and its answer back, by what the networks are configured to do: security groups, network ACLs, routes,
 * prefix lists, peering connections, internet, NAT and transit gateways, VPC endpoints with what lies behind them, network load balancers, and which
 * instances run and listen. What lies behind other targets of routes than these is not known here and lets nothing pass; on the internet, and among
 * AWS's services, anything is taken to answer.
 *
 * @param networks every account and region that the path may touch
 */
export function reachability(
  networks: readonly RegionNetwork[],
  query: ReachabilityQuery,
  { resolve }: ReachabilityOptions = {},
): Reachability {
  const ends = resolveEnds(networks, query);
  if ('code' in ends) return { query, hops: [], returnHops: [], reachable: false, blockedBy: ends, refused: false };
  const { from, to } = ends;
  const leg: Leg = { networks, way: 'there', packet: packetOf(query, ends), from, ...(to && { to }), hops: [], translations: [] };
  const name = 'name' in query.destination ? query.destination.name : undefined;
  const ephemeralPorts = 'port' in query ? query.ephemeralPorts : undefined;
  const {
    hops,
    returnHops,
    blockedBy,
    refused = false,
    arrived = leg.packet,
  } = exchange(leg, { asked: { resolve, name }, ephemeralPorts });
  if (blockedBy) return { query, hops, returnHops, reachable: false, blockedBy, refused };
  const arrival = { address: arrived.destinationAddress, ...('ports' in arrived ? { port: arrived.ports.from } : {}) };
  return { query, hops, returnHops, reachable: true, arrival };
}

/**
 * Which instances reach which others, as a set of sentences that can be compared before and after a change: "nothing more than before, plus that".
 *
 * @param traffic what is tried between every two instances that run
 * @param family which addresses tcp and udp use; IPv4 by default
 */
export function reachableSet(networks: readonly RegionNetwork[], traffic: readonly Traffic[], family: 4 | 6 = 4): ReadonlySet<string> {
  const running = networks.flatMap((network) => [...network.instances.values()].filter((instance) => instance.state === 'running'));
  const reached = new Set<string>();
  for (const { instanceId: from } of running) {
    for (const { instanceId: to } of running) {
      if (from === to) continue;
      for (const one of traffic) {
        const query: ReachabilityQuery = { ...one, family, source: { instanceId: from }, destination: { instanceId: to } };
        if (reachability(networks, query).reachable) reached.add(`${from} reaches ${to} with ${describeTraffic(query)}`);
      }
    }
  }
  return reached;
}

const describeTraffic = (query: ReachabilityQuery): string =>
  describePacket(packetOf(query, { sourceAddress: '', destinationAddress: '' }));

function describeHop({ component, routeTableRoute, transitGatewayRoute }: Hop): string {
  if (transitGatewayRoute) return `${called(component)} [${transitGatewayRoute.destination} → ${transitGatewayRoute.attachmentId}]`;
  return routeTableRoute ? `${called(component)} [${routeTableRoute.destination} → ${routeTableRoute.target.id}]` : called(component);
}

/** The answer for a terminal: a sentence, what blocks where something does, and the ways there and back as far as they go. One line each, no colour. */
export function describeReachability(result: Reachability): string[] {
  const { query, hops, returnHops, blockedBy } = result;
  const passed = new Map([...hops, ...returnHops].map(({ component }) => [component.id, component]));
  const describeEnd = (end: ReachabilityQuery['destination']): string => {
    if ('address' in end) return end.address;
    const id = 'instanceId' in end ? end.instanceId : end.networkInterfaceId;
    const component = passed.get(id) ?? (blockedBy?.component.id === id ? blockedBy.component : undefined);
    return component ? called(component) : id;
  };
  const verb = blockedBy ? 'does not reach' : 'reaches';
  const sentence = `${describeEnd(query.source)} ${verb} ${describeEnd(query.destination)} with ${describeTraffic(query)}`;
  const ways = [
    { name: 'there', hops, stopped: blockedBy?.way === 'there' },
    { name: 'back', hops: returnHops, stopped: blockedBy?.way === 'back' },
  ];
  return [
    blockedBy ? `${sentence}: ${blockedBy.message}` : sentence,
    ...(blockedBy
      ? [
          `  blocked: ${blockedBy.code} at ${blockedBy.component.type} ${called(blockedBy.component)}${result.refused ? ', and the source is told so' : ''}`,
        ]
      : []),
    ...ways
      .filter((way) => way.hops.length > 0)
      .map((way) => `  ${way.name}: ${[...way.hops.map(describeHop), ...(way.stopped ? ['✗'] : [])].join(' › ')}`),
  ];
}
