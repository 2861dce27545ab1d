import type { Clock } from '../ambient/clock.ts';
import type { Random } from '../ambient/random.ts';
import type { Change, ChangeAction, ChangeResult } from '../network/changes.ts';
import { createAccounts, type SdkOptions } from './accounts.ts';
import { type AccountIdentity, type Aws, AwsError } from './aws.ts';
import { createBudget } from './budget.ts';
import { type CallRecord, type CallStats, createCalls } from './calls.ts';
import { type ChangeRow, changes, type Outcome } from './changes.ts';
import { createInventory } from './inventory.ts';

export interface AwsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** In every session's name and tag. */
  readonly clusterName: string;
  /** When the lease was taken, in milliseconds since the epoch; `-Infinity` where there is no other process that may have written. */
  readonly leaseTakenAt: () => number;
  /** In place of the SDK's standard environment, for what is not to go to AWS. */
  readonly sdk?: SdkOptions | undefined;
  /** How much of AWS's request budgets may be used: above 0 up to 1. */
  readonly share?: number | undefined;
  /** AWS's consistency window: how long after a write its answers may not show it. */
  readonly windowMs?: number | undefined;
  /** How old a list may be. */
  readonly maxAgeMs?: number | undefined;
  /** How old what is known of a thing in a passing state may be. */
  readonly passingMs?: number | undefined;
  /** Told of every request that left or was kept back. */
  readonly onCall?: ((record: CallRecord) => void) | undefined;
}

/** What is used where the options leave it out; milliseconds. */
export const awsDefaults = { share: 0.5, windowMs: 15_000, maxAgeMs: 60_000, passingMs: 2_000 } as const;

/** The room `aws/`, ready for use. */
export function createAws(options: AwsOptions): Aws & { stats(): CallStats } {
  const { clock, random, leaseTakenAt } = options;
  const budget = createBudget({ clock, share: options.share ?? awsDefaults.share });
  const calls = createCalls({ clock, budget, onCall: options.onCall });
  const accounts = createAccounts({ clock, calls, clusterName: options.clusterName, sdk: options.sdk ?? {} });
  const freshness = {
    windowMs: options.windowMs ?? awsDefaults.windowMs,
    maxAgeMs: options.maxAgeMs ?? awsDefaults.maxAgeMs,
    passingMs: options.passingMs ?? awsDefaults.passingMs,
  };
  const inventory = createInventory({ accounts, calls, clock, random, freshness, leaseTakenAt });

  async function send(account: AccountIdentity, change: Change, guard: () => void): Promise<Outcome> {
    const row = changes[change.action] as ChangeRow<ChangeAction>;
    const { scope } = change;
    const place = { service: 'ec2', action: change.action, accountId: scope.accountId, region: scope.region, write: true } as const;
    let unanswered = false;
    const onNoAnswer = () => {
      unanswered = true;
    };
    try {
      return await accounts.use(account, (session) =>
        calls.call(place, () => row.send(session.ec2(scope.region), change), { repeatable: row.repeatable, guard, onNoAnswer }),
      );
    } catch (error) {
      const outcome = error instanceof AwsError ? row.alreadySo?.(error, change) : undefined;
      if (outcome) return outcome;
      // Whatever the last try ended with: one before it may have taken effect.
      if (unanswered) inventory.doubt(scope, row.changes(change), row.concerns(change));
      if (error instanceof AwsError && contradicts(error)) inventory.doubt(scope, [...row.changes(change), ...row.names], []);
      throw error;
    }
  }

  return {
    async identify(account, maxAgeMs) {
      const { arn } = await accounts.open(account, maxAgeMs);
      return { arn, scope: (region) => ({ accountRef: account.name, accountId: account.accountId, region }) };
    },
    view: (request) => inventory.view(request),
    waitFor: ({ action, scope }) => budget.wait({ action: `ec2:${action}`, accountId: scope.accountId, region: scope.region }),
    async apply(account, change, guard): Promise<ChangeResult> {
      const { scope } = change;
      if (scope.accountRef !== account.name || scope.accountId !== account.accountId) {
        throw new Error(
          `${change.action} is for account ${scope.accountId} (${scope.accountRef}), and not for ${account.accountId} (${account.name})`,
        );
      }
      const { result, effects } = await send(account, change, guard);
      const row = changes[change.action] as ChangeRow<ChangeAction>;
      inventory.wrote(scope, effects, [...row.concerns(change), ...(result.id === undefined ? [] : [result.id])]);
      return result;
    },
    stats: () => calls.stats(),
  };
}

/** What AWS says is not what our view had: it was wrong, or has become so. */
function contradicts(error: AwsError): boolean {
  return error.meaning === 'exists' || error.meaning === 'notFound' || error.meaning === 'state';
}
