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
 * Makes these users exist with these passwords and roles. Asking again for what is there writes nothing; users who
 * are not named are left alone.
 */
export async function ensureUsers(
  store: Store,
  planned: readonly PlannedUser[],
  now: number,
): Promise<void> {
  await Promise.all(
    planned.map(async ({ username, password, role, agent }) => {
      const known = await store.users.get(username);
      const samePassword = known !== null && (await verifyPassword(password, known.passwordHash));
      if (samePassword && known.role === role && known.agent === agent) return;
      const passwordHash = samePassword ? known.passwordHash : await hashPassword(password);
      const createdAt = known?.createdAt ?? now;
      await store.users.save({ username, role, passwordHash, agent, createdAt });
    }),
  );
}
