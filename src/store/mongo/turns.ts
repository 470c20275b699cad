/**
 * Lets the steps that have the same key run one after another, within this process. On MongoDB this only saves
 * retries: what must not happen twice is held by unique indexes and by conditions in the updates themselves. FerretDB
 * v1 reads and writes in two steps even within one update, so there one process needs it to be right.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(key: string, step: () => Promise<T>): Promise<T> {
    const turn = this.#after(this.#last.get(key), step);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }

  async #after<T>(before: Promise<unknown> | undefined, step: () => Promise<T>): Promise<T> {
    // How the step before ended is told to whoever asked for it.
    await Promise.allSettled([before]);
    return await step();
  }
}
