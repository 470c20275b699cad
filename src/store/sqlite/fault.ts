import { KituoError } from "../../domain/errors.ts";

/** SQLite's primary result codes that an admin can do something about. */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** TOOBIG, CONSTRAINT, MISMATCH and RANGE: the record is to blame, and would be refused again. */
const REFUSALS: ReadonlySet<number | null> = new Set([18, 19, 20, 25]);

/** What SQLite says of an error: its primary result code, or `null` when the error is not SQLite's. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error)) return null;
  // Extended codes carry the primary one in their low byte.
  return typeof error.errcode === "number" ? error.errcode & 0xff : null;
}

/** Whether another process holds the write lock just now. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === BUSY;
}

/** The error to reject with: ours as it is, a record that cannot be kept as `internal`, the rest as `store_down`. */
export function sqliteDown(file: string, error: unknown): KituoError {
  if (error instanceof KituoError) return error;
  if (REFUSALS.has(sqliteCode(error)) || error instanceof TypeError) {
    return new KituoError("internal", `${file}: ${advice(error)}`, [], error);
  }
  return new KituoError("store_down", `${file}: ${advice(error)}`, [], error);
}

function advice(error: unknown): string {
  switch (sqliteCode(error)) {
    case BUSY:
      return "another process has held the database too long";
    case READONLY:
      return "the database cannot be written; look at the rights of the file and its folder";
    case CORRUPT:
    case NOTADB:
      return "this is not a database, or it is damaged; it was left as it is: put a backup in its place";
    case FULL:
      return "the disk is full";
    case IOERR:
    case CANTOPEN:
      return "the database cannot be opened or read; look at the disk, the folder and its rights";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
