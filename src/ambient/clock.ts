/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/**
 * Where time comes from. Everything below `main.ts` is handed one of these and never asks the machine itself,
 * so that a whole run can be simulated, moved forward by hand and replayed.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; may be set back by an administrator. */
  now(): number;
  /** Milliseconds from some fixed moment; never goes back. Deadlines are kept in these. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` from now; at once (but never within this call) for 0 or less. */
  after(delayMs: number, run: () => void): Timer;
}

/** The longest delay that the platform's timers take; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), longestTimerMs));
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * The machine's clock, running `speed` times as fast: AWS's minutes pass in seconds. For demonstrations.
 *
 * @param speed how many simulated milliseconds pass in one real one; more than 0
 */
export function fastClock(speed: number, base: Clock = realClock): Clock {
  const startedAt = base.now();
  const startedMonotonic = base.monotonic();
  return {
    now: () => Math.floor(startedAt + (base.now() - startedAt) * speed),
    monotonic: () => startedMonotonic + (base.monotonic() - startedMonotonic) * speed,
    after: (delayMs, run) => base.after(delayMs / speed, run),
  };
}

/** Resolves `delayMs` from now on the given clock; rejects with the signal's reason if that is raised first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
