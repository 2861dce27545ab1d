import type { MemoryEntry } from './kind.ts';

/** What makes two entries of `status.resources` the same thing: role, place, and natural key or id. */
export function sameThing(one: MemoryEntry, other: MemoryEntry): boolean {
  return (
    one.role === other.role &&
    one.accountId === other.accountId &&
    one.region === other.region &&
    (one.key ?? one.id) === (other.key ?? other.id)
  );
}

/** The memory with one entry put in place of what it is the same thing as, or added at the end. */
export function remember(memory: readonly MemoryEntry[], entry: MemoryEntry): readonly MemoryEntry[] {
  const at = memory.findIndex((other) => sameThing(entry, other));
  return at < 0 ? [...memory, entry] : memory.with(at, entry);
}

/** The memory without what is the same thing as the entry. */
export function forget(memory: readonly MemoryEntry[], entry: MemoryEntry): readonly MemoryEntry[] {
  return memory.filter((other) => !sameThing(entry, other));
}
