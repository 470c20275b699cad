import { overall } from "../../domain/health.ts";
import type { User } from "../../ports/store.ts";
import { presentParts } from "../contract/present.ts";
import { toTime } from "../contract/words.ts";
import { createAttempts } from "./attempts.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { countFailure, lockedUntil, lockMs, mostFailures } from "./lock.ts";
import { hashPassword, isCurrentHash, verifyNobody, verifyPassword } from "./password.ts";
import { Problem } from "./problems.ts";
import type { Granted, Sessions } from "./sessions.ts";

/** Signing in, going on, signing out, and the health of the server. */
export function sessionHandlers(
  { store, clock, parts }: Pick<FacadeDeps, "store" | "clock" | "parts">,
  sessions: Sessions,
): Some<"health" | "login" | "refresh" | "logout"> {
  // Ten wrong passwords for one name from one address, then one every 30 s; a wider measure for one address, so that
  // one password cannot be tried on everybody.
  const forName = createAttempts(10, 30_000);
  const forAddress = createAttempts(100, 3_000);
  // Names that nobody has are locked like others, so that nobody learns which there are.
  const strangers = createAttempts(mostFailures, lockMs);

  /** The user with this name, and whether this is her password. Refuses while the account is locked. */
  async function whoHas(
    username: string,
    password: string,
  ): Promise<{ readonly user: User | null; readonly isRight: boolean }> {
    const user = await store.users.get(username);
    const now = clock.now();
    const until = user === null ? now + strangers.take(username, now) : lockedUntil(user);
    if (until > now) {
      throw new Problem("account_locked", "There were too many wrong passwords for this name.", {
        headers: { "Retry-After": String(Math.ceil((until - now) / 1000)) },
      });
    }
    const isRight =
      user === null
        ? await verifyNobody(password)
        : await verifyPassword(password, user.passwordHash);
    return { user, isRight };
  }

  /** What was hashed in an older way is hashed anew while its password is known. */
  async function tidy(user: User, password: string): Promise<User> {
    const { username, passwordHash, failures } = user;
    const isCurrent = isCurrentHash(passwordHash);
    if (isCurrent && failures === 0) return user;
    const change = {
      ...(isCurrent ? {} : { passwordHash: await hashPassword(password) }),
      failures: 0,
      failedAt: null,
    };
    return (await store.users.update(username, change)) ?? user;
  }

  /**
   * Begins a session, and ends it at once when somebody has changed the user meanwhile: whoever changes a user ends the
   * sessions that there are by then.
   */
  async function begin(user: User): Promise<Granted> {
    const granted = await sessions.begin(user);
    const now = await store.users.get(user.username);
    const isSame =
      now?.active === true &&
      now.role === user.role &&
      now.agent === user.agent &&
      now.passwordHash === user.passwordHash;
    if (isSame) return granted;
    await sessions.end(granted.session, "the user was changed meanwhile");
    throw wrong();
  }

  return {
    async health() {
      const seen = parts();
      return { status: overall(seen), parts: presentParts(seen), at: toTime(clock.now()) };
    },

    async login({ input, address, log, audit, cookie }) {
      const { username, password } = input;
      const key = `${username}\n${address}`;
      const now = clock.now();
      const waitMs = Math.max(forName.take(key, now), forAddress.take(address, now));
      if (waitMs > 0) {
        log.warn({ pii: { username, address } }, "sign-in attempts limited");
        throw new Problem("too_many_attempts", "There were too many wrong passwords.", {
          headers: { "Retry-After": String(Math.ceil(waitMs / 1000)) },
        });
      }
      const { user, isRight } = await whoHas(username, password);
      if (user === null || !isRight || !user.active) {
        // What is no name may be a password that somebody typed in the wrong place.
        const by = user === null ? "unknown" : username;
        await audit("signed_in", by, { outcome: "refused", by });
        if (!isRight && (await countFailure(store, username, now)))
          await audit("account_locked", username, { outcome: "refused", by: username });
        throw wrong();
      }
      forName.forget(key);
      const granted = await begin(await tidy(user, password));
      const detail = { session: granted.session, role: user.role };
      await audit("signed_in", username, { by: username, detail });
      cookie.keep(granted.refresh.value, granted.refresh.expiresAt);
      return presentSession(granted);
    },

    async refresh({ cookie, audit }) {
      const value = cookie.read();
      const answer = value === null ? null : await sessions.refresh(value);
      if (answer?.is === "granted") {
        cookie.keep(answer.refresh.value, answer.refresh.expiresAt);
        return presentSession(answer);
      }
      cookie.drop();
      if (answer?.is === "reused") {
        const { username } = answer;
        await audit("session_reused", username, { outcome: "refused", by: username });
      }
      throw new Problem("not_signed_in", "There is no session that goes on.");
    },

    async logout({ credential, cookie, audit }) {
      const known = credential === null ? null : await sessions.read(credential, clock.now());
      const value = cookie.read();
      const renewed = value === null ? null : await sessions.refresh(value);
      cookie.drop();
      const ended = new Map<string, string>();
      // A key is taken back by an admin, not by whoever has it.
      if (known !== null && known.scopes === undefined) ended.set(known.session, known.username);
      if (renewed?.is === "granted") ended.set(renewed.session, renewed.user.username);
      for (const [session, username] of ended) {
        await sessions.end(session, "signed out");
        await audit("signed_out", username, { by: username, detail: { session } });
      }
      return { success: true };
    },
  };
}

function wrong(): Problem {
  return new Problem("not_signed_in", "The username or the password is wrong.");
}

function presentSession({ token, user, expiresAt }: Granted) {
  const { role, username, agent } = user;
  return { token, role, username, agent_id: agent, expires_at: toTime(expiresAt) };
}
