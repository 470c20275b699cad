import { overall } from "../../domain/health.ts";
import { presentParts } from "../contract/present.ts";
import { toTime } from "../contract/words.ts";
import { createAttempts } from "./attempts.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { verifyNobody, verifyPassword } from "./password.ts";
import { Problem } from "./problems.ts";
import type { Tokens } from "./token.ts";

/** Signing in, and the health of the server. */
export function sessionHandlers(
  { store, clock, parts }: Pick<FacadeDeps, "store" | "clock" | "parts">,
  tokens: Tokens,
): Some<"health" | "login"> {
  // Ten wrong passwords for one name from one address, then one every 30 s; a wider measure for one address, so that
  // one password cannot be tried on everybody.
  const forName = createAttempts(10, 30_000);
  const forAddress = createAttempts(100, 3_000);

  return {
    async health() {
      const seen = parts();
      return { status: overall(seen), parts: presentParts(seen), at: toTime(clock.now()) };
    },

    async login({ input, address, log }) {
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
      const user = await store.users.get(username);
      const isRight =
        user === null
          ? await verifyNobody(password)
          : await verifyPassword(password, user.passwordHash);
      if (user === null || !isRight) {
        log.warn({ pii: { username, address } }, "sign-in refused");
        throw new Problem("not_signed_in", "The username or the password is wrong.");
      }
      forName.forget(key);
      const { role, agent } = user;
      const { token, expiresAt } = await tokens.issue({ username, role, agent }, now);
      log.info({ role }, "signed in");
      return { token, role, username, agent_id: agent, expires_at: toTime(expiresAt) };
    },
  };
}
