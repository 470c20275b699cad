import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { TranscriptLine } from "../domain/record.ts";
import type { Entry } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { deliver, isDown, type JournalStore } from "./delivery.ts";
import type { Disk } from "./disk.ts";
import type { Item } from "./segment.ts";

/** How soon the store is asked again, and after how long without an answer it counts as away. */
const RETRY_MS = 250;
const SLOW_MS = 2_000;

export interface CarrierOptions {
  readonly folder: string;
  readonly store: JournalStore;
  readonly disk: Disk;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told each time that the store does not take something. */
  readonly onAway: () => void;
  /** Told when it takes things again. */
  readonly onBack: () => void;
}

/** Carries entries to the store, however long that takes, and knows whether the store takes them. */
export class Carrier {
  readonly #options: CarrierOptions;
  /** Told of lines once the store has numbered them. */
  tell: (lines: readonly TranscriptLine[]) => void = () => undefined;
  /** Since when the store owes an answer, and whether it refused the last time. */
  #asked: number | null = null;
  #refusing = false;

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  /** Whether the store does not take entries now. */
  get away(): boolean {
    return this.#refusing || (this.#asked !== null && performance.now() - this.#asked > SLOW_MS);
  }

  /** Settles when the store has them all. One that is to blame itself is put aside; rejects only at the end. */
  async bring(items: readonly Item[]): Promise<void> {
    const { signal, store } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      try {
        const entries = items.map(({ read }) => read());
        this.#asked ??= performance.now();
        const lines = await deliver(store, entries);
        this.#answered();
        for (const item of items) take(item);
        this.#say(lines);
        return;
      } catch (error) {
        const [item] = items;
        if (isDown(error)) {
          this.#refused(error);
          await setTimeout(RETRY_MS, undefined, { signal });
        } else if (item !== undefined && items.length === 1) {
          this.#answered();
          return await this.#putAside(item, error);
        } else {
          for (const each of items) await this.bring([each]);
          return;
        }
      }
    }
  }

  #say(lines: readonly TranscriptLine[]): void {
    if (lines.length === 0) return;
    try {
      this.tell(lines);
    } catch (error) {
      this.#options.log.error({ err: error }, "lines that were kept could not be told");
    }
  }

  /** The store will never take it: it must not keep the others waiting. */
  async #putAside(item: Item, error: unknown): Promise<void> {
    const { disk, folder, log } = this.#options;
    take(item);
    try {
      log.error(
        { call: callOf(item.read()), err: error },
        "the store refuses an entry, which was put aside",
      );
      const line = JSON.stringify({ at: Date.now(), error: String(error), entry: item.read() });
      await disk.put(join(folder, "refused"), Buffer.from(`${line}\n`), "at the end");
    } catch (fault) {
      log.error({ err: fault }, "an entry that the store refuses could not be put aside");
    }
  }

  #answered(): void {
    const { log, onBack } = this.#options;
    const wasAway = this.away;
    const wasRefusing = this.#refusing;
    this.#asked = null;
    this.#refusing = false;
    if (wasAway) onBack();
    if (wasRefusing) log.info({}, "the store takes the journal again");
  }

  #refused(error: unknown): void {
    const { log, onAway } = this.#options;
    if (!this.#refusing) {
      log.warn({ err: error }, "the store does not take the journal, which waits on the disk");
    }
    this.#refusing = true;
    onAway();
  }
}

/** Nothing more is to be done for it. */
function take(item: Item): void {
  item.done = true;
  item.settle();
}

/** The call an entry is of. */
export function callOf(entry: Entry): string {
  return entry.type === "facts" ? entry.state.id : entry.call;
}
