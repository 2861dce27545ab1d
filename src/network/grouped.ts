/** Groups that were worked out once for a collection; they go when the collection does. */
const known = new WeakMap<object, Map<string, ReadonlyMap<string, readonly unknown[]>>>();

/**
 * The items of a collection by some key, so that a question about one VPC does not walk over all of a region. Worked out once for each
 * collection, which must not change any more: views and snapshots do not.
 *
 * @param name tells groupings of one collection apart; the same name must mean the same `keysOf`
 * @param keysOf the keys of an item; it is found under each
 */
export function grouped<Item>(
  collection: ReadonlyMap<string, Item>,
  name: string,
  keysOf: (item: Item) => readonly string[],
): (key: string) => readonly Item[] {
  const groupings = known.get(collection) ?? new Map<string, ReadonlyMap<string, readonly Item[]>>();
  known.set(collection, groupings);
  let groups = groupings.get(name) as Map<string, Item[]> | undefined;
  if (!groups) {
    groups = new Map();
    for (const item of collection.values()) {
      for (const key of keysOf(item)) {
        const group = groups.get(key);
        if (group) group.push(item);
        else groups.set(key, [item]);
      }
    }
    groupings.set(name, groups);
  }
  return (key) => groups.get(key) ?? [];
}
