import { fdatasync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate, setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { isBusy } from "./fault.ts";

const sync = promisify(fdatasync);

/** How long one transaction may keep the event loop; what is left over is the next one's. */
const TURN_MS = 4;

/** How often, and how long, the write lock is asked for again when another process holds it. */
const BUSY_RETRY_MS = 10;
const BUSY_GIVE_UP_MS = 5_000;

interface Write {
  /** Does the work in the open transaction. Run again, alone, when its transaction had to be taken back. */
  readonly step: () => void;
  readonly settle: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit. SQLite works on the event loop, so what is asked for while a commit is on its way to the disk becomes
 * one transaction, and only the cheap half of a commit happens here: with `synchronous = NORMAL` SQLite writes to the
 * WAL without waiting for the disk; the wait is an asynchronous fdatasync of the WAL, and each write settles after it.
 */
export class Writer {
  readonly #database: DatabaseSync;
  /** The WAL, held open as long as the database: it is emptied, but the same file until the last connection closes. */
  readonly #wal: number;
  readonly #limitWal: () => Promise<void>;
  #waiting: Write[] = [];
  #draining: Promise<void> | null = null;

  /** With what is done between two commits to keep the WAL short, which never rejects. */
  constructor(database: DatabaseSync, wal: number, limitWal: () => Promise<void>) {
    this.#database = database;
    this.#wal = wal;
    this.#limitWal = limitWal;
  }

  /**
   * Runs a step in a transaction and settles with its value when that is on the disk. A step may be run twice, the
   * first time in a transaction that is taken back, so it must do nothing but read and write the database.
   */
  write<T>(step: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let settle = (): void => {};
    const run = (): void => {
      const value = step();
      settle = () => resolve(value);
    };
    this.#waiting.push({ step: run, settle: () => settle(), reject });
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Settles when all that was asked for has settled. */
  async idle(): Promise<void> {
    while (this.#draining !== null) await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What is asked for in the same turn of the event loop goes together.
      await setImmediate();
      const done: Write[] = [];
      try {
        await this.#begin();
        this.#commit(done);
        await sync(this.#wal);
      } catch (error) {
        for (const write of done.length > 0 ? done : this.#waiting.splice(0)) write.reject(error);
        continue;
      }
      for (const write of done) write.settle();
      await this.#limitWal();
    }
    // In the same step as the look at what is waiting, so that no write falls between.
    this.#draining = null;
  }

  /** Takes the write lock. The wait for another process that has it must not keep the event loop. */
  async #begin(): Promise<void> {
    const giveUp = performance.now() + BUSY_GIVE_UP_MS;
    for (;;) {
      try {
        this.#database.exec("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUp) throw error;
      }
      await setTimeout(BUSY_RETRY_MS);
    }
  }

  /** Moves as many writes as fit in one turn from `waiting` to `done`, and commits them. */
  #commit(done: Write[]): void {
    const end = performance.now() + TURN_MS;
    let taken = 0;
    try {
      for (const write of this.#waiting) {
        taken += 1;
        write.step();
        if (performance.now() > end) break;
      }
      done.push(...this.#waiting.splice(0, taken));
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      if (done.length > 0) throw error;
      this.#commitEach(this.#waiting.splice(0, taken), done);
    }
  }

  /** One of them cannot be done: each has a transaction of its own, so that it fails alone. */
  #commitEach(writes: readonly Write[], done: Write[]): void {
    for (const write of writes) {
      try {
        this.#database.exec("BEGIN IMMEDIATE");
        write.step();
        this.#database.exec("COMMIT");
        done.push(write);
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        write.reject(error);
      }
    }
  }
}
