/** A state machine: from each state to those that may follow. `none` is before the thing was there, `gone` when it is no more. */
export type Edges = Readonly<Record<string, readonly string[]>>;

/** Things of Lattice: https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_GetResourceGateway.html and its neighbours. */
const lattice: Edges = {
  none: ['CREATE_IN_PROGRESS'],
  CREATE_IN_PROGRESS: ['ACTIVE', 'CREATE_FAILED'],
  ACTIVE: ['UPDATE_IN_PROGRESS', 'DELETE_IN_PROGRESS'],
  UPDATE_IN_PROGRESS: ['ACTIVE'],
  CREATE_FAILED: ['DELETE_IN_PROGRESS'],
  DELETE_IN_PROGRESS: ['gone'],
};

const cidrBlock: Edges = {
  none: ['associating', 'associated'],
  associating: ['associated', 'disassociating', 'gone'],
  associated: ['disassociating', 'gone'],
  disassociating: ['disassociated', 'gone'],
  // Shown for a little while.
  disassociated: ['gone'],
};

/** The state machines of whole things, by collection. Each state that is not in its table is one that AWS does not have. */
export const edgesOfThings: Readonly<Record<string, Edges>> = {
  vpcs: { none: ['pending'], pending: ['available', 'gone'], available: ['gone'] },
  // The peering guide's lifecycle: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
  peerings: {
    none: ['initiating-request'],
    'initiating-request': ['failed', 'pending-acceptance'],
    'pending-acceptance': ['provisioning', 'rejected', 'deleting', 'deleted', 'expired'],
    // Where its VPC goes it goes too, however far it has come.
    provisioning: ['active', 'deleted'],
    active: ['deleting', 'deleted'],
    deleting: ['deleted'],
    deleted: ['gone'],
    rejected: ['gone'],
    failed: ['gone'],
    expired: ['gone'],
  },
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
  instances: {
    none: ['pending'],
    pending: ['running', 'shutting-down'],
    running: ['shutting-down'],
    'shutting-down': ['terminated'],
    terminated: ['gone'],
  },
  // https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
  natGateways: {
    none: ['pending'],
    pending: ['available', 'failed', 'deleting'],
    available: ['deleting'],
    failed: ['deleting', 'gone'],
    deleting: ['deleted'],
    deleted: ['gone'],
  },
  prefixLists: {
    none: ['create-in-progress'],
    'create-in-progress': ['create-complete'],
    'create-complete': ['modify-in-progress', 'delete-in-progress'],
    'modify-in-progress': ['modify-complete', 'modify-failed'],
    'modify-complete': ['modify-in-progress', 'delete-in-progress'],
    'modify-failed': ['modify-in-progress', 'delete-in-progress'],
    'delete-in-progress': ['gone'],
  },
  // https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
  vpcEndpoints: {
    none: ['available', 'pending', 'pendingAcceptance'],
    pendingAcceptance: ['pending', 'rejected', 'deleting'],
    // A service's owner has to reject what was accepted before the service can go.
    pending: ['available', 'failed', 'rejected', 'deleting'],
    // While its interfaces are changed it is pending again.
    available: ['pending', 'rejected', 'deleting'],
    rejected: ['deleting'],
    failed: ['deleting'],
    deleting: ['gone'],
  },
  endpointServices: { none: ['Available'], Available: ['Deleting'], Deleting: ['gone'] },
  // https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html
  transitGateways: {
    none: ['pending'],
    pending: ['available'],
    available: ['modifying', 'deleting'],
    modifying: ['available'],
    deleting: ['deleted'],
    deleted: ['gone'],
  },
  transitGatewayAttachments: {
    none: ['pendingAcceptance', 'pending'],
    pendingAcceptance: ['pending', 'rejecting', 'deleting'],
    pending: ['available'],
    available: ['modifying', 'deleting'],
    modifying: ['available'],
    rejecting: ['rejected'],
    rejected: ['gone'],
    deleting: ['deleted'],
    deleted: ['gone'],
  },
  transitGatewayRouteTables: {
    none: ['pending'],
    // The tables that a gateway came with go with it.
    pending: ['available', 'gone'],
    available: ['deleting', 'gone'],
    deleting: ['deleted', 'gone'],
    deleted: ['gone'],
  },
  resourceGateways: lattice,
  resourceConfigurations: lattice,
  serviceNetworkResourceAssociations: lattice,
  domainVerifications: {
    none: ['PENDING'],
    PENDING: ['VERIFIED', 'VERIFICATION_TIMED_OUT', 'gone'],
    VERIFIED: ['gone'],
    VERIFICATION_TIMED_OUT: ['gone'],
  },
  // https://docs.aws.amazon.com/ram/latest/APIReference/API_ResourceShare.html, …_ResourceShareAssociation.html, …_ResourceShareInvitation.html
  resourceShares: { none: ['PENDING'], PENDING: ['ACTIVE', 'DELETING'], ACTIVE: ['DELETING'], DELETING: ['DELETED'], DELETED: ['gone'] },
  resourceShareAssociations: {
    none: ['ASSOCIATING'],
    ASSOCIATING: ['ASSOCIATED', 'DISASSOCIATING', 'DISASSOCIATED'],
    ASSOCIATED: ['DISASSOCIATING'],
    DISASSOCIATING: ['DISASSOCIATED'],
    DISASSOCIATED: ['ASSOCIATING', 'gone'],
  },
  resourceShareInvitations: {
    none: ['PENDING'],
    PENDING: ['ACCEPTED', 'REJECTED', 'EXPIRED', 'gone'],
    ACCEPTED: ['gone'],
    REJECTED: ['gone'],
    EXPIRED: ['gone'],
  },
  // https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html
  hostedZoneChanges: { none: ['PENDING'], PENDING: ['INSYNC'], INSYNC: [] },
};

interface Part {
  readonly id: string;
  readonly state: string;
}

type Field = Readonly<Record<string, unknown>>;
const blocks = (value: Field, field: string): Part[] =>
  (value[field] as readonly { associationId: string; state: string }[]).map(({ associationId, state }) => ({ id: associationId, state }));

/** The state machines of what is kept in a thing and has states of its own. */
export const edgesOfParts: Readonly<
  Record<string, readonly { readonly edges: Edges; readonly partsOf: (value: Field) => readonly Part[] }[]>
> = {
  vpcs: [
    { edges: cidrBlock, partsOf: (vpc) => blocks(vpc, 'cidrBlocks') },
    { edges: cidrBlock, partsOf: (vpc) => blocks(vpc, 'ipv6CidrBlocks') },
  ],
  subnets: [{ edges: cidrBlock, partsOf: (subnet) => blocks(subnet, 'ipv6CidrBlocks') }],
  transitGatewayAttachments: [
    {
      edges: {
        none: ['associating'],
        associating: ['associated', 'disassociating', 'gone'],
        associated: ['disassociating', 'gone'],
        disassociating: ['gone'],
      },
      partsOf({ association }) {
        const found = association as { routeTableId: string; state: string } | undefined;
        return found ? [{ id: found.routeTableId, state: found.state }] : [];
      },
    },
    {
      edges: {
        none: ['enabling'],
        enabling: ['enabled', 'disabling', 'gone'],
        enabled: ['disabling', 'gone'],
        disabling: ['gone'],
      },
      partsOf: ({ propagations }) =>
        (propagations as readonly { routeTableId: string; state: string }[]).map(({ routeTableId, state }) => ({
          id: routeTableId,
          state,
        })),
    },
  ],
};
