import { createHmac } from "node:crypto";
import type { AgentId } from "../../domain/ids.ts";
import type { Role } from "../../domain/user.ts";
import type { Store } from "../../ports/store.ts";
import { hashPassword, verifyPassword } from "./password.ts";

const planChanged = "changed in the secrets file";

/** A user as set-up made one, with the password still readable. */
export interface PlannedUser {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  readonly agent: AgentId | null;
}

/**
 * Makes these users exist. What was changed over the API since stays as it is, until the plan of that user itself
 * changes: then that counts. Asking again for what is there writes nothing; users who are not named are left alone.
 * Returns those whose plan is another than the one that was carried out last: for {@link updatePasswords} to look at.
 * `secret` is what marks a plan that was carried out; it stands where the planned passwords do.
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
      const planMark = markOf(user, secret);
      if (stored === null) {
        await store.users.add({
          username,
          role,
          passwordHash: await hashPassword(user.password),
          agent,
          email: null,
          active: true,
          planMark,
          failures: 0,
          failedAt: null,
          createdAt: now,
        });
        return null;
      }
      if (stored.planMark === planMark) return null;
      if (stored.role !== role || stored.agent !== agent) {
        await store.users.update(username, { role, agent });
        await store.sessions.endOf(username, now, planChanged);
      }
      return user;
    }),
  );
  return doubtful.filter((user) => user !== null);
}

/**
 * Gives users their planned passwords where the plan has changed, and lets them in again. One after the other: comparing
 * is slow on purpose, some tens of milliseconds each, and a server that has just started has calls to take up.
 */
export async function updatePasswords(
  store: Store,
  users: readonly PlannedUser[],
  secret: string,
  now: number,
): Promise<void> {
  for (const user of users) {
    const stored = await store.users.get(user.username);
    if (stored === null) continue;
    const isSame = await verifyPassword(user.password, stored.passwordHash);
    await store.users.update(user.username, {
      ...(isSame ? {} : { passwordHash: await hashPassword(user.password) }),
      active: true,
      planMark: markOf(user, secret),
    });
    if (!isSame) await store.sessions.endOf(user.username, now, planChanged);
  }
}

/**
 * What a plan is known by, so that the next start sees at once whether it has changed. Whoever has it and not the
 * secret learns nothing of the password.
 */
function markOf({ username, password, role, agent }: PlannedUser, secret: string): string {
  const mark = createHmac("sha256", secret);
  return mark.update(JSON.stringify(["plan", username, password, role, agent])).digest("base64url");
}
