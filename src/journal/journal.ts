import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { TranscriptLine } from "../domain/record.ts";
import type { Entry, Journal, JournalHealth } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { Carrier, callOf } from "./carrier.ts";
import type { JournalStore } from "./delivery.ts";
import { type Disk, disk as realDisk } from "./disk.ts";
import { frame } from "./frame.ts";
import type { Item, Segment } from "./segment.ts";
import { Spool } from "./spool.ts";

/**
 * How long entries that the disk has are gathered before they go to the store together, if nobody waits for that: a
 * transaction for each fact of each call would cost more than all else that is done with it. A disk that takes longer
 * for them than `DISK_MS` is not waited for.
 */
const GATHER_MS = 100;
const DISK_MS = 10;
/** How many entries go to the store at once: they keep the event loop for a moment. */
const BATCH = 250;
/** How often, and how soon again, a part that cannot be read is tried before it is put aside. */
const READ_TRIES = 20;
const READ_RETRY_MS = 250;
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
 * does not take is on the disk, and in memory only as far as it is next.
 */
export function openJournal(options: JournalOptions): Journal {
  return new SpoolJournal(options);
}

class SpoolJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #log: Log;
  readonly #spool: Spool;
  readonly #carrier: Carrier;
  readonly #end = new AbortController();
  #draining: Promise<void> | null = null;
  #gathering = new AbortController();
  /** Counts what was taken and what of it the store has; segments of earlier lives count as one each. */
  #kept = 0;
  #drained = 0;
  /** What had been taken when the store was back last: until it has all of that, the journal is behind. */
  #owed = 0;
  #carried: readonly Item[] = [];
  #waiters: { readonly upTo: number; readonly settle: () => void }[] = [];

  constructor(options: JournalOptions) {
    const { folder, store, log, disk = realDisk } = options;
    const { signal } = this.#end;
    this.#options = options;
    this.#log = log;
    this.#spool = new Spool({ folder, disk, log, onClosed: () => this.#drain() });
    const onAway = () => {
      for (const { settle } of this.#waiters.splice(0)) settle();
    };
    const onBack = () => {
      this.#owed = this.#kept;
    };
    this.#carrier = new Carrier({ folder, store, disk, log, signal, onAway, onBack });
  }

  onLines(handler: (lines: readonly TranscriptLine[]) => void): void {
    this.#carrier.tell = handler;
  }

  async start(): Promise<void> {
    this.#kept = await this.#spool.open();
    if (this.#kept > 0) {
      this.#log.info({ segments: this.#kept }, "an earlier life left entries in the journal");
    }
    this.#drain();
  }

  async stop(): Promise<void> {
    const late = new AbortController();
    const moment = setTimeout(STOP_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.written(), moment]);
    await Promise.race([this.#spool.written(), moment]);
    this.#end.abort();
    await Promise.race([this.#draining, moment]);
    late.abort();
    const { waiting } = this.health();
    const lost = await this.#spool.end(waiting === 0);
    if (lost > 0) {
      this.#log.error(
        { entries: lost },
        "the journal ended with entries that neither the disk nor the store took",
      );
    } else if (waiting > 0) {
      this.#log.info({ entries: waiting }, "the journal ended; what waits is for the next life");
    }
  }

  keep(entry: Entry): Promise<void> {
    if (this.#end.signal.aborted) {
      this.#log.error({ call: callOf(entry) }, "an entry came after the end of the journal");
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const number = this.#kept + 1;
    try {
      const item = { read: () => entry, frame: frame(entry), done: false, settle: resolve };
      this.#spool.keep({ number, ...item });
    } catch (error) {
      this.#log.error({ call: callOf(entry), err: error }, "an entry cannot be written down");
      return Promise.resolve();
    }
    this.#kept = number;
    this.#drain();
    return promise;
  }

  async inherit(name: string): Promise<void> {
    const { folder, disk = realDisk } = this.#options;
    const beside = dirname(folder);
    if (name === basename(folder) || !(await disk.list(beside)).includes(name)) return;
    const left = new SpoolJournal({ ...this.#options, folder: join(beside, name) });
    left.onLines(this.#carrier.tell);
    await left.start();
    await left.written();
    await left.stop();
  }

  written(): Promise<void> {
    if (this.#carrier.away || this.#drained >= this.#kept) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ upTo: this.#kept, settle: resolve });
    this.#gathering.abort();
    return promise;
  }

  health(): JournalHealth {
    const isBehind = this.#carrier.away || this.#drained < this.#owed;
    const waiting = this.#carried.length + this.#spool.waiting;
    return { state: this.#spool.failing ? "failing" : isBehind ? "behind" : "up", waiting };
  }

  #drain(): void {
    this.#draining ??= this.#drainAll();
  }

  async #drainAll(): Promise<void> {
    // What is kept in the same turn of the event loop goes together.
    await Promise.resolve();
    try {
      while (!this.#spool.drained) {
        // What earlier lives have left, and what waited while the store was away, has waited enough.
        if (this.#spool.isUpToDate) await this.#gather();
        await this.#drainSome();
      }
    } catch (error) {
      // At the end whatever was under way is cut short.
      if (!this.#end.signal.aborted) this.#log.error({ err: error }, "the journal's drain failed");
    } finally {
      // In the same step as the last look at the spool, so that no entry falls between.
      this.#draining = null;
    }
  }

  /** Settles when there is something to bring to the store: after a while, or when somebody waits for it. */
  async #gather(): Promise<void> {
    this.#gathering = new AbortController();
    const { signal } = this.#gathering;
    if (this.#waiters.length > 0) return;
    // The pause ends early when somebody waits for it.
    const pause = (ms: number) => setTimeout(ms, undefined, { signal }).catch(() => undefined);
    await pause(DISK_MS);
    if (this.#spool.isWritten && !signal.aborted) await pause(GATHER_MS - DISK_MS);
  }

  /** Brings the oldest entries to the store, or takes away the segment that held them. */
  async #drainSome(): Promise<void> {
    const segment = this.#spool.head;
    if (segment.items === null) return await this.#load(segment);
    const batch = segment.items.splice(0, BATCH);
    const last = batch.at(-1);
    if (last !== undefined) {
      this.#carried = batch;
      await this.#carrier.bring(batch);
      this.#carried = [];
      this.#done(last.number);
    } else {
      await this.#spool.drop(segment);
      this.#done(segment.last);
    }
  }

  async #load(segment: Segment): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await segment.load(this.#log);
      } catch (error) {
        const fields = { segment: segment.name, err: error };
        if (tries === 1) this.#log.error(fields, "a part of the journal cannot be read");
        if (tries === READ_TRIES) return segment.setAside();
        await setTimeout(READ_RETRY_MS, undefined, { signal: this.#end.signal });
      }
    }
  }

  #done(upTo: number): void {
    this.#drained = Math.max(this.#drained, upTo);
    const reached = this.#waiters.filter((each) => each.upTo <= this.#drained);
    this.#waiters = this.#waiters.filter((each) => each.upTo > this.#drained);
    for (const { settle } of reached) settle();
  }
}
