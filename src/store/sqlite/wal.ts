import type { DatabaseSync } from "node:sqlite";

/** "KITU" in ASCII: says, in the file itself, whose database this is. */
export const APPLICATION_ID = 0x4b495455;

/**
 * With WAL, readers and the writer do not wait for each other. The disk is waited for in two places only, both off the
 * event loop: `writer.ts` syncs the WAL before a commit settles, and `checkpoint-thread.ts` does what a checkpoint needs.
 * NORMAL, not OFF: should this connection ever have to begin a WAL anew, its header must be on the disk before the
 * frames, or after a power cut the old header would let some old frames count again.
 */
export const walSettings = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0";

/**
 * Writes the first frame of an empty WAL, with what the page says anyway. Who writes that frame waits for the disk
 * (the header is synced first), and as long as it is there and not yet checkpointed nobody begins the WAL anew.
 */
export function beginWal(database: DatabaseSync): void {
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}
