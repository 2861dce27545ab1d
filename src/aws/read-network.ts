import type * as ec2 from '@aws-sdk/client-ec2';
import { canonicalCidr } from '../network/cidr.ts';
import type {
  CidrBlockState,
  Instance,
  InternetGateway,
  NetworkAcl,
  NetworkAclEntry,
  NetworkInterface,
  PeeringConnection,
  PeeringSide,
  PeeringState,
  Route,
  RouteTable,
  RouteTarget,
  RouteTargetType,
  RulePeer,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  Tags,
  Vpc,
} from '../network/model.ts';

// EC2's answers as the model has them. The SDK calls every member optional; what AWS always gives and yet leaves out is read as empty.

/** Canonical where it is a CIDR, as it stands where it is something else (a prefix list's id). */
function cidr(text: string | undefined): string {
  return (text && canonicalCidr(text)) ?? text ?? '';
}

function cidrs(blocks: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(blocks.filter((block) => block !== undefined && block !== '').map(cidr))];
}

/** EC2's list of tags as a record. */
export function readTags(tags: readonly ec2.Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}

function blockState(state: ec2.VpcCidrBlockState | undefined): CidrBlockState {
  return state?.State ?? 'associated';
}

export function readVpc(vpc: ec2.Vpc): Vpc {
  const blocks = (vpc.CidrBlockAssociationSet ?? []).map((block) => ({
    associationId: block.AssociationId ?? '',
    cidr: cidr(block.CidrBlock),
    state: blockState(block.CidrBlockState),
  }));
  const primary = cidr(vpc.CidrBlock);
  return {
    vpcId: vpc.VpcId ?? '',
    ownerId: vpc.OwnerId ?? '',
    isDefault: vpc.IsDefault ?? false,
    cidrBlocks: [...blocks.filter((block) => block.cidr === primary), ...blocks.filter((block) => block.cidr !== primary)],
    ipv6CidrBlocks: (vpc.Ipv6CidrBlockAssociationSet ?? []).map((block) => ({
      associationId: block.AssociationId ?? '',
      cidr: cidr(block.Ipv6CidrBlock),
      state: blockState(block.Ipv6CidrBlockState),
    })),
    tags: readTags(vpc.Tags),
  };
}

export function readSubnet(subnet: ec2.Subnet): Subnet {
  const ipv6 = (subnet.Ipv6CidrBlockAssociationSet ?? []).filter(
    (block) => (block.Ipv6CidrBlockState?.State ?? 'associated') === 'associated',
  );
  return {
    subnetId: subnet.SubnetId ?? '',
    vpcId: subnet.VpcId ?? '',
    ownerId: subnet.OwnerId ?? '',
    cidr: cidr(subnet.CidrBlock),
    ipv6Cidrs: cidrs(ipv6.map((block) => block.Ipv6CidrBlock)),
    availabilityZoneId: subnet.AvailabilityZoneId ?? '',
    availabilityZone: subnet.AvailabilityZone ?? '',
    mapPublicIpOnLaunch: subnet.MapPublicIpOnLaunch ?? false,
    tags: readTags(subnet.Tags),
  };
}

/** `GatewayId` holds half a dozen kinds of target, told apart by the id's prefix. */
const gatewayTypes: readonly (readonly [string, RouteTargetType])[] = [
  ['igw-', 'internet-gateway'],
  ['vgw-', 'virtual-private-gateway'],
  ['vpce-', 'vpc-endpoint'],
];

function readRouteTarget(route: ec2.Route): RouteTarget {
  const gateway = route.GatewayId;
  if (gateway === 'local') return { type: 'local', id: gateway };
  if (route.VpcPeeringConnectionId) return { type: 'vpc-peering-connection', id: route.VpcPeeringConnectionId };
  if (gateway) return { type: gatewayTypes.find(([prefix]) => gateway.startsWith(prefix))?.[1] ?? 'other', id: gateway };
  if (route.EgressOnlyInternetGatewayId) return { type: 'egress-only-internet-gateway', id: route.EgressOnlyInternetGatewayId };
  if (route.NatGatewayId) return { type: 'nat-gateway', id: route.NatGatewayId };
  if (route.TransitGatewayId) return { type: 'transit-gateway', id: route.TransitGatewayId };
  // A route to an instance shows its interface too, and follows the instance.
  if (route.InstanceId) return { type: 'instance', id: route.InstanceId };
  if (route.NetworkInterfaceId) return { type: 'network-interface', id: route.NetworkInterfaceId };
  return { type: 'other', id: route.LocalGatewayId ?? route.CarrierGatewayId ?? route.CoreNetworkArn ?? route.OdbNetworkArn ?? '' };
}

function readRoute(route: ec2.Route): Route {
  return {
    destination: cidr(route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId),
    target: readRouteTarget(route),
    state: route.State ?? 'active',
    origin: route.Origin ?? 'CreateRoute',
  };
}

export function readRouteTable(table: ec2.RouteTable): RouteTable {
  // An association that is on its way out, or never came to be, decides about no packet.
  const associations = (table.Associations ?? []).filter((association) => {
    const state = association.AssociationState?.State ?? 'associated';
    return state === 'associated' || state === 'associating';
  });
  return {
    routeTableId: table.RouteTableId ?? '',
    vpcId: table.VpcId ?? '',
    ownerId: table.OwnerId ?? '',
    associations: associations.map((association) => ({
      associationId: association.RouteTableAssociationId ?? '',
      main: association.Main ?? false,
      ...(association.SubnetId && { subnetId: association.SubnetId }),
      ...(association.GatewayId && { gatewayId: association.GatewayId }),
    })),
    routes: (table.Routes ?? []).map(readRoute),
    tags: readTags(table.Tags),
  };
}

export function readSecurityGroup(group: ec2.SecurityGroup): SecurityGroup {
  return {
    groupId: group.GroupId ?? '',
    groupName: group.GroupName ?? '',
    description: group.Description ?? '',
    vpcId: group.VpcId ?? '',
    ownerId: group.OwnerId ?? '',
    tags: readTags(group.Tags),
  };
}

const protocolNames: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6', all: '-1' };

/** `tcp`, `udp`, `icmp`, `icmpv6` by name, `-1` for all, others by number: AWS takes and gives either. */
export function readProtocol(protocol: string | undefined): string {
  const text = (protocol ?? '-1').toLowerCase();
  return protocolNames[text] ?? text;
}

function readRulePeer(rule: ec2.SecurityGroupRule): RulePeer {
  if (rule.CidrIpv4 !== undefined) return { cidrIpv4: cidr(rule.CidrIpv4) };
  if (rule.CidrIpv6 !== undefined) return { cidrIpv6: cidr(rule.CidrIpv6) };
  if (rule.PrefixListId !== undefined) return { prefixListId: rule.PrefixListId };
  const { GroupId, UserId, VpcId, VpcPeeringConnectionId, PeeringStatus } = rule.ReferencedGroupInfo ?? {};
  return {
    referencedGroup: {
      groupId: GroupId ?? '',
      ...(UserId && { userId: UserId }),
      ...(VpcId && { vpcId: VpcId }),
      ...(VpcPeeringConnectionId && { vpcPeeringConnectionId: VpcPeeringConnectionId }),
      ...(PeeringStatus && { peeringStatus: PeeringStatus }),
    },
  };
}

export function readSecurityGroupRule(rule: ec2.SecurityGroupRule): SecurityGroupRule {
  const protocol = readProtocol(rule.IpProtocol);
  // Only these four have ports (or type and code); whatever AWS shows with another protocol, it means all.
  const hasPorts = ['tcp', 'udp', 'icmp', 'icmpv6'].includes(protocol);
  const fromPort = hasPorts ? (rule.FromPort ?? -1) : -1;
  const allTypes = protocol.startsWith('icmp') && fromPort === -1;
  return {
    securityGroupRuleId: rule.SecurityGroupRuleId ?? '',
    groupId: rule.GroupId ?? '',
    direction: rule.IsEgress ? 'egress' : 'ingress',
    protocol,
    fromPort,
    toPort: hasPorts && !allTypes ? (rule.ToPort ?? -1) : -1,
    peer: readRulePeer(rule),
    description: rule.Description ?? '',
    tags: readTags(rule.Tags),
  };
}

function readPeeringSide(side: ec2.VpcPeeringConnectionVpcInfo | undefined): PeeringSide {
  const dns = side?.PeeringOptions?.AllowDnsResolutionFromRemoteVpc;
  return {
    vpcId: side?.VpcId ?? '',
    ownerId: side?.OwnerId ?? '',
    region: side?.Region ?? '',
    cidrs: cidrs([side?.CidrBlock, ...(side?.CidrBlockSet ?? []).map((block) => block.CidrBlock)]),
    ipv6Cidrs: cidrs((side?.Ipv6CidrBlockSet ?? []).map((block) => block.Ipv6CidrBlock)),
    ...(dns !== undefined && { allowDnsResolutionFromRemoteVpc: dns }),
  };
}

export function readPeeringConnection(connection: ec2.VpcPeeringConnection): PeeringConnection {
  const state: PeeringState = connection.Status?.Code ?? 'initiating-request';
  return {
    vpcPeeringConnectionId: connection.VpcPeeringConnectionId ?? '',
    requester: readPeeringSide(connection.RequesterVpcInfo),
    accepter: readPeeringSide(connection.AccepterVpcInfo),
    state,
    stateMessage: connection.Status?.Message ?? '',
    ...(connection.ExpirationTime &&
      (state === 'initiating-request' || state === 'pending-acceptance') && { expirationTime: connection.ExpirationTime.getTime() }),
    tags: readTags(connection.Tags),
  };
}

function readNetworkAclEntry(entry: ec2.NetworkAclEntry): NetworkAclEntry {
  const { PortRange: ports, IcmpTypeCode: icmp } = entry;
  return {
    ruleNumber: entry.RuleNumber ?? 0,
    egress: entry.Egress ?? false,
    protocol: entry.Protocol ?? '-1',
    action: entry.RuleAction ?? 'deny',
    cidr: cidr(entry.CidrBlock ?? entry.Ipv6CidrBlock),
    ...(ports && { portRange: { from: ports.From ?? 0, to: ports.To ?? 65_535 } }),
    ...(icmp && { icmp: { type: icmp.Type ?? -1, code: icmp.Code ?? -1 } }),
  };
}

export function readNetworkAcl(acl: ec2.NetworkAcl): NetworkAcl {
  return {
    networkAclId: acl.NetworkAclId ?? '',
    vpcId: acl.VpcId ?? '',
    isDefault: acl.IsDefault ?? false,
    subnetIds: (acl.Associations ?? []).map((association) => association.SubnetId ?? ''),
    entries: (acl.Entries ?? []).map(readNetworkAclEntry),
    tags: readTags(acl.Tags),
  };
}

export function readNetworkInterface(networkInterface: ec2.NetworkInterface): NetworkInterface {
  const { Association: association, Attachment: attachment } = networkInterface;
  return {
    networkInterfaceId: networkInterface.NetworkInterfaceId ?? '',
    subnetId: networkInterface.SubnetId ?? '',
    vpcId: networkInterface.VpcId ?? '',
    ownerId: networkInterface.OwnerId ?? '',
    privateIpAddresses: (networkInterface.PrivateIpAddresses ?? []).map((address) => address.PrivateIpAddress ?? ''),
    ipv6Addresses: (networkInterface.Ipv6Addresses ?? []).map((address) => address.Ipv6Address ?? ''),
    ...(association?.PublicIp && { publicIp: association.PublicIp }),
    securityGroupIds: (networkInterface.Groups ?? []).map((group) => group.GroupId ?? ''),
    ...(attachment?.InstanceId && { instanceId: attachment.InstanceId }),
    sourceDestCheck: networkInterface.SourceDestCheck ?? true,
    tags: readTags(networkInterface.TagSet),
  };
}

export function readInstance(instance: ec2.Instance): Instance {
  return {
    instanceId: instance.InstanceId ?? '',
    vpcId: instance.VpcId ?? '',
    subnetId: instance.SubnetId ?? '',
    state: instance.State?.Name ?? 'pending',
    networkInterfaceIds: (instance.NetworkInterfaces ?? []).map((attached) => attached.NetworkInterfaceId ?? ''),
    tags: readTags(instance.Tags),
  };
}

export function readInternetGateway(gateway: ec2.InternetGateway): InternetGateway {
  return {
    internetGatewayId: gateway.InternetGatewayId ?? '',
    ownerId: gateway.OwnerId ?? '',
    vpcIds: (gateway.Attachments ?? []).map((attachment) => attachment.VpcId ?? ''),
    tags: readTags(gateway.Tags),
  };
}
