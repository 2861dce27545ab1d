import { addressInCidr, canonicalAddress } from './cidr.ts';
import { passGatewayEndpoint } from './endpoints.ts';
import { passEgressOnlyInternetGateway, passInternetGateway, passNatGateway, passPeering, passTransitGateway } from './gateways.ts';
import { type Blockage, block, type Chosen, describePacket, type Hop, type Leg, type Position, passAcl, passRouteTable } from './leg.ts';
import type { RouteTargetType, Vpc } from './model.ts';
import { admittingRule, type Direction, type Packet } from './packet-filter.ts';
import {
  addressesOf,
  called,
  componentOf,
  findById,
  interfaceOf,
  type Place,
  peersOf,
  placeWithAddress,
  prefixListCidrs,
  rulesOf,
  seesGroups,
} from './place.ts';
import { relayOf } from './relays.ts';

/** Where a packet arrives: at a place, or beyond what is looked at: in the internet, or at a service of AWS's. */
export type End = Place | 'outside';

/** Whose groups an egress rule may name: the place that is meant, or the one with the packet's address here or in a peer. */
function likelyEnd({ networks, packet, from, to }: Leg): Place | undefined {
  if (to) return to;
  const vpcIds = [from.vpc.vpcId, ...[...peersOf(networks, from.vpc.vpcId)].map((peer) => peer.vpcId)];
  for (const vpcId of vpcIds) {
    const place = placeWithAddress(networks, vpcId, packet.destinationAddress);
    if (place) return place;
  }
  return undefined;
}

function mustRun(leg: Leg, { instance }: Place): true | undefined {
  if (!instance || instance.state === 'running') return true;
  const component = componentOf('instance', instance.instanceId, instance);
  return block(leg, { code: 'BAD_STATE', component, message: `instance ${called(component)} is ${instance.state}, not running` });
}

function mustListen(leg: Leg, place: Place): true | undefined {
  const { packet } = leg;
  const { instance } = place;
  // Echo requests are answered by the operating system, whatever listens; and answers come to whoever asked.
  if (leg.way === 'back' || !instance?.listens || !('ports' in packet)) return true;
  if (instance.listens.some(({ protocol, port }) => protocol === packet.protocol && port === packet.ports.from)) return true;
  const component = componentOf('instance', instance.instanceId, instance);
  leg.refusedBy = place;
  return block(leg, {
    code: 'INSTANCE_NOT_LISTENING',
    component,
    message: `nothing on instance ${called(component)} listens on ${describePacket(packet)}`,
  });
}

/** Passes the security groups of `place`. They keep track of connections, so an answer passes unseen. */
function passGroups(
  leg: Leg,
  place: Place,
  { direction, far }: { readonly direction: Direction; readonly far: Place | undefined },
): true | undefined {
  const { packet, hops, networks } = leg;
  const ids = place.networkInterface.securityGroupIds;
  const groups = ids.map((id) => componentOf('security-group', id, findById(networks, 'securityGroups', id)));
  if (leg.way === 'back') {
    if (groups[0]) hops.push({ component: groups[0] });
    return true;
  }
  // Load balancers that were made without groups take and send whatever comes.
  if (ids.length === 0 && relayOf(networks, place.networkInterface)?.kind === 'load balancer') return true;
  const rules = rulesOf(networks, ids, direction);
  const visible = far !== undefined && seesGroups(networks, place, far);
  const isMember = (groupId: string): boolean => far?.networkInterface.securityGroupIds.includes(groupId) ?? false;
  const cidrsOf = (prefixListId: string) => prefixListCidrs(networks, prefixListId);
  const rule = admittingRule(rules, { packet, direction }, { isMember: (groupId) => visible && isMember(groupId), cidrsOf });
  if (rule) {
    hops.push({ component: groups.find((group) => group.id === rule.groupId)!, securityGroupRule: rule });
    return true;
  }
  if (ids.length === 0 && direction === 'ingress') {
    const component = interfaceOf(place);
    const message = `${called(component)} is a gateway's, which takes nothing that is addressed to itself`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  const end =
    direction === 'ingress'
      ? `lets in ${describePacket(packet)} from ${packet.sourceAddress}`
      : `lets out ${describePacket(packet)} to ${packet.destinationAddress}`;
  const unseen = visible ? undefined : admittingRule(rules, { packet, direction }, { isMember, cidrsOf });
  return block(leg, {
    code: rules.length === 0 ? 'SG_HAS_NO_RULES' : 'ENI_SG_RULES_MISMATCH',
    component: groups.length === 1 ? groups[0]! : interfaceOf(place),
    message: [
      `no ${direction} rule of ${groups.map(called).join(', ')} ${end}`,
      ...(unseen
        ? [`${unseen.securityGroupRuleId} names the other end's group, which only counts within a VPC and between peers of one region`]
        : []),
    ].join('; '),
  });
}

/** The interface in this VPC that has the packet's destination address. */
function arriveIn(leg: Leg, vpc: Vpc): Place | undefined {
  const { networks, packet, to } = leg;
  const arrived = placeWithAddress(networks, vpc.vpcId, packet.destinationAddress);
  const component = componentOf('vpc', vpc.vpcId, vpc);
  if (!arrived) {
    const message = `no network interface in ${called(component)} has the address ${packet.destinationAddress}`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  if (to && to.networkInterface.networkInterfaceId !== arrived.networkInterface.networkInterfaceId) {
    const message = `${packet.destinationAddress} leads to ${called(interfaceOf(arrived))} in ${called(component)}, not to ${called(interfaceOf(to))} in ${to.vpc.vpcId}`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  return arrived;
}

/** Comes to a place: its groups, its interface, its instance, and what listens there. */
function arrive(leg: Leg, place: Place, far: Place | undefined): true | undefined {
  if (!passGroups(leg, place, { direction: 'ingress', far })) return undefined;
  leg.hops.push({ component: interfaceOf(place) });
  if (!mustRun(leg, place)) return undefined;
  if (place.instance) leg.hops.push({ component: componentOf('instance', place.instance.instanceId, place.instance) });
  return mustListen(leg, place);
}

/** Comes out of a position's subnet into that of a place that has the packet's address. */
function enter(leg: Leg, at: Position, place: Place | undefined): Place | undefined {
  if (!place) return undefined;
  // Whose groups a packet's sender belongs to is forgotten where its address is changed, and by transit gateways.
  const far = at.networkInterface?.networkInterfaceId === leg.from.networkInterface.networkInterfaceId ? leg.from : undefined;
  const sameSubnet = place.subnet.subnetId === at.subnet.subnetId;
  return (sameSubnet || passAcl(leg, place.subnet, 'ingress')) && arrive(leg, place, far) && place;
}

function unknownTarget(leg: Leg, { route, table }: Chosen): undefined {
  const { type, id } = route.target;
  const message = `the route ${route.destination} → ${id} in ${called(table)} leads to a target of the kind ${type}, behind which nothing is known`;
  return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component: table, message });
}

/**
 * Goes on from a position until it arrives. Within a subnet neither its ACL nor its route table is asked.
 *
 * @param passed the subnets that the packet has left on its way, each with the target that it left for
 */
function forward(leg: Leg, at: Position, passed: readonly string[] = []): End | undefined {
  const inSubnet = [at.subnet.cidr, ...at.subnet.ipv6Cidrs].some((cidr) => addressInCidr(leg.packet.destinationAddress, cidr));
  if (inSubnet) return enter(leg, at, arriveIn(leg, at.vpc));
  if (!passAcl(leg, at.subnet, 'egress')) return undefined;
  const chosen = passRouteTable(leg, at);
  if (!chosen) return undefined;
  const { route, table } = chosen;
  const step = `${at.subnet.subnetId} ${route.target.id}`;
  if (passed.includes(step)) {
    const message = `the route ${route.destination} → ${route.target.id} in ${called(table)} leads round in a circle`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component: table, message });
  }
  const type: RouteTargetType = route.target.type;
  switch (type) {
    case 'local':
      return enter(leg, at, arriveIn(leg, at.vpc));
    case 'vpc-peering-connection': {
      const vpc = passPeering(leg, at, route.target.id);
      return vpc && enter(leg, at, arriveIn(leg, vpc));
    }
    case 'internet-gateway':
      return passInternetGateway(leg, at, route.target.id) && 'outside';
    case 'egress-only-internet-gateway':
      return passEgressOnlyInternetGateway(leg, at, route.target.id) && 'outside';
    case 'nat-gateway': {
      const next = passNatGateway(leg, at, route.target.id);
      return next && forward(leg, next, [...passed, step]);
    }
    case 'transit-gateway': {
      const next = passTransitGateway(leg, at, route.target.id);
      return next && forward(leg, next, [...passed, step]);
    }
    case 'vpc-endpoint': {
      const endpoint = findById(leg.networks, 'vpcEndpoints', route.target.id);
      if (endpoint?.type !== 'Gateway') return unknownTarget(leg, chosen);
      return passGatewayEndpoint(leg, at, endpoint) && 'outside';
    }
    case 'network-interface':
    case 'instance':
    case 'virtual-private-gateway':
    case 'other':
      return unknownTarget(leg, chosen);
  }
}

/**
 * Takes a packet from its place to where it arrives, noting what it passes.
 *
 * @returns undefined when it was stopped: `leg.blockedBy` says by what
 */
export function travel(leg: Leg): End | undefined {
  const { from, hops, packet } = leg;
  if (!mustRun(leg, from)) return undefined;
  if (from.instance) hops.push({ component: componentOf('instance', from.instance.instanceId, from.instance) });
  hops.push({ component: interfaceOf(from) });
  // What is sent to an own address does not leave the operating system.
  if (addressesOf(from.networkInterface).some((own) => canonicalAddress(own) === packet.destinationAddress))
    return mustListen(leg, from) && from;
  if (!passGroups(leg, from, { direction: 'egress', far: likelyEnd(leg) })) return undefined;
  return forward(leg, from);
}

/** Takes the answer from outside, which comes in through the gateway that the packet left by, to the interface that the packet left from. */
function enterFromOutside(leg: Leg, { gateway, place }: { readonly gateway: Hop; readonly place: Place }): Place | undefined {
  leg.hops.push(gateway);
  return passAcl(leg, place.subnet, 'ingress') && arrive(leg, place, undefined) && place;
}

/** The packet with another destination; on the far side of a NAT gateway also with a port of the gateway's choice. */
function readdressed(packet: Packet, { destinationAddress, beyondNat }: { destinationAddress: string; beyondNat: boolean }): Packet {
  if (!('ports' in packet)) return { ...packet, destinationAddress };
  return { ...packet, destinationAddress, ports: beyondNat ? { from: 1024, to: 65_535 } : packet.ports };
}

/**
 * Takes the answer from where the packet arrived back to where it came from: NAT gateways on the way know where it belongs, all others follow their
 * own routes.
 *
 * @param end where the packet arrived
 * @param answer as the source is to get it
 */
export function comeBack(
  there: Leg,
  end: End,
  answer: Packet,
): { readonly hops: readonly Hop[]; readonly blockedBy?: Blockage | undefined } {
  const hops: Hop[] = [];
  const translations = there.translations.toReversed();
  for (let index = 0; index <= translations.length; index++) {
    const [last, next] = [translations[index - 1], translations[index]];
    const to = next?.place ?? there.from;
    const leg: Leg = {
      networks: there.networks,
      way: 'back',
      packet: readdressed(answer, {
        destinationAddress: last?.sourceAddress ?? there.packet.sourceAddress,
        beyondNat: next !== undefined,
      }),
      from: last?.place ?? (end === 'outside' ? to : end),
      to,
      hops,
      translations: [],
    };
    let arrived: End | undefined;
    if (last) arrived = forward(leg, last.place);
    else if (end === 'outside') arrived = enterFromOutside(leg, { gateway: there.hops.at(-1)!, place: to });
    else arrived = travel(leg);
    if (!arrived) return { hops, blockedBy: leg.blockedBy };
    if (next) hops.push({ component: next.component });
  }
  return { hops };
}
