import type { Clock } from '../ambient/clock.ts';
import type { Log } from '../ambient/log.ts';
import type { Random } from '../ambient/random.ts';
import type { Aws } from '../aws/aws.ts';
import type { Kind } from '../kinds/kind.ts';
import { type Cluster, type ClusterChange, type Key, keyText, type Leadership } from '../kube/cluster.ts';
import { createClaimIndex } from './claims.ts';
import { defaultTiming, type PassResult, pass, type Timing } from './pass.ts';
import { createQueue, type Outcome } from './queue.ts';

export interface ControllerOptions {
  readonly cluster: Cluster;
  readonly aws: Aws;
  readonly kinds: readonly Kind[];
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly clusterName: string;
  readonly timing?: Timing;
  /** Passes under way at once; 16 by default. */
  readonly concurrency?: number;
  /** Told of every pass, for metrics and progress. */
  readonly onPass?: (key: Key, result: PassResult | { readonly error: unknown }) => void;
}

export interface Controller {
  /** Resolves once every kind has been listed and the first passes may run. */
  start(): Promise<void>;
  /** Lets running passes end; nothing is begun any more. */
  stop(): Promise<void>;
  /** Keys waiting and running. */
  depth(): { readonly waiting: number; readonly running: number };
  /** Asks for a pass over every object now. */
  resync(): void;
}

/** Passes with writes in a row after which an object is slowed down: AWS seems not to keep what is written. */
const longestStreak = 12;

/**
 * The loop: changes in the cluster put keys on the queue, the queue runs passes, and what a pass comes to says when the key runs again.
 * Objects are woken by what they depend on too: an AwsAccount, a Namespace's labels, another object that lets go of what both want.
 */
export function createController(options: ControllerOptions): Controller {
  const { cluster, clock, random, log } = options;
  const kinds = new Map(options.kinds.map((kind) => [kind.kind, kind]));
  const claims = createClaimIndex(kinds);
  const context = { ...options, kinds, claims, timing: options.timing ?? defaultTiming };
  const keys = new Map<string, Key>();
  const streaks = new Map<string, number>();
  const asks = new Map<string, string | undefined>();
  const stopping = new AbortController();
  // Before everything is listed an account or a namespace could be taken for missing.
  let inSync = false;

  const queue = createQueue({
    clock,
    random,
    concurrency: options.concurrency ?? 16,
    claimsOf: claims.claimsOf,
    run,
    onError: (key, error) => {
      const of = keys.get(key);
      log.error({ key, err: error }, 'pass failed');
      if (of) options.onPass?.(of, { error });
    },
  });

  async function run(text: string): Promise<Outcome> {
    const key = keys.get(text);
    if (!key) return { again: 'forget' };
    const result = await pass(key, { ...context, anew: isAskedAnew(text, key) });
    options.onPass?.(key, result);
    const streak = result.writes > 0 ? (streaks.get(text) ?? 0) + 1 : 0;
    streaks.set(text, streak);
    const priority = result.stepsLeft;
    if (result.again === 'never') return { again: 'forget' };
    if (streak > longestStreak) return { again: 'backoff', priority };
    return { again: result.again, priority };
  }

  /** Whether `isthmus.dev/reconcile-at` has another value than at the last pass. */
  function isAskedAnew(text: string, key: Key): boolean {
    const ask = cluster.get(key)?.metadata.annotations?.['isthmus.dev/reconcile-at'];
    const isNew = asks.has(text) && ask !== undefined && asks.get(text) !== ask;
    asks.set(text, ask);
    return isNew;
  }

  function wake(key: Key): void {
    keys.set(keyText(key), key);
    if (!inSync) return;
    const resource = cluster.get(key);
    queue.add(keyText(key), { share: shareOf(key, resource !== undefined && resource.metadata.deletionTimestamp !== undefined) });
  }

  /** Each AWS account and region, and deletions, get turns of their own, so that one's thousand objects do not hold up another's one. */
  function shareOf(key: Key, deleting: boolean): string {
    if (deleting) return 'deletion';
    const resource = cluster.get(key);
    const sides = resource ? Object.values(kinds.get(key.kind)?.sides(resource) ?? {}) : [];
    return sides.map((side) => `${side.accountRef}/${side.region ?? ''}`).join('+');
  }

  function wakeDependents(on: Pick<Key, 'kind' | 'name'>): void {
    // A scan instead of an index: accounts and namespaces change seldom, and there is nothing to keep true.
    for (const kind of kinds.values()) {
      for (const resource of cluster.list(kind.kind)) {
        if (kind.dependsOn(resource).some((dependency) => dependency.kind === on.kind && dependency.name === on.name)) {
          wake({ kind: kind.kind, namespace: resource.metadata.namespace, name: resource.metadata.name });
        }
      }
    }
  }

  /** An AwsAccount that is being deleted waits for its users to be gone. */
  function wakeAccountsLetGo(): void {
    for (const { metadata } of cluster.list('AwsAccount')) {
      if (metadata.deletionTimestamp !== undefined) wake({ kind: 'AwsAccount', name: metadata.name });
    }
  }

  function onChange({ key, what }: ClusterChange): void {
    if (kinds.has(key.kind)) {
      const text = keyText(key);
      const rivals = what === 'deleted' ? claims.rivals(text) : [];
      const resource = cluster.get(key);
      if (resource && what !== 'deleted') claims.note(key, resource);
      else claims.drop(key);
      if (what === 'deleted') {
        keys.delete(text);
        streaks.delete(text);
        asks.delete(text);
        for (const rival of rivals) queue.add(rival);
        if (key.kind !== 'AwsAccount') wakeAccountsLetGo();
      } else if (what !== 'status') {
        wake(key);
      }
    }
    if ((key.kind === 'AwsAccount' || key.kind === 'Namespace') && what !== 'status') wakeDependents(key);
  }

  return {
    async start() {
      await cluster.start(onChange, stopping.signal);
      inSync = true;
      for (const key of keys.values()) wake(key);
    },
    async stop() {
      stopping.abort();
      await queue.stop();
    },
    depth: () => ({ waiting: queue.depth, running: queue.running }),
    resync() {
      for (const key of keys.values()) wake(key);
    },
  };
}
