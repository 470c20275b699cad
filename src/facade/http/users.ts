import { createHmac } from "node:crypto";
import type { AgentId } from "../../domain/ids.ts";
import type { Role } from "../../domain/user.ts";
import type { Store } from "../../ports/store.ts";
import { hashPassword, verifyPassword } from "./password.ts";

/** A user as set-up made one, with the password still readable. */
export interface PlannedUser {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  readonly agent: AgentId | null;
}

/**
 * Makes these users exist with these roles. Asking again for what is there writes nothing; users who are not named are
 * left alone. Returns those who were there already with another planned password than this, as far as that can be seen
 * at a glance: for {@link updatePasswords} to look at. `secret` is what the glance needs; it stands where the planned
 * passwords do.
 */
export async function ensureUsers(
  store: Store,
  planned: readonly PlannedUser[],
  secret: string,
  now: number,
): Promise<readonly PlannedUser[]> {
  const doubtful = await Promise.all(
    planned.map(async (user) => {
      const { username, role, agent } = user;
      const stored = await store.users.get(username);
      if (stored === null) {
        const passwordHash = await markedHash(user, secret);
        await store.users.save({ username, role, passwordHash, agent, createdAt: now });
        return null;
      }
      if (stored.role !== role || stored.agent !== agent)
        await store.users.save({ ...stored, role, agent });
      return stored.passwordHash.endsWith(markOf(user, secret)) ? null : user;
    }),
  );
  return doubtful.filter((user) => user !== null);
}

/**
 * Gives users their planned passwords where those have changed. One after the other: comparing is slow on purpose, a
 * tenth of a second each, and a server that has just started has calls to take up.
 */
export async function updatePasswords(
  store: Store,
  users: readonly PlannedUser[],
  secret: string,
): Promise<void> {
  for (const user of users) {
    const stored = await store.users.get(user.username);
    if (stored === null) continue;
    const isSame = await verifyPassword(user.password, stored.passwordHash);
    const passwordHash = isSame
      ? `${stored.passwordHash}${markOf(user, secret)}`
      : await markedHash(user, secret);
    await store.users.save({ ...stored, passwordHash });
  }
}

async function markedHash(user: PlannedUser, secret: string): Promise<string> {
  return `${await hashPassword(user.password)}${markOf(user, secret)}`;
}

/**
 * What stands behind a hash that was made of a planned password, so that the next start sees at once that nothing has
 * changed. Whoever has it and not the secret learns nothing of the password.
 */
function markOf({ username, password }: PlannedUser, secret: string): string {
  const mark = createHmac("sha256", secret).update(`password\n${username}\n${password}`);
  return `$${mark.digest("base64url")}`;
}
