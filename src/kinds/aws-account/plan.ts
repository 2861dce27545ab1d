import type { Kind, Plan } from '../kind.ts';
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
    if (!side) return { steps: [], waiting: [], memory: [], status: {}, parts: [] };
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
