import { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";
import { beginWal, walSettings } from "./wal.ts";

/** How long readers and writers of other processes may hold the WAL before it is left for the next time. */
const BUSY_MS = 250;

const database = new DatabaseSync(String(workerData), { timeout: BUSY_MS });
database.exec(walSettings);
// The first does the work and keeps nobody out; the second, with nothing left to copy, holds the write lock briefly.
database.exec("PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)");
beginWal(database);
database.close();
