// Questions of the tests about endpoints, from the instance `i-a`.
import type { Resolve } from '../../src/network/dns.ts';
import type { Reachability, ReachabilityQuery } from '../../src/network/reachability.ts';
import { reachability } from '../../src/network/reachability.ts';
import { networksOf } from './sample-endpoints.ts';
import type { Sample } from './sample-network.ts';

export type Query = Partial<ReachabilityQuery> & { port?: number };

/** By tcp/80 to 10.0.0.100, unless said otherwise. */
export const ask = (samples: readonly Sample[], query: Query = {}, resolve?: Resolve): Reachability =>
  reachability(
    networksOf(...samples),
    {
      source: { instanceId: 'i-a' },
      destination: { address: '10.0.0.100' },
      ...(query.protocol ? {} : { protocol: 'tcp', port: 80 }),
      ...query,
    } as ReachabilityQuery,
    { resolve },
  );

/** What was passed, by id. */
export const ids = (hops: Reachability['hops']): string[] => hops.map((hop) => hop.component.id);
/** What blocked it and on which way, or `reached`. */
export const codeOf = (result: Reachability): string => (result.blockedBy ? `${result.blockedBy.code} ${result.blockedBy.way}` : 'reached');
