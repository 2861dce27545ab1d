/** A source of numbers from 0 (included) to 1 (excluded), as `Math.random` is one. */
export type Random = () => number;

/** The machine's own randomness. */
export const realRandom: Random = () => Math.random();

/** A sequence that can be left and taken up again: that of the seed `state` goes on where this one stands. */
export interface SeededRandom {
  (): number;
  readonly state: number;
}

/** The same sequence for the same seed (mulberry32), so that a run can be replayed. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Object.defineProperty(next as typeof next & { readonly state: number }, 'state', { get: () => state });
}
