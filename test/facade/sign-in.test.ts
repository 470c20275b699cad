import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import { closeCodes } from "../../src/facade/contract/updates.ts";
import { createSessions } from "../../src/facade/http/sessions.ts";
import { createTokens } from "../../src/facade/http/token.ts";
import { type Harness, startHarness, tokenSecret } from "./harness.ts";
import { addUser, Person, password } from "./person.ts";
import { Reader } from "./reader.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
let harness: Harness;
let count = 0;
let amina: Person;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());
beforeEach(async () => {
  const username = `amina-${++count}`;
  await addUser(harness, { username, role: "agent", agent: asAgentId("AGT-001") });
  amina = new Person(harness, username);
});

const code = async (response: Response) => ((await response.json()) as { code: string }).code;
/** Another process on the same store. */
const elsewhere = () =>
  createSessions(harness.deps, createTokens(tokenSecret), harness.deps.access.tokenMs);

describe("a session", () => {
  it("goes on with a cookie that scripts cannot read and only our own pages send", async () => {
    await amina.signIn();
    expect(amina.setCookie).toMatch(
      /; Path=\/api\/auth; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    const refreshed = await amina.refresh();
    expect(refreshed.status).toBe(200);
    expect(await refreshed.json()).toMatchObject({
      username: amina.username,
      role: "agent",
      agent_id: "AGT-001",
      expires_at: new Date(harness.now + 15 * minute).toISOString(),
    });
    expect(await amina.status()).toBe(200);
    const foreign = await amina.refresh({ Origin: "https://evil.test" });
    expect(foreign.status).toBe(403);
    expect((await amina.refresh({ Origin: harness.base })).status).toBe(200);
  });

  it("has a cookie that never goes over an open line, where it came over TLS", async () => {
    await amina.signIn(password, { "X-Forwarded-Proto": "https" });
    expect(amina.setCookie).toMatch(/; Secure/);
  });

  it("ends, with every token of it, when an old cookie is used again", async () => {
    await amina.signIn();
    const stolen = amina.cookie;
    await amina.refresh();
    const thief = new Person(harness, amina.username);
    thief.cookie = stolen;
    const refused = await thief.refresh();
    expect(refused.status).toBe(401);
    expect(await code(refused)).toBe("not_signed_in");
    expect(thief.cookie).toBeNull();
    expect(await amina.status()).toBe(401);
    expect((await amina.refresh()).status).toBe(401);
    const [entry] = await harness.deps.store.audit.list({ object: amina.username, limit: 1 });
    expect(entry).toMatchObject({ action: "session_reused", outcome: "refused" });
  });

  it("gives nothing for a cookie that is made up, missing, or a week old", async () => {
    for (const cookie of ["SES-none.secret", "rubbish", ""]) {
      amina.cookie = cookie;
      expect((await amina.refresh()).status, cookie).toBe(401);
    }
    const other = await startHarness();
    await addUser(other, { username: "late", role: "viewer" });
    const late = new Person(other, "late");
    await late.signIn();
    other.now += 7 * day - minute;
    expect((await late.refresh()).status).toBe(200);
    other.now += minute;
    expect((await late.refresh()).status).toBe(401);
    expect(await late.status()).toBe(401);
    await other.stop();
  });

  it("keeps the hash of the refresh token and not the token", async () => {
    await amina.signIn();
    const [id = "", secret = ""] = (amina.cookie ?? "").split(".");
    const session = await harness.deps.store.sessions.get(id);
    expect(session?.username).toBe(amina.username);
    expect(secret.length).toBeGreaterThan(40);
    expect(JSON.stringify(session)).not.toContain(secret);
  });
});

describe("signing out", () => {
  it("refuses the tokens of this session at once, and of no other", async () => {
    await amina.signIn();
    const phone = new Person(harness, amina.username);
    await phone.signIn();
    const { cookie } = amina;
    expect((await amina.ask("POST", "/api/auth/logout")).status).toBe(200);
    expect(await amina.status()).toBe(401);
    expect(amina.cookie).toBeNull();
    amina.cookie = cookie;
    expect((await amina.refresh()).status).toBe(401);
    expect(await phone.status()).toBe(200);
  });

  it("needs the token or the cookie, and asks for neither", async () => {
    await amina.signIn();
    const page = new Person(harness, amina.username);
    page.cookie = amina.cookie;
    expect((await page.ask("POST", "/api/auth/logout")).status).toBe(200);
    expect(await amina.status()).toBe(401);
    expect((await new Person(harness, "").ask("POST", "/api/auth/logout")).status).toBe(200);
  });

  it("closes the live sockets of the session, in this process and in another", async () => {
    await amina.signIn();
    const phone = new Person(harness, amina.username);
    await phone.signIn();
    const [here, there] = [amina, phone].map(({ token }) => new Reader(harness, `?token=${token}`));
    await Promise.all([here?.first("snapshot"), there?.first("snapshot")]);
    await amina.ask("POST", "/api/auth/logout");
    expect(await here?.closed).toBe(closeCodes.notSignedIn);
    expect(there?.socket.readyState).toBe(1);
    const other = elsewhere();
    await other.endOf(amina.username, "changed by an admin");
    const begun = performance.now();
    expect(await there?.closed).toBe(closeCodes.notSignedIn);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(await phone.status()).toBe(401);
  });

  it("in another process is known here within two seconds", async () => {
    await amina.signIn();
    expect(await amina.status()).toBe(200);
    await elsewhere().endOf(amina.username, "changed by an admin");
    harness.now += 2_000;
    expect(await amina.status()).toBe(401);
  });

  it("does not wait for a store that is away: who was signed in stays so", async () => {
    const { sessions } = harness.deps.store;
    let isAway = false;
    const away = await startHarness({
      store: {
        ...harness.deps.store,
        sessions: {
          ...sessions,
          get: (id) =>
            isAway
              ? Promise.reject(new KituoError("store_down", "the history is away"))
              : sessions.get(id),
        },
      },
    });
    const person = new Person(away, amina.username);
    await person.signIn();
    const agents = () => person.ask("GET", "/api/agents");
    expect((await agents()).status).toBe(200);
    isAway = true;
    away.now += 10_000;
    expect((await agents()).status).toBe(200);
    const stranger = new Person(away, amina.username);
    await amina.signIn();
    stranger.token = amina.token;
    const unknown = await stranger.ask("GET", "/api/agents");
    expect(unknown.status).toBe(503);
    await away.stop();
  });
});

describe("who is signed in", () => {
  it("is told who she is", async () => {
    await amina.signIn();
    expect(await (await amina.ask("GET", "/api/auth/me")).json()).toEqual({
      username: amina.username,
      role: "agent",
      agent_id: "AGT-001",
      extension: "1001",
      email: null,
      expires_at: new Date(harness.now + 12 * 60 * minute).toISOString(),
    });
  });

  it("changes her password: other sessions end, hers goes on", async () => {
    await amina.signIn();
    const phone = new Person(harness, amina.username);
    await phone.signIn();
    const change = (current_password: string, new_password: string) =>
      amina.ask("POST", "/api/auth/password", { current_password, new_password });
    const wrong = await change("not mine at all", "a password of my own");
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ faults: ["current_password: is wrong"] });
    const short = await change(password, "short");
    expect(await short.json()).toMatchObject({
      faults: ["new_password: must have at least 10 characters"],
    });
    expect((await phone.signIn()).status).toBe(200);
    expect((await change(password, "a password of my own")).status).toBe(200);
    expect(await amina.status()).toBe(200);
    expect((await amina.refresh()).status).toBe(200);
    expect(await phone.status()).toBe(401);
    expect((await phone.signIn()).status).toBe(401);
    expect((await phone.signIn("a password of my own")).status).toBe(200);
  });
});

describe("an account", () => {
  it("is locked after twenty wrong passwords, wherever they come from, and opens by itself", async () => {
    const other = await startHarness();
    await addUser(other, { username: "tried", role: "viewer" });
    const tried = new Person(other, "tried");
    const stranger = new Person(other, "stranger");
    for (let attempt = 0; attempt < 20; attempt += 1) {
      // As slowly as the measure for one address lets them.
      other.now += 30_000;
      expect((await tried.signIn("wrong")).status).toBe(401);
      expect((await stranger.signIn("wrong")).status).toBe(401);
    }
    other.now += 30_000;
    const locked = await tried.signIn();
    expect(locked.status).toBe(423);
    expect(await code(locked)).toBe("account_locked");
    expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(14 * 60);
    // A name that nobody has is answered like one that somebody has.
    expect((await stranger.signIn()).status).toBe(423);
    expect((await other.deps.store.audit.list({ action: "account_locked", limit: 9 })).length).toBe(
      1,
    );
    other.now += 15 * minute;
    expect((await tried.signIn()).status).toBe(200);
    expect(await other.deps.store.users.get("tried")).toMatchObject({ failures: 0 });
    await other.stop();
  });

  it("that is not active is refused like a wrong password", async () => {
    await harness.deps.store.users.update(amina.username, { active: false });
    const refused = await amina.signIn();
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({
      detail: "The username or the password is wrong.",
    });
  });
});

describe("a sign-in", () => {
  it("that comes between the deactivation of a user and the end of her sessions is refused", async () => {
    const { store } = harness.deps;
    const begin = store.sessions.begin.bind(store.sessions);
    const between = vi.spyOn(store.sessions, "begin").mockImplementationOnce(async (session) => {
      await store.users.update(amina.username, { active: false });
      await store.sessions.endOf(amina.username, harness.now, "changed by an admin");
      await begin(session);
    });
    expect((await amina.signIn()).status).toBe(401);
    expect(amina.cookie).toBeNull();
    const session = between.mock.calls[0]?.[0].id ?? "";
    expect((await store.sessions.get(session))?.endedAt).toBe(harness.now);
    between.mockRestore();
  });
});

describe("registering", () => {
  const person = {
    username: "new.comer",
    email: "new@example.com",
    extension: "1002",
    password: "a password of my own",
  };
  const register = async (where: Harness, body: object) =>
    await where.request("POST", "/api/auth/register", { body });

  it("is closed unless the server has an invite code", async () => {
    const refused = await register(harness, { ...person, invite_code: "whatever it may be" });
    expect(refused.status).toBe(403);
    expect(await code(refused)).toBe("registration_closed");
    expect(await harness.deps.store.users.get(person.username)).toBeNull();
  });

  it("makes an agent of whoever has the code, once for each extension", async () => {
    const tokenMs = 60 * minute;
    const open = await startHarness({ access: { tokenMs, inviteCode: "karibu-kwenye-kituo" } });
    const invited = { ...person, invite_code: "karibu-kwenye-kituo" };
    for (const wrong of [person, { ...person, invite_code: "karibu-kwenye-kitu" }]) {
      expect(await code(await register(open, wrong))).toBe("registration_closed");
    }
    const nowhere = await register(open, { ...invited, extension: "1099" });
    expect(await nowhere.json()).toMatchObject({ faults: ["extension: no agent has 1099"] });
    const bad = await register(open, { ...invited, username: "A B", email: "x", role: "admin" });
    const { faults } = (await bad.json()) as { faults: string[] };
    expect(faults.map((fault) => fault.split(":")[0])).toEqual(["username", "email", "role"]);
    const made = await register(open, invited);
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({
      user: { username: "new.comer", role: "agent", agent_id: "AGT-002", extension: "1002" },
    });
    expect(await code(await register(open, { ...invited, username: "second" }))).toBe("conflict");
    const comer = new Person(open, "new.comer");
    const session = await comer.signIn(person.password);
    expect(await session.json()).toMatchObject({
      expires_at: new Date(open.now + tokenMs).toISOString(),
    });
    await open.stop();
  });
});
