import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { closeCodes } from "../../src/facade/contract/updates.ts";
import { userListSchema, userSavedSchema } from "../../src/facade/contract/user.ts";
import { type Harness, startHarness } from "./harness.ts";
import { addUser, Person } from "./person.ts";
import { Reader } from "./reader.ts";

let harness: Harness;
let root: Person;
beforeEach(async () => {
  harness = await startHarness();
  await addUser(harness, { username: "root", role: "admin" });
  root = new Person(harness, "root");
  await root.signIn();
});
afterEach(() => harness.stop());

const zawadi = { username: "zawadi", role: "agent", agent_id: "AGT-001", email: "z@example.com" };
const make = (body: object) => root.ask("POST", "/api/users", body);
const change = (username: string, body: object) =>
  root.ask("PATCH", `/api/users/${username}`, body);
const faultsOf = async (response: Response) => {
  expect(response.status).toBe(400);
  return ((await response.json()) as { faults: string[] }).faults;
};
const problem = async (response: Response) => {
  const { code } = (await response.json()) as { code: string };
  return `${response.status} ${code}`;
};

/** Makes a user with a password of the server's making, and signs her in. */
async function signedIn(body: object): Promise<Person> {
  const made = userSavedSchema.parse(await (await make(body)).json());
  const person = new Person(harness, made.user.username);
  expect((await person.signIn(made.password)).status).toBe(200);
  return person;
}

describe("users", () => {
  it("are made with a password that is told once, and stored as a hash", async () => {
    const response = await make(zawadi);
    expect(response.status).toBe(201);
    const { user, password = "" } = userSavedSchema.parse(await response.json());
    expect(user).toMatchObject({ ...zawadi, extension: "1001", active: true, locked_until: null });
    expect(password.length).toBeGreaterThanOrEqual(24);
    const stored = await harness.deps.store.users.get("zawadi");
    expect(stored?.passwordHash).toMatch(/^\$argon2id\$/);
    const shown = await (await root.ask("GET", "/api/users/zawadi")).json();
    expect(shown).toEqual(user);
    expect(JSON.stringify(harness.logged)).not.toContain(password);
    const list = userListSchema.parse(await (await root.ask("GET", "/api/users")).json());
    expect(list.users.map(({ username }) => username).sort()).toEqual(["root", "zawadi"]);
    expect(JSON.stringify(list)).not.toContain("argon2id");
  });

  it("may be made with a password and an extension of one's choice", async () => {
    const chosen = {
      username: "baraka",
      role: "agent",
      extension: "1002",
      password: "ten letters!",
    };
    const saved = userSavedSchema.parse(await (await make(chosen)).json());
    expect(saved).not.toHaveProperty("password");
    expect(saved.user.agent_id).toBe("AGT-002");
    expect((await new Person(harness, "baraka").signIn("ten letters!")).status).toBe(200);
  });

  it("are refused with all that is wrong, and then there is none", async () => {
    const wrong = { username: "Ü", role: "king", email: "x", password: "short", colour: "red" };
    const faults = await faultsOf(await make(wrong));
    expect(new Set(faults.map((fault) => fault.split(":")[0]))).toEqual(
      new Set(["colour", "email", "password", "role", "username"]),
    );
    const about = { username: "somebody" };
    expect(await faultsOf(await make({ ...about, role: "agent" }))).toEqual([
      "agent_id: is needed for the role agent (or extension)",
    ]);
    expect(await faultsOf(await make({ ...about, role: "viewer", agent_id: "AGT-001" }))).toEqual([
      "agent_id: goes with the role agent, not with viewer",
    ]);
    expect(await faultsOf(await make({ ...about, role: "agent", agent_id: "AGT-9" }))).toEqual([
      "agent_id: no agent is AGT-9",
    ]);
    const crossed = { ...about, role: "agent", agent_id: "AGT-001", extension: "1002" };
    expect(await faultsOf(await make(crossed))).toEqual([
      "agent_id: no agent is AGT-001 with extension 1002",
    ]);
    expect(await harness.deps.store.users.get("somebody")).toBeNull();
    await make(zawadi);
    expect(await problem(await make(zawadi))).toBe("409 conflict");
    expect(await problem(await root.ask("GET", "/api/users/nobody"))).toBe("404 not_found");
    expect(await faultsOf(await change("zawadi", {}))).toHaveLength(1);
    const both = { password: "ten letters!", reset_password: true };
    expect(await faultsOf(await change("zawadi", both))).toHaveLength(1);
  });

  it("are signed out at once by a new role, a new password, or deactivation; not by a new address", async () => {
    const person = await signedIn(zawadi);
    expect((await change("zawadi", { email: "other@example.com" })).status).toBe(200);
    expect(await person.status()).toBe(200);
    const live = new Reader(harness, `?token=${person.token}`);
    await live.first("snapshot");

    const promoted = userSavedSchema.parse(
      await (await change("zawadi", { role: "supervisor" })).json(),
    );
    expect(promoted.user).toMatchObject({ role: "supervisor", agent_id: null, extension: null });
    expect(await person.status()).toBe(401);
    expect((await person.refresh()).status).toBe(401);
    expect(await live.closed).toBe(closeCodes.notSignedIn);

    const reset = await change("zawadi", { reset_password: true });
    const { password = "" } = userSavedSchema.parse(await reset.json());
    expect((await person.signIn(password)).status).toBe(200);
    expect(await (await person.ask("GET", "/api/auth/me")).json()).toMatchObject({
      role: "supervisor",
    });
    await change("zawadi", { active: false });
    expect(await person.status()).toBe(401);
    expect((await person.signIn(password)).status).toBe(401);
    await change("zawadi", { active: true });
    expect((await person.signIn(password)).status).toBe(200);
    await change("zawadi", { password: "another password" });
    expect(await person.status()).toBe(401);
  });

  it("are unlocked by an admin", async () => {
    await make(zawadi);
    const tried = { failures: 20, failedAt: harness.now };
    await harness.deps.store.users.update("zawadi", tried);
    const locked = await (await root.ask("GET", "/api/users/zawadi")).json();
    expect(locked).toMatchObject({
      locked_until: new Date(harness.now + 15 * 60_000).toISOString(),
    });
    const unlocked = await change("zawadi", { unlock: true });
    expect(await unlocked.json()).toMatchObject({ user: { locked_until: null } });
  });

  it("are deleted when they never did anything, else deactivated", async () => {
    await make(zawadi);
    const remove = async (username: string) =>
      await (await root.ask("DELETE", `/api/users/${username}`)).json();
    expect(await remove("zawadi")).toEqual({ success: true, username: "zawadi", deleted: true });
    expect(await harness.deps.store.users.get("zawadi")).toBeNull();
    const person = await signedIn(zawadi);
    expect(await remove("zawadi")).toMatchObject({ deleted: false });
    expect(await person.status()).toBe(401);
    expect(await harness.deps.store.users.get("zawadi")).toMatchObject({ active: false });
    // Who stands in the secrets file would be back at the next start.
    await addUser(harness, { username: "planned", role: "viewer", planMark: "mark" });
    expect(await remove("planned")).toMatchObject({ deleted: false });
  });

  it("always have an admin among them, also when two demote each other at once", async () => {
    const list = harness.deps.store.users.list.bind(harness.deps.store.users);
    const demote = (username: string) => change(username, { role: "viewer" });
    for (const attempt of [
      await demote("root"),
      await change("root", { active: false }),
      await root.ask("DELETE", "/api/users/root"),
    ]) {
      expect(await problem(attempt)).toBe("409 last_admin");
    }
    expect(await root.status()).toBe(200);
    await make({ username: "second", role: "admin" });
    // Whoever looks how many there are is told late, so that both have looked before either is done.
    const { users } = harness.deps.store;
    vi.spyOn(users, "list").mockImplementation(async () => {
      const found = await list();
      for (let turns = 0; turns < 500; turns += 1) await setImmediate();
      return found;
    });
    const answers = await Promise.all([demote("root"), demote("second")]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const admins = (await list()).filter(({ role }) => role === "admin");
    expect(admins).toHaveLength(1);
  });
});
