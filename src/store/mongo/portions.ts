import { setImmediate } from "node:timers/promises";
import { hasCode } from "../../domain/errors.ts";

interface Asked<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What is asked for in one turn of the event loop, and while an earlier portion is on its way, goes to the database as
 * one portion. A journal that catches up brings hundreds of calls at once: a request for each keeps the database busy
 * with requests. Portions go one after another, so what is asked for later is also done later.
 */
export class Portions<Item, Result> {
  readonly #write: (items: readonly Item[]) => Promise<readonly Result[]>;
  #waiting: Asked<Item, Result>[] = [];
  #isDraining = false;

  /** `write` gives one result for each item, in their order. */
  constructor(write: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#write = write;
  }

  /** Settles when it has been written; an item that cannot be kept fails alone. */
  put(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ item, resolve, reject });
    if (!this.#isDraining) void this.#drain(); // It never rejects.
    return promise;
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (this.#waiting.length > 0) {
      await setImmediate();
      await this.#bring(this.#waiting.splice(0));
    }
    // In the same step as the look at what is waiting, so that nothing falls between.
    this.#isDraining = false;
  }

  async #bring(portion: readonly Asked<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#write(portion.map(({ item }) => item));
      // What `write` promises: a result for each.
      for (const [at, { resolve }] of portion.entries()) resolve(results[at] as Result);
    } catch (error) {
      if (portion.length === 1 || hasCode(error, "store_down"))
        for (const { reject } of portion) reject(error);
      else for (const each of portion) await this.#bring([each]);
    }
  }
}
