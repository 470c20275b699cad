/** A binary heap: the item that comes first by `before` is always at hand. */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #before: (left: Item, right: Item) => boolean;

  constructor(before: (left: Item, right: Item) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first item; it stays. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = items[up] as Item;
      if (!this.#before(item, parent)) break;
      items[at] = parent;
      at = up;
    }
    items[at] = item;
  }

  /** Takes the first item out. */
  pop(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    const { length } = items;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= length) break;
      const right = left + 1;
      const down =
        right < length && this.#before(items[right] as Item, items[left] as Item) ? right : left;
      const child = items[down] as Item;
      if (!this.#before(child, last)) break;
      items[at] = child;
      at = down;
    }
    items[at] = last;
    return first;
  }

  /** Every item, in no order. */
  values(): readonly Item[] {
    return this.#items;
  }
}
