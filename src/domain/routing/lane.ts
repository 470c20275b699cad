import { Heap } from "./heap.ts";

/** A thing in one lane of those that are ordered alike; `lane` is `null` once it was taken out of it. */
export interface Placed {
  lane: object | null;
}

/** Things of one kind, the first of them at hand; what is taken out behind it is left in the heap until it gets there. */
export class Lane<Item extends Placed> {
  #heap: Heap<Item>;
  readonly #before: (left: Item, right: Item) => boolean;
  #live = 0;

  constructor(before: (left: Item, right: Item) => boolean) {
    this.#before = before;
    this.#heap = new Heap(before);
  }

  get isEmpty(): boolean {
    return this.#live === 0;
  }

  put(item: Item): void {
    item.lane = this;
    this.#live += 1;
    this.#heap.push(item);
  }

  /** Of an item that is in this lane. */
  take(item: Item): void {
    item.lane = null;
    this.#live -= 1;
    if (this.#heap.peek() === item) this.#heap.pop();
    else if (this.#heap.size > 2 * this.#live + 64) this.#sweep();
  }

  first(): Item | undefined {
    for (;;) {
      const item = this.#heap.peek();
      if (item === undefined || item.lane === this) return item;
      this.#heap.pop();
    }
  }

  /** The first one of which something holds: a walk along the whole lane. */
  firstOf(holds: (item: Item) => boolean): Item | undefined {
    let found: Item | undefined;
    for (const item of this.#heap.values()) {
      if (item.lane !== this || !holds(item)) continue;
      if (found === undefined || this.#before(item, found)) found = item;
    }
    return found;
  }

  #sweep(): void {
    const live = this.#heap.values().filter((item) => item.lane === this);
    this.#heap = new Heap(this.#before);
    for (const item of live) this.#heap.push(item);
  }
}
