import { join } from "node:path";
import type { Entry } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { type Found, readFrames } from "./frame.ts";

/** An entry on its way. */
export interface Item {
  /** Counts what this life took; what was read back from the disk has none of its own. */
  readonly number: number;
  /** Throws when what was read back is no entry. */
  readonly read: () => Entry;
  /** What is still to be written; `null` once the disk has it. */
  frame: Buffer | null;
  /** Whether the store has it. */
  done: boolean;
  /** Tells who kept it that it outlives the process. */
  readonly settle: () => void;
}

/** One file of the spool. It is written from its beginning to its end, drained, and removed; never written again. */
export class Segment {
  readonly name: string;
  readonly #folder: string;
  readonly #disk: Disk;
  #file: DiskFile | null = null;
  /** A write failed: behind `size` there may be a part of a record. */
  #torn = false;
  #damaged = false;
  /** What of it has not been taken to be sent to the store; `null` while that is on the disk only. */
  items: Item[] | null;
  /** How many entries it had when they were let go from memory. */
  released = 1;
  /** How far it has been written. */
  size = 0;
  /** Whether nothing more will be written to it. */
  closed: boolean;
  /** The number of its last entry, once it is closed. */
  last = 0;
  /** The disk once failed to sync it, so what is in memory is not let go. */
  suspect = false;

  constructor(disk: Disk, folder: string, name: string, items: Item[] | null) {
    this.#disk = disk;
    this.#folder = folder;
    this.name = name;
    this.items = items;
    this.closed = items === null;
  }

  /** Writes behind what was written whole; the part that a failed write leaves is cut off, at once or before the next. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#file ??= await this.#disk.create(this.#path());
    if (this.#torn) await this.#cut(this.#file);
    try {
      await this.#file.write(bytes, this.size);
    } catch (error) {
      this.#torn = true;
      await this.#cut(this.#file);
      throw error;
    }
    this.size += bytes.length;
  }

  async #cut(file: DiskFile): Promise<void> {
    await file.truncate(this.size);
    this.#torn = false;
  }

  async sync(): Promise<void> {
    await this.#file?.sync();
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** Lets its entries go from memory; they are on the disk. */
  release(): void {
    this.released = this.items?.length ?? this.released;
    this.items = null;
  }

  /** Reads its entries back from the disk. */
  async load(log: Log): Promise<void> {
    const found = readFrames(await this.#disk.read(this.#path()));
    this.#tell(log, found);
    this.items = found.payloads.map((payload) => ({
      number: 0,
      read: () => entryOf(payload),
      frame: null,
      done: false,
      settle: () => undefined,
    }));
  }

  /** What cannot be read stays beside the others, for somebody to look at. */
  setAside(): void {
    this.#damaged = true;
    this.items = [];
  }

  async remove(): Promise<void> {
    if (this.#damaged) await this.#disk.rename(this.#path(), `${this.#path()}.damaged`);
    else await this.#disk.remove(this.#path());
  }

  #tell(log: Log, { payloads, damaged, torn }: Found): void {
    const fields = { segment: this.name, entries: payloads.length, damaged, torn };
    if (damaged > 0) {
      this.#damaged = true;
      log.error(
        fields,
        "a part of the journal is damaged: what it held is missing from the history",
      );
    } else if (torn > 0) {
      log.warn(fields, "the journal ends in the middle of a record, which was cut off");
    }
  }

  #path(): string {
    return join(this.#folder, this.name);
  }
}

/** The checksum says that this is what a Kituo wrote; it may still have been one that knows more kinds of entries. */
function entryOf(payload: Buffer): Entry {
  const value: unknown = JSON.parse(payload.toString());
  const type =
    typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  if (type !== "facts" && type !== "lines") throw new Error("the journal holds an unknown entry");
  return value as Entry;
}
