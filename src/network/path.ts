import { addressFamily, addressInCidr, canonicalAddress } from './cidr.ts';
import type { NetworkAclEntry, RegionNetwork, Route, RouteTargetType, SecurityGroupRule, Subnet, Vpc } from './model.ts';
import { aclVerdict, admittingRule, type Direction, type Packet } from './packet-filter.ts';
import {
  aclOf,
  addressesOf,
  allOf,
  type Component,
  called,
  componentOf,
  findById,
  interfaceOf,
  type Place,
  peersOf,
  placeWithAddress,
  seesGroups,
} from './place.ts';
import { associatedCidrs, chooseRoute, routeTableOfSubnet } from './routing.ts';

/** A component on the way, with the part of it that let the packet pass; the fields are those of AWS's `PathComponent`. */
export interface Hop {
  readonly component: Component;
  /** Left out on the way of an answer, which a security group lets pass without looking at its rules. */
  readonly securityGroupRule?: SecurityGroupRule;
  /** Left out for security groups and where no single entry decided. */
  readonly aclRule?: NetworkAclEntry;
  readonly routeTableRoute?: Route;
}

/**
 * Why a packet does not arrive, named as Reachability Analyzer's explanation codes are
 * (https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html). INSTANCE_NOT_LISTENING is ours: AWS never looks inside an instance.
 */
export type ExplanationCode =
  | 'BAD_STATE'
  | 'BAD_STATE_ATTACHMENT'
  | 'BAD_STATE_ROUTE'
  | 'ENI_ADDRESS_RESTRICTION'
  | 'ENI_SG_RULES_MISMATCH'
  | 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS'
  | 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS'
  | 'IGW_NAT_REFLECTION'
  | 'IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS'
  | 'INSTANCE_NOT_LISTENING'
  | 'NO_POSSIBLE_DESTINATION'
  | 'NO_ROUTE_TO_DESTINATION'
  | 'PCX_REQUIRES_ADDRESS_IN_VPC_CIDR'
  | 'SG_HAS_NO_RULES'
  | 'SUBNET_ACL_RESTRICTION'
  | 'UNKNOWN_DESTINATION';

export interface Blockage {
  readonly code: ExplanationCode;
  readonly component: Component;
  /** Whether it stops the packet or the answer to it. */
  readonly way: 'there' | 'back';
  /** One sentence without a capital and a full stop. */
  readonly message: string;
}

/** One packet under way: from a place to an address. */
export interface Leg {
  readonly networks: readonly RegionNetwork[];
  readonly way: 'there' | 'back';
  readonly packet: Packet;
  readonly from: Place;
  /** The place that is meant; another one with the same address will not do. Left out: whichever has the address. */
  readonly to?: Place;
  /** Filled in as the packet passes. */
  readonly hops: Hop[];
  /** Filled in by the first thing that stops the packet. */
  blockedBy?: Blockage;
}

/** Ends the leg: every step returns what this returns, and nothing is done after it. */
function block(leg: Leg, { code, component, message }: Omit<Blockage, 'way'>): undefined {
  leg.blockedBy = { code, component, way: leg.way, message: leg.way === 'back' ? `on the way back, ${message}` : message };
}

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

const named: Readonly<Record<number, string>> = { 0: 'echo reply', 8: 'echo request', 128: 'echo request', 129: 'echo reply' };

/** `tcp/22`, `tcp/1024–65535`, `icmp (echo request)`. */
export function describePacket(packet: Packet): string {
  if ('ports' in packet) {
    const { from, to } = packet.ports;
    return `${packet.protocol}/${from === to ? from : `${from}–${to}`}`;
  }
  return `${packet.protocol} (${named[packet.type] ?? `type ${packet.type}`})`;
}

function mustRun(leg: Leg, { instance }: Place): true | undefined {
  if (!instance || instance.state === 'running') return true;
  const component = componentOf('instance', instance.instanceId, instance);
  return block(leg, { code: 'BAD_STATE', component, message: `instance ${called(component)} is ${instance.state}, not running` });
}

function mustListen(leg: Leg, { instance }: Place): true | undefined {
  const { packet } = leg;
  // Echo requests are answered by the operating system, whatever listens; and answers come to whoever asked.
  if (leg.way === 'back' || !instance?.listens || !('ports' in packet)) return true;
  if (instance.listens.some(({ protocol, port }) => protocol === packet.protocol && port === packet.ports.from)) return true;
  const component = componentOf('instance', instance.instanceId, instance);
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
  const rules = [...allOf(networks, 'securityGroupRules')].filter((rule) => rule.direction === direction && ids.includes(rule.groupId));
  const visible = far !== undefined && seesGroups(networks, place, far);
  const isMember = (groupId: string): boolean => far?.networkInterface.securityGroupIds.includes(groupId) ?? false;
  const rule = admittingRule(rules, { packet, direction }, (groupId) => visible && isMember(groupId));
  if (rule) {
    hops.push({ component: groups.find((group) => group.id === rule.groupId)!, securityGroupRule: rule });
    return true;
  }
  const end =
    direction === 'ingress'
      ? `lets in ${describePacket(packet)} from ${packet.sourceAddress}`
      : `lets out ${describePacket(packet)} to ${packet.destinationAddress}`;
  const unseen = visible ? undefined : admittingRule(rules, { packet, direction }, isMember);
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

/** Passes the ACL of `subnet`, which knows nothing of connections. A VPC without any is taken to have the one that AWS makes: it lets everything pass. */
function passAcl(leg: Leg, subnet: Subnet, direction: Direction): true | undefined {
  const acl = aclOf(leg.networks, subnet);
  if (!acl) return true;
  const { packet } = leg;
  const { allowed, entry } = aclVerdict(acl, packet, direction);
  const component = componentOf('network-acl', acl.networkAclId, acl);
  if (allowed) {
    leg.hops.push({ component, ...(entry && { aclRule: entry }) });
    return true;
  }
  const end =
    direction === 'ingress'
      ? `into ${subnet.subnetId} from ${packet.sourceAddress}`
      : `out of ${subnet.subnetId} to ${packet.destinationAddress}`;
  return block(leg, {
    code: 'SUBNET_ACL_RESTRICTION',
    component,
    message: `${entry ? `rule ${entry.ruleNumber} of network ACL ${called(component)} denies` : `no rule of network ACL ${called(component)} allows`} ${describePacket(packet)} ${end}`,
  });
}

/** Follows the route table of the subnet that the packet leaves. */
function passRouteTable(leg: Leg): { readonly route: Route; readonly table: Component } | undefined {
  const { from, networks, hops } = leg;
  const address = leg.packet.destinationAddress;
  const found = routeTableOfSubnet(from.subnet, allOf(networks, 'routeTables'));
  if (!found) {
    const component = componentOf('subnet', from.subnet.subnetId, from.subnet);
    return block(leg, { code: 'NO_ROUTE_TO_DESTINATION', component, message: `subnet ${called(component)} has no route table` });
  }
  const table = componentOf('route-table', found.routeTableId, found);
  const route = chooseRoute(address, found, from.vpc);
  if (!route) {
    const message = `route table ${called(table)} of ${from.subnet.subnetId} has no route to ${address}`;
    return block(leg, { code: 'NO_ROUTE_TO_DESTINATION', component: table, message });
  }
  if (route.state !== 'active') {
    const state = route.state === 'blackhole' ? 'a blackhole: its target is gone or does not work' : route.state;
    const message = `the route ${route.destination} → ${route.target.id} in ${called(table)} is ${state}`;
    return block(leg, { code: 'BAD_STATE_ROUTE', component: table, message });
  }
  hops.push({ component: table, routeTableRoute: route });
  return { route, table };
}

/** Crosses a peering connection into the other VPC. */
function passPeering(leg: Leg, vpcPeeringConnectionId: string): Vpc | undefined {
  const { from, networks, packet } = leg;
  const address = packet.destinationAddress;
  const found = findById(networks, 'peeringConnections', vpcPeeringConnectionId);
  const component = componentOf('vpc-peering-connection', vpcPeeringConnectionId, found);
  if (found?.state !== 'active') {
    const message = `peering connection ${called(component)} ${found ? `is ${found.state}, not active` : 'does not exist'}`;
    return block(leg, { code: 'BAD_STATE', component, message });
  }
  const { requester, accepter } = found;
  const [own, other] = requester.vpcId === from.vpc.vpcId ? [requester, accepter] : [accepter, requester];
  if (own.vpcId !== from.vpc.vpcId) {
    const message = `peering connection ${called(component)} does not join ${from.vpc.vpcId} to anything`;
    return block(leg, { code: 'BAD_STATE_ATTACHMENT', component, message });
  }
  const vpc = findById(networks, 'vpcs', other.vpcId);
  if (!vpc) {
    const message = `${called(component)} leads to ${other.vpcId} of account ${other.ownerId} in ${other.region}, of which nothing is known`;
    return block(leg, { code: 'UNKNOWN_DESTINATION', component, message });
  }
  const cidrs = associatedCidrs(vpc);
  if (!cidrs.some((cidr) => addressInCidr(address, cidr))) {
    const message = `${called(component)} leads to ${vpc.vpcId} (${cidrs.join(', ')}), which does not hold ${address}, and no further`;
    return block(leg, { code: 'PCX_REQUIRES_ADDRESS_IN_VPC_CIDR', component, message });
  }
  leg.hops.push({ component });
  return vpc;
}

/** Private, shared and link-local addresses, to which no internet gateway sends anything. */
const notPublic: readonly { readonly cidr: string; readonly code: ExplanationCode }[] = [
  { cidr: '10.0.0.0/8', code: 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS' },
  { cidr: '172.16.0.0/12', code: 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS' },
  { cidr: '192.168.0.0/16', code: 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS' },
  { cidr: '100.64.0.0/10', code: 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS' },
  { cidr: '169.254.0.0/16', code: 'NO_POSSIBLE_DESTINATION' },
  { cidr: 'fc00::/7', code: 'NO_POSSIBLE_DESTINATION' },
  { cidr: 'fe80::/10', code: 'NO_POSSIBLE_DESTINATION' },
];

/** Leaves for the internet. */
function passInternetGateway(leg: Leg, internetGatewayId: string): true | undefined {
  const { from, networks, packet } = leg;
  const address = packet.destinationAddress;
  const found = findById(networks, 'internetGateways', internetGatewayId);
  const component = componentOf('internet-gateway', internetGatewayId, found);
  if (!found?.vpcIds.includes(from.vpc.vpcId)) {
    return block(leg, {
      code: 'BAD_STATE_ATTACHMENT',
      component,
      message: `internet gateway ${called(component)} is not attached to ${from.vpc.vpcId}`,
    });
  }
  const refused = notPublic.find(({ cidr }) => addressInCidr(address, cidr));
  if (refused) {
    return block(leg, {
      code: refused.code,
      component,
      message: `internet gateway ${called(component)} sends nothing to ${refused.cidr}, where ${address} lies`,
    });
  }
  if (addressFamily(address) === 4 && from.networkInterface.publicIp === undefined) {
    const message = `${called(interfaceOf(from))} has no public address, so internet gateway ${called(component)} sends nothing for it`;
    return block(leg, { code: 'IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS', component, message });
  }
  for (const one of allOf(networks, 'networkInterfaces')) {
    if (one.publicIp !== address && !one.ipv6Addresses.some((own) => canonicalAddress(own) === address)) continue;
    const message = `${address} belongs to ${one.networkInterfaceId}, and paths that leave and come in again through internet gateways are not followed`;
    return block(leg, { code: 'IGW_NAT_REFLECTION', component, message });
  }
  if (leg.to) {
    // A VPC may use blocks that are public elsewhere (20.0.0.0/16): outside it the address is somebody else's.
    const message = `internet gateway ${called(component)} sends it to the internet, where ${address} is not ${called(interfaceOf(leg.to))} of ${leg.to.vpc.vpcId}`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  leg.hops.push({ component });
  return true;
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

/** Follows the routes out of the subnet: to a place, or to the internet. */
function followRoutes(leg: Leg): Place | 'internet' | undefined {
  const passed = passRouteTable(leg);
  if (!passed) return undefined;
  const { route, table } = passed;
  const type: RouteTargetType = route.target.type;
  switch (type) {
    case 'local':
      return arriveIn(leg, leg.from.vpc);
    case 'vpc-peering-connection': {
      const vpc = passPeering(leg, route.target.id);
      return vpc && arriveIn(leg, vpc);
    }
    case 'internet-gateway':
      return passInternetGateway(leg, route.target.id) && 'internet';
    case 'egress-only-internet-gateway':
    case 'nat-gateway':
    case 'transit-gateway':
    case 'network-interface':
    case 'instance':
    case 'vpc-endpoint':
    case 'virtual-private-gateway':
    case 'other': {
      const message = `the route ${route.destination} → ${route.target.id} in ${called(table)} leads to a target of the kind ${type}, behind which nothing is known`;
      return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component: table, message });
    }
  }
}

/** Comes to a place: its groups, its interface, its instance, and what listens there. */
function arrive(leg: Leg, place: Place, far: Place | undefined): true | undefined {
  if (!passGroups(leg, place, { direction: 'ingress', far })) return undefined;
  leg.hops.push({ component: interfaceOf(place) });
  if (!mustRun(leg, place)) return undefined;
  if (place.instance) leg.hops.push({ component: componentOf('instance', place.instance.instanceId, place.instance) });
  return mustListen(leg, place);
}

/**
 * Takes a packet from its place to where it arrives, noting what it passes. Within a subnet neither its ACL nor its route table is asked.
 *
 * @returns undefined when it was stopped: `leg.blockedBy` says by what
 */
export function travel(leg: Leg): Place | 'internet' | undefined {
  const { from, hops, packet } = leg;
  if (!mustRun(leg, from)) return undefined;
  if (from.instance) hops.push({ component: componentOf('instance', from.instance.instanceId, from.instance) });
  hops.push({ component: interfaceOf(from) });
  // What is sent to an own address does not leave the operating system.
  if (addressesOf(from.networkInterface).some((own) => canonicalAddress(own) === packet.destinationAddress))
    return mustListen(leg, from) && from;
  if (!passGroups(leg, from, { direction: 'egress', far: likelyEnd(leg) })) return undefined;
  if ([from.subnet.cidr, ...from.subnet.ipv6Cidrs].some((cidr) => addressInCidr(packet.destinationAddress, cidr))) {
    const neighbour = arriveIn(leg, from.vpc);
    return neighbour && arrive(leg, neighbour, from) && neighbour;
  }
  if (!passAcl(leg, from.subnet, 'egress')) return undefined;
  const end = followRoutes(leg);
  if (end === undefined || end === 'internet') return end;
  return passAcl(leg, end.subnet, 'ingress') && arrive(leg, end, from) && end;
}

/** Takes the internet's answer, which comes in through the gateway that the packet left by, back to the place. */
export function returnFromInternet(leg: Leg, gateway: Hop): true | undefined {
  leg.hops.push(gateway);
  return passAcl(leg, leg.from.subnet, 'ingress') && arrive(leg, leg.from, undefined);
}
