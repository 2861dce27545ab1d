import type { NetworkCollections } from '../network/model.ts';
import { LayeredMap } from './layered-map.ts';

/**
 * What a successful change did to one thing of one collection, until AWS's answers show it. Both functions are pure, and may be asked
 * about things that others have changed in the meantime: an effect says only what it did, never what the whole thing is like.
 */
export interface Effect<Name extends keyof NetworkCollections = keyof NetworkCollections> {
  readonly collection: Name;
  readonly key: string;
  /** Which part of the thing: a later effect on the same part takes an earlier one's place. `exists`, `route 10.0.0.0/16`, `tag Name` … */
  readonly part: string;
  /** True for what other accounts and regions see too: a peering connection's state. There it changes only what is already known. */
  readonly everywhere?: boolean;
  /** The thing as it is with the effect; undefined: it is not there. */
  apply(item: NetworkCollections[Name] | undefined): NetworkCollections[Name] | undefined;
  /** Whether what AWS shows has the effect, or is later than it. */
  shownBy(item: NetworkCollections[Name] | undefined): boolean;
}

/** An effect on whichever collection; a distributed union, so that each keeps its own type. */
export type AnyEffect = { [Name in keyof NetworkCollections]: Effect<Name> }[keyof NetworkCollections];

/** The end of a time that began at this moment: of the consistency window after a write, above all. Fractions of a millisecond only keep the order within one. */
export function windowEnd(at: number, windowMs: number): number {
  return Math.floor(at) + windowMs;
}

interface ItemEffect<Item> {
  readonly key: string;
  readonly part: string;
  apply(item: Item | undefined): Item | undefined;
  shownBy(item: Item | undefined): boolean;
}

interface Reading<Item> {
  readonly item: Item | undefined;
  readonly startedAt: number;
}

/**
 * One collection as AWS's answers and our own writes together tell it. All moments are of one clock that never gives the same twice.
 *
 * Truth is taken in this order: an effect of ours that AWS need not show yet, the latest read of the thing by its id, the latest sweep.
 */
export class OwnWritesOverSweeps<Item> {
  readonly #windowMs: number;
  #swept: ReadonlyMap<string, Item> = new Map();
  #sweptAt = Number.NEGATIVE_INFINITY;
  /** Reads by id that began after the last sweep did. */
  #readings = new Map<string, Reading<Item>>();
  /** In the order of writing. */
  #effects: (ItemEffect<Item> & { readonly writtenAt: number })[] = [];
  #merged: ReadonlyMap<string, Item> | undefined;

  /** @param windowMs how long after a write AWS may still answer as if it had not been */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** When the last sweep that was taken in began. */
  get sweptAt(): number {
    return this.#sweptAt;
  }

  /** When what is known of this thing was asked for. */
  readAt(key: string): number {
    return this.#readings.get(key)?.startedAt ?? this.#sweptAt;
  }

  /** The collection as it is now. The map does not change any more; the same one comes back until something did. */
  get items(): ReadonlyMap<string, Item> {
    this.#merged ??= this.#merge();
    return this.#merged;
  }

  /** Takes in a whole list, asked for from `startedAt` on; an older one than the last is of no use. */
  sweep(items: ReadonlyMap<string, Item>, startedAt: number): void {
    if (startedAt <= this.#sweptAt) return;
    this.#swept = items;
    this.#sweptAt = startedAt;
    for (const [key, reading] of this.#readings) if (reading.startedAt < startedAt) this.#readings.delete(key);
    this.#effects = this.#effects.filter((effect) => !this.#settled(effect, items.get(effect.key), startedAt));
    this.#merged = undefined;
  }

  /** Takes in one thing, asked for by its id; undefined: AWS says that there is none, and may be believed. */
  read(key: string, item: Item | undefined, startedAt: number): void {
    if (startedAt <= this.readAt(key)) return;
    this.#readings.set(key, { item, startedAt });
    this.#effects = this.#effects.filter((effect) => effect.key !== key || !this.#settled(effect, item, startedAt));
    this.#merged = undefined;
  }

  /** Folds in what a change of ours did. */
  write(effect: ItemEffect<Item>, writtenAt: number): void {
    this.#effects = this.#effects.filter((other) => other.key !== effect.key || other.part !== effect.part);
    this.#effects.push({ ...effect, writtenAt });
    this.#merged = undefined;
  }

  #settled(effect: ItemEffect<Item> & { readonly writtenAt: number }, item: Item | undefined, startedAt: number): boolean {
    // What was asked for before the write cannot speak about it, even where it happens to look the same.
    if (startedAt < effect.writtenAt) return false;
    return startedAt >= windowEnd(effect.writtenAt, this.#windowMs) || effect.shownBy(item);
  }

  #merge(): ReadonlyMap<string, Item> {
    if (this.#readings.size === 0 && this.#effects.length === 0) return this.#swept;
    const above = new Map<string, Item | undefined>();
    for (const [key, reading] of this.#readings) above.set(key, reading.item);
    for (const effect of this.#effects) {
      above.set(effect.key, effect.apply(above.has(effect.key) ? above.get(effect.key) : this.#swept.get(effect.key)));
    }
    return new LayeredMap(this.#swept, above);
  }
}
