import type { AuditOutcome } from "../domain/user.ts";

/**
 * Who may come in, and what they did: the parts of the store behind sign-ins, keys and the audit trail. Secrets are
 * never stored, only their hashes.
 */

/** A sign-in and all that follows from it: every token of it names it, so that it can be ended at once. */
export interface Session {
  readonly id: string;
  readonly username: string;
  /** SHA-256, in hexadecimal, of the one refresh token that is good now. */
  readonly refreshHash: string;
  readonly createdAt: number;
  /** Nothing of the session is good from then on. */
  readonly expiresAt: number;
  readonly endedAt: number | null;
  /** Why it was ended before its time; `null` while it is good. */
  readonly endedWhy: string | null;
}

export interface SessionRecords {
  begin(session: Session): Promise<void>;
  get(id: string): Promise<Session | null>;
  /** Puts one refresh token in the place of another; `false`, and nothing changed, where that is not the one, or it ended. */
  rotate(id: string, from: string, to: string): Promise<boolean>;
  /** Ends a session; `false` when there is none that could be ended. */
  end(id: string, at: number, why: string): Promise<boolean>;
  /** Ends those of a user, all or all but one, and returns their ids. */
  endOf(username: string, at: number, why: string, except?: string): Promise<readonly string[]>;
  /** Forgets those that nothing could come of any more since before that time. */
  forget(before: number): Promise<void>;
}

/** A key that a program signs in with. */
export interface ApiKey {
  /** `KEY-0123456789AB`. */
  readonly id: string;
  readonly name: string;
  /** SHA-256, in hexadecimal, of the key itself. */
  readonly hash: string;
  /** For example `calls:read`. */
  readonly scopes: readonly string[];
  /** The username of who made it. */
  readonly createdBy: string;
  readonly createdAt: number;
  /** `null`: until somebody takes it back. */
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface ApiKeys {
  add(key: ApiKey): Promise<void>;
  get(id: string): Promise<ApiKey | null>;
  byHash(hash: string): Promise<ApiKey | null>;
  /** All, also those taken back, newest first. */
  list(): Promise<readonly ApiKey[]>;
  /** Takes a key back for good; `false` when it was before, or is none. */
  revoke(id: string, at: number): Promise<boolean>;
  used(id: string, at: number): Promise<void>;
}

/** One line of the audit trail. */
export interface AuditEntry {
  /** Unique; entries of one millisecond are in its order. */
  readonly id: string;
  readonly at: number;
  /** A username, or `key:` and the id of an API key. */
  readonly by: string;
  /** The network address that the request came from. */
  readonly address: string;
  /** A word of `facade/http/audit.ts`, for example `recording_read`. */
  readonly action: string;
  /** The id of what it was done to. */
  readonly object: string;
  readonly outcome: AuditOutcome;
  /** What else is to be known, as JSON. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  readonly by?: string;
  readonly action?: string;
  readonly object?: string;
  readonly outcome?: AuditOutcome;
  /** Entries from this time on. */
  readonly since?: number;
  /** Entries before this time; the cursor of the next page, as for calls. */
  readonly before?: number;
  /** With `before`: the last entry of the page before. */
  readonly beforeId?: string;
  /** At most 500. */
  readonly limit: number;
}

/** Who did what. Append only: nothing here changes or removes an entry. */
export interface AuditTrail {
  /** Adds an entry; one that is there already (same id) is left as it is. */
  append(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter): Promise<readonly AuditEntry[]>;
}
