import { presentKey } from "../contract/present-access.ts";
import { newKey } from "./api-keys.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import { knownScopes } from "./scopes.ts";
import type { Sessions } from "./sessions.ts";

/** API keys, for programs. */
export function keyHandlers(
  { store, clock }: Pick<FacadeDeps, "store" | "clock">,
  sessions: Sessions,
): Some<"listKeys" | "createKey" | "revokeKey"> {
  const scopes = knownScopes();
  return {
    async listKeys() {
      return { keys: (await store.keys.list()).map(presentKey) };
    },

    async createKey({ input, user, audit }) {
      const now = clock.now();
      const faults = input.scopes
        .filter((scope) => !scopes.includes(scope))
        .map((scope) => `scopes: ${scope} is not one of ${scopes.join(", ")}`);
      if (input.expires_at !== undefined && input.expires_at <= now)
        faults.push("expires_at: must be a time to come");
      if (faults.length > 0)
        throw new Problem("bad_request", "There can be no such key.", { faults });
      const { key, hash, id } = newKey();
      const made = {
        id,
        name: input.name,
        hash,
        scopes: [...new Set(input.scopes)].sort(),
        createdBy: user.username,
        createdAt: now,
        expiresAt: input.expires_at ?? null,
        lastUsedAt: null,
        revokedAt: null,
      };
      await store.keys.add(made);
      await audit("key_created", id, { detail: { scopes: made.scopes } });
      return { success: true, key, api_key: presentKey(made) };
    },

    async revokeKey({ params, audit }) {
      if (!(await sessions.revoke(params.id)))
        throw new Problem("not_found", "There is no such key that could be taken back.");
      await audit("key_revoked", params.id);
      return { success: true, key_id: params.id };
    },
  };
}
