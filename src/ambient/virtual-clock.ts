import type { Clock, Timer } from './clock.ts';

interface Due {
  at: number;
  order: number;
  run: () => void;
}

/**
 * A clock that stands still until it is moved. Timers run in the order in which they fall due (and were set, when at the
 * same moment), each after everything that the one before it set off has settled.
 */
export class VirtualClock implements Clock {
  readonly #startedAt: number;
  #elapsed = 0;
  #order = 0;
  #due: Due[] = [];

  /** @param startedAt milliseconds since the epoch; by default 2026-01-01T00:00:00Z */
  constructor(startedAt = Date.UTC(2026, 0, 1)) {
    this.#startedAt = startedAt;
  }

  now(): number {
    return this.#startedAt + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(delayMs: number, run: () => void): Timer {
    const due = { at: this.#elapsed + Math.max(0, delayMs), order: this.#order++, run };
    this.#due.push(due);
    return {
      cancel: () => {
        this.#due = this.#due.filter((other) => other !== due);
      },
    };
  }

  /** How long until the next timer, in milliseconds; undefined where none is set. */
  get untilNext(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#elapsed;
  }

  /** Moves time without running timers, as when a process was frozen; those that fell due run on the next `advance`. */
  jump(ms: number): void {
    this.#elapsed += ms;
  }

  /** Moves time on by `ms`, running every timer that falls due on the way, and lets what they set off settle. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (let next = this.#next(); next && next.at <= end; next = this.#next()) {
      this.#elapsed = Math.max(this.#elapsed, next.at);
      this.#due = this.#due.filter((other) => other !== next);
      next.run();
      await settle();
    }
    this.#elapsed = Math.max(this.#elapsed, end);
    await settle();
  }

  /**
   * Moves time on, timer by timer, until `done()` holds.
   *
   * @returns the milliseconds that passed
   * @throws Error when `withinMs` has passed, or no timer is left, and `done()` still does not hold
   */
  async advanceUntil(done: () => boolean, withinMs: number): Promise<number> {
    const from = this.#elapsed;
    await settle();
    while (!done()) {
      const until = this.untilNext;
      if (until === undefined) throw new Error(`nothing is left to happen after ${this.#elapsed - from} ms, and it is still not so`);
      if (this.#elapsed + until - from > withinMs) throw new Error(`still not so after ${withinMs} ms`);
      await this.advance(until);
    }
    return this.#elapsed - from;
  }

  #next(): Due | undefined {
    return this.#due.reduce<Due | undefined>(
      (first, due) => (!first || due.at < first.at || (due.at === first.at && due.order < first.order) ? due : first),
      undefined,
    );
  }
}

/** Lets promises and the event loop's own queue run dry: nothing that needs no time is left waiting. */
export async function settle(rounds = 25): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
