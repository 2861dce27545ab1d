/** What a collection needs to know of the world that it is part of. */
export interface StoreContext {
  /** Milliseconds since the epoch. */
  now(): number;
  /** What Describe sees of what happened to this collection. */
  horizon(collection: string): Horizon;
  /**
   * Called with what takes a write back, so that a call that fails half-way leaves nothing behind.
   *
   * @returns the write's number: later ones have higher numbers
   */
  onWrite(undo: () => void): number;
}

/** Everything up to this moment is seen, and everything up to this write; Infinity where all is. */
export interface Horizon {
  readonly until: number;
  readonly write: number;
}

interface Version<Value> {
  /** When it came to be; milliseconds since the epoch. */
  readonly at: number;
  /** The number of the write that made it. */
  readonly write: number;
  /** Undefined: deleted. */
  readonly value: Value | undefined;
}

interface Entry<Value> {
  readonly id: string;
  readonly order: number;
  readonly madeAt: number;
  /** Oldest first; never empty. The last is the truth. */
  versions: readonly Version<Value>[];
}

/**
 * Things of one kind by id, in the order in which they were made. Values are never changed, only replaced. The truth is what calls act on; what
 * Describe sees may lie behind it: older versions are kept for as long as they can still be seen, of deleted things too.
 */
export class Collection<Value extends { readonly id: string }> {
  readonly name: string;
  readonly #context: StoreContext;
  readonly #keysOf: (value: Value) => readonly string[];
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #idsByKey = new Map<string, Set<string>>();
  #nextOrder = 1;

  /** @param keysOf what a value can be looked up by besides its id: `vpc:vpc-…`, `place:111122223333/us-west-2` … */
  constructor(name: string, context: StoreContext, keysOf: (value: Value) => readonly string[]) {
    this.name = name;
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

  /** Every true value. */
  *all(): Generator<Value> {
    for (const entry of this.#entries.values()) {
      const { value } = entry.versions.at(-1)!;
      if (value) yield value;
    }
  }

  /** What Describe sees of one. */
  seen(id: string): Value | undefined {
    const entry = this.#entries.get(id);
    return entry && this.#seenOf(entry);
  }

  /** What Describe sees, by a key. */
  seenWhere(key: string): Value[] {
    if (this.#context.horizon(this.name).until === Number.POSITIVE_INFINITY) return this.where(key);
    return this.#lookUp(key, (entry) => this.#seenOf(entry));
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

  #seenOf(entry: Entry<Value>): Value | undefined {
    const horizon = this.#context.horizon(this.name);
    return entry.versions.findLast((version) => isSeen(version, horizon))?.value;
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
    const before = this.#entries.get(id)?.versions ?? [];
    const at = this.#context.now();
    const write = this.#context.onWrite(() => this.#store(id, before));
    const versions = this.#stillSeen([...before, { at, write, value }]);
    this.#store(id, versions);
  }

  #stillSeen(versions: readonly Version<Value>[]): readonly Version<Value>[] {
    const horizon = this.#context.horizon(this.name);
    const first = versions.findLastIndex((version) => isSeen(version, horizon));
    const kept = versions.slice(Math.max(0, first));
    return kept.length === 1 && kept[0]!.value === undefined ? [] : kept;
  }

  #store(id: string, versions: readonly Version<Value>[]): void {
    const entry = this.#entries.get(id);
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

const isSeen = ({ at, write }: Version<unknown>, horizon: Horizon): boolean => at <= horizon.until || write <= horizon.write;
