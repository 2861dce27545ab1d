import type {
  CidrBlockState,
  Instance,
  NetworkAclEntry,
  PeeringState,
  RouteTableAssociation,
  RouteTarget,
  RuleSpec,
  Tags,
  VpcCidrBlock,
} from '../../network/model.ts';

/**
 * What the simulator remembers: the least that everything else follows from. What AWS works out when asked (local routes, whether a route
 * leads nowhere, the addresses left in a subnet, a stale rule's peering) is not in here.
 */

/** What has one owner and lies in one region. */
export interface Owned {
  readonly id: string;
  readonly ownerId: string;
  readonly region: string;
}

export interface VpcRecord extends Owned {
  readonly state: 'pending' | 'available';
  readonly isDefault: boolean;
  readonly instanceTenancy: 'default' | 'dedicated';
  readonly dhcpOptionsId: string;
  /** The primary one first. */
  readonly cidrBlocks: readonly VpcCidrBlock[];
  readonly ipv6CidrBlocks: readonly (VpcCidrBlock & { readonly pool: string })[];
  readonly enableDnsSupport: boolean;
  readonly enableDnsHostnames: boolean;
}

export interface SubnetIpv6CidrBlock {
  readonly associationId: string;
  readonly cidr: string;
  readonly state: CidrBlockState;
}

export interface SubnetRecord extends Owned {
  readonly vpcId: string;
  readonly cidr: string;
  readonly ipv6CidrBlocks: readonly SubnetIpv6CidrBlock[];
  readonly zoneId: string;
  readonly mapPublicIpOnLaunch: boolean;
  readonly assignIpv6AddressOnCreation: boolean;
}

export interface InternetGatewayRecord extends Owned {
  /** AWS lets a gateway be attached to one VPC. */
  readonly vpcId?: string | undefined;
}

/** A route that somebody made; or a local one that somebody pointed elsewhere. */
export interface RouteRecord {
  readonly destination: string;
  readonly target: RouteTarget;
}

export interface RouteTableRecord extends Owned {
  readonly vpcId: string;
  readonly associations: readonly RouteTableAssociation[];
  readonly routes: readonly RouteRecord[];
  /** What a virtual private gateway has put into it, beside the routes that calls made: these keep their place, and come first where both have the same. */
  readonly propagated?: { readonly gatewayId: string; readonly destinations: readonly string[] };
}

export interface SecurityGroupRecord extends Owned {
  readonly vpcId: string;
  readonly groupName: string;
  readonly description: string;
  /** The other VPCs in which it may be used. */
  readonly vpcAssociations?: readonly SecurityGroupVpcAssociation[];
}

/** That a group of one VPC may be used in another. */
export interface SecurityGroupVpcAssociation {
  readonly vpcId: string;
  readonly state: 'associating' | 'associated' | 'disassociating';
}

export interface SecurityGroupRuleRecord extends Owned, RuleSpec {
  readonly groupId: string;
  readonly description: string | undefined;
}

export interface PeeringSideRecord {
  readonly ownerId: string;
  readonly region: string;
  readonly vpcId: string;
  readonly allowDnsResolutionFromRemoteVpc: boolean;
}

export interface PeeringRecord {
  readonly id: string;
  readonly requester: PeeringSideRecord;
  readonly accepter: PeeringSideRecord;
  readonly state: PeeringState;
  readonly statusMessage: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When a request that nobody answers expires. */
  readonly expirationTime: number;
  /** When it came into the last state that it will have, and who brought it there. */
  readonly ended?: { readonly at: number; readonly by: string } | undefined;
}

export interface NetworkAclAssociation {
  readonly associationId: string;
  readonly subnetId: string;
}

export interface NetworkAclRecord extends Owned {
  readonly vpcId: string;
  readonly isDefault: boolean;
  readonly associations: readonly NetworkAclAssociation[];
  readonly entries: readonly NetworkAclEntry[];
}

export interface NetworkInterfaceRecord extends Owned {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly description: string;
  /** The primary one first. */
  readonly privateIpAddresses: readonly string[];
  readonly ipv6Addresses: readonly string[];
  readonly publicIp?: string | undefined;
  readonly securityGroupIds: readonly string[];
  readonly sourceDestCheck: boolean;
  readonly attachment?: { readonly attachmentId: string; readonly instanceId: string; readonly attachedAt: number } | undefined;
  /** What AWS itself made the interface for, and removes it with; left out for everybody's own. */
  readonly managedAs?: ManagedInterfaceType | undefined;
}

/** AWS's names of the kinds of interface that it makes for its services. Those of resource gateways have no name of their own. */
export type ManagedInterfaceType = 'nat_gateway' | 'transit_gateway' | 'vpc_endpoint' | 'interface' | 'network_load_balancer';

export interface InstanceRecord extends Owned {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly reservationId: string;
  readonly state: Instance['state'];
  readonly imageId: string;
  readonly instanceType: string;
  readonly launchedAt: number;
  readonly networkInterfaceIds: readonly string[];
  readonly clientToken?: string | undefined;
  /** What RunInstances was asked with the client token, to tell a repetition from another request. */
  readonly request?: string | undefined;
  readonly listens?: Instance['listens'] | undefined;
}

/** Somebody on the internet, of whom the world file tells. */
export interface InternetHostRecord {
  /** Its name, by which it is found. */
  readonly id: string;
  readonly address: string;
  /** The tcp ports at which it answers. */
  readonly ports: readonly number[];
  /** What it says to those who come by HTTP; left out, a line with its name. */
  readonly http?: string | undefined;
}

export interface PrefixListEntry {
  readonly cidr: string;
  readonly description?: string | undefined;
}

/** A list of an account's own; AWS's are the same for everybody, and not kept here. */
export interface PrefixListRecord extends Owned {
  readonly name: string;
  readonly addressFamily: 'IPv4' | 'IPv6';
  readonly maxEntries: number;
  readonly state:
    | 'create-in-progress'
    | 'create-complete'
    | 'modify-in-progress'
    | 'modify-complete'
    | 'modify-failed'
    | 'delete-in-progress';
  readonly stateMessage?: string | undefined;
  /** The entries of every version, the first one first: the last is what counts. */
  readonly versions: readonly (readonly PrefixListEntry[])[];
}

/** A call that gave a client token: what was asked and answered, so that its repetition does nothing, and another request with it fails (aws.md 7.6). */
export interface ClientTokenRecord {
  /** `<place>/<operation>/<token>`. */
  readonly id: string;
  /** The input without the token, as text. */
  readonly request: string;
  readonly answer: object;
}

/** A VPC as Route 53 names one. */
export interface ZoneVpc {
  readonly vpcId: string;
  readonly region: string;
}

/** Records of one name and type. Those with an alias have neither TTL nor values. */
export interface RecordSetRecord {
  /** As Route 53 keeps names: lower case, with a dot at its end, and `\052` for an asterisk. */
  readonly name: string;
  readonly type: string;
  /** Seconds. */
  readonly ttl?: number | undefined;
  readonly values: readonly string[];
  readonly alias?: { readonly hostedZoneId: string; readonly dnsName: string; readonly evaluateTargetHealth: boolean } | undefined;
}

export interface HostedZoneRecord {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly callerReference: string;
  readonly comment: string | undefined;
  /** The VPCs that see a private zone, whosever they are. */
  readonly vpcs: readonly ZoneVpc[];
  /** VPCs of other accounts that these may associate with it. */
  readonly authorizations: readonly ZoneVpc[];
  readonly recordSets: readonly RecordSetRecord[];
  /** Until then Route 53 takes no other change of it; milliseconds since the epoch. */
  readonly busyUntil: number;
}

/** A change of a hosted zone, on its way to the name servers. */
export interface HostedZoneChangeRecord {
  readonly id: string;
  /** Who may ask after it. */
  readonly accountIds: readonly string[];
  readonly status: 'PENDING' | 'INSYNC';
  /** Milliseconds since the epoch. */
  readonly submittedAt: number;
  readonly comment: string | undefined;
}

export interface ElasticIpRecord extends Owned {
  readonly publicIp: string;
  /** The network interface that has it. */
  readonly association?:
    | {
        readonly associationId: string;
        readonly networkInterfaceId: string;
        /** Where it is not the interface's first. */
        readonly privateIp?: string | undefined;
      }
    | undefined;
}

/** An Elastic IP of a NAT gateway besides its first. */
export interface NatGatewaySecondaryAddress {
  readonly allocationId: string;
  readonly associationId: string;
  readonly privateIp: string;
  readonly publicIp: string;
}

export interface NatGatewayRecord extends Owned {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly connectivityType: 'public' | 'private';
  readonly state: 'pending' | 'available' | 'failed' | 'deleting' | 'deleted';
  readonly failure?: { readonly code: string; readonly message: string } | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly deletedAt?: number | undefined;
  readonly allocationId?: string | undefined;
  readonly associationId?: string | undefined;
  readonly publicIp?: string | undefined;
  /** Left out where none could be made. */
  readonly networkInterfaceId?: string | undefined;
  readonly privateIp?: string | undefined;
  readonly secondaries?: readonly NatGatewaySecondaryAddress[];
}

export interface EgressOnlyInternetGatewayRecord extends Owned {
  readonly vpcId: string;
}

/** The kinds of VPC endpoint that are modelled. */
export type VpcEndpointType = 'Gateway' | 'Interface' | 'Resource' | 'ServiceNetwork';

/** The address that an endpoint is to have in a subnet; left out where AWS chooses. */
export interface EndpointSubnet {
  readonly subnetId: string;
  readonly ipv4?: string | undefined;
  /** Set where the subnet's zone is not one of the resource gateway's: the endpoint has no interface there. */
  readonly unserved?: boolean | undefined;
}

export interface VpcEndpointRecord extends Owned {
  readonly type: VpcEndpointType;
  readonly vpcId: string;
  /** As on the wire: lower camel case (aws.md 4.2). */
  readonly state: 'pendingAcceptance' | 'pending' | 'available' | 'rejected' | 'deleting' | 'failed';
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** What it leads to: one of the three, as the type has it (aws.md 4.1). */
  readonly serviceName?: string | undefined;
  readonly resourceConfigurationArn?: string | undefined;
  readonly serviceNetworkArn?: string | undefined;
  readonly serviceRegion: string;
  readonly policyDocument?: string | undefined;
  readonly routeTableIds: readonly string[];
  /** One in each zone at most. */
  readonly subnets: readonly EndpointSubnet[];
  readonly securityGroupIds: readonly string[];
  readonly networkInterfaceIds: readonly string[];
  readonly privateDnsEnabled: boolean;
  /** The names that private DNS answers for in the VPC while it is on. */
  readonly privateDnsDomains: readonly string[];
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'ipv6';
  readonly dnsRecordIpType: 'ipv4' | 'dualstack' | 'ipv6' | 'service-defined';
  readonly privateDnsOnlyForInboundResolverEndpoint?: boolean | undefined;
  readonly privateDnsPreference?: string | undefined;
  readonly privateDnsSpecifiedDomains?: readonly string[] | undefined;
  /** What makes the endpoint's public names hard to guess: eight letters and digits. */
  readonly dnsLabel: string;
  readonly failure?: { readonly code: string; readonly message: string } | undefined;
}

/** What a network load balancer sends on. */
export interface NetworkLoadBalancerListener {
  readonly port: number;
  readonly targetPort: number;
  readonly targetInstanceIds: readonly string[];
}

/** A network load balancer: only the world file, and tests, make them. Its id is its ARN. */
export interface NetworkLoadBalancerRecord extends Owned {
  readonly name: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly networkInterfaceIds: readonly string[];
  readonly listeners: readonly NetworkLoadBalancerListener[];
}

/** A provider's service that consumers reach through interface endpoints (aws.md 4.8). */
export interface EndpointServiceRecord extends Owned {
  readonly state: 'Available' | 'Deleting';
  readonly networkLoadBalancerArns: readonly string[];
  readonly acceptanceRequired: boolean;
  /** A name that consumers' private DNS answers for, once the provider has proven by a TXT record to own it. */
  readonly privateDns?:
    | {
        readonly name: string;
        readonly state: 'pendingVerification' | 'verified' | 'failed';
        readonly txtName: string;
        readonly txtValue: string;
      }
    | undefined;
  readonly ipAddressTypes: readonly ('ipv4' | 'ipv6')[];
  /** Regions besides its own from which it can be reached. */
  readonly otherRegions: readonly string[];
  /** Who may see it besides its owner: ARNs, or `*` for everybody. */
  readonly allowedPrincipals: readonly { readonly id: string; readonly principal: string }[];
}

/** The tags of one thing as one account in one region sees it: each party of a peering has its own (aws.md 1.5). */
export interface TagsRecord {
  /** `111122223333/us-west-2/vpc-…`. */
  readonly id: string;
  /** `111122223333/us-west-2`. */
  readonly place: string;
  readonly resourceId: string;
  readonly tags: Tags;
}
