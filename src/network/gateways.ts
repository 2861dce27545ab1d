import { addressFamily, addressInCidr, canonicalAddress, prefixLength } from './cidr.ts';
import { block, type ExplanationCode, type Leg, type Position, passAcl } from './leg.ts';
import type { TransitGatewayRoute, TransitGatewayVpcAttachment, Vpc } from './model.ts';
import { allOf, type Component, called, componentOf, findById, interfaceOf, placeOf } from './place.ts';
import { associatedCidrs } from './routing.ts';

/** Crosses a peering connection into the other VPC. */
export function passPeering(leg: Leg, from: Position, vpcPeeringConnectionId: string): Vpc | undefined {
  const { networks, packet } = leg;
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
  if (!from.networkInterface) {
    const message = `${called(component)} takes only what ${from.vpc.vpcId} itself sends, not what a transit gateway brings there`;
    return block(leg, { code: 'PCX_REQUIRES_ADDRESS_IN_VPC_CIDR', component, message });
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

/** Whether what lies beyond an internet gateway of either kind can have the address that the packet goes to. */
function leaveForInternet(leg: Leg, component: Component): true | undefined {
  const { networks, packet } = leg;
  const address = packet.destinationAddress;
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

function mustBePublic(leg: Leg, component: Component): true | undefined {
  const address = leg.packet.destinationAddress;
  const refused = notPublic.find(({ cidr }) => addressInCidr(address, cidr));
  if (refused) {
    return block(leg, {
      code: refused.code,
      component,
      message: `internet gateway ${called(component)} sends nothing to ${refused.cidr}, where ${address} lies`,
    });
  }
  return true;
}

/** Leaves for the internet. */
export function passInternetGateway(leg: Leg, from: Position, internetGatewayId: string): true | undefined {
  const { networks, packet } = leg;
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
  if (!mustBePublic(leg, component)) return undefined;
  if (!from.networkInterface || (addressFamily(address) === 4 && from.networkInterface.publicIp === undefined)) {
    const { networkInterface: sender } = from;
    const who = sender ? called(componentOf('network-interface', sender.networkInterfaceId, sender)) : 'what a transit gateway brings';
    const message = `${who} has no public address, so internet gateway ${called(component)} sends nothing for it`;
    return block(leg, { code: 'IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS', component, message });
  }
  return leaveForInternet(leg, component);
}

/** Leaves for the internet by IPv6, in which every address is public; only answers come in there. */
export function passEgressOnlyInternetGateway(leg: Leg, from: Position, egressOnlyInternetGatewayId: string): true | undefined {
  const { networks, packet } = leg;
  const found = findById(networks, 'egressOnlyInternetGateways', egressOnlyInternetGatewayId);
  const component = componentOf('egress-only-internet-gateway', egressOnlyInternetGatewayId, found);
  if (!found?.vpcIds.includes(from.vpc.vpcId)) {
    const message = `egress-only internet gateway ${called(component)} is not attached to ${from.vpc.vpcId}`;
    return block(leg, { code: 'BAD_STATE_ATTACHMENT', component, message });
  }
  if (addressFamily(packet.destinationAddress) !== 6 || !from.networkInterface) {
    const message = `egress-only internet gateway ${called(component)} sends only the IPv6 traffic of ${from.vpc.vpcId} itself`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  return mustBePublic(leg, component) && leaveForInternet(leg, component);
}

/** Gets the gateway's address for its own, and goes on from the gateway's subnet. */
export function passNatGateway(leg: Leg, from: Position, natGatewayId: string): Position | undefined {
  const { networks, packet } = leg;
  const found = findById(networks, 'natGateways', natGatewayId);
  const component = componentOf('natgateway', natGatewayId, found);
  const place = found?.networkInterfaceId === undefined ? undefined : placeOf(networks, found.networkInterfaceId);
  if (found?.state !== 'available' || !place) {
    const message = `NAT gateway ${called(component)} ${found ? `is ${found.state}, not available` : 'does not exist'}`;
    return block(leg, { code: 'BAD_STATE', component, message });
  }
  if (found.vpcId !== from.vpc.vpcId) {
    const message = `NAT gateway ${called(component)} is not in ${from.vpc.vpcId}`;
    return block(leg, { code: 'BAD_STATE_ATTACHMENT', component, message });
  }
  if (leg.way === 'back') {
    const message = `NAT gateway ${called(component)} gives the answer another source, so that nobody knows it for one`;
    return block(leg, { code: 'NGW_SOURCE_ADDRESS_REASSIGN', component, message });
  }
  const sourceAddress = canonicalAddress(place.networkInterface.privateIpAddresses[0] ?? '');
  if (addressFamily(packet.destinationAddress) !== 4 || sourceAddress === undefined) {
    const message = `NAT gateway ${called(component)} translates IPv4 only`;
    return block(leg, { code: 'NO_POSSIBLE_DESTINATION', component, message });
  }
  if (place.subnet.subnetId !== from.subnet.subnetId && !passAcl(leg, place.subnet, 'ingress')) return undefined;
  leg.hops.push({ component });
  leg.translations.push({ component, place, sourceAddress: packet.sourceAddress });
  leg.packet = { ...packet, sourceAddress };
  return place;
}

const isUsable = ({ state }: TransitGatewayVpcAttachment): boolean => state === 'available' || state === 'modifying';

/** The route of a transit gateway's table: the longest prefix, and a static route before a learnt one. */
function chooseTransitGatewayRoute(address: string, routes: readonly TransitGatewayRoute[]): TransitGatewayRoute | undefined {
  const rank = (route: TransitGatewayRoute): number => prefixLength(route.destination) * 2 + (route.type === 'static' ? 1 : 0);
  let chosen: TransitGatewayRoute | undefined;
  for (const route of routes) {
    if (addressInCidr(address, route.destination) && (!chosen || rank(route) > rank(chosen))) chosen = route;
  }
  return chosen;
}

/** The attachment to which the gateway's table sends what came in through another. */
function followTransitGatewayTable(leg: Leg, attachment: TransitGatewayVpcAttachment): TransitGatewayVpcAttachment | undefined {
  const { networks, packet } = leg;
  const address = packet.destinationAddress;
  const found = findById(networks, 'transitGatewayRouteTables', attachment.routeTableId ?? '');
  if (!found) {
    const component = componentOf('transit-gateway-attachment', attachment.transitGatewayAttachmentId, attachment);
    const message = `attachment ${called(component)} is associated with no route table of its transit gateway`;
    return block(leg, { code: 'TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION', component, message });
  }
  const table = componentOf('transit-gateway-route-table', found.transitGatewayRouteTableId, found);
  const route = chooseTransitGatewayRoute(address, found.routes);
  if (!route) {
    const message = `transit gateway route table ${called(table)} has no route to ${address}`;
    return block(leg, { code: 'TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT', component: table, message });
  }
  const next = findById(networks, 'transitGatewayAttachments', route.attachmentId ?? '');
  if (route.state === 'blackhole' || !next || !isUsable(next)) {
    const message = `the route ${route.destination} in transit gateway route table ${called(table)} is a blackhole`;
    return block(leg, { code: 'TGW_RTB_BAD_STATE_ROUTE', component: table, message });
  }
  leg.hops.push({ component: table, transitGatewayRoute: route });
  return next;
}

/**
 * Crosses a transit gateway into the VPC that its tables choose: into the attachment's subnet of the same zone, where there is one. Ways that keep to
 * one zone for both directions (appliance mode) are not told apart.
 */
export function passTransitGateway(leg: Leg, from: Position, transitGatewayId: string): Position | undefined {
  const { networks } = leg;
  const gateway = componentOf('transit-gateway', transitGatewayId, findById(networks, 'transitGateways', transitGatewayId));
  const inZone = (attachment: TransitGatewayVpcAttachment) =>
    attachment.subnetIds
      .flatMap((id) => findById(networks, 'subnets', id) ?? [])
      .find((subnet) => subnet.availabilityZoneId === from.subnet.availabilityZoneId);
  const attachment = [...allOf(networks, 'transitGatewayAttachments')].find(
    (one) => one.transitGatewayId === transitGatewayId && one.vpcId === from.vpc.vpcId && isUsable(one),
  );
  if (!attachment) {
    const message = `${from.vpc.vpcId} is not attached to transit gateway ${called(gateway)}`;
    return block(leg, { code: 'BAD_STATE_ATTACHMENT', component: gateway, message });
  }
  const entry = inZone(attachment);
  if (!entry) {
    const zone = from.subnet.availabilityZoneId;
    const message = `transit gateway ${called(gateway)} has no subnet of ${from.vpc.vpcId} in ${zone}, where ${from.subnet.subnetId} is`;
    return block(leg, { code: 'TGW_ROUTE_AZ_RESTRICTION', component: gateway, message });
  }
  if (!passAcl(leg, entry, 'ingress')) return undefined;
  leg.hops.push({ component: componentOf('transit-gateway-attachment', attachment.transitGatewayAttachmentId, attachment) });
  leg.hops.push({ component: gateway });
  const next = followTransitGatewayTable(leg, attachment);
  if (!next) return undefined;
  const component = componentOf('transit-gateway-attachment', next.transitGatewayAttachmentId, next);
  const vpc = findById(networks, 'vpcs', next.vpcId);
  const exit = inZone(next) ?? next.subnetIds.flatMap((id) => findById(networks, 'subnets', id) ?? [])[0];
  if (!vpc || !exit) {
    const message = `${called(component)} leads to ${next.vpcId} of account ${next.vpcOwnerId}, of which nothing is known`;
    return block(leg, { code: 'UNKNOWN_DESTINATION', component, message });
  }
  leg.hops.push({ component });
  return { subnet: exit, vpc };
}
