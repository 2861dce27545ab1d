import { awsAccountApi } from './aws-account/api.ts';
import { awsAccount } from './aws-account/plan.ts';
import type { Kind } from './kind.ts';
import type { KindApi } from './kind-api.ts';
import { vpcPeeringApi } from './vpc-peering/api.ts';
import { vpcPeering } from './vpc-peering/plan.ts';

/** Every kind of ours, as the API server is told about it: a new kind is one more line here. */
export const kindApis: readonly KindApi[] = [awsAccountApi, vpcPeeringApi];

/** Every kind of ours, as the loop works on it: likewise. */
export const kinds: readonly Kind[] = [awsAccount as unknown as Kind, vpcPeering as unknown as Kind];
