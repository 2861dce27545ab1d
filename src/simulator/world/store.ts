/** What a collection needs to know of the world that it is part of. */
export interface StoreContext {
  /** Milliseconds since the epoch. */
  now(): number;
  /** What a view shows of what happened to the collection that it is of. */
  horizon(view: string): Horizon;
  /** The number of the call that is being carried out: a read counts once, however often it looks. */
  call(): number;
  /**
   * Called with what takes a write back, so that a call that fails half-way leaves nothing behind.
   *
   * @returns the write's number: later ones have higher numbers
   */
  onWrite(undo: () => void): number;
}

/** What is seen: everything up to a write; and what came later if it is of this moment at the latest, and enough reads have missed it. */
export interface Horizon {
  readonly write: number;
  /** Milliseconds since the epoch; Infinity where nothing has to be so old. */
  readonly until: number;
  /** How many reads of a thing miss what is new about it. */
  readonly reads: number;
}

/** A collection as it is kept, older versions that can still be seen included. */
export interface SavedCollection<Value = { readonly id: string }> {
  readonly nextOrder: number;
  readonly entries: readonly SavedEntry<Value>[];
}

interface SavedEntry<Value> extends Pick<Entry<Value>, 'id' | 'order' | 'madeAt' | 'versions'> {
  readonly reads?: Readonly<Record<string, Reads>> | undefined;
}

interface Version<Value> {
  /** When it came to be; milliseconds since the epoch. */
  readonly at: number;
  /** The number of the write that made it. */
  readonly write: number;
  /** Undefined: deleted. */
  readonly value?: Value | undefined;
  /** How often each view had been read before; left out where reads do not matter. */
  readonly readsBefore?: Readonly<Record<string, number>> | undefined;
}

/** How often a view of an entry was read, and by which call last. */
interface Reads {
  readonly count: number;
  readonly call: number;
}

interface Entry<Value> {
  readonly id: string;
  readonly order: number;
  readonly madeAt: number;
  /** Oldest first; never empty. The last is the truth. */
  versions: readonly Version<Value>[];
  /** By view; kept only while reads matter. */
  reads?: Map<string, Reads>;
}

/** That a version was seen long ago, whatever is read since. */
const seenLongAgo = Number.MIN_SAFE_INTEGER;

/**
 * Things of one kind by id, in the order in which they were made. Values are never changed, only replaced. The truth is what calls act on; what
 * Describe sees may lie behind it: older versions are kept for as long as they can still be seen, of deleted things too. There may be several
 * views, each with its own lag; the usual one is called as the collection is.
 */
export class Collection<Value extends { readonly id: string }> {
  readonly name: string;
  readonly views: readonly string[];
  readonly #context: StoreContext;
  readonly #keysOf: (value: Value) => readonly string[];
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #idsByKey = new Map<string, Set<string>>();
  #nextOrder = 1;
  /** How many entries have older versions. */
  #layered = 0;

  /** @param keysOf what a value can be looked up by besides its id: `vpc:vpc-…`, `place:111122223333/us-west-2` … */
  constructor(name: string, context: StoreContext, keysOf: (value: Value) => readonly string[], ...moreViews: readonly string[]) {
    this.name = name;
    this.views = [name, ...moreViews];
    this.#context = context;
    this.#keysOf = keysOf;
  }

  /** The truth. */
  get(id: string): Value | undefined {
    return this.#entries.get(id)?.versions.at(-1)?.value;
  }

  /** The truth, by a key; in the order in which the values were made. */
  where(key: string): Value[] {
    return this.#lookUp(key, (entry) => entry.versions.at(-1)!.value);
  }

  /** How many true values there are by a key. */
  count(key: string): number {
    // With no older versions about, all that the index holds is true.
    return this.#layered === 0 ? (this.#idsByKey.get(key)?.size ?? 0) : this.where(key).length;
  }

  /** Whether the usual view shows the truth. */
  get isSeenAsItIs(): boolean {
    return this.#context.horizon(this.name).write === Number.POSITIVE_INFINITY;
  }

  /** Every true value. */
  *all(): Generator<Value> {
    for (const entry of this.#entries.values()) {
      const { value } = entry.versions.at(-1)!;
      if (value) yield value;
    }
  }

  /** What Describe sees of one. */
  seen(id: string, view = this.name): Value | undefined {
    const entry = this.#entries.get(id);
    return entry && this.#seenOf(entry, view);
  }

  /** What Describe sees, by a key. */
  seenWhere(key: string): Value[] {
    if (this.isSeenAsItIs) return this.where(key);
    return this.#lookUp(key, (entry) => this.#seenOf(entry, this.name));
  }

  /** Its place among all that were ever made: later ones have higher numbers. */
  orderOf(id: string): number {
    return this.#entries.get(id)?.order ?? 0;
  }

  /** When the thing was made; milliseconds since the epoch. */
  madeAt(id: string): number | undefined {
    return this.#entries.get(id)?.madeAt;
  }

  /** Whether a value is found under a key. */
  isUnder(value: Value, key: string): boolean {
    return this.#keysOf(value).includes(key);
  }

  put(value: Value): void {
    this.#write(value.id, value);
  }

  delete(id: string): void {
    if (this.get(id)) this.#write(id, undefined);
  }

  /**
   * Replaces a value by one that differs in some fields.
   *
   * @throws Error when there is no such value: a fault of the simulator
   */
  change(id: string, fields: Partial<Value>): Value {
    const value = this.get(id);
    if (!value) throw new Error(`no ${id} among the ${this.name}`);
    const changed = { ...value, ...fields };
    this.#write(id, changed);
    return changed;
  }

  /** Keeps what is seen by now in sight, whatever lags from now on. */
  keepSeen(): void {
    for (const view of this.views) {
      const horizon = this.#context.horizon(view);
      if (horizon.reads === 0) continue;
      for (const entry of this.#entries.values()) {
        const last = lastSeen(entry, view, horizon);
        entry.versions = entry.versions.map((version, index) =>
          index <= last ? { ...version, readsBefore: { ...version.readsBefore, [view]: seenLongAgo } } : version,
        );
      }
    }
  }

  save(): SavedCollection<Value> {
    const entries = [...this.#entries.values()].map(({ reads, ...entry }) => ({
      ...entry,
      ...(reads && { reads: Object.fromEntries(reads) }),
    }));
    return { nextOrder: this.#nextOrder, entries };
  }

  /**
   * Puts what was saved in the place of all that there is.
   *
   * @throws Error naming the entry whose values are none of this kind
   */
  restore({ nextOrder, entries }: SavedCollection<Value>): void {
    this.#entries.clear();
    this.#idsByKey.clear();
    this.#nextOrder = nextOrder;
    this.#layered = entries.filter(({ versions }) => versions.length > 1).length;
    for (const [index, { reads, ...entry }] of entries.entries()) {
      this.#entries.set(entry.id, { ...entry, ...(reads && { reads: new Map(Object.entries(reads)) }) });
      try {
        for (const key of this.#keysOfVersions(entry.versions)) this.#index(key, entry.id);
      } catch (error) {
        throw new Error(`entries[${index}]: ${entry.id} is not as the ${this.name} are (${(error as Error).message})`);
      }
    }
  }

  #seenOf(entry: Entry<Value>, view: string): Value | undefined {
    const horizon = this.#context.horizon(view);
    if (horizon.reads > 0) this.#countRead(entry, view);
    return entry.versions[lastSeen(entry, view, horizon)]?.value;
  }

  #countRead(entry: Entry<Value>, view: string): void {
    entry.reads ??= new Map();
    const { count, call: last } = entry.reads.get(view) ?? { count: 0, call: -1 };
    const call = this.#context.call();
    if (last !== call) entry.reads.set(view, { count: count + 1, call });
  }

  #lookUp(key: string, read: (entry: Entry<Value>) => Value | undefined): Value[] {
    const found: Value[] = [];
    let [sorted, last] = [true, 0];
    for (const id of this.#idsByKey.get(key) ?? []) {
      const entry = this.#entries.get(id)!;
      const value = read(entry);
      // The index also holds what had the key in a version that can still be seen.
      if (!value || (entry.versions.length > 1 && !this.#keysOf(value).includes(key))) continue;
      if (entry.order < last) sorted = false;
      last = entry.order;
      found.push(value);
    }
    return sorted ? found : found.sort((a, b) => this.orderOf(a.id) - this.orderOf(b.id));
  }

  #write(id: string, value: Value | undefined): void {
    const entry = this.#entries.get(id);
    const before = entry?.versions ?? [];
    const at = this.#context.now();
    const write = this.#context.onWrite(() => this.#store(id, before));
    const readsBefore = entry?.reads && Object.fromEntries([...entry.reads].map(([view, { count }]) => [view, count]));
    const version = { at, write, value, ...(readsBefore && { readsBefore }) };
    this.#store(id, this.#stillSeen({ versions: [...before, version], reads: entry?.reads }));
  }

  #stillSeen(entry: Pick<Entry<Value>, 'versions'> & { reads: Entry<Value>['reads'] | undefined }): readonly Version<Value>[] {
    const first = Math.min(...this.views.map((view) => lastSeen(entry, view, this.#context.horizon(view))));
    const kept = entry.versions.slice(Math.max(0, first));
    return kept.length === 1 && kept[0]!.value === undefined ? [] : kept;
  }

  #store(id: string, versions: readonly Version<Value>[]): void {
    const entry = this.#entries.get(id);
    this.#layered += Number(versions.length > 1) - Number((entry?.versions.length ?? 0) > 1);
    const keysBefore = this.#keysOfVersions(entry?.versions ?? []);
    const keysAfter = this.#keysOfVersions(versions);
    for (const key of keysBefore) if (!keysAfter.has(key)) this.#unindex(key, id);
    for (const key of keysAfter) if (!keysBefore.has(key)) this.#index(key, id);
    if (versions.length === 0) this.#entries.delete(id);
    else if (entry) entry.versions = versions;
    else this.#entries.set(id, { id, order: this.#nextOrder++, madeAt: versions[0]!.at, versions });
  }

  #keysOfVersions(versions: readonly Version<Value>[]): Set<string> {
    const keys = new Set<string>();
    for (const { value } of versions) if (value) for (const key of this.#keysOf(value)) keys.add(key);
    return keys;
  }

  #index(key: string, id: string): void {
    const ids = this.#idsByKey.get(key);
    if (ids) ids.add(id);
    else this.#idsByKey.set(key, new Set([id]));
  }

  #unindex(key: string, id: string): void {
    const ids = this.#idsByKey.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsByKey.delete(key);
  }
}

/** The place of the version that a view shows; -1 where it shows none yet. */
function lastSeen(
  { versions, reads }: { readonly versions: readonly Version<unknown>[]; readonly reads?: ReadonlyMap<string, Reads> | undefined },
  view: string,
  horizon: Horizon,
): number {
  const count = reads?.get(view)?.count ?? 0;
  return versions.findLastIndex(
    ({ at, write, readsBefore }) =>
      write <= horizon.write || (at <= horizon.until && (horizon.reads === 0 || count - (readsBefore?.[view] ?? 0) > horizon.reads)),
  );
}
