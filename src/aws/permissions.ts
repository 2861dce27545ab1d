/** What an account is opened for: a kind of ours, as the command line says it. */
export type Feature = 'vpc-peering';

/** Types of things in ARNs of EC2. */
export type ArnType = 'vpc' | 'vpc-peering-connection' | 'route-table' | 'security-group' | 'security-group-rule';

/** To what a right is held, besides regions: each becomes conditions, or ARNs, of a statement. */
export type Limit =
  /** Users' own things: those of chosen VPCs, and those that carry a tag which administrators put there, where either was asked for. */
  | 'chosen'
  /** The call gives the cluster's tag. */
  | 'givesOurTag'
  /** The call gives no cluster's tag but ours. */
  | 'givesNoOthersTag'
  /** The thing carries the cluster's tag. */
  | 'carriesOurTag'
  /** The thing carries no cluster's tag at all. */
  | 'carriesNoTag'
  /** Only together with the call that makes the thing. */
  | 'atCreation'
  /** The call names our ownership tags and no others. */
  | 'ownershipTagsOnly'
  /** Connections from this account's VPCs to known accounts. */
  | 'requestedHere'
  /** Connections from known accounts to this account's VPCs. */
  | 'acceptedHere'
  /** Connections between known accounts. */
  | 'betweenKnown';

interface StatementRow {
  /** `*`: AWS has no resources for these actions. */
  readonly on: readonly ArnType[] | '*';
  readonly limits: readonly Limit[];
}

/**
 * The statements that actions can stand under, by the name (`Sid`) that they have in a policy, in the order in which they are printed. What resources and
 * condition keys an action has: Service Authorization Reference,
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export const statements = {
  /** Describe calls have no resources: who may make them sees the whole region. */
  Look: { on: '*', limits: [] },
  /** Both requesting and accepting are also asked of the VPC of the side that calls. */
  JoinVpcs: { on: ['vpc'], limits: ['chosen'] },
  RequestConnections: { on: ['vpc-peering-connection'], limits: ['givesOurTag', 'requestedHere'] },
  /** No tag can be asked for: the accepter's account sees the requester's tags never, and its own do not exist yet. */
  AcceptConnections: { on: ['vpc-peering-connection'], limits: ['acceptedHere'] },
  /** No tag can be asked for: connections that others made are used too, and are left untagged. */
  SetConnectionOptions: { on: ['vpc-peering-connection'], limits: ['betweenKnown'] },
  DeleteOwnConnections: { on: ['vpc-peering-connection'], limits: ['carriesOurTag'] },
  /** Routes have no tags and no ARNs: the right is to the users' table. */
  ChangeRoutes: { on: ['route-table'], limits: ['chosen'] },
  /** Single rules are not asked about: the right is to the users' group, whosever the rule is. */
  ChangeRules: { on: ['security-group'], limits: ['chosen'] },
  /** A rule that is given tags as it is made is asked about too. */
  MakeTaggedRules: { on: ['security-group-rule'], limits: ['givesOurTag'] },
  TagWhatIsMade: { on: ['vpc-peering-connection', 'security-group-rule'], limits: ['atCreation', 'givesOurTag'] },
  TagOwn: { on: ['vpc-peering-connection', 'security-group-rule'], limits: ['carriesOurTag', 'givesNoOthersTag'] },
  /** Tags are each account's and region's own: those of the accepter's side are given after the connection was requested. */
  TagAccepted: { on: ['vpc-peering-connection'], limits: ['carriesNoTag', 'givesOurTag', 'acceptedHere'] },
  /** Of what stays in AWS only the tags that say whose it was are removed. */
  UntagRetained: { on: ['vpc-peering-connection', 'security-group-rule'], limits: ['carriesOurTag', 'ownershipTagsOnly'] },
} as const satisfies Readonly<Record<string, StatementRow>>;

export type StatementName = keyof typeof statements;

/** A right that a change needs. AWS may ask for one action of several things at once: every statement named here is needed. */
export interface Permission<Action extends string = string> {
  readonly action: Action;
  readonly under: readonly StatementName[];
}
