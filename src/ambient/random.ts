/** A source of numbers from 0 (included) to 1 (excluded), as `Math.random` is one. */
export type Random = () => number;

/** The machine's own randomness. */
export const realRandom: Random = () => Math.random();

/** The same sequence for the same seed (mulberry32), so that a run can be replayed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
