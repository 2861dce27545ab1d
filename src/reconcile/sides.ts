import { type AccountIdentity, type Aws, AwsError, IdentityError } from '../aws/aws.ts';
import { messageFor } from '../aws/errors.ts';
import { allowsNamespace } from '../kinds/aws-account/access.ts';
import type { AwsAccount } from '../kinds/aws-account/api.ts';
import type { Kind, Problem, Resource, Side, SideReference } from '../kinds/kind.ts';
import type { Cluster } from '../kube/cluster.ts';
import { partitionOf, partitionOfArn } from '../network/partitions.ts';
import { problemOf } from './problems.ts';

export interface Entry {
  readonly cluster: Cluster;
  readonly aws: Aws;
  /** Whether AWS is to be asked now, whatever is known of it. */
  readonly anew?: boolean;
}

/** The AwsAccount of a name, as the cluster has it now. */
export function findAccount(cluster: Cluster, name: string): AwsAccount | undefined {
  return cluster.get({ kind: 'AwsAccount', name }) as AwsAccount | undefined;
}

/** What the AWS room needs to know of an AwsAccount. */
export function identityOf(account: AwsAccount): AccountIdentity {
  const { accountId, assumeRole, defaultRegion, regions } = account.spec;
  // The controller's own region may be of another partition than the role.
  return { name: account.metadata.name, accountId, assumeRole, stsRegion: defaultRegion ?? regions?.toSorted()[0] };
}

/**
 * Why an object may not use an AwsAccount, or undefined where it may. Asked before a pass, and again directly before each write.
 * An object that is being deleted may still clean up what it made, as long as the AwsAccount exists.
 */
export function refusal(
  cluster: Cluster,
  resource: Resource,
  account: AwsAccount | undefined,
  reference: SideReference,
): Problem | undefined {
  if (!account) {
    return {
      reason: 'AccountNotFound',
      message: `there is no AwsAccount ${reference.accountRef}; make one, or name another in accountRef`,
      heals: 'object',
    };
  }
  if (resource.metadata.deletionTimestamp !== undefined) return undefined;
  if (account.metadata.deletionTimestamp !== undefined && resource.kind !== 'AwsAccount') {
    return {
      reason: 'AccountNotAllowed',
      message: `AwsAccount ${reference.accountRef} is being deleted: nothing is made or changed with it any more`,
      heals: 'person',
    };
  }
  return withdrawal(cluster, resource, account, reference);
}

/** Why the namespace of an object may not use an account, or not there; undefined where it may. */
function withdrawal(cluster: Cluster, resource: Resource, account: AwsAccount, reference: SideReference): Problem | undefined {
  const { namespace } = resource.metadata;
  if (namespace === undefined) return undefined;
  if (!allowsNamespace(account, cluster.namespaceLabels(namespace))) {
    return {
      reason: 'AccountNotAllowed',
      message: `AwsAccount ${reference.accountRef} does not allow the namespace ${namespace} (spec.allowedNamespaces)`,
      heals: 'object',
    };
  }
  const region = reference.region ?? account.spec.defaultRegion;
  const { regions } = account.spec;
  if (region !== undefined && regions !== undefined && !regions.includes(region)) {
    return {
      reason: 'RegionNotAllowed',
      message: `AwsAccount ${reference.accountRef} does not allow the region ${region}; it allows ${regions.join(', ')}`,
      heals: 'person',
    };
  }
  return undefined;
}

/**
 * Why an object may not use the accounts that it names, by the names of its sides; empty where it may use all. What it makes joins all of
 * them: one that is closed to it closes the others. What is being deleted cleans up where it still can.
 */
export function refusals(cluster: Cluster, kind: Kind, resource: Resource): Readonly<Record<string, Problem>> {
  if (resource.metadata.deletionTimestamp !== undefined) return {};
  const refused = Object.entries(kind.sides(resource)).flatMap(([name, reference]) => {
    const problem = refusal(cluster, resource, findAccount(cluster, reference.accountRef), reference);
    return problem ? [[name, problem] as const] : [];
  });
  return Object.fromEntries(refused);
}

/**
 * Objects that have or use something in AWS by an AwsAccount, or name it and may use it. Who names an account that is closed to him does not
 * keep it.
 */
export function usersOf(cluster: Cluster, kinds: Iterable<Kind>, { metadata }: Resource): readonly Resource[] {
  const account = findAccount(cluster, metadata.name);
  const uses = (kind: Kind, resource: Resource) =>
    resource.status?.resources?.some(({ accountRef }) => accountRef === metadata.name) ||
    (account !== undefined && mayUse(cluster, kind, resource, account));
  return [...kinds].flatMap((kind) => cluster.list(kind.kind).filter((resource) => uses(kind, resource)));
}

/** Whether an object that is not being deleted names an AwsAccount that is open to it. */
function mayUse(cluster: Cluster, kind: Kind, resource: Resource, account: AwsAccount): boolean {
  return (
    resource.metadata.namespace !== undefined &&
    resource.metadata.deletionTimestamp === undefined &&
    Object.values(kind.sides(resource)).some(
      (reference) => reference.accountRef === account.metadata.name && !withdrawal(cluster, resource, account, reference),
    )
  );
}

/** What an error of a call in an AWS account may say in the status of an object. Those who read AwsAccounts may read everything. */
export function tellable(cluster: Cluster, kind: Kind, resource: Resource, accountId: string): (error: AwsError) => string {
  if (resource.metadata.namespace === undefined) return (error) => error.message;
  const usable = Object.values(kind.sides(resource)).flatMap((reference) => {
    const account = findAccount(cluster, reference.accountRef);
    return account && !withdrawal(cluster, resource, account, reference) ? [account.spec.accountId] : [];
  });
  return (error) => messageFor(new Set(usable), error, accountId);
}

/** How old the proof that an AwsAccount's identity holds may be, in milliseconds: a role that broke shows although nothing is to be done with it. */
const verificationMs = 5 * 60_000;

/**
 * Opens the accounts and regions that an object names; what cannot be opened says why. Where the object may not use one of them it is refused
 * there, and no call is made for it in any.
 */
export async function openSides(entry: Entry, kind: Kind, resource: Resource): Promise<Readonly<Record<string, Side>>> {
  const refused = Object.entries(refusals(entry.cluster, kind, resource));
  if (refused.length > 0) return Object.fromEntries(refused.map(([name, problem]) => [name, { problem }]));
  const references = Object.entries(kind.sides(resource));
  const opened = await Promise.all(
    references.map(async ([name, reference]) => [name, await openSide(entry, { kind, resource, reference })] as const),
  );
  return Object.fromEntries(opened);
}

async function openSide(
  { cluster, aws, anew }: Entry,
  { kind, resource, reference }: { kind: Kind; resource: Resource; reference: SideReference },
): Promise<Side> {
  const account = findAccount(cluster, reference.accountRef);
  const refused = refusal(cluster, resource, account, reference);
  if (refused || !account) return { problem: refused as Problem };
  const region = reference.region ?? account.spec.defaultRegion;
  try {
    if (kind.collections.length === 0) {
      const { arn, scope } = await aws.identify(identityOf(account), anew ? 0 : verificationMs);
      return { identity: arn, view: emptyView(scope(region ?? '')) };
    }
    const { arn } = await aws.identify(identityOf(account));
    if (region === undefined) {
      return {
        problem: {
          reason: 'RegionMissing',
          message: `neither the object names a region nor AwsAccount ${reference.accountRef} a defaultRegion; give one of the two`,
          heals: 'person',
        },
      };
    }
    if (partitionOf(region) !== partitionOfArn(arn)) {
      return {
        problem: {
          reason: 'RegionNotAllowed',
          message: `AwsAccount ${reference.accountRef} acts in the partition ${partitionOfArn(arn)}, and the region ${region} is in ${partitionOf(region)}; name a region of the same partition`,
          heals: 'person',
        },
      };
    }
    const view = await aws.view({
      account: identityOf(account),
      region,
      collections: kind.collections,
      ids: reference.ids,
      ...(anew && { anew }),
    });
    const { allowedVpcs } = account.spec;
    return { identity: arn, view, allowedVpcs, withdrawn: withdrawal(cluster, resource, account, reference) };
  } catch (error) {
    if (error instanceof IdentityError) {
      // Roles, and whose credentials these are instead, are for those who may read the AwsAccount.
      const message =
        resource.kind === 'AwsAccount'
          ? error.message
          : `AwsAccount ${reference.accountRef} cannot act in AWS just now; its own status tells its administrator why`;
      return { problem: { reason: error.reason, message, heals: 'person' } };
    }
    if (error instanceof AwsError) return { problem: problemOf(error, tellable(cluster, kind, resource, account.spec.accountId)(error)) };
    throw error;
  }
}

/** For kinds that look at no network. */
const emptyView = (scope: Parameters<Aws['apply']>[1]['scope']): NonNullable<Side['view']> =>
  ({ scope, asOf: 0, completeUpTo: Number.NEGATIVE_INFINITY, gone: new Set<string>() }) as unknown as NonNullable<Side['view']>;
