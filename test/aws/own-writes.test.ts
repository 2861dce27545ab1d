import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LayeredMap } from '../../src/aws/layered-map.ts';
import { OwnWritesOverSweeps } from '../../src/aws/own-writes.ts';

const windowMs = 15_000;

/** A write that puts this text in the place of `key`; undefined takes it away. */
const put = (key: string, value: string | undefined) => ({
  key,
  part: 'exists',
  apply: () => value,
  shownBy: (item: string | undefined) => item === value,
});

/** Sweeps and reads by id take a while, and show what was so at some moment up to one window before each key is looked at. */
type Step =
  | { readonly do: 'write'; readonly key: string; readonly gone: boolean }
  | { readonly do: 'beginSweep' | 'beginRead'; readonly key: string; readonly lagMs: number }
  | { readonly do: 'end'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number };

const keys = ['a', 'b', 'c'];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('write' as const), key: fc.constantFrom(...keys), gone: fc.boolean() }),
  fc.record({
    do: fc.constantFrom('beginSweep' as const, 'beginRead' as const),
    key: fc.constantFrom(...keys),
    lagMs: fc.oneof(fc.constant(0), fc.nat({ max: windowMs })),
  }),
  fc.record({ do: fc.constant('end' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 20_000 }) }),
);

/** AWS: every value that each key has had, and from when on. */
class History {
  readonly #values = new Map<string, { readonly at: number; readonly value: string | undefined }[]>(keys.map((key) => [key, []]));

  write(key: string, value: string | undefined, at: number): void {
    this.#values.get(key)!.push({ at, value });
  }

  at(key: string, moment: number): string | undefined {
    return this.#values.get(key)!.findLast((held) => held.at <= moment)?.value;
  }

  lastWriteAt(key: string): number {
    return this.#values.get(key)!.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  }

  all(moment: number): Map<string, string> {
    return new Map(keys.map((key) => [key, this.at(key, moment)]).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
}

describe('A view with our own writes in it', () => {
  test('never loses a write, however sweeps, reads and writes lag and cross, where AWS does not go back behind what it has shown', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const view = new OwnWritesOverSweeps<string>(windowMs);
        const aws = new History();
        let now = 0;
        let written = 0;
        let seen = Number.NEGATIVE_INFINITY;
        const underWay: { startedAt: number; end: () => void }[] = [];
        for (const one of steps) {
          now += 1;
          if (one.do === 'wait') now += one.ms;
          if (one.do === 'write') {
            const value = one.gone ? undefined : `value ${written++}`;
            aws.write(one.key, value, now);
            view.write(put(one.key, value), now);
          }
          if (one.do === 'beginSweep' || one.do === 'beginRead') {
            const startedAt = now;
            // As late as it likes, but no later than a window, and never from before an answer that it gave already.
            seen = Math.max(seen, startedAt - one.lagMs);
            const shows = seen;
            const all = aws.all(shows);
            underWay.push({
              startedAt,
              end: () => (one.do === 'beginSweep' ? view.sweep(all, startedAt) : view.read(one.key, aws.at(one.key, shows), startedAt)),
            });
          }
          if (one.do === 'end' && underWay.length > 0) underWay.splice(one.which % underWay.length, 1)[0]!.end();
          for (const key of keys) {
            if (aws.lastWriteAt(key) > Number.NEGATIVE_INFINITY) expect(view.items.get(key)).toBe(aws.at(key, now));
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('never keeps a write that others have undone, once a sweep that began after the window shows it, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.subarray(keys), (steps, left) => {
        const view = new OwnWritesOverSweeps<string>(windowMs);
        let now = 0;
        let written = 0;
        for (const one of steps) {
          now += 1;
          if (one.do === 'wait') now += one.ms;
          if (one.do === 'write') view.write(put(one.key, one.gone ? undefined : `value ${written++}`), now);
          if (one.do === 'beginSweep') view.sweep(new Map([[one.key, 'of others']]), now - Math.min(now, one.lagMs));
          if (one.do === 'beginRead') view.read(one.key, undefined, now - Math.min(now, one.lagMs));
        }
        const truth = new Map(left.map((key) => [key, 'truth']));
        view.sweep(truth, now + windowMs);
        expect(new Map(view.items)).toEqual(truth);
      }),
      { numRuns: 1_000 },
    );
  });

  test('keeps a write over a sweep that began before it, also where that shows the same by chance', () => {
    const view = new OwnWritesOverSweeps<string>(windowMs);
    view.write(put('a', 'mine'), 100);
    view.sweep(new Map([['a', 'mine']]), 50);
    view.sweep(new Map(), 200);
    expect(view.items.get('a')).toBe('mine');
  });

  test('lets a write go as soon as a later sweep shows it, so that what others do then is seen at once', () => {
    const view = new OwnWritesOverSweeps<string>(windowMs);
    view.write(put('a', 'mine'), 100);
    view.sweep(new Map([['a', 'mine']]), 200);
    view.sweep(new Map([['a', 'of others']]), 300);
    expect(view.items.get('a')).toBe('of others');
  });

  test('takes nothing from a sweep that ends after one that began later', () => {
    const view = new OwnWritesOverSweeps<string>(windowMs);
    view.write(put('a', 'mine'), 100);
    view.sweep(new Map([['a', 'mine']]), 200);
    view.sweep(new Map([['a', 'older']]), 50);
    expect([view.items.get('a'), view.sweptAt]).toEqual(['mine', 200]);
  });

  test('keeps what was read by id over a sweep that began before it', () => {
    const view = new OwnWritesOverSweeps<string>(windowMs);
    view.read('a', 'newer', 200);
    view.sweep(new Map([['a', 'older']]), 100);
    expect([view.items.get('a'), view.readAt('a'), view.readAt('b')]).toEqual(['newer', 200, 100]);
  });

  test('does not change under those who hold it, and is the same one until something has changed', () => {
    const view = new OwnWritesOverSweeps<string>(windowMs);
    view.sweep(new Map([['a', '1']]), 1);
    const before = view.items;
    expect(view.items).toBe(before);
    view.write(put('b', '2'), 2);
    expect([[...before], [...view.items]]).toEqual([
      [['a', '1']],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ]);
  });
});

describe('A map laid over another', () => {
  test('is like the two put together', () => {
    const small = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat({ max: 9 }));
    const above = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.option(fc.nat({ max: 9 }), { nil: undefined }));
    fc.assert(
      fc.property(small, above, (low, high) => {
        const layered = new LayeredMap(new Map(Object.entries(low)), new Map(Object.entries(high)));
        const plain = new Map(Object.entries(low));
        for (const [key, value] of Object.entries(high)) value === undefined ? plain.delete(key) : plain.set(key, value);
        const walked: [string, number][] = [];
        layered.forEach((value, key) => void walked.push([key, value]));
        expect([[...layered], layered.size, walked]).toEqual([[...plain], plain.size, [...plain]]);
        expect([[...layered.keys()], [...layered.values()]]).toEqual([[...plain.keys()], [...plain.values()]]);
        for (const key of 'abcdef') expect([layered.get(key), layered.has(key)]).toEqual([plain.get(key), plain.has(key)]);
      }),
    );
  });
});
