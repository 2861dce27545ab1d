import pRetry from 'p-retry';
import type { Clock } from '../ambient/clock.ts';
import { AwsError, type AwsErrorMeaning } from './aws.ts';
import type { Budget } from './budget.ts';
import { toAwsError } from './errors.ts';

/** Where a call goes and what it is. */
export interface CallPlace {
  readonly service: 'ec2' | 'sts';
  /** AWS's name: `CreateRoute`. */
  readonly action: string;
  readonly accountId: string;
  readonly region: string;
  readonly write: boolean;
}

/** One request that left, or was kept back for want of a token, for logs and metrics. */
export interface CallRecord extends CallPlace {
  /** `kept back`: our own budget had no token, nothing was sent. */
  readonly result: 'ok' | 'kept back' | AwsErrorMeaning;
  readonly durationMs: number;
}

/** How often each API action (`ec2:CreateRoute`) was sent, and how often AWS or our own budget said "later". */
export interface CallStats {
  readonly reads: Readonly<Record<string, number>>;
  readonly writes: Readonly<Record<string, number>>;
  readonly throttled: Readonly<Record<string, number>>;
}

export interface CallOptions {
  /** True where sending it twice does no more than sending it once: then, and then only, no answer is followed by another try. */
  readonly repeatable: boolean;
  /** Called directly before each request leaves; when it throws, nothing is sent and its error comes out as it is. */
  readonly guard?: (() => void) | undefined;
  /** Called when a request got no answer, so that its effect is unknown, also where a later try ends otherwise. */
  readonly onNoAnswer?: (() => void) | undefined;
}

/** The one way out: budget, guard, quick retries, and the record of it all. */
export interface Calls {
  /** @throws AwsError, and whatever the guard throws */
  call<Answer>(place: CallPlace, send: () => Promise<Answer>, options: CallOptions): Promise<Answer>;
  stats(): CallStats;
}

export interface CallsOptions {
  readonly clock: Clock;
  readonly budget: Budget;
  readonly onCall?: ((record: CallRecord) => void) | undefined;
}

/** Two more tries, at once: a pass does not sleep, and what has not healed by then is retried by the queue. */
const retries = 2;

export function createCalls({ clock, budget, onCall }: CallsOptions): Calls {
  const reads = new Map<string, number>();
  const writes = new Map<string, number>();
  const throttled = new Map<string, number>();

  async function once<Answer>(place: CallPlace, send: () => Promise<Answer>, options: CallOptions): Promise<Answer> {
    const action = `${place.service}:${place.action}`;
    const key = { action, accountId: place.accountId, region: place.region };
    const taken = budget.take(key);
    if (!taken.ok) {
      count(throttled, action);
      onCall?.({ ...place, result: 'kept back', durationMs: 0 });
      throw new AwsError({
        meaning: 'throttled',
        code: 'RequestBudgetUsedUp',
        action,
        message: `${action}: the request budget of account ${place.accountId} in ${place.region} is used up for the moment`,
        retryAfterMs: taken.retryAfterMs,
      });
    }
    options.guard?.();
    count(place.write ? writes : reads, action);
    const sentAt = clock.monotonic();
    try {
      const answer = await send();
      onCall?.({ ...place, result: 'ok', durationMs: clock.monotonic() - sentAt });
      return answer;
    } catch (error) {
      const told = toAwsError(error, action);
      onCall?.({ ...place, result: told.meaning, durationMs: clock.monotonic() - sentAt });
      if (told.meaning === 'transport') options.onNoAnswer?.();
      if (told.meaning !== 'throttled') throw told;
      count(throttled, action);
      const retryAfterMs = budget.throttled(key, told.retryAfterMs);
      throw new AwsError({ meaning: 'throttled', code: told.code, action, message: told.message, retryAfterMs, cause: error });
    }
  }

  return {
    call: (place, send, options) =>
      pRetry(() => once(place, send, options), {
        retries: options.repeatable ? retries : 0,
        minTimeout: 0,
        shouldRetry: ({ error }) => error instanceof AwsError && error.meaning === 'transport',
      }),
    stats: () => ({ reads: Object.fromEntries(reads), writes: Object.fromEntries(writes), throttled: Object.fromEntries(throttled) }),
  };
}

function count(counts: Map<string, number>, action: string): void {
  counts.set(action, (counts.get(action) ?? 0) + 1);
}
