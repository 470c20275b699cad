import { randomBytes, scryptSync } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asAgentId } from "../../src/domain/ids.ts";
import { hashPassword, verifyPassword } from "../../src/facade/http/password.ts";
import { createTokens, tokenLifeMs } from "../../src/facade/http/token.ts";
import { ensureUsers, type PlannedUser, updatePasswords } from "../../src/facade/http/users.ts";
import { type Harness, newUser, nowAtStart, startHarness, tokenSecret } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await ensureUsers(
    harness.deps.store,
    [
      { username: "admin", password: "correct horse", role: "admin", agent: null },
      { username: "amina", password: "battery staple", role: "agent", agent: asAgentId("AGT-001") },
    ],
    tokenSecret,
    nowAtStart,
  );
});
afterAll(() => harness.stop());

const login = (username: string, password: string) =>
  harness.request("POST", "/api/auth/login", { body: { username, password } });

describe("signing in", () => {
  it("gives a token that opens the API", async () => {
    const response = await login("amina", "battery staple");
    expect(response.status).toBe(200);
    const session = (await response.json()) as { token: string };
    expect(session).toMatchObject({ role: "agent", username: "amina", agent_id: "AGT-001" });
    expect(session).toMatchObject({ expires_at: "2026-11-20T20:00:00.000Z" });
    const headers = { Authorization: `Bearer ${session.token}` };
    expect((await harness.request("GET", "/api/agents", { headers })).status).toBe(200);
  });

  it("says the same of a wrong password and of an unknown name", async () => {
    const [wrong, unknown] = await Promise.all([login("admin", "no"), login("nobody", "no")]);
    expect(wrong.status).toBe(401);
    expect(unknown.status).toBe(401);
    expect(await wrong.json()).toEqual(await unknown.json());
  });

  it("takes the password from the body only", async () => {
    const path = "/api/auth/login?username=admin&password=correct%20horse";
    const response = await harness.request("POST", path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      faults: [
        "username: belongs in the body",
        "password: belongs in the body",
        "username: is missing",
        "password: is missing",
      ],
    });
  });

  it("limits wrong attempts for one name, and forgets them with time", async () => {
    const statuses = new Set<number>();
    for (let attempt = 0; attempt < 12; attempt += 1) {
      statuses.add((await login("guessed", "wrong")).status);
    }
    expect([...statuses]).toEqual([401, 429]);
    const limited = await login("guessed", "wrong");
    expect(limited.headers.get("retry-after")).toBe("30");
    expect(await limited.json()).toMatchObject({ code: "too_many_attempts" });
    expect((await login("admin", "correct horse")).status).toBe(200);
    harness.now += 30_000;
    expect((await login("guessed", "wrong")).status).toBe(401);
  });

  it("never writes a password, and names only as personal", async () => {
    await login("amina", "hush-hush");
    expect(JSON.stringify(harness.logged)).not.toContain("hush-hush");
    const named = harness.logged.filter((line) => JSON.stringify(line).includes("amina"));
    expect(named.length).toBeGreaterThan(0);
    for (const { fields } of named) {
      const { pii: _pii, ...open } = fields as { pii?: unknown };
      expect(JSON.stringify(open)).not.toContain("amina");
    }
  });
});

describe("tokens", () => {
  const key = new TextEncoder().encode(tokenSecret);
  const claims = { role: "admin", agent: null, sid: "" };
  beforeAll(async () => {
    claims.sid = (await harness.signedIn("eve", "admin")).session;
  });
  const ours = (payload: object, alg = "HS256") =>
    new SignJWT({ ...payload })
      .setProtectedHeader({ alg })
      .setSubject("eve")
      .setIssuer("kituo")
      .setAudience("kituo-api")
      .setIssuedAt(harness.now / 1000)
      .setExpirationTime(harness.now / 1000 + 60);
  const forge = (change: (jwt: SignJWT) => SignJWT, alg = "HS256", secret = key) =>
    change(ours(claims, alg)).sign(secret);
  const forgeWith = (payload: object) => ours(payload).sign(key);
  const statusWith = async (token: string) => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await harness.request("GET", "/api/agents", { headers })).status;
  };

  it("accepts what it should (the control of the refusals below)", async () => {
    expect(await statusWith(await forge((jwt) => jwt))).toBe(200);
  });

  it("refuses forged, foreign and old ones", async () => {
    const unsigned = new UnsecuredJWT(claims)
      .setSubject("eve")
      .setIssuer("kituo")
      .setAudience("kituo-api")
      .setIssuedAt(harness.now / 1000)
      .setExpirationTime(harness.now / 1000 + 60)
      .encode();
    const refused = {
      unsigned,
      "another algorithm": await forge((jwt) => jwt, "HS512"),
      "another secret": await forge((jwt) => jwt, "HS256", new Uint8Array(32)),
      "another audience": await forge((jwt) => jwt.setAudience("elsewhere")),
      "another issuer": await forge((jwt) => jwt.setIssuer("elsewhere")),
      expired: await forge((jwt) => jwt.setExpirationTime(harness.now / 1000 - 1)),
      "a session that nobody began": await forgeWith({ ...claims, sid: "SES-0" }),
      "no session": await forgeWith({ role: "admin", agent: null }),
      "a role nobody has": await forgeWith({ ...claims, role: "root" }),
      garbage: "x.y.z",
    };
    for (const [why, token] of Object.entries(refused)) {
      expect(await statusWith(token), why).toBe(401);
    }
  });

  it("lets a token end after twelve hours", async () => {
    const tokens = createTokens(tokenSecret);
    const who = { username: "a", role: "viewer", agent: null, session: "s" } as const;
    const { token } = await tokens.issue(who, nowAtStart);
    expect(await tokens.read(token, nowAtStart + tokenLifeMs - 1_000)).not.toBeNull();
    expect(await tokens.read(token, nowAtStart + tokenLifeMs)).toBeNull();
  });

  it("refuses to start with a secret that could be guessed", () => {
    expect(() => createTokens("short")).toThrow("at least 32 characters");
  });
});

describe("passwords and users", () => {
  it("verifies what was hashed and nothing else", async () => {
    const hash = await hashPassword("siri");
    expect(hash).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
    expect(hash).not.toBe(await hashPassword("siri"));
    expect(await verifyPassword("siri", hash)).toBe(true);
    expect(await verifyPassword("Siri", hash)).toBe(false);
    expect(await verifyPassword("siri", "siri")).toBe(false);
    expect(await verifyPassword("siri", hash.replace("m=19456", "m=99999999"))).toBe(false);
  });

  it("knows the hashes of earlier versions, and puts one of today in their place at the next sign-in", async () => {
    const { store } = harness.deps;
    const passwordHash = scryptHash("old password");
    await store.users.add(newUser({ username: "veteran", role: "viewer", passwordHash }));
    expect((await login("veteran", "wrong")).status).toBe(401);
    expect((await store.users.get("veteran"))?.passwordHash).toBe(passwordHash);
    expect((await login("veteran", "old password")).status).toBe(200);
    expect((await store.users.get("veteran"))?.passwordHash).toMatch(/^\$argon2id\$/);
    expect((await login("veteran", "old password")).status).toBe(200);
    expect((await login("veteran", "wrong")).status).toBe(401);
  });

  it("writes a user once, and again only when the plan changed", async () => {
    const { store } = harness.deps;
    const plan = { username: "v", password: "one", role: "viewer", agent: null } as const;
    const set = async (user: PlannedUser, now: number) => {
      const doubtful = await ensureUsers(store, [user], tokenSecret, now);
      await updatePasswords(store, doubtful, tokenSecret, now);
      return doubtful.length;
    };
    await set(plan, nowAtStart);
    const first = await store.users.get("v");
    expect(await set(plan, nowAtStart + 1)).toBe(0);
    expect(await store.users.get("v")).toEqual(first);
    const session = await harness.tokens.begin(newUser({ username: "v", role: "viewer" }));
    await set({ ...plan, role: "supervisor" }, nowAtStart + 2);
    const promoted = await store.users.get("v");
    expect(promoted).toEqual({ ...first, role: "supervisor", planMark: expect.any(String) });
    expect((await store.sessions.get(session.session))?.endedWhy).toBe(
      "changed in the secrets file",
    );
    await set({ ...plan, password: "two" }, nowAtStart + 3);
    const changed = await store.users.get("v");
    expect(await verifyPassword("two", changed?.passwordHash ?? "")).toBe(true);
    expect(changed?.createdAt).toBe(nowAtStart);
  });

  it("keeps what was changed over the API through a restart, until the plan itself changes", async () => {
    const { store } = harness.deps;
    const plan = { username: "w", password: "one", role: "viewer", agent: null } as const;
    await ensureUsers(store, [plan], tokenSecret, nowAtStart);
    const passwordHash = await hashPassword("her own");
    await store.users.update("w", { passwordHash, role: "supervisor", active: false });
    expect(await ensureUsers(store, [plan], tokenSecret, nowAtStart)).toEqual([]);
    expect(await store.users.get("w")).toMatchObject({ passwordHash, role: "supervisor" });
    const reset = { ...plan, password: "forgotten, so reset" };
    const doubtful = await ensureUsers(store, [reset], tokenSecret, nowAtStart);
    await updatePasswords(store, doubtful, tokenSecret, nowAtStart);
    expect(await store.users.get("w")).toMatchObject({ role: "viewer", active: true });
    expect((await login("w", "forgotten, so reset")).status).toBe(200);
  });

  it("compares a password that was hashed by an earlier version once, slowly, and sees the next time", async () => {
    const { store } = harness.deps;
    const user: PlannedUser = { username: "old", password: "one", role: "viewer", agent: null };
    await store.users.add(newUser({ ...user, passwordHash: `${scryptHash("one")}$an-old-mark` }));
    const doubtful = await ensureUsers(store, [user], tokenSecret, nowAtStart);
    expect(doubtful).toEqual([user]);
    await updatePasswords(store, doubtful, tokenSecret, nowAtStart);
    expect(await ensureUsers(store, [user], tokenSecret, nowAtStart)).toEqual([]);
    expect((await login("old", "one")).status).toBe(200);
    expect((await login("old", "two")).status).toBe(401);
  });
});

/** As versions before argon2id wrote it. */
function scryptHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
  return `scrypt$32768$8$1$${salt.toString("base64url")}$${key.toString("base64url")}`;
}
