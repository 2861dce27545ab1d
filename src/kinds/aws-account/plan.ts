import type { Kind, Plan, Resource, Waiting } from '../kind.ts';
import { ownerName } from '../ownership.ts';
import type { AwsAccount, AwsAccountStatus } from './api.ts';

type Status = Omit<AwsAccountStatus, 'conditions' | 'observedGeneration'>;

/** An AwsAccount changes nothing in AWS: it says which identity acts there, and its status tells whether that identity holds. */
export const awsAccount: Kind<AwsAccount, Status, never> = {
  kind: 'AwsAccount',
  partTypes: [],
  collections: [],
  dependsOn: () => [],
  claims: () => [],
  sides: (resource) => (resource.metadata.deletionTimestamp === undefined ? { self: { accountRef: resource.metadata.name, ids: [] } } : {}),
  plan(input): Plan<Status> {
    const side = input.sides.self;
    if (!side) {
      const { identity } = input.resource.status ?? {};
      return { steps: [], waiting: stillUsed(input.users()), memory: [], status: { ...(identity && { identity }) }, parts: [] };
    }
    if (side.problem) return { steps: [], waiting: [{ part: 'Ready', problem: side.problem }], memory: [], status: {}, parts: [] };
    return {
      steps: [],
      waiting: [],
      memory: [],
      status: { identity: side.identity },
      parts: [{ type: 'Ready', status: 'True', reason: 'IdentityVerified', message: `acts as ${side.identity}` }],
    };
  },
};

/** Without the account nobody could take down what its users have in AWS. */
function stillUsed(users: readonly Resource[]): readonly Waiting[] {
  if (users.length === 0) return [];
  const names = users.map(ownerName).sort();
  const shown = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
  const [use, they] = users.length === 1 ? ['object uses', 'that is'] : ['objects use', 'they are'];
  const message = `${users.length} ${use} the account: ${shown}; nothing new is made with it, and it goes when ${they} gone`;
  return [{ part: 'Ready', problem: { reason: 'InUse', message, heals: 'object' }, recheckMs: 60_000 }];
}
