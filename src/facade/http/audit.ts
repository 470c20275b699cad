import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { hasCode } from "../../domain/errors.ts";
import type { AuditOutcome } from "../../domain/user.ts";
import type { AuditEntry } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log, LogFields } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";
import { type AuditAction, auditActions } from "../contract/audit.ts";
import type { SignedIn } from "./token.ts";

/** How many entries are kept in memory for a store that is away. */
const mostMissed = 10_000;
/** How long what was done waits for a store that is slow to put it on record: calls are handled without it. */
const patienceMs = 1_000;

/**
 * Puts on record that somebody did something to the object with this id, or wanted to: in the log and in the store.
 * Settles when it is stored, and within a second at the latest. While the store is away an entry is in the log at once
 * and in the store as soon as another one can be written.
 */
export type Audit = (
  action: AuditAction,
  object: string,
  more?: {
    readonly outcome?: AuditOutcome;
    /** Who it was, where nobody has signed in: what they say they are. */
    readonly by?: string;
    readonly detail?: LogFields;
  },
) => Promise<void>;

interface Asker {
  readonly user: SignedIn | null;
  readonly address: string;
  readonly log: Log;
}

/** The one way to put something on record; for each request, who asks is told first. */
export function createAudit({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): (asker: Asker) => Audit {
  const missed: AuditEntry[] = [];
  let count = 0;

  /** Times first, so that ids are in the order of the entries; then what tells processes apart. */
  function idAt(now: number): string {
    count = (count + 1) % 0x10000;
    const parts = [now.toString(16).padStart(12, "0"), count.toString(16).padStart(4, "0")];
    return `AUD-${[...parts, randomBytes(4).toString("hex")].join("")}`.toUpperCase();
  }

  async function keep(entry: AuditEntry, log: Log): Promise<void> {
    try {
      await store.audit.append(entry);
      for (let late = missed[0]; late !== undefined; late = missed[0]) {
        await store.audit.append(late);
        if (missed[0] === late) missed.shift();
      }
    } catch (error) {
      log.error(
        { err: error, audit: entry.action, entry: entry.id },
        "an entry of the audit trail is not stored",
      );
      if (!hasCode(error, "store_down")) throw error;
      missed.push(entry);
      if (missed.length > mostMissed) missed.shift();
    }
  }

  return ({ user, address, log }) =>
    async (action, object, { outcome = "done", by, detail = {} } = {}) => {
      const { pii = {}, ...open } = detail;
      const refused = outcome === "refused" ? { outcome } : {};
      // What somebody who is not signed in calls herself may be anything, a password too.
      if (user === null) {
        const said = { audit: action, ...open, ...refused, pii: { ...pii, by, object, address } };
        log[outcome === "refused" ? "warn" : "info"](said, auditActions[action]);
      } else {
        const said = { ...open, audit: action, object, user: user.username, ...refused };
        log.info({ ...said, pii: { ...pii, address } }, auditActions[action]);
      }
      const at = clock.now();
      const who = user?.username ?? by ?? "";
      const about = { action, object, outcome, detail: { ...open, ...pii } };
      const kept = keep({ id: idAt(at), at, by: who, address, ...about }, log);
      await Promise.race([kept, setTimeout(patienceMs, undefined, { ref: false })]);
    };
}
