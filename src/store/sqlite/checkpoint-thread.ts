import { DatabaseSync } from "node:sqlite";
import { parentPort } from "node:worker_threads";
import { beginWal, walSettings } from "./wal.ts";

/** How long readers and writers of other processes may hold the WAL before it is left for the next time. */
const BUSY_MS = 250;

/** Empties the WAL of this database; closed in between, so that the last to close is whoever writes. */
function checkpoint(file: string): void {
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    database.exec(walSettings);
    // The first does the work and keeps nobody out; the second, with nothing left to copy, holds the write lock briefly.
    database.exec("PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)");
    beginWal(database);
  } finally {
    database.close();
  }
}

parentPort?.on("message", (file: string) => {
  checkpoint(file);
  parentPort?.postMessage("done");
});
