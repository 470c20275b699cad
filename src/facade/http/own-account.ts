import { createHash, timingSafeEqual } from "node:crypto";
import { asAgentId } from "../../domain/ids.ts";
import type { User } from "../../ports/store.ts";
import { presentUser } from "../contract/present-access.ts";
import { toTime } from "../contract/words.ts";
import { createAttempts } from "./attempts.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { lockedUntil } from "./lock.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import { Problem } from "./problems.ts";
import type { Sessions } from "./sessions.ts";
import type { SignedIn } from "./token.ts";

/** What people do with their own accounts. */
export function ownAccountHandlers(
  { store, clock, centre, access }: Pick<FacadeDeps, "store" | "clock" | "centre" | "access">,
  sessions: Sessions,
): Some<"me" | "changePassword" | "register"> {
  const passwords = createAttempts(10, 30_000);
  const codes = createAttempts(10, 60_000);

  async function accountOf({ username }: SignedIn): Promise<User> {
    const user = await store.users.get(username);
    if (user === null) throw new Problem("not_signed_in", "This user has been removed.");
    return user;
  }

  return {
    async me({ user }) {
      const { email } = await accountOf(user);
      const agent = centre.agents.find(({ id }) => id === user.agent);
      return {
        username: user.username,
        role: user.role,
        agent_id: user.agent,
        extension: agent?.extension ?? null,
        email,
        expires_at: toTime(user.expiresAt),
      };
    },

    async changePassword({ input, user, audit }) {
      const { username } = user;
      refuseIfTooMany(passwords.take(username, clock.now()));
      const { passwordHash } = await accountOf(user);
      if (!(await verifyPassword(input.current_password, passwordHash))) {
        await audit("password_changed", username, { outcome: "refused" });
        throw badRequest("current_password: is wrong");
      }
      passwords.forget(username);
      await store.users.update(username, { passwordHash: await hashPassword(input.new_password) });
      await sessions.endOf(username, "password changed", user.session);
      await audit("password_changed", username);
      return { success: true };
    },

    async register({ input, address, audit }) {
      const { inviteCode } = access;
      if (inviteCode === null)
        throw new Problem("registration_closed", "This server lets nobody register.");
      refuseIfTooMany(codes.take(address, clock.now()));
      if (!isSame(input.invite_code ?? "", inviteCode))
        throw new Problem("registration_closed", "The invite code is missing or wrong.");
      codes.forget(address);
      const { username, email, extension, password } = input;
      const record = centre.agents.find((each) => each.extension === extension);
      if (record === undefined) throw badRequest(`extension: no agent has ${extension}`);
      const agent = asAgentId(record.id);
      // Set-up makes a user for each agent; whoever registers comes beside that one, and only once.
      const users = await store.users.list();
      if (users.some((each) => each.agent === agent && each.planMark === null && each.active))
        throw new Problem("conflict", `Somebody has registered with extension ${extension}.`);
      const user: User = {
        username,
        role: "agent",
        passwordHash: await hashPassword(password),
        agent,
        email,
        active: true,
        planMark: null,
        failures: 0,
        failedAt: null,
        createdAt: clock.now(),
      };
      if (!(await store.users.add(user)))
        throw new Problem("conflict", "There is a user with this name already.");
      await audit("user_registered", username, { by: username, detail: { agent } });
      return { success: true, user: presentUser(user, centre.agents, lockedUntil(user)) };
    },
  };
}

function refuseIfTooMany(waitMs: number): void {
  if (waitMs === 0) return;
  throw new Problem("too_many_attempts", "There were too many wrong attempts.", {
    headers: { "Retry-After": String(Math.ceil(waitMs / 1000)) },
  });
}

/** Compares in a time that does not tell how much of it was right. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function badRequest(fault: string): Problem {
  return new Problem("bad_request", "One thing is wrong with the request.", { faults: [fault] });
}
