import type { KeptPlace } from "../domain/queue.ts";
import type { Returning } from "../ports/desk.ts";

/** The places of callers who were cut off: the part of a desk in memory that knows who may come back. */
export class Places {
  readonly #kept = new Map<string, KeptPlace>();

  keep(place: KeptPlace, now: number): void {
    for (const [key, { until }] of this.#kept) if (until <= now) this.#kept.delete(key);
    this.#kept.set(placeKey(place.queue, place.caller), place);
  }

  /** Since when she who comes again had waited, once; `null` when no place of hers is kept. */
  take(queue: string, { caller, now }: Returning): number | null {
    const key = placeKey(queue, caller);
    const place = this.#kept.get(key);
    this.#kept.delete(key);
    return place === undefined || place.until <= now ? null : place.enteredAt;
  }

  list(): readonly KeptPlace[] {
    return [...this.#kept.values()];
  }
}

/** What a place is found by. No queue has a space in its name. */
export const placeKey = (queue: string, caller: string): string => `${queue} ${caller}`;
