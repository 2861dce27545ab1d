import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CallRecord } from '../aws/calls.ts';
import type { Resource } from '../kinds/kind.ts';
import type { Key } from '../kube/cluster.ts';
import type { PassResult } from '../reconcile/pass.ts';

/** What the process counts, in Prometheus's terms. */
export interface Metrics {
  readonly registry: Registry;
  countPass(key: Key, result: PassResult | { readonly error: unknown }): void;
  countCall(call: CallRecord): void;
}

/** What is read when somebody scrapes. */
export interface Readings {
  /** Keys of the queue. */
  depth(): { readonly waiting: number; readonly running: number };
  /** Whether this process may write. */
  leads(): boolean;
  /** All objects of our kinds, as far as they are known. */
  objects(): readonly Resource[];
}

export function createMetrics({ depth, leads, objects }: Readings): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const passes = new Counter({
    name: 'isthmus_passes_total',
    help: 'Passes over objects, by kind and how they ended.',
    labelNames: ['kind', 'result'],
    registers,
  });
  const calls = new Counter({
    name: 'isthmus_aws_calls_total',
    help: 'Calls to AWS, by action and result; "kept back" are those that our own budget did not let out.',
    labelNames: ['service', 'action', 'account', 'region', 'write', 'result'],
    registers,
  });
  const durations = new Histogram({
    name: 'isthmus_aws_call_duration_seconds',
    help: 'How long calls to AWS took.',
    labelNames: ['service', 'action'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  });
  new Gauge({
    name: 'isthmus_queue_keys',
    help: 'Objects that wait for a pass or are in one.',
    labelNames: ['state'],
    registers,
    collect() {
      const { waiting, running } = depth();
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'running' }, running);
    },
  });
  new Gauge({
    name: 'isthmus_leader',
    help: '1 while this process holds the lease.',
    registers,
    collect() {
      this.set(leads() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'isthmus_objects',
    help: 'Objects, by kind, by the status of their condition Ready, and by its reason.',
    labelNames: ['kind', 'ready', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { kind, status } of objects()) {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        this.inc({ kind, ready: ready?.status ?? 'Unknown', reason: ready?.reason ?? '' });
      }
    },
  });
  return {
    registry,
    countPass: (key, result) =>
      passes.inc({ kind: key.kind, result: 'error' in result ? 'error' : typeof result.again === 'string' ? result.again : 'later' }),
    countCall({ service, action, accountId, region, write, result, durationMs }) {
      calls.inc({ service, action, account: accountId, region, write: String(write), result });
      if (result !== 'kept back') durations.observe({ service, action }, durationMs / 1_000);
    },
  };
}
