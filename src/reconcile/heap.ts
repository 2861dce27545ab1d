/** Gives back the smallest first; adding and taking cost the logarithm of how many there are. */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #before: (a: Item, b: Item) => boolean;

  /** @param before whether `a` comes out ahead of `b` */
  constructor(before: (a: Item, b: Item) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item that `pop` would take. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let hole = items.push(item) - 1;
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      if (!this.#before(item, items[above]!)) break;
      items[hole] = items[above]!;
      hole = above;
    }
    items[hole] = item;
  }

  pop(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let hole = 0;
    for (let below = 1; below < items.length; below = 2 * hole + 1) {
      if (below + 1 < items.length && this.#before(items[below + 1]!, items[below]!)) below++;
      if (!this.#before(items[below]!, last)) break;
      items[hole] = items[below]!;
      hole = below;
    }
    items[hole] = last;
    return first;
  }
}
