/**
 * A place where one taker waits for what others put: keys pressed on a channel, notices to a waiting call. In order,
 * nothing is lost between two takes; a take ends with its signal, and has then taken nothing. It is the one
 * implementation of `Keys`, shared by the telephony adapters, which may not import each other.
 */
export class Inbox<T> {
  readonly #items: T[] = [];
  #taker: ((item: T) => void) | null = null;

  put(item: T): void {
    const taker = this.#taker;
    if (taker === null) {
      this.#items.push(item);
      return;
    }
    this.#taker = null;
    taker(item);
  }

  /** The oldest item; waits for one. One taker at a time. */
  async next(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const ready = this.#items.shift();
    if (ready !== undefined) return ready;
    if (this.#taker !== null) throw new Error("an inbox has one taker at a time");
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onEnd = () => {
      this.#taker = null;
      reject(signal.reason);
    };
    this.#taker = (item) => {
      signal.removeEventListener("abort", onEnd);
      resolve(item);
    };
    signal.addEventListener("abort", onEnd, { once: true });
    return await promise;
  }

  /** How many items lie ready. */
  get ready(): number {
    return this.#items.length;
  }

  flush(): void {
    this.#items.length = 0;
  }
}
