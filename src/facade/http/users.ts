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
 * left alone. Returns those who were there already: whether their passwords are still the planned ones is for
 * {@link updatePasswords} to see.
 */
export async function ensureUsers(
  store: Store,
  planned: readonly PlannedUser[],
  now: number,
): Promise<readonly PlannedUser[]> {
  const known = await Promise.all(
    planned.map(async (user) => {
      const { username, role, agent } = user;
      const stored = await store.users.get(username);
      if (stored === null) {
        const passwordHash = await hashPassword(user.password);
        await store.users.save({ username, role, passwordHash, agent, createdAt: now });
        return null;
      }
      if (stored.role !== role || stored.agent !== agent)
        await store.users.save({ ...stored, role, agent });
      return user;
    }),
  );
  return known.filter((user) => user !== null);
}

/**
 * Gives users their planned passwords where those have changed. One after the other: comparing is slow on purpose and
 * is done by the threads that read and write files, which a server that has calls to take up needs at the same time.
 */
export async function updatePasswords(store: Store, users: readonly PlannedUser[]): Promise<void> {
  for (const { username, password } of users) {
    const stored = await store.users.get(username);
    if (stored === null || (await verifyPassword(password, stored.passwordHash))) continue;
    await store.users.save({ ...stored, passwordHash: await hashPassword(password) });
  }
}
