/** The quotas that the simulator keeps: AWS's defaults (aws.md 1.8, 2.6, 3.6), but for the VPCs of a region, which is 5 until somebody asks for more. */
export interface Quotas {
  readonly vpcsPerRegion: number;
  /** IPv4 blocks of a VPC, the primary one included. */
  readonly ipv4CidrBlocksPerVpc: number;
  readonly ipv6CidrBlocksPerVpc: number;
  readonly subnetsPerVpc: number;
  readonly internetGatewaysPerRegion: number;
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
  readonly networkAclsPerVpc: number;
  /** Of one direction. */
  readonly entriesPerNetworkAcl: number;
  readonly prefixListsPerRegion: number;
  readonly entriesPerPrefixList: number;
}

/** How long each state that passes by itself lasts, in milliseconds. */
export interface Delays {
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
  readonly prefixListChanging: number;
}

/** How this AWS behaves. All of it can be changed while it runs. */
export interface WorldSettings {
  readonly delaysMs: Delays;
  /** How far what Describe calls see lies behind the truth, in milliseconds: of everything, and of single collections (`vpcs`, `tags` …). */
  readonly lagMs: number;
  readonly lagMsOf: Readonly<Record<string, number>>;
  /** For how long a new id is unknown to calls that it is given to, in milliseconds. */
  readonly newIdUnknownMs: number;
  readonly quotas: Quotas;
  /** CreateRoute of a destination and target that the table already has: sources disagree on what AWS says (aws.md 2.2). */
  readonly createRouteIdentical: 'succeeds' | 'RouteAlreadyExists';
  /** Describe calls that page give at most so many items, and no more than asked for. Left out: as AWS. */
  readonly pageSize?: number | undefined;
  /** Paged answers begin with an empty page that has a token, as AWS may. */
  readonly emptyFirstPage: boolean;
}

/** Some of the settings, to change those and leave the others. */
export type SettingsChange = Partial<Omit<WorldSettings, 'delaysMs' | 'quotas'>> & {
  readonly delaysMs?: Partial<Delays>;
  readonly quotas?: Partial<Quotas>;
};

const hour = 3_600_000;

export const defaultSettings: WorldSettings = {
  delaysMs: {
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
  },
  lagMs: 0,
  lagMsOf: {},
  newIdUnknownMs: 0,
  quotas: {
    vpcsPerRegion: 1_000,
    ipv4CidrBlocksPerVpc: 5,
    ipv6CidrBlocksPerVpc: 5,
    subnetsPerVpc: 200,
    internetGatewaysPerRegion: 1_000,
    routeTablesPerVpc: 200,
    routesPerRouteTable: 50,
    securityGroupsPerRegion: 2_500,
    securityGroupsPerNetworkInterface: 5,
    rulesPerSecurityGroup: 60,
    activePeeringsPerVpc: 50,
    outstandingPeerings: 25,
    networkAclsPerVpc: 200,
    entriesPerNetworkAcl: 20,
    prefixListsPerRegion: 100,
    entriesPerPrefixList: 1_000,
  },
  createRouteIdentical: 'succeeds',
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
