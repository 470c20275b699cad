import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyListSchema, keyMadeSchema } from "../../src/facade/contract/key.ts";
import { closeCodes } from "../../src/facade/contract/updates.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Reader } from "./reader.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

const make = (body: object) => harness.request("POST", "/api/keys", { as: "admin", body });
async function made(scopes: readonly string[], more: object = {}) {
  const response = await make({ name: "CRM", scopes, ...more });
  expect(response.status).toBe(201);
  return keyMadeSchema.parse(await response.json());
}
const asked = (key: string, path = "/api/calls", method = "GET") =>
  harness.request(method, path, { headers: { Authorization: `Bearer ${key}` } });
const listed = async () => {
  const response = await harness.request("GET", "/api/keys", { as: "admin" });
  return keyListSchema.parse(await response.json()).keys;
};

describe("API keys", () => {
  it("open what they are for, in either header, and nothing else", async () => {
    const { key, api_key } = await made(["calls:read", "tickets:write"]);
    expect(key).toMatch(/^kk_[A-Za-z0-9_-]{43}$/);
    expect(api_key).toMatchObject({ name: "CRM", created_by: "a-admin", last_used_at: null });
    expect((await asked(key)).status).toBe(200);
    const headers = { "X-API-Key": key };
    expect((await harness.request("GET", "/api/calls", { headers })).status).toBe(200);
    const body = { customer_name: "J", customer_phone: "1001", subject: "Help" };
    const opened = await harness.request("POST", "/api/tickets", { headers, body });
    expect(opened.status).toBe(200);
    const refused = await harness.request("GET", "/api/tickets", { headers });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: "not_allowed",
      detail: "This needs an API key with the scope tickets:read.",
    });
    expect((await asked("kk_made-up")).status).toBe(401);
  });

  it("are told once, stored as a hash, and remember when they were used", async () => {
    const { key, api_key } = await made(["calls:read"]);
    const stored = await harness.deps.store.keys.get(api_key.key_id);
    expect(stored?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify([stored, await listed(), harness.logged])).not.toContain(key);
    harness.now += 5_000;
    await asked(key);
    const used = new Date(harness.now).toISOString();
    expect((await listed())[0]).toEqual({ ...api_key, last_used_at: used });
  });

  it("end when they are taken back, with their live sockets", async () => {
    const { key, api_key } = await made(["calls:read", "updates:read"]);
    const live = new Reader(harness, "", { headers: { Authorization: `Bearer ${key}` } });
    await live.first("snapshot");
    const remove = () => harness.request("DELETE", `/api/keys/${api_key.key_id}`, { as: "admin" });
    expect((await remove()).status).toBe(200);
    expect((await asked(key)).status).toBe(401);
    expect(await live.closed).toBe(closeCodes.notSignedIn);
    expect((await listed())[0]?.revoked_at).toBe(new Date(harness.now).toISOString());
    expect((await remove()).status).toBe(404);
  });

  it("end at their time", async () => {
    const expires_at = new Date(harness.now + 60_000).toISOString();
    const { key } = await made(["calls:read"], { expires_at });
    harness.now += 59_000;
    expect((await asked(key)).status).toBe(200);
    harness.now += 1_000;
    expect((await asked(key)).status).toBe(401);
  });

  it("hear the live socket only when they are for it", async () => {
    const { key } = await made(["calls:read"]);
    const live = new Reader(harness, "", { headers: { Authorization: `Bearer ${key}` } });
    expect(await live.refused).toBe(403);
    expect(live.updates).toEqual([]);
  });

  it("are refused with all that is wrong, and then there is none", async () => {
    const faults = async (body: object) => {
      const response = await make(body);
      expect(response.status).toBe(400);
      return ((await response.json()) as { faults: string[] }).faults;
    };
    const never = ["users:write", "keys:write", "audit:read", "session:read", "server:write"];
    const unknown = [...never, "money:read"];
    const wrong = await faults({
      name: "x",
      scopes: ["calls:read", ...unknown],
      expires_at: "2020-01-01T00:00:00Z",
    });
    expect(wrong.map((fault) => fault.split(" is not")[0])).toEqual([
      ...unknown.map((scope) => `scopes: ${scope}`),
      "expires_at: must be a time to come",
    ]);
    const malformed = await faults({ name: "", scopes: ["calls:dance"], colour: "red" });
    expect(malformed.map((fault) => fault.split(":")[0])).toEqual(["name", "scopes.0", "colour"]);
    expect(await faults({ name: "x", scopes: [] })).toEqual([
      "scopes: must name at least one scope",
    ]);
    expect(await listed()).toEqual([]);
  });
});
