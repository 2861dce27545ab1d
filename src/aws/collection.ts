import { type Clock, sleep } from '../ambient/clock.ts';
import type { Random } from '../ambient/random.ts';
import { AwsError } from './aws.ts';
import { OwnWritesOverSweeps, windowEnd } from './own-writes.ts';
import type { Extent, Page, Read } from './reads.ts';

/** How old what is known may be, and how long AWS may contradict itself. All in milliseconds. */
export interface Freshness {
  /** A list that is older is read again when next asked for; spread by a fifth to either side. */
  readonly maxAgeMs: number;
  /** For things in a passing state, and for ids that are missing: they are asked for by id. */
  readonly passingMs: number;
  /** Within this time of a write AWS's answers may not show it. */
  readonly windowMs: number;
}

export interface CollectionOptions<Item> {
  readonly read: Read<Item>;
  /** Sends one Describe with the account's session, through budget and record. */
  readonly send: (extent: Extent) => Promise<Page<Item>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly freshness: Freshness;
  /** Milliseconds that never come twice, of the clock's monotonic time: the order of what happens in one moment is kept. */
  readonly moment: () => number;
  /** When the lease was taken, in the same milliseconds: what was written before by another process is as uncertain as a write of that moment. */
  readonly leaseAt: () => number;
}

interface Sweep {
  readonly startedAt: number;
  /** Settles for those who wait now; a sweep that is kept waiting sends them away and goes on. */
  waiting: PromiseWithResolvers<void>;
}

/** A sweep that is refused this often in a row gives up, and the next one starts from the beginning. */
const mostRefusals = 20;
/** Doubts may arise while a sweep is waited for; a caller waits for no more than these. */
const mostRounds = 3;
/** AWS takes up to 200 ids a call. */
const mostIds = 200;
/** Answers about single ids are forgotten after this time: asked for again, they cost one call. */
const describedKeptMs = 5 * 60_000;

/** One collection of one account and region: swept when it is too old, asked by id where that must be known better. */
export class Collection<Item> {
  readonly #options: CollectionOptions<Item>;
  readonly #known: OwnWritesOverSweeps<Item>;
  /** What AWS last said about single ids, also that there is none. */
  readonly #described = new Map<string, { readonly item: Item | undefined; readonly startedAt: number }>();
  /** Moments at which something may have changed unseen: the list is read again at once, and once more when AWS must show it. */
  #doubts: number[] = [];
  #sweep: Sweep | undefined;
  #sweepAgainAt = Number.NEGATIVE_INFINITY;
  #asked = new Set<string>();
  #describing: Promise<void> | undefined;
  #describingNext: Promise<void> | undefined;

  constructor(options: CollectionOptions<Item>) {
    this.#options = options;
    this.#known = new OwnWritesOverSweeps(options.freshness.windowMs);
  }

  /** As it is known now; see `fresh`. */
  get items(): ReadonlyMap<string, Item> {
    return this.#known.items;
  }

  /** When the sweep under it began. */
  get sweptAt(): number {
    return this.#known.sweptAt;
  }

  readAt(key: string): number {
    return this.#known.readAt(key);
  }

  described(key: string): { readonly item: Item | undefined; readonly startedAt: number } | undefined {
    const described = this.#described.get(key);
    return described && this.#options.clock.monotonic() - described.startedAt < describedKeptMs ? described : undefined;
  }

  /** Something may have changed that no effect tells of. */
  doubt(at: number): void {
    this.#doubts.push(at);
  }

  write(effect: Parameters<OwnWritesOverSweeps<Item>['write']>[0], writtenAt: number): void {
    this.#known.write(effect, writtenAt);
  }

  /**
   * Resolves once `items` is young enough; whoever asks meanwhile shares the sweep.
   *
   * @throws AwsError; `throttled` also while a long sweep waits for its next page
   */
  async fresh(): Promise<void> {
    for (let round = 0; round < mostRounds && this.#isStale(round === 0); round++) {
      this.#sweep ??= this.#startSweep();
      await this.#sweep.waiting.promise;
    }
  }

  /** A list that was just waited for is not too old, however long it took; but it may have begun before a doubt. */
  #isStale(countsAge: boolean): boolean {
    const now = this.#options.clock.monotonic();
    if (countsAge && now >= this.#sweepAgainAt) return true;
    return [...this.#doubts, this.#options.leaseAt()].some((at) => {
      const shownFrom = windowEnd(at, this.#options.freshness.windowMs);
      return this.sweptAt < at || (now >= shownFrom && this.sweptAt < shownFrom);
    });
  }

  #startSweep(): Sweep {
    const sweep: Sweep = { startedAt: this.#options.moment(), waiting: Promise.withResolvers() };
    void this.#runSweep(sweep);
    return sweep;
  }

  async #runSweep(sweep: Sweep): Promise<void> {
    const { read, clock, random, freshness } = this.#options;
    // Those who come back later find the result; nobody needs to be waiting when it fails.
    sweep.waiting.promise.catch(() => {});
    try {
      const items = new Map<string, Item>();
      let nextToken: string | undefined;
      do {
        const page: Page<Item> = await this.#page(sweep, nextToken);
        for (const item of page.items) items.set(read.idOf(item), item);
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      this.#known.sweep(items, sweep.startedAt);
      this.#doubts = this.#doubts.filter((at) => sweep.startedAt < windowEnd(at, freshness.windowMs));
      for (const key of this.#described.keys()) if (!this.described(key)) this.#described.delete(key);
      const maxAge = freshness.maxAgeMs * (0.8 + 0.4 * random());
      // A list that takes long to read may be older than that when it is there: half the time is then left for everything else.
      this.#sweepAgainAt = Math.max(sweep.startedAt + maxAge, clock.monotonic() + maxAge / 2);
      this.#sweep = undefined;
      sweep.waiting.resolve();
    } catch (error) {
      this.#sweep = undefined;
      sweep.waiting.reject(error);
    }
  }

  /** A page that has to wait is waited for, or a list of more pages than the budget has tokens would never come to its end. */
  async #page(sweep: Sweep, nextToken: string | undefined): Promise<Page<Item>> {
    const extent = { MaxResults: this.#options.read.pageSize, NextToken: nextToken };
    for (let refusals = 0; ; refusals++) {
      try {
        return await this.#options.send(extent);
      } catch (error) {
        const waits = error instanceof AwsError && error.meaning === 'throttled' && nextToken !== undefined && refusals < mostRefusals;
        if (!waits) throw error;
        sweep.waiting.reject(error);
        sweep.waiting = Promise.withResolvers();
        sweep.waiting.promise.catch(() => {});
        await sleep(this.#options.clock, error.retryAfterMs ?? 1_000);
      }
    }
  }

  /**
   * Asks AWS about these ids; those that are asked for while a call is under way go together in the next one.
   *
   * @throws AwsError
   */
  describe(ids: Iterable<string>): Promise<void> {
    for (const id of ids) this.#asked.add(id);
    this.#describingNext ??= this.#describeNext(this.#describing);
    return this.#describingNext;
  }

  async #describeNext(current: Promise<void> | undefined): Promise<void> {
    await current?.catch(() => {});
    await Promise.resolve();
    this.#describing = this.#describingNext;
    this.#describingNext = undefined;
    const ids = [...this.#asked].sort();
    this.#asked = new Set();
    const size = Math.min(mostIds, this.#options.read.pageSize);
    try {
      for (let from = 0; from < ids.length; from += size) await this.#describeThese(ids.slice(from, from + size));
    } finally {
      this.#describing = undefined;
    }
  }

  async #describeThese(ids: readonly string[]): Promise<void> {
    const { read, send, moment } = this.#options;
    const startedAt = moment();
    const items: Item[] = [];
    try {
      let nextToken: string | undefined;
      do {
        const page: Page<Item> = await send({ ids, NextToken: nextToken });
        items.push(...page.items);
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    } catch (error) {
      if (!(error instanceof AwsError) || !tellsAbsence(error)) throw error;
      if (ids.length > 1) {
        // One id that is not there fails the call for all: which one is told by code only, so halves are asked.
        const half = Math.ceil(ids.length / 2);
        await this.#describeThese(ids.slice(0, half));
        await this.#describeThese(ids.slice(half));
        return;
      }
      items.length = 0;
    }
    const found = new Map(items.map((item) => [read.idOf(item), item]));
    for (const id of ids) {
      const item = found.get(id);
      this.#described.set(id, { item, startedAt });
      if (item !== undefined) this.#known.read(id, item, startedAt);
    }
  }

  /** The absence that AWS last told of this id has been proven: it goes from `items` too. */
  drop(key: string): void {
    const described = this.#described.get(key);
    if (described && described.item === undefined) this.#known.read(key, undefined, described.startedAt);
  }
}

/** An id that AWS finds malformed is nobody's either. */
function tellsAbsence(error: AwsError): boolean {
  return error.meaning === 'notFound' || /\.malformed$/i.test(error.code);
}
