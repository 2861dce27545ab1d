/** The quotas that the simulator keeps: AWS's defaults (aws.md 1.8, 2.6, 3.6), but for the VPCs of a region, which is 5 until somebody asks for more. */
export interface Quotas {
  readonly resourceGatewaysPerVpc: number;
  readonly resourceConfigurationsPerRegion: number;
  readonly childrenPerResourceConfigurationGroup: number;
  readonly resourceConfigurationsPerServiceNetwork: number;
  readonly domainVerificationsPerRegion: number;
  readonly serviceNetworksPerRegion: number;
  readonly resourceSharesPerRegion: number;
  readonly vpcsPerRegion: number;
  /** IPv4 blocks of a VPC, the primary one included. */
  readonly ipv4CidrBlocksPerVpc: number;
  readonly ipv6CidrBlocksPerVpc: number;
  readonly subnetsPerVpc: number;
  readonly internetGatewaysPerRegion: number;
  readonly elasticIpsPerRegion: number;
  readonly natGatewaysPerZone: number;
  readonly routeTablesPerVpc: number;
  /** Of one address family, local routes not counted. */
  readonly routesPerRouteTable: number;
  readonly securityGroupsPerRegion: number;
  readonly securityGroupsPerNetworkInterface: number;
  /** Of one direction and address family. */
  readonly rulesPerSecurityGroup: number;
  readonly activePeeringsPerVpc: number;
  /** Requests that an account has made in a region and nobody has answered. */
  readonly outstandingPeerings: number;
  readonly hostedZonesPerAccount: number;
  readonly vpcsPerHostedZone: number;
  readonly authorizationsPerHostedZone: number;
  readonly recordSetsPerHostedZone: number;
  readonly networkAclsPerVpc: number;
  /** Of one direction. */
  readonly entriesPerNetworkAcl: number;
  readonly prefixListsPerRegion: number;
  readonly gatewayEndpointsPerRegion: number;
  readonly gatewayEndpointsPerVpc: number;
  readonly interfaceEndpointsPerVpc: number;
  /** Of the types Resource and ServiceNetwork together. */
  readonly resourceEndpointsPerVpc: number;
  readonly entriesPerPrefixList: number;
}

/** How long each state that passes by itself lasts, in milliseconds. */
export interface Delays {
  readonly resourceGatewayCreating: number;
  readonly resourceGatewayUpdating: number;
  /** Until the gateway and its network interfaces are gone. */
  readonly resourceGatewayDeleting: number;
  readonly resourceConfigurationCreating: number;
  readonly resourceConfigurationUpdating: number;
  readonly resourceConfigurationDeleting: number;
  readonly serviceNetworkResourceAssociationCreating: number;
  readonly serviceNetworkResourceAssociationDeleting: number;
  /** Until a published TXT record is noticed. */
  readonly domainVerificationNoticing: number;
  /** How long a domain's TXT record is waited for. */
  readonly domainVerificationTimingOut: number;
  readonly resourceSharePending: number;
  readonly resourceShareDeleting: number;
  /** For how long a deleted share and what was in it are still shown. */
  readonly resourceShareDeletedShown: number;
  readonly resourceShareAssociating: number;
  readonly resourceShareDisassociating: number;
  /** How long an invitation waits for its answer: most types of resource, resource configurations among them. */
  readonly resourceShareInvitationExpiring: number;
  /** The same for the few types that give longer, transit gateways among them. */
  readonly resourceShareInvitationExpiringLate: number;
  /** Until all name servers know of a change of a hosted zone. */
  readonly hostedZoneChangePending: number;
  /** For how long a hosted zone that was changed takes no other change. */
  readonly hostedZoneBusy: number;
  readonly peeringInitiatingRequest: number;
  /** How long a request waits for its acceptance. */
  readonly peeringPendingAcceptance: number;
  readonly peeringProvisioning: number;
  readonly peeringDeleting: number;
  readonly vpcPending: number;
  readonly cidrBlockAssociating: number;
  readonly cidrBlockDisassociating: number;
  readonly instancePending: number;
  readonly instanceShuttingDown: number;
  readonly transitGatewayPending: number;
  readonly transitGatewayDeleting: number;
  readonly transitGatewayAttachmentPending: number;
  readonly transitGatewayAttachmentDeleting: number;
  /** Of an attachment with a route table, and of propagation to one; and as long until these have ended. */
  readonly transitGatewayAssociating: number;
  /** Until a security group can be used in another VPC, or no more. */
  readonly securityGroupVpcAssociating: number;
  readonly natGatewayPending: number;
  readonly natGatewayDeleting: number;
  readonly prefixListChanging: number;
  /** Until an endpoint has its network interfaces. */
  readonly vpcEndpointInterfaces: number;
  readonly vpcEndpointPending: number;
  readonly endpointServiceDeleting: number;
  /** Until a started verification of a private DNS name has its verdict. */
  readonly endpointServiceVerifying: number;
  readonly vpcEndpointDeleting: number;
  /** For how long an endpoint's network interfaces outlive it. */
  readonly vpcEndpointInterfacesRemoving: number;
}

/** The AWS Organization that there is, as far as sharing needs it. */
export interface Organization {
  /** `o-exampleorgid`. */
  readonly id: string;
  readonly managementAccountId: string;
  /** All of its accounts; the management account belongs to it in any case. */
  readonly accountIds: readonly string[];
  /** The accounts of its units and of those below them, by the units' ids: `ou-ab12-34cd56ef`. */
  readonly units?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Whether things are shared within it without invitations. */
  readonly sharingEnabled: boolean;
}

/** How this AWS behaves. All of it can be changed while it runs. */
export interface WorldSettings {
  readonly delaysMs: Delays;
  /** How far what Describe calls see lies behind the truth, in milliseconds: of everything, and of single collections (`vpcs`, `tags` …). */
  readonly lagMs: number;
  readonly lagMsOf: Readonly<Record<string, number>>;
  /** How many reads of a thing miss what is new about it, each counted once whatever it asks for; both lags hold where both are set. */
  readonly lagReads: number;
  readonly lagReadsOf: Readonly<Record<string, number>>;
  /** How far the index of tags, by which calls filter, lies behind: calls by id show tags that filters do not find yet. */
  readonly tagIndexLagMs: number;
  readonly tagIndexLagReads: number;
  /** For how long a new id is unknown to calls that it is given to, in milliseconds. */
  readonly newIdUnknownMs: number;
  readonly quotas: Quotas;
  /** What private names a Resource endpoint answers for where its maker does not say: sources disagree (aws.md 4.3). */
  readonly privateDnsPreferenceDefault: 'VERIFIED_DOMAINS_ONLY' | 'ALL_DOMAINS';
  /** CreateRoute of a destination and target that the table already has: sources disagree on what AWS says (aws.md 2.2). */
  readonly createRouteIdentical: 'succeeds' | 'RouteAlreadyExists';
  /** Describe calls that page give at most so many items, and no more than asked for. Left out: as AWS. */
  readonly pageSize?: number | undefined;
  /** Paged answers begin with an empty page that has a token, as AWS may. */
  readonly emptyFirstPage: boolean;
  /** Left out: every account is on its own. */
  readonly organization?: Organization | undefined;
}

/** Some of the settings, to change those and leave the others. */
export type SettingsChange = Partial<Omit<WorldSettings, 'delaysMs' | 'quotas'>> & {
  readonly delaysMs?: Partial<Delays>;
  readonly quotas?: Partial<Quotas>;
};

const hour = 3_600_000;

export const defaultSettings: WorldSettings = {
  delaysMs: {
    resourceGatewayCreating: 3_000,
    resourceGatewayUpdating: 2_000,
    resourceGatewayDeleting: 5_000,
    resourceConfigurationCreating: 2_000,
    resourceConfigurationUpdating: 2_000,
    resourceConfigurationDeleting: 2_000,
    serviceNetworkResourceAssociationCreating: 2_000,
    serviceNetworkResourceAssociationDeleting: 2_000,
    domainVerificationNoticing: 5_000,
    // Not documented (aws.md 5.3).
    domainVerificationTimingOut: 72 * hour,
    resourceSharePending: 500,
    resourceShareDeleting: 2_000,
    resourceShareDeletedShown: 2 * hour,
    resourceShareAssociating: 2_000,
    resourceShareDisassociating: 2_000,
    resourceShareInvitationExpiring: 12 * hour,
    resourceShareInvitationExpiringLate: 168 * hour,
    hostedZoneChangePending: 2_000,
    hostedZoneBusy: 0,
    peeringInitiatingRequest: 1_000,
    peeringPendingAcceptance: 168 * hour,
    peeringProvisioning: 2_000,
    peeringDeleting: 2_000,
    vpcPending: 500,
    cidrBlockAssociating: 1_000,
    cidrBlockDisassociating: 1_000,
    instancePending: 3_000,
    instanceShuttingDown: 3_000,
    prefixListChanging: 1_000,
    transitGatewayPending: 5_000,
    transitGatewayDeleting: 5_000,
    transitGatewayAttachmentPending: 5_000,
    transitGatewayAttachmentDeleting: 5_000,
    transitGatewayAssociating: 2_000,
    securityGroupVpcAssociating: 2_000,
    natGatewayPending: 5_000,
    natGatewayDeleting: 5_000,
    vpcEndpointInterfaces: 500,
    vpcEndpointPending: 3_000,
    endpointServiceDeleting: 2_000,
    endpointServiceVerifying: 5_000,
    vpcEndpointDeleting: 3_000,
    vpcEndpointInterfacesRemoving: 1_000,
  },
  lagMs: 0,
  lagMsOf: {},
  lagReads: 0,
  lagReadsOf: {},
  tagIndexLagMs: 0,
  tagIndexLagReads: 0,
  newIdUnknownMs: 0,
  quotas: {
    // AWS's pages say 500 and 100 (aws.md 5.7): the one that a caller meets sooner.
    resourceGatewaysPerVpc: 100,
    resourceConfigurationsPerRegion: 2_000,
    childrenPerResourceConfigurationGroup: 60,
    resourceConfigurationsPerServiceNetwork: 500,
    domainVerificationsPerRegion: 5,
    serviceNetworksPerRegion: 10,
    resourceSharesPerRegion: 5_000,
    vpcsPerRegion: 1_000,
    ipv4CidrBlocksPerVpc: 5,
    ipv6CidrBlocksPerVpc: 5,
    subnetsPerVpc: 200,
    internetGatewaysPerRegion: 1_000,
    elasticIpsPerRegion: 5,
    natGatewaysPerZone: 5,
    routeTablesPerVpc: 200,
    routesPerRouteTable: 50,
    securityGroupsPerRegion: 2_500,
    securityGroupsPerNetworkInterface: 5,
    rulesPerSecurityGroup: 60,
    activePeeringsPerVpc: 50,
    outstandingPeerings: 25,
    hostedZonesPerAccount: 500,
    vpcsPerHostedZone: 300,
    authorizationsPerHostedZone: 1_000,
    recordSetsPerHostedZone: 10_000,
    networkAclsPerVpc: 200,
    entriesPerNetworkAcl: 20,
    prefixListsPerRegion: 100,
    gatewayEndpointsPerRegion: 20,
    gatewayEndpointsPerVpc: 255,
    interfaceEndpointsPerVpc: 50,
    resourceEndpointsPerVpc: 200,
    entriesPerPrefixList: 1_000,
  },
  createRouteIdentical: 'succeeds',
  privateDnsPreferenceDefault: 'VERIFIED_DOMAINS_ONLY',
  emptyFirstPage: false,
};

/** The settings with some of them changed. */
export function changeSettings(settings: WorldSettings, change: SettingsChange): WorldSettings {
  return {
    ...settings,
    ...change,
    delaysMs: { ...settings.delaysMs, ...change.delaysMs },
    quotas: { ...settings.quotas, ...change.quotas },
  };
}
