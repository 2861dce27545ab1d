import { awsAccountApi } from './aws-account/api.ts';
import type { KindApi } from './kind-api.ts';
import { vpcPeeringApi } from './vpc-peering/api.ts';

/** Every kind of ours, as the API server is told about it: a new kind is one more line here. */
export const kindApis: readonly KindApi[] = [awsAccountApi, vpcPeeringApi];
