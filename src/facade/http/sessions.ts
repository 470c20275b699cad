import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Store, User } from "../../ports/store.ts";
import { createKeyReader, isKey } from "./api-keys.ts";
import type { SignedIn, Tokens } from "./token.ts";
import { createVerdicts, type Verdicts } from "./verdicts.ts";

/** How long after a sign-in the refresh token can be exchanged, however often it was. */
const sessionLifeMs = 7 * 24 * 3_600_000;
/** How long a token is good that somebody has who can get another. */
const shortLifeMs = 15 * 60_000;
const hourMs = 3_600_000;

/** What a browser or program is given: a token for its requests, and a refresh token for when that ends. */
export interface Granted {
  readonly user: User;
  readonly session: string;
  readonly token: string;
  readonly expiresAt: number;
  readonly refresh: { readonly value: string; readonly expiresAt: number };
}

/** `reused`: somebody else has had this refresh token too; its session is over. */
export type Refreshed =
  | ({ readonly is: "granted" } & Granted)
  | { readonly is: "refused" }
  | { readonly is: "reused"; readonly username: string };

/**
 * Sign-ins that can be taken back. `read` knows tokens of sessions that go on, and API keys. What is ended in this
 * process is refused at once, what another process ended within two seconds; so are the live sockets that
 * `onEnded` watches.
 */
export interface Sessions extends Tokens, Pick<Verdicts, "isGood" | "onEnded" | "stop"> {
  begin(user: User): Promise<Granted>;
  refresh(value: string): Promise<Refreshed>;
  end(session: string, why: string): Promise<void>;
  /** Ends those of a user, all or all but one. */
  endOf(username: string, why: string, except?: string): Promise<void>;
  /** Takes an API key back; `false` when it was before, or is none. */
  revoke(key: string): Promise<boolean>;
}

export function createSessions(
  deps: { readonly store: Store; readonly clock: Clock; readonly log: Log },
  tokens: Tokens,
  tokenMs: number,
): Sessions {
  const { store, clock, log } = deps;
  const readKey = createKeyReader(deps);
  const verdicts = createVerdicts(isGoodNow, clock, log);
  let forgottenAt = 0;

  async function isGoodNow(id: string): Promise<boolean> {
    const now = clock.now();
    if (id.startsWith("KEY-")) {
      const key = await store.keys.get(id);
      return key !== null && key.revokedAt === null && (key.expiresAt ?? Infinity) > now;
    }
    const session = await store.sessions.get(id);
    return session !== null && session.endedAt === null && session.expiresAt > now;
  }

  async function grant(
    user: User,
    session: { readonly id: string; readonly expiresAt: number },
    secret: string,
    lifeMs: number,
  ): Promise<Granted> {
    const { username, role, agent } = user;
    const now = clock.now();
    const who = { username, role, agent, session: session.id };
    const issued = await tokens.issue(who, now, Math.min(lifeMs, session.expiresAt - now));
    const refresh = { value: `${session.id}.${secret}`, expiresAt: session.expiresAt };
    return { user, session: session.id, ...issued, refresh };
  }

  /** Sessions are kept for a while after their end, so that who asks why can be told; then they are forgotten. */
  async function forgetOld(now: number): Promise<void> {
    if (now - forgottenAt < hourMs) return;
    forgottenAt = now;
    await store.sessions.forget(now - sessionLifeMs);
  }

  return {
    issue: (who, now, lifeMs) => tokens.issue(who, now, lifeMs),

    async read(credential, now): Promise<SignedIn | null> {
      const user = isKey(credential)
        ? await readKey(credential, now)
        : await tokens.read(credential, now);
      return user !== null && (await verdicts.isGood(user.session)) ? user : null;
    },

    isGood: (session) => verdicts.isGood(session),
    onEnded: (session, handler) => verdicts.onEnded(session, handler),
    stop: () => verdicts.stop(),

    async begin(user) {
      const now = clock.now();
      await forgetOld(now);
      const id = `SES-${randomBytes(12).toString("hex")}`;
      const secret = newSecret();
      const expiresAt = now + sessionLifeMs;
      await store.sessions.begin({
        id,
        username: user.username,
        refreshHash: hashOf(secret),
        createdAt: now,
        expiresAt,
        endedAt: null,
        endedWhy: null,
      });
      return await grant(user, { id, expiresAt }, secret, tokenMs);
    },

    async refresh(value) {
      const [id = "", secret = ""] = value.split(".");
      const session = await store.sessions.get(id);
      const now = clock.now();
      if (session === null || session.endedAt !== null || session.expiresAt <= now)
        return { is: "refused" };
      const { username } = session;
      const user = await store.users.get(username);
      if (user === null || !user.active) return { is: "refused" };
      const next = newSecret();
      if (!(await store.sessions.rotate(id, hashOf(secret), hashOf(next)))) {
        // Of two who have the same token one is a thief, and nobody can tell which.
        await store.sessions.end(id, now, "refresh token used twice");
        verdicts.ended([id]);
        return { is: "reused", username };
      }
      const granted = await grant(user, session, next, Math.min(tokenMs, shortLifeMs));
      return { is: "granted", ...granted };
    },

    async end(session, why) {
      await store.sessions.end(session, clock.now(), why);
      verdicts.ended([session]);
    },

    async endOf(username, why, except) {
      verdicts.ended(await store.sessions.endOf(username, clock.now(), why, except));
    },

    async revoke(key) {
      const isDone = await store.keys.revoke(key, clock.now());
      verdicts.ended([key]);
      return isDone;
    },
  };
}

/** 256 random bits. */
function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Of 256 random bits one round of SHA-256 is enough: there is nothing to guess that a slow hash would protect. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
