import { ownershipKeys } from '../kinds/ownership.ts';
import { peeringCollections } from '../kinds/vpc-peering/side.ts';
import type { ChangeAction } from '../network/changes.ts';
import type { Tags } from '../network/model.ts';
import { type ChangeRow, changes } from './changes.ts';
import { type Feature, type Limit, type StatementName, statements } from './permissions.ts';
import { type CollectionName, reads } from './reads.ts';

/** Conditions of a statement: operator, key, values. */
export type PolicyConditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  /** Of trust policies only. */
  readonly Principal?: Readonly<Record<string, string>>;
  readonly Action: readonly string[];
  /** Of policies of an identity only: ARNs, or `*`. */
  readonly Resource?: string | readonly string[];
  readonly Condition?: PolicyConditions;
}

/** An IAM policy as AWS takes it. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** Which account a policy is for, and how far it goes. */
export interface PolicyScope {
  /** Twelve digits. */
  readonly accountId: string;
  readonly clusterName: string;
  readonly features: readonly Feature[];
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
  /** None: all. */
  readonly regions: readonly string[];
  /** The account's VPCs that may be joined, and whose tables and groups may be changed; none: all. */
  readonly vpcIds: readonly string[];
  /** Other accounts whose VPCs this account's are joined to. */
  readonly peerAccountIds: readonly string[];
  /** Tags that VPCs, route tables and security groups must carry. */
  readonly requiredTags: Tags;
}

/** What a feature reads. */
const collectionsOf: Readonly<Record<Feature, readonly CollectionName[]>> = { 'vpc-peering': peeringCollections };

export const features = Object.keys(collectionsOf) as readonly Feature[];

/** Characters of a managed policy, white space not counted. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const policySizeLimit = 6_144;
/** Characters of a role's trust policy, as long as nobody asks AWS for more: same page. */
export const trustSizeLimit = 2_048;

const version = '2012-10-17' as const;
const clusterOfRequest = `aws:RequestTag/${ownershipKeys.cluster}`;
const clusterOfThing = `aws:ResourceTag/${ownershipKeys.cluster}`;

/** How much of the limits a document takes. */
export const policySize = (document: PolicyDocument): number => JSON.stringify(document).replaceAll(/\s/g, '').length;

/**
 * The least that the controller's role in an account must be allowed for the features: from the tables of changes and reads. Several documents where one would
 * be larger than AWS takes; all of them belong to the role.
 *
 * @throws Error where a single statement is too large, because of a long list of VPCs
 */
export function accountPolicies(scope: PolicyScope): readonly PolicyDocument[] {
  const documents: PolicyDocument[] = [];
  for (const statement of accountStatements(scope)) {
    const last = documents.at(-1);
    const joined = last && { ...last, Statement: [...last.Statement, statement] };
    if (joined && policySize(joined) <= policySizeLimit) {
      documents[documents.length - 1] = joined;
      continue;
    }
    const alone: PolicyDocument = { Version: version, Statement: [statement] };
    if (policySize(alone) > policySizeLimit) {
      throw new Error(
        `the statement ${statement.Sid} would have ${policySize(alone)} characters, and AWS takes ${policySizeLimit} in a policy: name fewer VPCs, or have them carry a tag instead`,
      );
    }
    documents.push(alone);
  }
  return documents;
}

/** Every right that the tables ask for, by the statement that it stands under. */
function accountStatements(scope: PolicyScope): readonly PolicyStatement[] {
  const actions = new Map<StatementName, Set<string>>();
  const madeBy = new Map<StatementName, Set<string>>();
  const add = (to: Map<StatementName, Set<string>>, name: StatementName, text: string) =>
    to.set(name, (to.get(name) ?? new Set()).add(text));
  for (const collection of scope.features.flatMap((feature) => collectionsOf[feature]))
    add(actions, 'Look', `ec2:${reads[collection].action}`);
  for (const [change, row] of Object.entries(changes) as [ChangeAction, ChangeRow<ChangeAction>][]) {
    if (!row.features.some((feature) => scope.features.includes(feature))) continue;
    for (const { action, under } of row.permissions) {
      for (const name of under) {
        add(actions, name, action);
        add(madeBy, name, change);
      }
    }
  }
  return (Object.keys(statements) as StatementName[]).flatMap((name): PolicyStatement[] => {
    const named = actions.get(name);
    if (!named) return [];
    const { on, limits } = statements[name];
    const conditions = [
      ...(limits as readonly Limit[]).map((limit) => conditionsOf(limit, scope, { on, makers: [...(madeBy.get(name) ?? [])] })),
      ...(scope.regions.length > 0 ? [{ StringEquals: { 'aws:RequestedRegion': scope.regions } }] : []),
    ];
    return [
      {
        Sid: name,
        Effect: 'Allow',
        Action: [...named].toSorted(),
        Resource: on === '*' ? '*' : on.flatMap((type) => arnsOf(type, limits, scope)),
        ...conditionBlock(conditions),
      },
    ];
  });
}

const arn = ({ partition }: PolicyScope, accountId: string, thing: string): string => `arn:${partition}:ec2:*:${accountId}:${thing}`;

function arnsOf(type: string, limits: readonly Limit[], scope: PolicyScope): readonly string[] {
  if (type === 'vpc' && limits.includes('chosen')) return ownVpcs(scope);
  return [arn(scope, scope.accountId, `${type}/*`)];
}

const ownVpcs = (scope: PolicyScope): readonly string[] =>
  (scope.vpcIds.length > 0 ? scope.vpcIds : ['*']).map((vpcId) => arn(scope, scope.accountId, `vpc/${vpcId}`));

/** This account's own VPCs may be joined to each other too. */
const knownVpcs = (scope: PolicyScope): readonly string[] => [
  ...ownVpcs(scope),
  ...scope.peerAccountIds.filter((accountId) => accountId !== scope.accountId).map((accountId) => arn(scope, accountId, 'vpc/*')),
];

interface StatementContext {
  readonly on: readonly string[] | '*';
  /** The calls for whose sake the actions are allowed. */
  readonly makers: readonly string[];
}

function conditionsOf(limit: Limit, scope: PolicyScope, { on, makers }: StatementContext): PolicyConditions {
  const { clusterName, requiredTags, vpcIds } = scope;
  switch (limit) {
    case 'chosen':
      return {
        StringEquals: Object.fromEntries(Object.entries(requiredTags).map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
        // A VPC is told by its own ARN.
        ...(vpcIds.length > 0 && !on.includes('vpc') && { ArnLike: { 'ec2:Vpc': ownVpcs(scope) } }),
      };
    case 'givesOurTag':
      return { StringEquals: { [clusterOfRequest]: clusterName } };
    case 'givesNoOthersTag':
      return { StringEqualsIfExists: { [clusterOfRequest]: clusterName } };
    case 'carriesOurTag':
      return { StringEquals: { [clusterOfThing]: clusterName } };
    case 'carriesNoTag':
      return { Null: { [clusterOfThing]: 'true' } };
    case 'atCreation':
      return { StringEquals: { 'ec2:CreateAction': makers } };
    case 'ownershipTagsOnly':
      // A call that names no keys removes all tags: the first condition alone would let it through.
      return { 'ForAllValues:StringEquals': { 'aws:TagKeys': Object.values(ownershipKeys) }, Null: { 'aws:TagKeys': 'false' } };
    case 'requestedHere':
      return { ArnLike: { 'ec2:RequesterVpc': ownVpcs(scope), 'ec2:AccepterVpc': knownVpcs(scope) } };
    case 'acceptedHere':
      return { ArnLike: { 'ec2:RequesterVpc': knownVpcs(scope), 'ec2:AccepterVpc': ownVpcs(scope) } };
    case 'betweenKnown':
      return { ArnLike: { 'ec2:RequesterVpc': knownVpcs(scope), 'ec2:AccepterVpc': knownVpcs(scope) } };
    default:
      return limit satisfies never;
  }
}

function conditionBlock(all: readonly PolicyConditions[]): { Condition?: PolicyConditions } {
  const joined: Record<string, Record<string, string | readonly string[]>> = {};
  for (const conditions of all) {
    for (const [operator, keys] of Object.entries(conditions)) {
      if (Object.keys(keys).length > 0) joined[operator] = { ...joined[operator], ...keys };
    }
  }
  return Object.keys(joined).length > 0 ? { Condition: joined } : {};
}

/** EKS gives these tags to sessions of pods, and they go along where a session assumes a further role. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html */
const podIdentityTags = [
  'eks-cluster-arn',
  'eks-cluster-name',
  'kubernetes-namespace',
  'kubernetes-pod-name',
  'kubernetes-pod-uid',
  'kubernetes-service-account',
];

/** Who may assume the role of an account. */
export interface TrustOptions {
  /** ARN of the controller's own role or user. */
  readonly controllerArn: string;
  readonly clusterName: string;
  /** As `spec.assumeRole.externalId` of the AwsAccount says. */
  readonly externalId?: string | undefined;
  /** The controller's own session comes from EKS Pod Identity. */
  readonly podIdentity?: boolean | undefined;
}

/**
 * The trust policy of the role of an account: the controller alone may assume it, and its sessions must carry the cluster's name as their tag, and no tags of
 * anybody's choice. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function accountTrust({ controllerArn, clusterName, externalId, podIdentity }: TrustOptions): PolicyDocument {
  const Principal = { AWS: controllerArn };
  const ourTag = { [clusterOfRequest]: clusterName };
  return {
    Version: version,
    Statement: [
      {
        Sid: 'Assume',
        Effect: 'Allow',
        Principal,
        Action: ['sts:AssumeRole'],
        Condition: { StringEquals: { ...ourTag, ...(externalId !== undefined && { 'sts:ExternalId': externalId }) } },
      },
      {
        Sid: 'TagSession',
        Effect: 'Allow',
        Principal,
        Action: ['sts:TagSession'],
        Condition: {
          StringEquals: ourTag,
          'ForAllValues:StringEquals': { 'aws:TagKeys': [...(podIdentity ? podIdentityTags : []), ownershipKeys.cluster].toSorted() },
        },
      },
    ],
  };
}

/** What the controller's own identity must be allowed: to become the roles of its accounts, under its own cluster's name. */
export function controllerPolicy(roleArns: readonly string[], clusterName: string): PolicyDocument {
  return {
    Version: version,
    Statement: [
      {
        Sid: 'AssumeAccountRoles',
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Resource: roleArns,
        Condition: { StringEquals: { [clusterOfRequest]: clusterName } },
      },
    ],
  };
}

/** The pod that the controller's own role is for, and how EKS proves it. */
export type ControllerPod = { readonly namespace: string; readonly serviceAccount: string } & (
  | { readonly identity: 'pod-identity' }
  /** IAM roles for service accounts: by the ARN of the cluster's OIDC provider. */
  | { readonly identity: 'irsa'; readonly oidcProviderArn: string }
);

/**
 * The trust policy of the controller's own role. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html,
 * https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
 */
export function controllerTrust(pod: ControllerPod): PolicyDocument {
  const { namespace, serviceAccount } = pod;
  const statement = (): PolicyStatement => {
    switch (pod.identity) {
      case 'pod-identity':
        return {
          Sid: 'PodIdentity',
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Condition: {
            StringEquals: {
              'aws:RequestTag/kubernetes-namespace': namespace,
              'aws:RequestTag/kubernetes-service-account': serviceAccount,
            },
          },
        };
      case 'irsa': {
        const issuer = pod.oidcProviderArn.slice(pod.oidcProviderArn.indexOf('/') + 1);
        return {
          Sid: 'ServiceAccount',
          Effect: 'Allow',
          Principal: { Federated: pod.oidcProviderArn },
          Action: ['sts:AssumeRoleWithWebIdentity'],
          Condition: {
            StringEquals: {
              [`${issuer}:aud`]: 'sts.amazonaws.com',
              [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
            },
          },
        };
      }
      default:
        return pod satisfies never;
    }
  };
  return { Version: version, Statement: [statement()] };
}
