import type { Clock } from '../ambient/clock.ts';

/** AWS's token bucket for one API action of one account and region: how many calls at once, and how many a second come back. */
export interface Bucket {
  readonly capacity: number;
  readonly perSecond: number;
}

/** EC2 API throttling, "Request token bucket sizes and refill rates". What is named here differs from the default of its category. */
const bucketsByAction: Readonly<Record<string, Bucket>> = {
  'ec2:CreateVpcEndpoint': { capacity: 4, perSecond: 0.3 },
  'ec2:ModifyVpcEndpoint': { capacity: 4, perSecond: 0.3 },
  'ec2:DeleteVpcEndpoints': { capacity: 4, perSecond: 0.3 },
  'ec2:AcceptVpcEndpointConnections': { capacity: 10, perSecond: 1 },
  'ec2:RejectVpcEndpointConnections': { capacity: 10, perSecond: 1 },
  'ec2:CreateVpcEndpointServiceConfiguration': { capacity: 10, perSecond: 1 },
  'ec2:ModifyVpcEndpointServiceConfiguration': { capacity: 10, perSecond: 1 },
  'ec2:DeleteVpcEndpointServiceConfigurations': { capacity: 10, perSecond: 1 },
  'ec2:CreateNatGateway': { capacity: 10, perSecond: 1 },
  'ec2:DeleteNatGateway': { capacity: 10, perSecond: 1 },
  'ec2:AssociateNatGatewayAddress': { capacity: 10, perSecond: 1 },
  'ec2:CreateTags': { capacity: 100, perSecond: 10 },
  'ec2:DeleteTags': { capacity: 100, perSecond: 10 },
  'ec2:DescribeSecurityGroupReferences': { capacity: 20, perSecond: 5 },
  'ec2:DescribeStaleSecurityGroups': { capacity: 20, perSecond: 5 },
  'ec2:CreateNetworkInterface': { capacity: 100, perSecond: 5 },
};

/** Filtered or paginated reads; all of ours are. */
const reading: Bucket = { capacity: 100, perSecond: 20 };
/** Mutating and resource-intensive calls have the same numbers. */
const mutating: Bucket = { capacity: 50, perSecond: 5 };

/** AWS's bucket of an action, e.g. `ec2:CreateRoute`. STS publishes none: it is held to that of reads. */
export function bucketOf(action: string): Bucket {
  return bucketsByAction[action] ?? (/^sts:|:(Describe|Get|List|Search)/.test(action) ? reading : mutating);
}

export type Taken = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

/** Which bucket: `ec2:CreateRoute`, twelve digits, `us-west-2`. AWS counts by its account, whichever identity calls. */
export interface BucketKey {
  readonly action: string;
  readonly accountId: string;
  readonly region: string;
}

export interface Budget {
  /** Takes one token, or says when there will be one. */
  take(key: BucketKey): Taken;
  /** Milliseconds until a token can be had, 0 where there is one: asked before work is done that would be in vain without. */
  wait(key: BucketKey): number;
  /**
   * AWS has refused a call as one too many: from now on less is taken.
   *
   * @param askedMs what AWS itself asks to wait, where it says so
   * @returns how long until a call has a chance, in milliseconds
   */
  throttled(key: BucketKey, askedMs?: number): number;
}

export interface BudgetOptions {
  readonly clock: Clock;
  /** How much of AWS's own bucket may be used, as it is shared with every other caller of the account: above 0 up to 1; by default a half. */
  readonly share?: number | undefined;
}

/** After a refusal the rate is halved, down to a tenth, and comes back in five minutes: quick to yield and slow to press again. */
const decrease = 0.5;
const lowest = 0.1;
const recoveryMs = 5 * 60_000;
/** Nobody is sent away for longer than this for want of a token. */
const longestWaitMs = 60_000;
/** Calls that were under way together are refused together: that counts once. */
const oneRefusalMs = 1_000;

interface State {
  tokens: number;
  at: number;
  /** Part of the rate that is used for now, 1 when all is well. */
  ease: number;
  refusedAt: number;
  /** No token is given before this moment. */
  closedUntil: number;
  /** When the last of those that were sent away was told to come back. */
  promisedUntil: number;
}

/** A token bucket for each action, account and region. */
export function createBudget({ clock, share = 0.5 }: BudgetOptions): Budget {
  if (!(share > 0 && share <= 1)) throw new RangeError(`the share of AWS's request budget must be above 0 and at most 1, and is ${share}`);
  const states = new Map<string, State>();

  function refreshed({ action, accountId, region }: BucketKey): { state: State; capacity: number; perSecond: number } {
    const bucket = bucketOf(action);
    // Less than one token could never let a call pass.
    const capacity = Math.max(1, bucket.capacity * share);
    const now = clock.monotonic();
    const name = `${action} ${accountId} ${region}`;
    let state = states.get(name);
    if (!state) {
      state = {
        tokens: capacity,
        at: now,
        ease: 1,
        refusedAt: Number.NEGATIVE_INFINITY,
        closedUntil: Number.NEGATIVE_INFINITY,
        promisedUntil: Number.NEGATIVE_INFINITY,
      };
      states.set(name, state);
    }
    const passed = now - state.at;
    state.ease = Math.min(1, state.ease + (passed / recoveryMs) * (1 - lowest));
    const perSecond = bucket.perSecond * share * state.ease;
    state.tokens = Math.min(capacity, state.tokens + (passed / 1000) * perSecond);
    state.at = now;
    return { state, capacity, perSecond };
  }

  function untilNext(state: State, perSecond: number): number {
    // Sums of fractions may fall short of a whole token by less than can be waited for.
    const forToken = state.tokens >= 1 - 1e-6 ? 0 : Math.ceil(((1 - state.tokens) / perSecond) * 1000);
    return Math.max(forToken, Math.ceil(state.closedUntil - state.at));
  }

  function wait(key: BucketKey): number {
    const { state, perSecond } = refreshed(key);
    const forToken = untilNext(state, perSecond);
    if (forToken === 0) return 0;
    // One after another: a thousand that came back together would again find one token between them.
    const turn = Math.max(state.at + forToken, state.promisedUntil + 1000 / perSecond);
    // But not without end: those who come early would push the others ever further back.
    state.promisedUntil = Math.min(turn, state.at + Math.max(forToken, longestWaitMs));
    return Math.ceil(state.promisedUntil - state.at);
  }

  return {
    wait,
    take(key) {
      const retryAfterMs = wait(key);
      if (retryAfterMs > 0) return { ok: false, retryAfterMs };
      const { state } = refreshed(key);
      state.tokens = Math.max(0, state.tokens - 1);
      return { ok: true };
    },
    throttled(key, askedMs = 0) {
      const { state } = refreshed(key);
      if (state.at - state.refusedAt >= oneRefusalMs) {
        state.ease = Math.max(lowest, state.ease * decrease);
        state.refusedAt = state.at;
      }
      state.tokens = 0;
      state.closedUntil = Math.max(state.closedUntil, state.at + askedMs);
      return untilNext(state, bucketOf(key.action).perSecond * share * state.ease);
    },
  };
}
