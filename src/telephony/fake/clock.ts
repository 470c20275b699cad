import type { Clock } from "../../ports/clock.ts";

/** Rounds of the event loop in which nothing more may come due before time goes on. */
const QUIET_ROUNDS = 2;

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is wound: hours of calls pass in seconds, in the same order every time. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #busy: () => Promise<boolean>;
  /** A binary heap by time, then by who slept first. */
  readonly #sleepers: Sleeper[] = [];
  readonly #gone = new WeakSet<Sleeper>();

  /**
   * `busy` waits for work that really takes time (a disk, say), for which the clock stands still; it says whether
   * there was any.
   */
  constructor(
    startsAt = Date.UTC(2026, 0, 5, 8),
    busy: () => Promise<boolean> = () => Promise.resolve(false),
  ) {
    this.#now = startsAt;
    this.#busy = busy;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper: Sleeper = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      wake: () => {
        signal.removeEventListener("abort", onEnd);
        resolve();
      },
    };
    const onEnd = () => {
      this.#gone.add(sleeper);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onEnd, { once: true });
    this.#push(sleeper);
    return promise;
  }

  /** Lets all that can happen now happen, then winds to the next sleeper; ends when `until` has come or nobody sleeps. */
  async wind(until: number = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      await this.#settle();
      const next = this.#pop(until);
      if (next === null) break;
      this.#now = next.at;
      next.wake();
    }
    if (Number.isFinite(until)) this.#now = Math.max(this.#now, until);
    await this.#settle();
  }

  /** Winds by that many milliseconds. */
  async pass(ms: number): Promise<void> {
    await this.wind(this.#now + ms);
  }

  /** Runs all that is due now. Adapters in memory are done when nothing has happened for a few rounds. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS; quiet += 1) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      if (await this.#busy()) quiet = 0;
    }
  }

  #pop(until: number): Sleeper | null {
    for (;;) {
      const first = this.#sleepers[0];
      if (first === undefined) return null;
      if (!this.#gone.has(first) && first.at > until) return null;
      this.#removeFirst();
      if (!this.#gone.has(first)) return first;
    }
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let index = heap.push(sleeper) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!earlier(sleeper, heap[above] as Sleeper)) break;
      heap[index] = heap[above] as Sleeper;
      index = above;
    }
    heap[index] = sleeper;
  }

  #removeFirst(): void {
    const heap = this.#sleepers;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && earlier(right, heap[below] as Sleeper)) below += 1;
      if (!earlier(heap[below] as Sleeper, last)) break;
      heap[index] = heap[below] as Sleeper;
      index = below;
    }
    heap[index] = last;
  }
}

function earlier(left: Sleeper, right: Sleeper): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
