import { accountPolicies, controllerPolicy, features, type PolicyDocument } from '../../src/aws/iam-policy.ts';
import { partitionOf } from '../../src/network/partitions.ts';
import { type Policy, readPolicy } from '../../src/simulator/iam/policy.ts';
import { temporaryKeyPrefix, writeSessionToken } from '../../src/simulator/identity.ts';
import { World } from '../../src/simulator/world.ts';

/** What the role of an account may do, in place of what is printed for it. */
export type RolePolicies = (accountId: string, printed: readonly PolicyDocument[]) => readonly PolicyDocument[];

export interface Guard {
  readonly clusterName: string;
  /** The roles that AwsAccounts name: those that the controller may become. */
  readonly accountRoles: () => readonly string[];
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
 * A world in which every role may do exactly what `isthmus iam-policy` prints for its account, unless the world itself says otherwise; the controller's role
 * may become the roles of its accounts besides.
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
    const roles = roleArn === controllerRole(accountId, partition) ? guard.accountRoles() : [];
    const peerAccountIds = [...new Set([...this.vpcs.all()].map(({ ownerId }) => ownerId))].toSorted();
    const key = JSON.stringify([roleArn, roles, peerAccountIds]);
    let policy = this.#policies.get(key);
    if (!policy) {
      const scope = { accountId, clusterName: guard.clusterName, features, partition, regions: [], vpcIds: [], peerAccountIds };
      const documents = [
        ...guard.policies(accountId, accountPolicies(scope)),
        ...(roles.length > 0 ? [controllerPolicy(roles, guard.clusterName)] : []),
      ];
      policy = readPolicy({ Version: '2012-10-17', Statement: documents.flatMap(({ Statement }) => Statement) });
      this.#policies.set(key, policy);
    }
    return policy;
  }
}
