import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { TranscriptLine } from "../domain/record.ts";
import type { Entry, Journal, JournalHealth } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { deliver, isDown, type JournalStore } from "./delivery.ts";
import { disk as realDisk, type Disk } from "./disk.ts";
import { frame } from "./frame.ts";
import type { Item, Segment } from "./segment.ts";
import { Spool } from "./spool.ts";

/** How many entries go to the store at once: they keep the event loop for a moment. */
const BATCH = 100;
/** How soon the store is asked again, and after how long without an answer it counts as away. */
const RETRY_MS = 250;
const SLOW_MS = 2_000;
/** How often a part that cannot be read is tried again before it is put aside. */
const READ_TRIES = 20;
/** How long `stop` lets the store and the disk work on. */
const STOP_MS = 2_000;

export interface JournalOptions {
  /** Of this process's name; nobody else's. */
  readonly folder: string;
  readonly store: JournalStore;
  readonly log: Log;
  readonly disk?: Disk;
}

/**
 * Opens the journal of a process. An entry goes to the disk and to the store at once, side by side; what the store
 * does not take is on the disk, in memory only as far as it is next.
 */
export function openJournal(options: JournalOptions): Journal {
  return new SpoolJournal(options);
}

class SpoolJournal implements Journal {
  readonly #options: JournalOptions & { readonly disk: Disk };
  readonly #spool: Spool;
  readonly #end = new AbortController();
  #tell: (lines: readonly TranscriptLine[]) => void = () => undefined;
  #draining: Promise<void> | null = null;
  /** Counts what was taken and what of it the store has; segments of earlier lives count as one each. */
  #kept = 0;
  #drained = 0;
  #sending: readonly Item[] = [];
  #waiters: { readonly upTo: number; readonly settle: () => void }[] = [];
  /** Since when the store owes an answer, and whether it refused the last time. */
  #asked: number | null = null;
  #away = false;

  constructor(options: JournalOptions) {
    this.#options = { disk: realDisk, ...options };
    const { folder, disk, log } = this.#options;
    this.#spool = new Spool({ folder, disk, log, onClosed: () => this.#drain() });
  }

  onLines(handler: (lines: readonly TranscriptLine[]) => void): void {
    this.#tell = handler;
  }

  async start(): Promise<void> {
    this.#kept = await this.#spool.open();
    if (this.#kept > 0)
      this.#options.log.info(
        { segments: this.#kept },
        "an earlier life left entries in the journal",
      );
    this.#drain();
  }

  async stop(): Promise<void> {
    const { log } = this.#options;
    const late = new AbortController();
    const moment = setTimeout(STOP_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.written(), moment]);
    await Promise.race([this.#spool.written(), moment]);
    this.#end.abort();
    await Promise.race([this.#draining, moment]);
    late.abort();
    const waiting = this.#sending.length + this.#spool.waiting;
    const lost = await this.#spool.end();
    if (lost > 0)
      log.error(
        { entries: lost },
        "the journal ended with entries that neither disk nor store took",
      );
    else if (waiting > 0)
      log.info({ entries: waiting }, "the journal ended; what waits is for the next life");
  }

  keep(entry: Entry): Promise<void> {
    const { log } = this.#options;
    if (this.#end.signal.aborted) {
      log.error({ call: callOf(entry) }, "an entry came after the end of the journal");
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    try {
      const number = this.#kept + 1;
      this.#spool.keep({
        number,
        read: () => entry,
        frame: frame(entry),
        done: false,
        settle: resolve,
      });
      this.#kept = number;
    } catch (error) {
      log.error({ call: callOf(entry), err: error }, "an entry cannot be written down");
      return Promise.resolve();
    }
    this.#drain();
    return promise;
  }

  written(): Promise<void> {
    if (this.#away || this.#drained >= this.#kept) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ upTo: this.#kept, settle: resolve });
    return promise;
  }

  health(): JournalHealth {
    const slow = this.#asked !== null && performance.now() - this.#asked > SLOW_MS;
    const behind = this.#away || slow ? "behind" : "up";
    const waiting = this.#sending.length + this.#spool.waiting;
    return { state: this.#spool.failing ? "failing" : behind, waiting };
  }

  #drain(): void {
    this.#draining ??= this.#drainAll()
      .catch((error: unknown) => {
        if (this.#end.signal.aborted) return;
        this.#options.log.error({ err: error }, "the journal's drain failed");
      })
      .finally(() => {
        this.#draining = null;
      });
  }

  async #drainAll(): Promise<void> {
    // What is kept in the same turn of the event loop goes together.
    await Promise.resolve();
    for (;;) {
      this.#end.signal.throwIfAborted();
      const segment = this.#spool.head;
      if (segment.items === null) {
        await this.#load(segment);
        continue;
      }
      const batch = segment.items.splice(0, BATCH);
      if (batch.length > 0) {
        this.#sending = batch;
        await this.#bring(batch);
        this.#sending = [];
        this.#done(batch.at(-1)?.number ?? 0);
        continue;
      }
      if (!segment.closed) return;
      await this.#spool.drop(segment);
      this.#done(segment.last);
    }
  }

  /** Brings entries to the store, however long that takes. One that is to blame itself is put aside. */
  async #bring(items: readonly Item[]): Promise<void> {
    for (;;) {
      this.#end.signal.throwIfAborted();
      try {
        this.#asked ??= performance.now();
        const lines = await deliver(
          this.#options.store,
          items.map(({ read }) => read()),
        );
        this.#answered();
        for (const item of items) {
          item.done = true;
          item.settle();
        }
        this.#say(lines);
        return;
      } catch (error) {
        if (isDown(error)) {
          this.#refused(error);
          await setTimeout(RETRY_MS, undefined, { signal: this.#end.signal });
          continue;
        }
        const [item] = items;
        if (item !== undefined && items.length === 1) return await this.#putAside(item, error);
        for (const each of items) await this.#bring([each]);
        return;
      }
    }
  }

  #say(lines: readonly TranscriptLine[]): void {
    if (lines.length === 0) return;
    try {
      this.#tell(lines);
    } catch (error) {
      this.#options.log.error({ err: error }, "lines that were kept could not be told");
    }
  }

  /** The store will never take it: it must not keep the others waiting. */
  async #putAside(item: Item, error: unknown): Promise<void> {
    const { disk, folder, log } = this.#options;
    item.done = true;
    item.settle();
    try {
      const entry = item.read();
      log.error(
        { call: callOf(entry), err: error },
        "the store refuses an entry, which was put aside",
      );
      const line = `${JSON.stringify({ at: Date.now(), error: String(error), entry })}\n`;
      await disk.put(join(folder, "refused"), Buffer.from(line), "at the end");
    } catch (fault) {
      log.error({ err: fault }, "an entry that the store refuses could not be put aside");
    }
  }

  async #load(segment: Segment): Promise<void> {
    const { log } = this.#options;
    for (let tries = 1; ; tries += 1) {
      try {
        return await segment.load(log);
      } catch (error) {
        if (tries === 1)
          log.error({ segment: segment.name, err: error }, "a part of the journal cannot be read");
        if (tries === READ_TRIES) return segment.setAside();
        await setTimeout(RETRY_MS, undefined, { signal: this.#end.signal });
      }
    }
  }

  #done(upTo: number): void {
    this.#drained = Math.max(this.#drained, upTo);
    const settled = this.#waiters.filter((each) => each.upTo <= this.#drained);
    this.#waiters = this.#waiters.filter((each) => each.upTo > this.#drained);
    for (const { settle } of settled) settle();
  }

  #answered(): void {
    this.#asked = null;
    if (!this.#away) return;
    this.#away = false;
    this.#options.log.info({ waiting: this.health().waiting }, "the store takes the journal again");
  }

  #refused(error: unknown): void {
    for (const { settle } of this.#waiters.splice(0)) settle();
    if (this.#away) return;
    this.#away = true;
    this.#options.log.warn(
      { err: error },
      "the store does not take the journal, which waits on the disk",
    );
  }
}

function callOf(entry: Entry): string {
  return entry.type === "facts" ? entry.state.id : entry.call;
}
