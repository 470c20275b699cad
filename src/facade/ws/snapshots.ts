import type { LatestCalls } from "./latest.ts";
import type { LiveState } from "./live-state.ts";
import { Newness } from "./newness.ts";
import type { Stream } from "./stream.ts";

/** The live state, and how it goes on. */
export interface Snapshot {
  readonly state: LiveState;
  /** What came after this position in the stream may be missing in it. */
  readonly from: number;
  /** Which of that is not in it already. */
  readonly newness: Newness;
}

/** Reads the live state. Whoever asks while it is being read gets the same: a whole office may come back at once. */
export class Snapshots {
  readonly #read: () => Promise<LiveState>;
  readonly #latest: LatestCalls;
  readonly #stream: Stream;
  readonly #now: () => number;
  #reading: { readonly from: number; readonly snapshot: Promise<Snapshot> } | null = null;

  constructor(
    stream: Stream,
    latest: LatestCalls,
    read: () => Promise<LiveState>,
    now: () => number,
  ) {
    this.#stream = stream;
    this.#latest = latest;
    this.#read = read;
    this.#now = now;
  }

  /** Rejects when the state cannot be read. */
  take(): Promise<Snapshot> {
    const { from, snapshot } = this.#reading ?? {};
    // A reading that was begun before something was missed may lack just that.
    if (snapshot !== undefined && from !== undefined && this.#stream.since(from) !== null)
      return snapshot;
    const reading = { from: this.#stream.position, snapshot: this.#take(this.#stream.position) };
    this.#reading = reading;
    const forget = (): void => {
      if (this.#reading === reading) this.#reading = null;
    };
    reading.snapshot.then(forget, forget);
    return reading.snapshot;
  }

  async #take(from: number): Promise<Snapshot> {
    const read = await this.#read();
    // From here to the last line nothing waits, so that no event can come in between.
    const now = this.#now();
    const state = { ...read, calls: this.#latest.over(read.calls, now) };
    this.#stream.flush();
    const until = this.#stream.position;
    const meanwhile = this.#stream.since(from) ?? [];
    return { state, from, newness: new Newness(state, from, until, meanwhile, now) };
  }
}
