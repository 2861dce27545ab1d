import type { EndpointCollections } from './endpoint-model.ts';

/**
 * A VPC network as plain data, in AWS's own words. The inventory fills it from Describe calls, the simulator keeps its state so that it
 * can be shown as this, and planners and reachability ask it questions. CIDRs are canonical everywhere (`10.0.0.0/16`, `2001:db8::/32`).
 */

export type Tags = Readonly<Record<string, string>>;

/** State of a CIDR block's association with a VPC. Only `associated` ones carry traffic. */
export type CidrBlockState = 'associating' | 'associated' | 'disassociating' | 'disassociated' | 'failing' | 'failed';

export interface VpcCidrBlock {
  readonly associationId: string;
  readonly cidr: string;
  readonly state: CidrBlockState;
}

export interface Vpc {
  readonly vpcId: string;
  readonly ownerId: string;
  readonly isDefault: boolean;
  /** IPv4 blocks, the primary one first. */
  readonly cidrBlocks: readonly VpcCidrBlock[];
  readonly ipv6CidrBlocks: readonly VpcCidrBlock[];
  readonly tags: Tags;
  /** Left out where it was not read: DescribeVpcs does not tell, only DescribeVpcAttribute does. */
  readonly enableDnsSupport?: boolean;
  readonly enableDnsHostnames?: boolean;
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly ownerId: string;
  readonly cidr: string;
  readonly ipv6Cidrs: readonly string[];
  /** Zone *names* differ from account to account; ids do not. */
  readonly availabilityZoneId: string;
  readonly availabilityZone: string;
  readonly mapPublicIpOnLaunch: boolean;
  readonly tags: Tags;
}

export type RouteTargetType =
  | 'local'
  | 'vpc-peering-connection'
  | 'internet-gateway'
  | 'egress-only-internet-gateway'
  | 'nat-gateway'
  | 'transit-gateway'
  | 'network-interface'
  | 'instance'
  | 'vpc-endpoint'
  | 'virtual-private-gateway'
  | 'other';

export interface RouteTarget {
  readonly type: RouteTargetType;
  /** `local`, `pcx-…`, `igw-…`, … */
  readonly id: string;
}

export interface Route {
  /** A canonical IPv4 or IPv6 CIDR, or a prefix list's id (`pl-…`). */
  readonly destination: string;
  readonly target: RouteTarget;
  readonly state: 'active' | 'blackhole' | 'filtered';
  readonly origin: 'CreateRouteTable' | 'CreateRoute' | 'EnableVgwRoutePropagation' | 'Advertisement';
}

export interface RouteTableAssociation {
  readonly associationId: string;
  readonly main: boolean;
  readonly subnetId?: string;
  /** Set on an edge table: one for traffic that enters through this gateway. */
  readonly gatewayId?: string;
}

export interface RouteTable {
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly ownerId: string;
  readonly associations: readonly RouteTableAssociation[];
  readonly routes: readonly Route[];
  readonly tags: Tags;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly description: string;
  readonly vpcId: string;
  readonly ownerId: string;
  readonly tags: Tags;
}

/** Where a rule lets traffic come from (ingress) or go to (egress): exactly one of the four. */
export type RulePeer =
  | { readonly cidrIpv4: string }
  | { readonly cidrIpv6: string }
  | { readonly prefixListId: string }
  | { readonly referencedGroup: ReferencedGroup };

export interface ReferencedGroup {
  readonly groupId: string;
  /** The account of the group; AWS leaves it out when the group is gone. */
  readonly userId?: string;
  readonly vpcId?: string;
  readonly vpcPeeringConnectionId?: string;
  readonly peeringStatus?: string;
}

/** What a rule says, without its identity: direction, protocol, ports and peer are what AWS compares. */
export interface RuleSpec {
  readonly direction: 'ingress' | 'egress';
  /** `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or another protocol's number. */
  readonly protocol: string;
  /** tcp and udp: the ports; icmp and icmpv6: type and code, -1 for all; protocol -1: both -1. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: RulePeer;
}

export interface SecurityGroupRule extends RuleSpec {
  readonly securityGroupRuleId: string;
  readonly groupId: string;
  readonly description: string;
  readonly tags: Tags;
}

export type PeeringState =
  | 'initiating-request'
  | 'pending-acceptance'
  | 'provisioning'
  | 'active'
  | 'deleting'
  | 'deleted'
  | 'rejected'
  | 'failed'
  | 'expired';

export interface PeeringSide {
  readonly vpcId: string;
  readonly ownerId: string;
  readonly region: string;
  /** AWS tells both sides' CIDRs only while the connection is active; empty otherwise. */
  readonly cidrs: readonly string[];
  readonly ipv6Cidrs: readonly string[];
  readonly allowDnsResolutionFromRemoteVpc?: boolean;
}

/** A connection as one account sees it: tags are the viewer's own. */
export interface PeeringConnection {
  readonly vpcPeeringConnectionId: string;
  readonly requester: PeeringSide;
  readonly accepter: PeeringSide;
  readonly state: PeeringState;
  readonly stateMessage: string;
  /** Milliseconds since the epoch; only while it waits for acceptance. */
  readonly expirationTime?: number;
  readonly tags: Tags;
}

export interface NetworkAclEntry {
  readonly ruleNumber: number;
  readonly egress: boolean;
  /** `-1`, `6`, `17`, `1`, `58` … as AWS gives them. */
  readonly protocol: string;
  readonly action: 'allow' | 'deny';
  readonly cidr: string;
  readonly portRange?: { readonly from: number; readonly to: number };
  readonly icmp?: { readonly type: number; readonly code: number };
}

export interface NetworkAcl {
  readonly networkAclId: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  readonly subnetIds: readonly string[];
  readonly entries: readonly NetworkAclEntry[];
  readonly tags: Tags;
}

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly ownerId: string;
  readonly privateIpAddresses: readonly string[];
  readonly ipv6Addresses: readonly string[];
  readonly publicIp?: string;
  readonly securityGroupIds: readonly string[];
  readonly instanceId?: string;
  readonly sourceDestCheck: boolean;
  readonly tags: Tags;
}

/** Something on an instance that answers at a port. What it says is the simulator's business: AWS never looks inside an instance. */
export interface Listener {
  readonly protocol: string;
  readonly port: number;
  /** What a web server says. */
  readonly http?: string | undefined;
  /** It passes on what programs ask it to: an HTTP proxy. */
  readonly proxy?: boolean | undefined;
}

export interface Instance {
  readonly instanceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  readonly networkInterfaceIds: readonly string[];
  /** What answers on the instance, as far as the simulator is told: e.g. `[{protocol: 'tcp', port: 22}]`. Left out: everything. */
  readonly listens?: readonly Listener[];
  readonly tags: Tags;
}

export interface InternetGateway {
  readonly internetGatewayId: string;
  readonly ownerId: string;
  readonly vpcIds: readonly string[];
  readonly tags: Tags;
}

export interface NatGateway {
  readonly natGatewayId: string;
  readonly ownerId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly state: 'pending' | 'available' | 'failed' | 'deleting' | 'deleted';
  /** The interface whose addresses it gives to what passes; a private gateway's has no public one. */
  readonly networkInterfaceId?: string;
  readonly tags: Tags;
}

export interface EgressOnlyInternetGateway {
  readonly egressOnlyInternetGatewayId: string;
  readonly ownerId: string;
  readonly vpcIds: readonly string[];
  readonly tags: Tags;
}

export interface TransitGateway {
  readonly transitGatewayId: string;
  readonly ownerId: string;
  readonly state: 'pending' | 'available' | 'modifying' | 'deleting' | 'deleted';
  readonly tags: Tags;
}

/** A VPC's attachment, as one of the accounts that own its ends sees it. */
export interface TransitGatewayVpcAttachment {
  readonly transitGatewayAttachmentId: string;
  readonly transitGatewayId: string;
  readonly transitGatewayOwnerId: string;
  readonly vpcId: string;
  readonly vpcOwnerId: string;
  /** One of each zone from which traffic gets to the gateway. */
  readonly subnetIds: readonly string[];
  /** AWS's words: `available`, `pendingAcceptance` … Only `available` and `modifying` ones carry traffic. */
  readonly state: string;
  /** The table that rules what comes from the VPC; left out where none does, or not yet. */
  readonly routeTableId?: string;
  readonly tags: Tags;
}

export interface TransitGatewayRoute {
  readonly destination: string;
  readonly type: 'static' | 'propagated';
  readonly state: 'active' | 'blackhole';
  /** Left out where what comes is thrown away. */
  readonly attachmentId?: string | undefined;
}

export interface TransitGatewayRouteTable {
  readonly transitGatewayRouteTableId: string;
  readonly transitGatewayId: string;
  readonly ownerId: string;
  readonly routes: readonly TransitGatewayRoute[];
  readonly tags: Tags;
}

/** A VPC endpoint as its owner sees it. */
export interface VpcEndpoint {
  readonly vpcEndpointId: string;
  readonly ownerId: string;
  readonly type: 'Gateway' | 'Interface' | 'Resource' | 'ServiceNetwork';
  readonly vpcId: string;
  /** AWS's words, in lower camel case: `available`, `pendingAcceptance` … Only `available` ones carry traffic. */
  readonly state: string;
  /** What it leads to: one of the three. */
  readonly serviceName?: string | undefined;
  readonly resourceConfigurationArn?: string | undefined;
  readonly serviceNetworkArn?: string | undefined;
  readonly routeTableIds: readonly string[];
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly networkInterfaceIds: readonly string[];
  readonly privateDnsEnabled: boolean;
  readonly tags: Tags;
}

/** A list of CIDRs that routes and rules can name: AWS's own, or an account's. */
export interface PrefixList {
  readonly prefixListId: string;
  /** `AWS` for AWS's own. */
  readonly ownerId: string;
  readonly prefixListName: string;
  readonly cidrs: readonly string[];
  readonly tags: Tags;
}

/** Collections that are not read everywhere. */
export interface GatewayCollections extends EndpointCollections {
  vpcEndpoints: VpcEndpoint;
  prefixLists: PrefixList;
  natGateways: NatGateway;
  egressOnlyInternetGateways: EgressOnlyInternetGateway;
  transitGateways: TransitGateway;
  transitGatewayAttachments: TransitGatewayVpcAttachment;
  transitGatewayRouteTables: TransitGatewayRouteTable;
}

/** What the collections of a network hold, by the name of the collection. */
export interface NetworkCollections {
  vpcs: Vpc;
  subnets: Subnet;
  routeTables: RouteTable;
  securityGroups: SecurityGroup;
  securityGroupRules: SecurityGroupRule;
  peeringConnections: PeeringConnection;
  networkAcls: NetworkAcl;
  networkInterfaces: NetworkInterface;
  instances: Instance;
  internetGateways: InternetGateway;
}

/** The whole network of one account in one region, each collection by id; of gateways as far as they were read. */
export type RegionNetwork = { readonly accountId: string; readonly region: string } & {
  readonly [Name in keyof NetworkCollections]: ReadonlyMap<string, NetworkCollections[Name]>;
} & {
  readonly [Name in keyof GatewayCollections]?: ReadonlyMap<string, GatewayCollections[Name]>;
};
