import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { nameOrder } from "../../domain/customer.ts";
import { KituoError } from "../../domain/errors.ts";
import { wordsIn } from "../../domain/search.ts";
import { sqliteDown } from "./fault.ts";
import { migrations } from "./migrations.ts";
import { APPLICATION_ID, beginWal, walSettings } from "./wal.ts";

/** Up to this size the whole file is checked at the start, for which callers wait: some 30 ms. */
const CHECKED_BYTES = 16 * 1024 * 1024;

/** How long another process may hold the database while this one starts. */
const START_BUSY_MS = 5_000;

/**
 * Opens the database of this file, made with its folder when there is none, and brings its schema up to date. Refuses
 * (`store_down`), and changes nothing in, a file that is damaged, is not ours, or comes from a newer Kituo.
 */
export function openDatabase(file: string, steps: readonly string[] = migrations): DatabaseSync {
  try {
    createPrivately(file);
    const database = new DatabaseSync(file, { timeout: START_BUSY_MS });
    try {
      examine(database, file, steps.length);
      database.exec("PRAGMA journal_mode = WAL");
      database.exec(walSettings);
      // What the index of transcripts is made of, here and in the triggers that keep it.
      database.function("kituo_words", { deterministic: true }, (text) =>
        wordsIn(String(text)).join(" "),
      );
      if (text(database, "PRAGMA journal_mode") !== "wal") {
        throw new KituoError(
          "store_down",
          `${file} must be on a local disk (WAL does not work here)`,
        );
      }
      // SQLite's own lower() knows Latin letters only.
      database.function("name_order", { deterministic: true }, (name) => nameOrder(String(name)));
      migrate(database, steps);
      beginWal(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw sqliteDown(file, error);
  }
}

/** Makes a file that only its owner can read, before there is anything in it; SQLite gives its other files that mode. */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // A file that is there is not opened: closing it again would drop the locks this process holds on it.
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  writeFileSync(file, "", { flag: "a", mode: 0o600 });
}

function examine(database: DatabaseSync, file: string, known: number): void {
  const tables = integer(database, "SELECT count(*) FROM sqlite_schema");
  const application = integer(database, "PRAGMA application_id");
  if (application !== APPLICATION_ID && (application !== 0 || tables > 0)) {
    throw new KituoError(
      "store_down",
      `${file} is a database of another program; name another file`,
    );
  }
  const version = integer(database, "PRAGMA user_version");
  if (version > known) {
    const message = `${file} was written by a newer Kituo (schema ${version}, this one knows ${known}); start that one`;
    throw new KituoError("store_down", message);
  }
  if (statSync(file).size > CHECKED_BYTES) return;
  const faults = database.prepare("PRAGMA quick_check(5)").all();
  const [first] = faults;
  if (faults.length === 1 && first?.["quick_check"] === "ok") return;
  throw new KituoError(
    "store_down",
    `${file} is damaged; it was left as it is: put a backup in its place`,
    faults.map((fault) => String(fault["quick_check"])),
  );
}

/** Each step and its number are one transaction, so that an end in the middle leaves the step before. */
function migrate(database: DatabaseSync, steps: readonly string[]): void {
  for (;;) {
    database.exec("BEGIN IMMEDIATE");
    try {
      // Read under the lock: another process may have taken the step while this one waited.
      const version = integer(database, "PRAGMA user_version");
      const step = steps[version];
      if (step !== undefined) {
        database.exec(step);
        database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
        database.exec(`PRAGMA user_version = ${version + 1}`);
      }
      database.exec("COMMIT");
      if (step === undefined) return;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}

function integer(database: DatabaseSync, query: string): number {
  return Number(text(database, query));
}

function text(database: DatabaseSync, query: string): string {
  const [value] = Object.values(database.prepare(query).get() ?? {});
  return String(value);
}
