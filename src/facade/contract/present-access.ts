import type { AgentSettings } from "../../domain/centre.ts";
import type { WireAuditEntry } from "./audit.ts";
import type { WireKey } from "./key.ts";
import type { WireUser } from "./user.ts";
import { toMaybeTime, toTime } from "./words.ts";

// From what is stored of users, keys and the audit trail to the words of the public API. Secrets stay behind.

/** `lockedUntil`: 0 when the account is not locked. */
export function presentUser(
  user: {
    readonly username: string;
    readonly role: WireUser["role"];
    readonly agent: string | null;
    readonly email: string | null;
    readonly active: boolean;
    readonly createdAt: number;
  },
  agents: readonly AgentSettings[],
  lockedUntil: number,
): WireUser {
  return {
    username: user.username,
    role: user.role,
    agent_id: user.agent,
    extension: agents.find(({ id }) => id === user.agent)?.extension ?? null,
    email: user.email,
    active: user.active,
    locked_until: toMaybeTime(lockedUntil === 0 ? null : lockedUntil),
    created_at: toTime(user.createdAt),
  };
}

export function presentKey(key: {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}): WireKey {
  return {
    key_id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    created_by: key.createdBy,
    created_at: toTime(key.createdAt),
    expires_at: toMaybeTime(key.expiresAt),
    last_used_at: toMaybeTime(key.lastUsedAt),
    revoked_at: toMaybeTime(key.revokedAt),
  };
}

export function presentAuditEntry(
  entry: Omit<WireAuditEntry, "audit_id" | "at"> & { readonly id: string; readonly at: number },
): WireAuditEntry {
  const { id, at, by, address, action, object, outcome, detail } = entry;
  return { audit_id: id, at: toTime(at), by, address, action, object, outcome, detail };
}
