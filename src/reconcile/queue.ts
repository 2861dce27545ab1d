import type { Clock, Timer } from '../ambient/clock.ts';
import type { Random } from '../ambient/random.ts';
import { Heap } from './heap.ts';

/** What a run comes to. Everything but `backoff` forgets earlier failures. */
export interface Outcome {
  /**
   * `now`: once more, behind what is waiting already. `afterMs`: once more, so many milliseconds from now. `backoff`: once more, each time in a row later.
   * `forget` or left out: not until the key is added again.
   */
  readonly again?: 'now' | { readonly afterMs: number } | 'backoff' | 'forget';
  /** Steps that are left to do, 0 or more: of the keys that wait, those that are nearest to their end go first. */
  readonly priority?: number;
  /** In whose turn the key runs from now on. */
  readonly share?: string;
}

/** When, how urgently and in whose turn a key is to run. */
export interface AddOptions {
  /** Milliseconds from now; 0 by default. The earliest of several wishes counts. */
  readonly afterMs?: number;
  /** Steps left, as in `Outcome`; the lowest of several wishes counts. */
  readonly priority?: number;
  /** Keys of one share run in turn with those of the others. */
  readonly share?: string;
}

/** The delays of `backoff`, in milliseconds. */
export interface Backoff {
  /** Upper bound of the first delay; doubled with every failure in a row. */
  readonly baseMs: number;
  /** No delay is longer. */
  readonly capMs: number;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How many keys run at once. */
  readonly concurrency: number;
  /** Never called for a key whose last run has not ended. */
  readonly run: (key: string) => Promise<Outcome>;
  /** Names that this key wants for itself while it runs; asked when the key falls due and again when it starts. Nothing by default; must not throw. */
  readonly claimsOf?: (key: string) => readonly string[];
  /** Told of a run that threw; the key is backed off. */
  readonly onError?: (key: string, error: unknown) => void;
  /** By default 1 s up to 5 min. */
  readonly backoff?: Backoff;
}

/** The keyed work queue of the loop. */
export interface Queue {
  /** Asks for a run. A key that waits already still runs once; one that is running runs once more afterwards. Ignored after `stop`. */
  add(key: string, options?: AddOptions): void;
  /** Begins nothing more; resolves when what was running has ended. */
  stop(): Promise<void>;
  /** Resolves when nothing runs and nothing is due; keys may still wait for their time. */
  idle(): Promise<void>;
  /** Keys that run, are due, or wait for their time. */
  readonly size: number;
  /** Keys that run. */
  readonly running: number;
  /** Keys that are due and wait for a place, their turn or a claim. */
  readonly depth: number;
}

const defaultBackoff: Backoff = { baseMs: 1_000, capMs: 300_000 };

/** One step more to do is worth one second of waiting: a key with five steps left goes before one with nothing left that came six seconds later. */
const msPerStep = 1_000;

/** No key is put behind those that come more than a minute after it. */
const mostSteps = 60;

/** For a key of which nothing is known yet: behind those that have begun and are nearly done, ahead of large ones. */
const unknownSteps = 10;

interface Entry {
  readonly key: string;
  share: string;
  /** Steps left; undefined: unknown. */
  priority: number | undefined;
  /** Failures in a row. */
  failures: number;
  phase: 'delayed' | 'claiming' | 'ready' | 'running';
  /** Monotonic milliseconds: when it is (or was) to run. */
  dueAt: number;
  claims: readonly string[];
  /** How many of the claims another key comes first for. */
  behind: number;
  /** What was asked for during the run. */
  wish: { at: number; priority: number | undefined } | undefined;
  /** Raised whenever an older place in a heap becomes void. */
  stamp: number;
}

/** A place in a heap; void when its entry has been given a newer one. */
interface Ticket {
  readonly entry: Entry;
  readonly stamp: number;
  readonly score: number;
  readonly order: number;
}

const sooner = (a: Ticket, b: Ticket): boolean => a.score < b.score || (a.score === b.score && a.order < b.order);

const lower = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/**
 * Runs each key at most once at a time, and keys with a claim in common one after another.
 *
 * A key that is due lines up for all its claims in one go, so that no two keys can each hold what the other waits for, and none is overtaken for ever.
 * At the head of every line it joins the heap of its share; shares take turns, and within one the order is the due time plus a second for
 * each step left. Since every key ages alike, that order never changes while they wait. All delays share one heap and one timer.
 */
export function createQueue(options: QueueOptions): Queue {
  const { clock, random, concurrency, run } = options;
  const backoff = options.backoff ?? defaultBackoff;
  const claimsOf = (key: string): readonly string[] => [...new Set(options.claimsOf?.(key))];

  const entries = new Map<string, Entry>();
  const delayed = new Heap<Ticket>(sooner);
  /** By claim: the keys that want it, in their order. The first one has it. */
  const lines = new Map<string, Set<Entry>>();
  /** The ready keys by share. The first share has the next turn. */
  const shares = new Map<string, Heap<Ticket>>();
  let order = 0;
  let running = 0;
  let due = 0;
  let stopped = false;
  let pumping = false;
  let timer: { readonly at: number; readonly handle: Timer } | undefined;
  let watchers: { readonly done: () => boolean; readonly resolve: () => void }[] = [];

  function ticketFor(entry: Entry, score: number): Ticket {
    entry.stamp++;
    return { entry, stamp: entry.stamp, score, order: order++ };
  }

  const isVoid = (ticket: Ticket): boolean => ticket.stamp !== ticket.entry.stamp;

  function delay(entry: Entry, at: number): void {
    entry.dueAt = at;
    if (at <= clock.monotonic()) {
      fallDue(entry);
      return;
    }
    entry.phase = 'delayed';
    delayed.push(ticketFor(entry, at));
  }

  function fallDue(entry: Entry): void {
    due++;
    lineUp(entry, claimsOf(entry.key));
  }

  function lineUp(entry: Entry, claims: readonly string[]): void {
    // Voids the place among the delayed ones; a place among the ready ones was taken out by whoever calls this.
    entry.stamp++;
    entry.claims = claims;
    entry.behind = 0;
    for (const claim of claims) {
      const line = lines.get(claim) ?? new Set();
      lines.set(claim, line.add(entry));
      if (line.size > 1) entry.behind++;
    }
    if (entry.behind > 0) entry.phase = 'claiming';
    else makeReady(entry);
  }

  function leaveLines(entry: Entry): void {
    for (const claim of entry.claims) {
      const line = lines.get(claim);
      line?.delete(entry);
      const [head] = line ?? [];
      if (!head) {
        lines.delete(claim);
      } else {
        head.behind--;
        if (head.behind === 0) makeReady(head);
      }
    }
    entry.claims = [];
  }

  function makeReady(entry: Entry): void {
    entry.phase = 'ready';
    const steps = Math.min(Math.max(entry.priority ?? unknownSteps, 0), mostSteps);
    const heap = shares.get(entry.share) ?? new Heap<Ticket>(sooner);
    heap.push(ticketFor(entry, entry.dueAt + steps * msPerStep));
    shares.set(entry.share, heap);
  }

  /** The key whose turn it is, taken out of its heap; its share goes to the back. */
  function takeTurn(): Entry | undefined {
    for (const [share, heap] of shares) {
      let ticket = heap.pop();
      while (ticket && isVoid(ticket)) ticket = heap.pop();
      shares.delete(share);
      if (heap.size > 0) shares.set(share, heap);
      if (ticket) return ticket.entry;
    }
    return undefined;
  }

  function takeDue(): void {
    const now = clock.monotonic();
    for (let first = delayed.peek(); first && (isVoid(first) || first.score <= now); first = delayed.peek()) {
      delayed.pop();
      if (!isVoid(first)) fallDue(first.entry);
    }
  }

  function startWhatMay(): void {
    while (running < concurrency) {
      const entry = takeTurn();
      if (!entry) return;
      const claims = claimsOf(entry.key);
      if (sameList(claims, entry.claims)) {
        start(entry);
      } else {
        // The object was edited while it waited: what it wants now may be another's.
        leaveLines(entry);
        lineUp(entry, claims);
      }
    }
  }

  function start(entry: Entry): void {
    entry.phase = 'running';
    running++;
    due--;
    void attempt(entry.key).then((outcome) => finish(entry, outcome));
  }

  async function attempt(key: string): Promise<Outcome> {
    try {
      return await run(key);
    } catch (error) {
      options.onError?.(key, error);
      return { again: 'backoff' };
    }
  }

  function finish(entry: Entry, outcome: Outcome): void {
    running--;
    leaveLines(entry);
    const { wish } = entry;
    entry.wish = undefined;
    entry.share = outcome.share ?? entry.share;
    entry.priority = lower(outcome.priority ?? (outcome.again === 'backoff' ? entry.priority : undefined), wish?.priority);
    entry.failures = outcome.again === 'backoff' ? entry.failures + 1 : 0;
    const at = Math.min(againAt(entry, outcome), wish?.at ?? Number.POSITIVE_INFINITY);
    if (at === Number.POSITIVE_INFINITY || stopped) entries.delete(entry.key);
    else delay(entry, at);
    pumpSoon();
  }

  function againAt(entry: Entry, { again }: Outcome): number {
    const now = clock.monotonic();
    if (again === undefined || again === 'forget') return Number.POSITIVE_INFINITY;
    if (again === 'now') return now;
    if (again === 'backoff') return now + random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** (entry.failures - 1));
    return now + Math.max(0, again.afterMs);
  }

  /** Not within `add`: keys that are added together are ordered before the first of them starts. */
  function pumpSoon(): void {
    if (pumping) return;
    pumping = true;
    queueMicrotask(pump);
  }

  function pump(): void {
    pumping = false;
    if (!stopped) {
      takeDue();
      startWhatMay();
    }
    setTimer();
    watchers = watchers.filter(({ done, resolve }) => {
      if (done()) resolve();
      return !done();
    });
  }

  function setTimer(): void {
    const at = stopped ? undefined : delayed.peek()?.score;
    if (timer?.at === at) return;
    timer?.handle.cancel();
    timer = undefined;
    if (at === undefined) return;
    const handle = clock.after(at - clock.monotonic(), () => {
      timer = undefined;
      pumpSoon();
    });
    timer = { at, handle };
  }

  function when(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      watchers.push({ done, resolve });
      pumpSoon();
    });
  }

  return {
    add(key, { afterMs = 0, priority, share } = {}) {
      if (stopped) return;
      const at = clock.monotonic() + Math.max(0, afterMs);
      const entry = entries.get(key);
      if (!entry) {
        const fresh: Entry = {
          key,
          share: share ?? '',
          priority,
          failures: 0,
          phase: 'delayed',
          dueAt: at,
          claims: [],
          behind: 0,
          wish: undefined,
          stamp: 0,
        };
        entries.set(key, fresh);
        delay(fresh, at);
        pumpSoon();
        return;
      }
      if (entry.phase === 'running') {
        entry.wish = { at: Math.min(at, entry.wish?.at ?? at), priority: lower(priority, entry.wish?.priority) };
        entry.share = share ?? entry.share;
        return;
      }
      const wanted = { share: share ?? entry.share, priority: lower(priority, entry.priority) };
      const moved = wanted.share !== entry.share || wanted.priority !== entry.priority;
      Object.assign(entry, wanted);
      if (entry.phase === 'delayed' && at < entry.dueAt) delay(entry, at);
      else if (entry.phase === 'ready' && moved) makeReady(entry);
      pumpSoon();
    },
    async stop() {
      stopped = true;
      await when(() => running === 0);
    },
    idle: () => when(() => running === 0 && (due === 0 || stopped)),
    get size() {
      return entries.size;
    },
    get running() {
      return running;
    },
    get depth() {
      return due;
    },
  };
}
