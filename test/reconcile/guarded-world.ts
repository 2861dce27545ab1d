import { accountPolicies, controllerPolicy, features, type PolicyDocument } from '../../src/aws/iam-policy.ts';
import type { AwsAccount } from '../../src/kinds/aws-account/api.ts';
import { partitionOf } from '../../src/network/partitions.ts';
import { temporaryKeyPrefix, writeSessionToken } from '../../src/simulator/calls/identity.ts';
import { type Policy, readPolicy } from '../../src/simulator/iam/policy.ts';
import { World } from '../../src/simulator/world/world.ts';

/** What a role may do, in place of what is printed for it. */
export type RolePolicies = (printed: readonly PolicyDocument[], roleArn: string) => readonly PolicyDocument[];

export interface Guard {
  readonly clusterName: string;
  /** Those that the controller is told of: it may become their roles, and is itself where they name none. */
  readonly accounts: () => readonly AwsAccount[];
  readonly policies: RolePolicies;
}

/** The role that the controller's own session is of. */
const controllerRole = (accountId: string, partition: string): string => `arn:${partition}:iam::${accountId}:role/isthmus-controller`;

/** Credentials of a session of the controller's role, as a pod in the region has them. */
export function controllerCredentials(
  accountId: string,
  region: string,
): { accessKeyId: string; secretAccessKey: string; sessionToken: string } {
  const accessKeyId = `${temporaryKeyPrefix}0000000000000000`;
  const session = {
    accessKeyId,
    roleArn: controllerRole(accountId, partitionOf(region)),
    sessionName: 'pod',
    tags: {},
    expiresAt: Number.MAX_SAFE_INTEGER,
  };
  return { accessKeyId, secretAccessKey: 'x', sessionToken: writeSessionToken(session) };
}

/**
 * A world in which every role may do exactly what `isthmus iam-policy` prints for it, unless the world itself says otherwise: the role of an account by
 * "account", the controller's by "controller", and by both where an AwsAccount names no role.
 */
export class GuardedWorld extends World {
  readonly #policies = new Map<string, Policy>();
  #guard: Guard | undefined;

  guardBy(guard: Guard): void {
    this.#guard = guard;
  }

  override policyOf(roleArn: string): Policy | undefined {
    const given = super.policyOf(roleArn);
    const guard = this.#guard;
    if (given || !guard) return given;
    const [, partition = '', , , accountId = ''] = roleArn.split(':');
    const peerAccountIds = [...new Set([...this.vpcs.all()].map(({ ownerId }) => ownerId))].toSorted();
    const accounts = guard.accounts().map(({ spec }) => spec);
    const isController = roleArn === controllerRole(accountId, partition);
    const isAccount = !isController || accounts.some((spec) => spec.accountId === accountId && !spec.assumeRole);
    const roles = isController ? accounts.flatMap((spec) => spec.assumeRole?.roleArn ?? []).toSorted() : [];
    const key = JSON.stringify([roleArn, isAccount, roles, peerAccountIds]);
    let policy = this.#policies.get(key);
    if (!policy) {
      const { clusterName } = guard;
      const scope = { accountId, clusterName, features, partition, regions: [], vpcIds: [], peerAccountIds, requiredTags: {} };
      const printed = [...(isAccount ? accountPolicies(scope) : []), ...(roles.length > 0 ? [controllerPolicy(roles, clusterName)] : [])];
      policy = readPolicy({ Version: '2012-10-17', Statement: guard.policies(printed, roleArn).flatMap(({ Statement }) => Statement) });
      this.#policies.set(key, policy);
    }
    return policy;
  }
}
