import { createHash, randomBytes } from "node:crypto";
import type { ApiKey } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";
import type { SignedIn } from "./token.ts";

const prefix = "kk_";
/** When a key was used is noted to the minute: a program may ask several times a second. */
const notedMs = 60_000;
/** How long a key is known without asking the store for it; whether it was taken back is asked more often. */
const knownMs = 60_000;
const mostKnown = 1_000;
/** A live socket that was opened with a key has to be opened anew once a day. */
const dayMs = 24 * 3_600_000;

/** Whether what somebody signs in with has the form of an API key. */
export function isKey(credential: string): boolean {
  return credential.startsWith(prefix);
}

/**
 * A new key: 256 random bits. What is stored is their SHA-256: unlike a password they cannot be guessed, so a slow hash
 * would protect nothing and cost each request some tens of milliseconds.
 */
export function newKey(): { readonly key: string; readonly hash: string; readonly id: string } {
  const key = `${prefix}${randomBytes(32).toString("base64url")}`;
  return { key, hash: hashOf(key), id: `KEY-${randomBytes(6).toString("hex").toUpperCase()}` };
}

/** Finds out who is behind a key; `null` for whatever is none. Whether it is still good is asked elsewhere. */
export function createKeyReader(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): (credential: string, now: number) => Promise<SignedIn | null> {
  const { store, log } = deps;
  const known = new Map<string, { readonly key: ApiKey; readonly at: number }>();
  const noted = new Map<string, number>();

  async function find(hash: string, now: number): Promise<ApiKey | null> {
    const last = known.get(hash);
    if (last !== undefined && Math.abs(now - last.at) < knownMs) return last.key;
    const key = await store.keys.byHash(hash);
    known.delete(hash);
    if (key !== null) known.set(hash, { key, at: now });
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
    return key;
  }

  function noteUse({ id }: ApiKey, now: number): void {
    if (now - (noted.get(id) ?? -Infinity) < notedMs) return;
    noted.set(id, now);
    store.keys.used(id, now).catch((error: unknown) => {
      log.warn({ err: error, key: id }, "the use of an API key was not noted");
    });
  }

  return async (credential, now) => {
    const key = await find(hashOf(credential), now);
    if (key === null || key.revokedAt !== null) return null;
    const expiresAt = Math.min(key.expiresAt ?? Infinity, now + dayMs);
    if (expiresAt <= now) return null;
    noteUse(key, now);
    return {
      username: `key:${key.id}`,
      // The most that a key may do; its scopes take away from that.
      role: "supervisor",
      agent: null,
      expiresAt,
      session: key.id,
      scopes: key.scopes,
    };
  };
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
