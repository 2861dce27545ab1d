import type { Kind, Resource, Step } from '../kinds/kind.ts';
import type { Cluster, Leadership } from '../kube/cluster.ts';
import { hasFinalizer } from './finalizer.ts';
import { findAccount, refusal, refusals } from './sides.ts';

/** The object is not the one that this pass began with, or this process may not write any more: nothing further is sent. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** Which state of each AwsAccount a plan was made with. */
export type AccountVersions = ReadonlyMap<string, string>;

const accountVersion = (cluster: Cluster, name: string): string => {
  const { uid, generation } = findAccount(cluster, name)?.metadata ?? {};
  return `${uid}/${generation}`;
};

/** Of the accounts that an object names now. */
export const accountVersions = (cluster: Cluster, kind: Kind, resource: Resource): AccountVersions =>
  new Map(Object.values(kind.sides(resource)).map(({ accountRef }) => [accountRef, accountVersion(cluster, accountRef)]));

export interface Guarded {
  readonly cluster: Cluster;
  readonly leadership: Leadership;
  /** As they were when the plan was made. */
  readonly accounts: AccountVersions;
}

/** Asked directly before each call leaves: is the lease still surely ours, is it still this object, may it still use its accounts? */
export function guardOf(kind: Kind, resource: Resource, { cluster, leadership, accounts }: Guarded): (step: Step) => void {
  const { metadata } = resource;
  return (step) => {
    if (!leadership.surelyHeld()) throw new Superseded('the lease is not surely held any more');
    const now = cluster.get({ kind: resource.kind, namespace: metadata.namespace, name: metadata.name });
    if (now?.metadata.uid !== metadata.uid) throw new Superseded('the object is gone, or is another one of the same name');
    if (now.metadata.generation !== metadata.generation || now.metadata.deletionTimestamp !== metadata.deletionTimestamp) {
      throw new Superseded('the object was changed');
    }
    const { accountRef, region } = step.change.scope;
    const account = findAccount(cluster, accountRef);
    const deleting = metadata.deletionTimestamp !== undefined;
    for (const name of deleting ? [accountRef] : accounts.keys()) {
      if (accounts.get(name) !== accountVersion(cluster, name)) throw new Superseded(`AwsAccount ${name} was changed`);
    }
    const refused =
      refusal(cluster, resource, account, { accountRef, region, ids: [] }) ?? Object.values(refusals(cluster, kind, resource))[0];
    if (refused) throw new Superseded(refused.message);
    // Without it the account could go while what is made now is still there.
    if (!deleting && account && !hasFinalizer(account)) throw new Superseded(`AwsAccount ${accountRef} has no finalizer yet`);
  };
}
