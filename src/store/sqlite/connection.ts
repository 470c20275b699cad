import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { KituoError } from "../../domain/errors.ts";
import type { Log } from "../../ports/log.ts";
import { Checkpoints } from "./checkpoint.ts";
import { openDatabase } from "./database.ts";
import { isBusy, sqliteDown } from "./fault.ts";
import { Writer } from "./writer.ts";

/** How often, and how long, a read is tried again while another process keeps readers out, which WAL makes rare. */
const BUSY_RETRY_MS = 10;
const BUSY_GIVE_UP_MS = 1_000;

interface Open {
  readonly database: DatabaseSync;
  readonly wal: number;
  readonly writer: Writer;
  readonly checkpoints: Checkpoints;
  readonly statements: Map<string, StatementSync>;
}

/** Prepares a statement, once for each text. */
export type Prepare = (sql: string) => StatementSync;

/** The one door to the database file: reads at once, writes in groups, every fault as `store_down`. */
export class Connection {
  readonly #file: string;
  readonly #log: Log | null;
  #open: Open | null = null;

  constructor(file: string, log: Log | null) {
    this.#file = file;
    this.#log = log;
  }

  async start(): Promise<void> {
    if (this.#open !== null) return;
    const database = openDatabase(this.#file);
    try {
      // SQLite's own wait for another process would keep the event loop.
      database.exec("PRAGMA busy_timeout = 0");
      const wal = openSync(`${this.#file}-wal`, "r");
      const checkpoints = new Checkpoints(this.#file, wal, this.#log);
      const writer = new Writer(database, wal, () => checkpoints.limitWal());
      this.#open = { database, wal, writer, checkpoints, statements: new Map() };
      syncFolder(dirname(this.#file));
    } catch (error) {
      this.#open = null;
      database.close();
      throw sqliteDown(this.#file, error);
    }
    this.#log?.info({ file: this.#file }, "the history database is open");
  }

  /** Lets what was asked for settle, then closes; the last to close checkpoints the rest, at most a few megabytes. */
  async stop(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    await open.writer.idle();
    await open.checkpoints.stop();
    closeSync(open.wal);
    open.database.close();
  }

  async health(): Promise<"up" | "down"> {
    try {
      await this.read((prepare) => prepare("SELECT count(*) FROM agents").get());
      return "up";
    } catch (error) {
      this.#log?.warn({ file: this.#file, err: error }, "the history database does not answer");
      return "down";
    }
  }

  async read<T>(step: (prepare: Prepare) => T): Promise<T> {
    const giveUp = performance.now() + BUSY_GIVE_UP_MS;
    for (;;) {
      const open = this.#opened();
      try {
        return step(preparer(open));
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUp) throw sqliteDown(this.#file, error);
      }
      await setTimeout(BUSY_RETRY_MS);
    }
  }

  /** See {@link Writer.write}: durable when it settles; the step may be run twice. */
  async write<T>(step: (prepare: Prepare) => T): Promise<T> {
    const open = this.#opened();
    try {
      return await open.writer.write(() => step(preparer(open)));
    } catch (error) {
      throw sqliteDown(this.#file, error);
    }
  }

  #opened(): Open {
    if (this.#open !== null) return this.#open;
    throw new KituoError("store_down", `${this.#file} is not open`);
  }
}

function preparer(open: Open): Prepare {
  return (sql) => {
    const known = open.statements.get(sql);
    if (known !== undefined) return known;
    const made = open.database.prepare(sql);
    open.statements.set(sql, made);
    return made;
  };
}

/** Makes the names of new files in a folder durable. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
