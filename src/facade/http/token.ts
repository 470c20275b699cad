import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { KituoError } from "../../domain/errors.ts";
import { type AgentId, asAgentId } from "../../domain/ids.ts";
import { type Role, roles } from "../../domain/user.ts";

/** Who is behind a request. */
export interface SignedIn {
  readonly username: string;
  readonly role: Role;
  /** The agent this user is, if any. */
  readonly agent: AgentId | null;
  /** When the token ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** The session that the token belongs to, or the id of an API key: see `sessions.ts`. */
  readonly session: string;
  /** What an API key is for; a person who signed in has none. */
  readonly scopes?: readonly string[];
}

/** Signs tokens and reads them. */
export interface Tokens {
  issue(
    who: Omit<SignedIn, "expiresAt" | "scopes">,
    now: number,
    lifeMs?: number,
  ): Promise<{ token: string; expiresAt: number }>;
  /** `null` for whatever is not a token of ours that is good now. */
  read(token: string, now: number): Promise<SignedIn | null>;
}

const issuer = "kituo";
const audience = "kituo-api";
const algorithm = "HS256";
/** How long a token is good unless told otherwise. */
export const tokenLifeMs = 12 * 3_600_000;

/** How many tokens are known to be good without looking at them again. */
const CHECKED_AT_MOST = 2_000;

const claimsSchema = z.object({
  sub: z.string().min(1),
  role: z.enum(roles),
  agent: z.string().nullable(),
  sid: z.string().min(1),
  exp: z.number(),
});

/** Tokens under one secret. Refuses a secret that could be guessed. */
export function createTokens(secret: string): Tokens {
  if (secret.length < 32) {
    throw new KituoError("config_invalid", "the token secret must have at least 32 characters");
  }
  const key = new TextEncoder().encode(secret);
  // Checking a signature takes longer than most of what is asked with it, and clients send the same token each time.
  const checked = new Map<string, SignedIn>();
  return {
    async issue({ username, role, agent, session }, now, lifeMs = tokenLifeMs) {
      const issued = Math.floor(now / 1000);
      const expires = issued + Math.floor(lifeMs / 1000);
      const token = await new SignJWT({ role, agent, sid: session })
        .setProtectedHeader({ alg: algorithm, typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(username)
        .setIssuedAt(issued)
        .setExpirationTime(expires)
        .sign(key);
      return { token, expiresAt: expires * 1000 };
    },

    async read(token, now) {
      const known = checked.get(token);
      if (known !== undefined) return known.expiresAt > now ? known : null;
      try {
        const { payload } = await jwtVerify(token, key, {
          // The algorithm is ours to name: a token that names another, or none, is refused.
          algorithms: [algorithm],
          issuer,
          audience,
          requiredClaims: ["exp", "iat", "sub"],
          currentDate: new Date(now),
        });
        const claims = claimsSchema.safeParse(payload);
        if (!claims.success) return null;
        const { sub, role, agent, sid, exp } = claims.data;
        const signedIn = {
          username: sub,
          role,
          agent: agent === null ? null : asAgentId(agent),
          expiresAt: exp * 1000,
          session: sid,
        };
        if (checked.size >= CHECKED_AT_MOST) checked.clear();
        checked.set(token, signedIn);
        return signedIn;
      } catch (error) {
        // Why a token is no good is of no use to whoever sent it.
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}
