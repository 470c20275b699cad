import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { Log } from "../ports/log.ts";
import type { Disk } from "./disk.ts";
import { type Item, Segment } from "./segment.ts";

/** From what size on a segment is followed by another; and from what size on when the store has all of it. */
const SEGMENT_BYTES = 1024 * 1024;
const TIDY_BYTES = 256 * 1024;
/** About how much goes to the disk in one write. */
const WRITE_BYTES = 256 * 1024;
/** How long what was written is gathered for one sync. */
const SYNC_EVERY_MS = 25;
/** How soon a disk that failed is tried again, and with how much. */
const RETRY_MS = 500;
const PROBE = Buffer.alloc(64 * 1024);

export interface SpoolOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly log: Log;
  /** Told when a segment was closed. */
  readonly onClosed: () => void;
}

/**
 * The segments on the disk, and the writer: what was kept while the disk was busy is one write, and whatever was
 * written while the disk synced is one sync. Nobody waits for a sync. What the store has before the disk is ready for
 * it is not written at all.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #end = new AbortController();
  /** Oldest first; the last one is written to. */
  readonly #segments: Segment[] = [];
  readonly #unsynced = new Set<Segment>();
  #unwritten: Item[] = [];
  #lastWritten: Item | null = null;
  #writing: Promise<void> | null = null;
  #syncing = false;
  #failing = { write: false, sync: false };
  /** Names of this life sort behind those of earlier ones, whatever became of the clock. */
  #life = 0;
  #named = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Whether the disk takes nothing now. */
  get failing(): boolean {
    return this.#failing.write || this.#failing.sync;
  }

  /** How many entries have not been taken to be sent. */
  get waiting(): number {
    return this.#segments.reduce(
      (sum, { items, released }) => sum + (items?.length ?? released),
      0,
    );
  }

  /** The oldest segment that is not drained. */
  get head(): Segment {
    const [head] = this.#segments;
    if (head === undefined) throw new Error("the spool is not open");
    return head;
  }

  /** Whether all that was kept has been taken to be sent, and no drained segment is left but the one written to. */
  get drained(): boolean {
    const { items, closed } = this.head;
    return items?.length === 0 && !closed;
  }

  /** Whether what is to be drained next is what was kept last, and no more than fits in a segment. */
  get isUpToDate(): boolean {
    return this.#segments.length === 1;
  }

  /** Whether the disk has all that was kept. */
  get isWritten(): boolean {
    return this.#unwritten.length === 0;
  }

  /** Finds what earlier lives left; how many segments that is. */
  async open(): Promise<number> {
    const { folder, disk } = this.#options;
    let names: string[] = [];
    try {
      const all = await disk.list(folder);
      names = all.filter((name) => /^\d{15}-\d{6}\.segment$/.test(name)).sort();
    } catch (error) {
      this.#failed("write", error);
    }
    for (const [index, name] of names.entries()) {
      const left = new Segment(disk, folder, name, null);
      left.last = index + 1;
      this.#segments.push(left);
    }
    this.#life = Math.max(Date.now(), Number.parseInt(names.at(-1) ?? "0", 10) + 1);
    this.#segments.push(this.#next([]));
    if (this.failing) this.#write();
    return names.length;
  }

  keep(item: Item): void {
    this.#segments.at(-1)?.items?.push(item);
    this.#unwritten.push(item);
    this.#write();
  }

  /** Takes a drained segment away. Whatever is wrong with its file, the next life drains it once more. */
  async drop(segment: Segment): Promise<void> {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#unsynced.delete(segment);
    try {
      await segment.remove();
    } catch (error) {
      this.#options.log.warn(
        { segment: segment.name, err: error },
        "a drained part of the journal cannot be removed",
      );
    }
    this.#close(segment);
  }

  /** Settles when all that was kept has been written, or at once when the disk takes nothing. */
  async written(): Promise<void> {
    if (!this.failing) await this.#writing;
  }

  /** Writes nothing more, and leaves nothing on the disk when all is drained. How many entries were never written. */
  async end(drained: boolean): Promise<number> {
    this.#end.abort();
    while (drained && this.#segments.length > 0) await this.drop(this.head);
    for (const segment of this.#segments) this.#close(segment);
    return this.#unwritten.filter(({ done }) => !done).length;
  }

  #write(): void {
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // What is kept in the same turn of the event loop goes together.
    await setImmediate();
    while (!this.#end.signal.aborted) {
      try {
        if (this.#failing.write) await this.#probe();
        this.#unwritten = this.#unwritten.filter(({ done }) => !done);
        if (this.#unwritten.length > 0) await this.#writeSome();
        this.#worked("write");
        if (this.#unwritten.length === 0) break;
      } catch (error) {
        this.#failed("write", error);
        await this.#pause();
      }
    }
    // In the same step as the last look at what is unwritten, so that no entry falls between.
    this.#writing = null;
  }

  async #writeSome(): Promise<void> {
    // All that the segment holds is in the store.
    if (this.#lastWritten?.done === true) this.#rotate(TIDY_BYTES);
    const frames: Buffer[] = [];
    let bytes = 0;
    for (const { frame } of this.#unwritten) {
      if (frame === null) continue;
      frames.push(frame);
      bytes += frame.length;
      if (bytes >= WRITE_BYTES) break;
    }
    const segment = this.#current();
    await segment.append(Buffer.concat(frames));
    for (const item of this.#unwritten.splice(0, frames.length)) {
      item.frame = null;
      item.settle();
      this.#lastWritten = item;
    }
    this.#sync(segment);
    this.#rotate(SEGMENT_BYTES);
  }

  /** Goes on in a new segment when this one has so many bytes. What has not been written goes with it. */
  #rotate(from: number): void {
    const closed = this.#current();
    if (closed.size < from) return;
    const items = closed.items ?? [];
    closed.items = items.filter(({ frame }) => frame === null);
    closed.closed = true;
    closed.last = this.#lastWritten?.number ?? 0;
    this.#segments.push(this.#next(items.filter(({ frame }) => frame !== null)));
    this.#sync(closed);
    this.#options.onClosed();
  }

  #sync(segment: Segment): void {
    this.#unsynced.add(segment);
    if (!this.#syncing) void this.#syncAll(); // It does not reject.
  }

  async #syncAll(): Promise<void> {
    this.#syncing = true;
    for (let [segment] = this.#unsynced; segment !== undefined; [segment] = this.#unsynced) {
      await setTimeout(SYNC_EVERY_MS);
      if (this.#end.signal.aborted) break;
      this.#unsynced.delete(segment);
      try {
        await segment.sync();
        this.#worked("sync");
      } catch (error) {
        segment.suspect = true;
        this.#unsynced.add(segment);
        this.#failed("sync", error);
        await this.#pause();
        continue;
      }
      if (!segment.closed || this.#unsynced.has(segment)) continue;
      this.#close(segment);
      // While the store is away only the oldest and the newest segment are held in memory.
      if (segment !== this.#segments[0] && !segment.suspect) segment.release();
    }
    this.#syncing = false;
  }

  #close(segment: Segment): void {
    segment.close().catch((error: unknown) => {
      this.#options.log.warn(
        { segment: segment.name, err: error },
        "a part of the journal cannot be closed",
      );
    });
  }

  async #probe(): Promise<void> {
    const path = join(this.#options.folder, "probe");
    await this.#options.disk.put(path, PROBE, "anew");
    await this.#options.disk.remove(path);
  }

  #failed(what: "write" | "sync", error: unknown): void {
    if (!this.failing) {
      this.#options.log.error(
        { err: error },
        "the disk does not take the journal, which waits in memory",
      );
    }
    this.#failing = { ...this.#failing, [what]: true };
  }

  #worked(what: "write" | "sync"): void {
    if (!this.#failing[what]) return;
    this.#failing = { ...this.#failing, [what]: false };
    if (!this.failing) this.#options.log.info({}, "the disk takes the journal again");
  }

  async #pause(): Promise<void> {
    // The end cuts the pause short.
    await setTimeout(RETRY_MS, undefined, { signal: this.#end.signal }).catch(() => undefined);
  }

  #current(): Segment {
    return this.#segments.at(-1) ?? this.head;
  }

  #next(items: Item[]): Segment {
    const { disk, folder } = this.#options;
    this.#named += 1;
    const [life, count] = [
      String(this.#life).padStart(15, "0"),
      String(this.#named).padStart(6, "0"),
    ];
    return new Segment(disk, folder, `${life}-${count}.segment`, items);
  }
}
