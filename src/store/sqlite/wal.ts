import type { DatabaseSync } from "node:sqlite";

/** "KITU" in ASCII: says, in the file itself, whose database this is. */
export const APPLICATION_ID = 0x4b495455;

/**
 * With WAL, readers and the writer do not wait for each other. The disk is waited for in two places, both off the event
 * loop: `writer.ts` syncs the WAL before a commit settles, and `checkpoint-thread.ts` checkpoints. A checkpoint syncs
 * the WAL, copies it, and syncs the database file before the WAL is emptied, so that at each moment a power cut leaves
 * what settled in one of the two. NORMAL, not OFF, for all: who begins a WAL anew must have its header on the disk
 * before the frames, or after a power cut the old header could make some of the old frames count again.
 */
export const walSettings = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0";

/**
 * Writes the first frame of an empty WAL, with what the page says anyway. Who writes that frame waits for the disk
 * (the header is synced first), and as long as it is there and not yet checkpointed nobody begins the WAL anew.
 */
export function beginWal(database: DatabaseSync): void {
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}
