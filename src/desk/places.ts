import type { KeptPlace } from "../domain/queue.ts";
import type { NewEntry, Returning } from "../ports/desk.ts";

/** The place that was kept for a call that joins, where there is one. */
export type Kept = KeptPlace | null;

/** The places of callers who were cut off: the part of a desk in memory that knows who may come back. */
export class Places {
  readonly #kept = new Map<string, KeptPlace>();

  keep(place: KeptPlace, now: number): void {
    for (const [key, { until }] of this.#kept) if (until <= now) this.#kept.delete(key);
    this.#kept.set(placeKey(place.queue, place.caller), place);
  }

  /** The place of her who comes again, once; `null` when none is kept that is better than the one she would have. */
  take({ queue, enteredAt }: NewEntry, { caller, now }: Returning): Kept {
    const key = placeKey(queue, caller);
    const place = this.#kept.get(key);
    this.#kept.delete(key);
    if (place === undefined || place.until <= now) return null;
    return place.enteredAt < enteredAt ? place : null;
  }

  list(): readonly KeptPlace[] {
    return [...this.#kept.values()];
  }
}

/** The call as it joins, in the place that was kept for it. */
export function withPlace(entry: NewEntry, place: Kept): NewEntry {
  return place === null ? entry : { ...entry, ...place.asked, enteredAt: place.enteredAt };
}

/** What a place is found by. No queue has a space in its name. */
export const placeKey = (queue: string, caller: string): string => `${queue} ${caller}`;
