import type {
  NetworkAclEntry,
  NetworkInterface,
  RegionNetwork,
  Route,
  SecurityGroupRule,
  Subnet,
  TransitGatewayRoute,
  Vpc,
} from './model.ts';
import { aclVerdict, type Direction, type Packet } from './packet-filter.ts';
import { aclOf, type Component, called, componentOf, type Place, prefixListCidrs, routeTableOf } from './place.ts';
import { chooseRoute } from './routing.ts';

/** A component on the way, with the part of it that let the packet pass; the fields are those of AWS's `PathComponent`. */
export interface Hop {
  readonly component: Component;
  /** Left out on the way of an answer, which a security group lets pass without looking at its rules. */
  readonly securityGroupRule?: SecurityGroupRule;
  /** Left out for security groups and where no single entry decided. */
  readonly aclRule?: NetworkAclEntry;
  readonly routeTableRoute?: Route;
  readonly transitGatewayRoute?: TransitGatewayRoute;
}

/**
 * Why a packet does not arrive, named as Reachability Analyzer's explanation codes are
 * (https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html). Ours are INSTANCE_NOT_LISTENING, since AWS never looks inside an
 * instance, and ENDPOINT_PORT_RESTRICTION and RESOURCE_ADDRESS_UNKNOWN, since Reachability Analyzer does not follow packets to resources.
 */
export type ExplanationCode =
  | 'BAD_STATE'
  | 'BAD_STATE_ATTACHMENT'
  | 'BAD_STATE_ROUTE'
  | 'ELBV2_LISTENERS_MISMATCH'
  | 'ELBV2_LISTENER_HAS_NO_TG'
  | 'ENDPOINT_PORT_RESTRICTION'
  | 'ENI_ADDRESS_RESTRICTION'
  | 'ENI_SG_RULES_MISMATCH'
  | 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS'
  | 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS'
  | 'IGW_NAT_REFLECTION'
  | 'IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS'
  | 'INSTANCE_NOT_LISTENING'
  | 'NGW_SOURCE_ADDRESS_REASSIGN'
  | 'NO_POSSIBLE_DESTINATION'
  | 'NO_ROUTE_TO_DESTINATION'
  | 'PCX_REQUIRES_ADDRESS_IN_VPC_CIDR'
  | 'RESOURCE_ADDRESS_UNKNOWN'
  | 'SG_HAS_NO_RULES'
  | 'SUBNET_ACL_RESTRICTION'
  | 'TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION'
  | 'TGW_ROUTE_AZ_RESTRICTION'
  | 'TGW_RTB_BAD_STATE_ROUTE'
  | 'TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT'
  | 'UNKNOWN_DESTINATION'
  | 'VPCE_GATEWAY_PROTOCOL_RESTRICTION'
  | 'VPCE_SERVICE_NOT_INSTALLED_IN_AZ';

export interface Blockage {
  readonly code: ExplanationCode;
  readonly component: Component;
  /** Whether it stops the packet or the answer to it. */
  readonly way: 'there' | 'back';
  /** One sentence without a capital and a full stop. */
  readonly message: string;
}

/** Where a packet is on its way: in a subnet whose route table it follows. */
export interface Position {
  readonly subnet: Subnet;
  readonly vpc: Vpc;
  /** In whose name it is there; what a transit gateway brings is there in nobody's. */
  readonly networkInterface?: NetworkInterface;
}

/** A NAT gateway that put its own address in the place of the source's. */
export interface Translation {
  readonly component: Component;
  readonly place: Place;
  /** The address that the packet came with. */
  readonly sourceAddress: string;
}

/** One packet under way: from a place to an address. */
export interface Leg {
  readonly networks: readonly RegionNetwork[];
  readonly way: 'there' | 'back';
  /** As it is now: NAT gateways change it. */
  packet: Packet;
  readonly from: Place;
  /** The place that is meant; another one with the same address will not do. Left out: whichever has the address. */
  readonly to?: Place;
  /** Filled in as the packet passes. */
  readonly hops: Hop[];
  /** Filled in as the packet passes NAT gateways. */
  readonly translations: Translation[];
  /** Filled in by the first thing that stops the packet. */
  blockedBy?: Blockage;
  /** Filled in where the packet is refused: by whom, who then says so. */
  refusedBy?: Place;
}

/** Ends the leg: every step returns what this returns, and nothing is done after it. */
export function block(leg: Leg, { code, component, message }: Omit<Blockage, 'way'>): undefined {
  leg.blockedBy = { code, component, way: leg.way, message: leg.way === 'back' ? `on the way back, ${message}` : message };
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

/** Passes the ACL of `subnet`, which knows nothing of connections. A VPC without any is taken to have the one that AWS makes: it lets everything pass. */
export function passAcl(leg: Leg, subnet: Subnet, direction: Direction): true | undefined {
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

/** A route that a packet takes, and the table that it is in. */
export interface Chosen {
  readonly route: Route;
  readonly table: Component;
}

/** Follows the route table of the subnet that the packet leaves. */
export function passRouteTable(leg: Leg, from: Position): Chosen | undefined {
  const { networks, hops } = leg;
  const address = leg.packet.destinationAddress;
  const found = routeTableOf(networks, from.subnet);
  if (!found) {
    const component = componentOf('subnet', from.subnet.subnetId, from.subnet);
    return block(leg, { code: 'NO_ROUTE_TO_DESTINATION', component, message: `subnet ${called(component)} has no route table` });
  }
  const table = componentOf('route-table', found.routeTableId, found);
  const route = chooseRoute(address, { table: found, vpc: from.vpc, cidrsOf: (id) => prefixListCidrs(networks, id) });
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
