import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Clock } from '../../src/ambient/clock.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { settle, VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { createQueue, type Outcome, type QueueOptions } from '../../src/reconcile/queue.ts';

/** A queue whose runs end only when the test says so. */
function held(options: Partial<QueueOptions> = {}) {
  const clock = new VirtualClock();
  const started: string[] = [];
  const ends = new Map<string, (outcome: Outcome) => void>();
  const queue = createQueue({
    clock,
    random: seededRandom(1),
    concurrency: 100,
    run: (key) => {
      started.push(key);
      return new Promise((resolve) => ends.set(key, resolve));
    },
    ...options,
  });
  return {
    clock,
    queue,
    started,
    async end(key: string, outcome: Outcome = {}) {
      const resolve = ends.get(key);
      if (!resolve) throw new Error(`${key} does not run`);
      ends.delete(key);
      resolve(outcome);
      await settle();
    },
  };
}

/** A queue whose runs end at once. */
function immediate(outcomeOf: (key: string, nth: number) => Outcome | Promise<Outcome> = () => ({}), options: Partial<QueueOptions> = {}) {
  const clock = new VirtualClock();
  const runs: { readonly key: string; readonly at: number }[] = [];
  const counts = new Map<string, number>();
  const queue = createQueue({
    clock,
    random: seededRandom(1),
    concurrency: 1,
    run: async (key) => {
      runs.push({ key, at: clock.monotonic() });
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return outcomeOf(key, counts.get(key) ?? 0);
    },
    ...options,
  });
  return { clock, queue, runs, keys: () => runs.map(({ key }) => key) };
}

describe('one pass at a time for a key', () => {
  test('a key that is added twice runs once', async () => {
    const { queue, keys } = immediate();
    queue.add('a');
    queue.add('a');
    await queue.idle();
    expect(keys()).toEqual(['a']);
    expect(queue.size).toBe(0);
  });

  test('a key that is added while it runs, however often, runs once more afterwards', async () => {
    const { queue, started, end } = held();
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(started).toEqual(['a']);
    await end('a', { again: 'forget' });
    expect(started).toEqual(['a', 'a']);
    await end('a', { again: 'forget' });
    expect(started).toEqual(['a', 'a']);
    expect(queue.size).toBe(0);
  });

  test('what was asked for during a run does not wait for the backoff of that run', async () => {
    const { queue, started, end, clock } = held();
    queue.add('a');
    await settle();
    queue.add('a', { afterMs: 5 });
    queue.add('a', { afterMs: 30_000 });
    await end('a', { again: { afterMs: 60_000 } });
    await clock.advance(4);
    expect(started).toHaveLength(1);
    await clock.advance(1);
    expect(started).toHaveLength(2);
  });

  test('no more keys run at once than there are places', async () => {
    const { queue, started, end } = held({ concurrency: 2 });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    expect([started, queue.running, queue.depth, queue.size]).toEqual([['a', 'b'], 2, 1, 3]);
    await end('a');
    expect(started).toEqual(['a', 'b', 'c']);
  });
});

describe('when a key runs', () => {
  test('the earliest of several wishes counts', async () => {
    const { queue, runs, clock } = immediate();
    queue.add('a', { afterMs: 500 });
    queue.add('a', { afterMs: 100 });
    queue.add('a', { afterMs: 900 });
    await clock.advance(10_000);
    expect(runs).toEqual([{ key: 'a', at: 100 }]);
  });

  test('`now` runs again behind what waits, `afterMs` after its time, `forget` and nothing not at all', async () => {
    const outcomes: Record<string, Outcome> = { a: { again: 'now' }, b: { again: { afterMs: 70 } }, c: { again: 'forget' }, d: {} };
    const { queue, runs, clock } = immediate((key, nth) => (nth === 1 ? (outcomes[key] ?? {}) : {}));
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await clock.advance(1_000);
    expect(runs).toEqual([
      { key: 'a', at: 0 },
      { key: 'b', at: 0 },
      { key: 'c', at: 0 },
      { key: 'd', at: 0 },
      { key: 'a', at: 0 },
      { key: 'b', at: 70 },
    ]);
  });

  test('a key that waits for its time does not count as due, and `idle` does not wait for it', async () => {
    const { queue } = immediate();
    queue.add('a', { afterMs: 1_000 });
    await queue.idle();
    expect([queue.depth, queue.size, queue.running]).toEqual([0, 1, 0]);
  });

  test('ten thousand keys that wait need one timer', async () => {
    const virtual = new VirtualClock();
    let set = 0;
    let cancelled = 0;
    const clock: Clock = {
      now: () => virtual.now(),
      monotonic: () => virtual.monotonic(),
      after(delayMs, run) {
        set++;
        const timer = virtual.after(delayMs, run);
        return {
          cancel: () => {
            cancelled++;
            timer.cancel();
          },
        };
      },
    };
    let ran = 0;
    const queue = createQueue({
      clock,
      random: seededRandom(1),
      concurrency: 16,
      run: async () => {
        ran++;
        return {};
      },
    });
    for (let index = 0; index < 10_000; index++) queue.add(`key-${index}`, { afterMs: 60_000 - index });
    await settle();
    expect(set - cancelled).toBe(1);
    await virtual.advance(60_000);
    expect(ran).toBe(10_000);
  });

  test('a clock that jumps, as after a freeze, loses nothing', async () => {
    const { queue, keys, clock } = immediate();
    queue.add('a', { afterMs: 1_000 });
    queue.add('b', { afterMs: 2_000 });
    await settle();
    clock.jump(10_000);
    await clock.advance(0);
    expect(keys().sort()).toEqual(['a', 'b']);
  });
});

describe('backoff', () => {
  test('doubles its upper bound from one second to five minutes, and is anything below it', async () => {
    for (const random of [0.001, 0.5, 0.999_999]) {
      const { queue, runs, clock } = immediate(() => ({ again: 'backoff' }), { random: () => random });
      queue.add('a');
      await clock.advanceUntil(() => runs.length === 13, 10 * 3_600_000);
      const delays = runs.slice(1).map(({ at }, index) => Math.round(at - (runs[index]?.at ?? 0)));
      const bounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => Math.round(seconds * 1_000 * random));
      expect(delays).toEqual(bounds);
    }
  });

  test('is forgotten on success', async () => {
    const script: readonly Outcome[] = [{ again: 'backoff' }, { again: 'backoff' }, { again: { afterMs: 10 } }, { again: 'backoff' }, {}];
    const { queue, runs, clock } = immediate((_, nth) => script[nth - 1] ?? {}, { random: () => 0.5 });
    queue.add('a');
    await clock.advance(3_600_000);
    expect(runs.map(({ at }) => at)).toEqual([0, 500, 1_500, 1_510, 2_010]);
  });

  test('belongs to one key, and spares the others', async () => {
    const { queue, runs, clock } = immediate((key) => (key === 'bad' ? { again: 'backoff' } : { again: { afterMs: 1_000 } }), {
      random: () => 0.999,
    });
    queue.add('bad');
    queue.add('good');
    await clock.advance(60_500);
    expect(runs.filter(({ key }) => key === 'bad')).toHaveLength(6);
    expect(runs.filter(({ key }) => key === 'good')).toHaveLength(61);
  });

  test('a run that throws is backed off and reported', async () => {
    const errors: unknown[][] = [];
    const { queue, runs, clock } = immediate(
      (_, nth) => {
        if (nth < 3) throw new Error(`failure ${nth}`);
        return {};
      },
      { random: () => 0.5, onError: (...args) => errors.push(args) },
    );
    queue.add('a');
    await clock.advance(60_000);
    expect(runs.map(({ at }) => at)).toEqual([0, 500, 1_500]);
    expect(errors).toEqual([
      ['a', new Error('failure 1')],
      ['a', new Error('failure 2')],
    ]);
    expect(queue.size).toBe(0);
  });

  test('a key that is added anew does not wait for its backoff, and the next failure goes on counting', async () => {
    const { queue, runs, clock } = immediate(() => ({ again: 'backoff' }), { random: () => 0.5 });
    queue.add('a');
    await clock.advance(100);
    queue.add('a');
    await clock.advance(1_000);
    expect(runs.map(({ at }) => at)).toEqual([0, 100, 1_100]);
  });
});

describe('whose turn it is', () => {
  test('what has the fewest steps left goes first', async () => {
    const { queue, keys } = immediate();
    queue.add('five', { priority: 5 });
    queue.add('one', { priority: 1 });
    queue.add('unknown');
    queue.add('fifty', { priority: 50 });
    queue.add('three', { priority: 3 });
    await queue.idle();
    expect(keys()).toEqual(['one', 'three', 'five', 'unknown', 'fifty']);
  });

  test('the lowest of several wishes counts, also for a key that is due already', async () => {
    const { queue, started, end } = held({ concurrency: 1 });
    queue.add('running');
    await settle();
    queue.add('first', { priority: 5 });
    queue.add('second', { priority: 9 });
    queue.add('second', { priority: 2 });
    queue.add('second', { priority: 30 });
    await end('running');
    await end('second');
    await end('first');
    expect(started).toEqual(['running', 'second', 'first']);
  });

  test('a run says how much is left, and so when the key goes next', async () => {
    const left: Record<string, number> = { big: 20, small: 1 };
    const { queue, keys } = immediate((key, nth) => (nth === 1 ? { again: 'now', priority: left[key] ?? 0 } : {}));
    queue.add('big', { priority: 0 });
    queue.add('small', { priority: 0 });
    queue.add('middle', { priority: 10 });
    await queue.idle();
    expect(keys()).toEqual(['big', 'small', 'small', 'middle', 'middle', 'big']);
  });

  test('waiting raises priority: a key with many steps left is not overtaken for ever', async () => {
    const { queue, clock, started, end } = held({ concurrency: 1 });
    queue.add('running');
    await settle();
    queue.add('large', { priority: 1_000 });
    // Every second something small comes in and one place becomes free.
    let seconds = 0;
    while (started.at(-1) !== 'large' && seconds < 200) {
      await clock.advance(1_000);
      seconds++;
      queue.add(`small-${seconds}`, { priority: 0 });
      await end(started.at(-1) ?? '');
    }
    expect(started.at(-1)).toBe('large');
    expect(seconds).toBe(60);
  });

  test('shares take turns, so that one account’s thousand objects do not hold up another’s one', async () => {
    const { queue, keys } = immediate();
    for (let index = 0; index < 1_000; index++) queue.add(`many-${index}`, { share: '111111111111/us-west-2', priority: 0 });
    queue.add('few-0', { share: '222222222222/us-west-2', priority: 50 });
    queue.add('few-1', { share: '222222222222/us-west-2', priority: 50 });
    queue.add('gone', { share: 'deletion', priority: 50 });
    await queue.idle();
    expect(keys().slice(0, 6)).toEqual(['many-0', 'few-0', 'gone', 'many-1', 'few-1', 'many-2']);
    expect(keys()).toHaveLength(1_003);
  });

  test('a run can move its key to another share', async () => {
    const { queue, keys } = immediate((key, nth) => (key === 'a-0' && nth === 1 ? { again: 'now', share: 'deletion' } : {}));
    for (let index = 0; index < 10; index++) queue.add(`a-${index}`, { share: 'a' });
    await queue.idle();
    expect(keys().slice(0, 3)).toEqual(['a-0', 'a-1', 'a-0']);
  });

  test('a due key that is added to another share runs once, in the new one’s turn', async () => {
    const { queue, started, end } = held({ concurrency: 1 });
    queue.add('running');
    await settle();
    for (const key of ['a', 'b', 'c']) queue.add(key, { share: 'x' });
    queue.add('c', { share: 'y' });
    for (const key of ['running', 'a', 'c', 'b']) await end(key);
    expect(started).toEqual(['running', 'a', 'c', 'b']);
    expect(queue.size).toBe(0);
  });
});

describe('claims', () => {
  const claims: Record<string, readonly string[]> = {
    a: ['pair-1'],
    b: ['pair-1', 'pair-2'],
    c: ['pair-2'],
    d: ['pair-3'],
    twice: ['pair-3', 'pair-3'],
  };
  const claimsOf = (key: string): readonly string[] => claims[key] ?? [];

  test('keys with a claim in common run one after another, others beside them', async () => {
    const { queue, started, end } = held({ claimsOf });
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await settle();
    expect(started).toEqual(['a', 'd']);
    await end('a');
    expect(started).toEqual(['a', 'd', 'b']);
    await end('b');
    expect(started).toEqual(['a', 'd', 'b', 'c']);
  });

  test('a claim that is named twice does not make a key wait for itself', async () => {
    const { queue, started } = held({ claimsOf });
    queue.add('twice');
    await settle();
    expect(started).toEqual(['twice']);
  });

  test('a key that runs again at once stands behind those that wait for its claim', async () => {
    const { queue, started, end } = held({ claimsOf });
    queue.add('a');
    await settle();
    queue.add('b');
    await end('a', { again: 'now' });
    expect(started).toEqual(['a', 'b']);
    await end('b');
    expect(started).toEqual(['a', 'b', 'a']);
  });

  test('claims that changed while a key waited are looked at again before it starts', async () => {
    const changing: Record<string, readonly string[]> = { a: ['x'], b: ['y'] };
    const { queue, started, end } = held({ concurrency: 2, claimsOf: (key) => changing[key] ?? [] });
    queue.add('a');
    queue.add('filler');
    await settle();
    queue.add('b');
    await settle();
    changing.b = ['x'];
    await end('filler');
    expect(started).toEqual(['a', 'filler']);
    await end('a');
    expect(started).toEqual(['a', 'filler', 'b']);
  });

  test('ten thousand keys that want one thing are run in their order, quickly', async () => {
    const { queue, keys } = immediate(() => ({}), { concurrency: 16, claimsOf: () => ['one'] });
    const names = Array.from({ length: 10_000 }, (_, index) => `key-${index}`);
    for (const name of names) queue.add(name);
    await queue.idle();
    expect(keys()).toEqual(names);
  });
});

describe('stopping', () => {
  test('what runs may end, nothing is begun any more, and what is added is ignored', async () => {
    const { queue, started, end, clock } = held({ concurrency: 1 });
    queue.add('a');
    queue.add('b');
    queue.add('later', { afterMs: 100 });
    await settle();
    let stopped = false;
    const stopping = queue.stop().then(() => {
      stopped = true;
    });
    queue.add('c');
    await clock.advance(1_000);
    expect(stopped).toBe(false);
    await end('a', { again: 'now' });
    await stopping;
    await clock.advance(3_600_000);
    expect(started).toEqual(['a']);
    expect(clock.untilNext).toBeUndefined();
    expect([queue.size, queue.running]).toEqual([2, 0]);
    await queue.idle();
  });

  test('a queue that runs nothing stops at once', async () => {
    const { queue } = immediate();
    await queue.stop();
    expect(queue.running).toBe(0);
  });
});

describe('whatever happens', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        key,
        afterMs: fc.constantFrom(0, 0, 1, 50, 4_000),
        priority: fc.constantFrom(undefined, 0, 3, 100),
        share: fc.constantFrom(undefined, 'x', 'y', 'deletion'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 20, 1_000, 400_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('claim' as const), key, claims: fc.subarray(['p', 'q', 'r']) }) },
  );
  const outcome = fc.record({
    takesMs: fc.constantFrom(0, 0, 5, 300),
    again: fc.constantFrom(undefined, undefined, 'forget' as const, 'now' as const, { afterMs: 30 }, 'backoff' as const, 'throw' as const),
  });

  test('no key and no claim is ever held twice at once, every wish is followed by a run, and in the end nothing is left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.infiniteStream(outcome),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        async (steps, outcomes, concurrency, seed) => {
          const clock = new VirtualClock();
          const claims = new Map<string, readonly string[]>();
          const holding = new Map<string, readonly string[]>();
          /** Keys that were added and have not been started since. */
          const owed = new Set<string>();
          let budget = 60;
          const queue = createQueue({
            clock,
            random: seededRandom(seed),
            concurrency,
            claimsOf: (of) => claims.get(of) ?? [],
            run: async (of) => {
              const wanted = claims.get(of) ?? [];
              expect(holding.has(of)).toBe(false);
              expect([...holding.values()].flat().filter((claim) => wanted.includes(claim))).toEqual([]);
              expect(holding.size).toBeLessThan(concurrency);
              holding.set(of, wanted);
              owed.delete(of);
              const { takesMs, again } = outcomes.next().value as { takesMs: number; again: Outcome['again'] | 'throw' };
              if (takesMs > 0) await new Promise<void>((resolve) => clock.after(takesMs, resolve));
              holding.delete(of);
              budget--;
              if (budget <= 0) return {};
              if (again === 'throw') throw new Error('thrown by the test');
              return again === undefined ? {} : { again };
            },
          });
          for (const now of steps) {
            if (now.do === 'advance') await clock.advance(now.ms);
            else if (now.do === 'claim') claims.set(now.key, now.claims);
            else {
              owed.add(now.key);
              queue.add(now.key, {
                afterMs: now.afterMs,
                ...(now.priority === undefined ? {} : { priority: now.priority }),
                ...(now.share === undefined ? {} : { share: now.share }),
              });
            }
          }
          await clock.advance(60 * 300_000);
          await queue.idle();
          expect([queue.size, queue.depth, queue.running, holding.size]).toEqual([0, 0, 0, 0]);
          expect([...owed]).toEqual([]);
          expect(clock.untilNext).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('every key runs within a bounded number of turns, whatever the others’ priorities and shares are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(100), fc.nat(3)), { minLength: 2, maxLength: 12 }), fc.nat(11), async (keys, watched) => {
        const clock = new VirtualClock();
        const starved = watched % keys.length;
        let turns = 0;
        let seen = false;
        const queue = createQueue({
          clock,
          random: seededRandom(1),
          concurrency: 1,
          run: async (name) => {
            turns++;
            if (name === `key-${starved}`) seen = true;
            await new Promise<void>((resolve) => clock.after(1_000, resolve));
            // Every other key wants to go again at once, and says that it is nearly done.
            return seen ? {} : { again: 'now', priority: 0 };
          },
        });
        for (const [index, [priority, share]] of keys.entries()) {
          queue.add(`key-${index}`, { priority: index === starved ? 1_000 : priority, share: String(share) });
        }
        await clock.advanceUntil(() => seen, 10_000_000);
        // A minute's head start is sixty turns of a second; each takes a turn of every share at most.
        expect(turns).toBeLessThanOrEqual((61 + keys.length) * 4);
      }),
      { numRuns: 40 },
    );
  });

  test('the same seed gives the same order', async () => {
    const record = async (): Promise<unknown> => {
      const { queue, runs, clock } = immediate((name, nth) => (nth < 5 ? { again: name < 'key-5' ? 'backoff' : { afterMs: 700 } } : {}), {
        concurrency: 3,
      });
      for (let index = 0; index < 10; index++) queue.add(`key-${index}`, { share: String(index % 3), priority: index % 4 });
      await clock.advance(600_000);
      return runs;
    };
    expect(await record()).toEqual(await record());
  });
});
