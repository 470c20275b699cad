import type { WaitingCall } from "../queue.ts";
import { compareRanks, type Rank } from "./ranking.ts";

/** A waiting call, by its rank. */
export interface Ranked extends Rank {
  readonly call: WaitingCall;
  /** The row it stands in; `null` once it was taken out. */
  row: object | null;
}

/** So many places that nobody stands in any more are not worth closing up. */
const LOOSE = 64;

/**
 * Calls that ask for the same, the first of them at hand. Those of one priority stand in a row, which new ones join at its
 * end, so that neither they nor whoever leaves is compared with more than one other.
 */
export class Line<Item extends Ranked> {
  readonly #rows: Row<Item>[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** One that was taken out of this line is not put into it again. */
  put(item: Item): void {
    const { priority } = item.call;
    const known = this.#rows.find((row) => row.priority === priority);
    const row = known ?? new Row<Item>(priority);
    if (known === undefined) this.#rows.push(row);
    row.put(item);
    this.#length += 1;
  }

  /** Of a call that stands in this line. */
  take(item: Item): void {
    this.#rows.find((row) => row === item.row)?.take(item);
    this.#length -= 1;
  }

  first(): Item | undefined {
    let best: Item | undefined;
    for (const row of this.#rows) {
      const first = row.first();
      if (first !== undefined && (best === undefined || isBefore(first, best))) best = first;
    }
    return best;
  }

  /** How many are served before another, wherever that stands. */
  before(other: Ranked): number {
    return this.#rows.reduce((sum, row) => sum + row.before(other), 0);
  }
}

/** Calls of one priority, the first of them in front; whoever has left leaves a gap until it comes to the front. */
class Row<Item extends Ranked> {
  readonly priority: number;
  #places: Item[] = [];
  #front = 0;
  #length = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  put(item: Item): void {
    const last = this.#places.at(-1);
    if (last === undefined || isBefore(last, item)) this.#places.push(item);
    else this.#places.splice(this.#placeFor(item), 0, item);
    item.row = this;
    this.#length += 1;
  }

  take(item: Item): void {
    item.row = null;
    this.#length -= 1;
    if (this.#places.length > 2 * this.#length + LOOSE) this.#closeUp();
  }

  first(): Item | undefined {
    for (;;) {
      const item = this.#places[this.#front];
      if (item === undefined || item.row === this) return item;
      this.#front += 1;
    }
  }

  before(other: Ranked): number {
    let count = 0;
    for (let at = this.#front; at < this.#places.length; at += 1) {
      const item = this.#places[at] as Item;
      if (item.row !== this) continue;
      if (!isBefore(item, other)) break;
      count += 1;
    }
    return count;
  }

  #closeUp(): void {
    this.#places = this.#places.slice(this.#front).filter((item) => item.row === this);
    this.#front = 0;
  }

  /** For one that comes out of its order: who comes back from an offer, or is the last to be read from the desk. */
  #placeFor(item: Item): number {
    let from = this.#front;
    let to = this.#places.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBefore(this.#places[middle] as Item, item)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

const isBefore = (left: Ranked, right: Ranked): boolean => compareRanks(left, right) < 0;
