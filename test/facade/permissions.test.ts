import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Role, roles } from "../../src/domain/user.ts";
import type { Route } from "../../src/facade/contract/route.ts";
import { type RouteName, routes } from "../../src/facade/contract/routes.ts";
import { knownScopes } from "../../src/facade/http/scopes.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const table = (Object.keys(routes) as RouteName[]).map((name): [RouteName, Route] => [
  name,
  routes[name],
]);
const ask = (route: Route, as?: Role) =>
  harness.request(route.method, route.path.replaceAll(/\{\w+\}/g, "NONE"), {
    ...(as === undefined ? {} : { as, agent: "NONE" }),
    ...(route.method === "GET" ? {} : { body: {} }),
  });

describe("who may call what", () => {
  it("leaves only these routes open to everybody", () => {
    const open = table.filter(([, route]) => route.who === "public").map(([, { path }]) => path);
    expect(open.sort()).toEqual(
      [
        "/",
        "/api/auth/login",
        "/api/auth/logout",
        "/api/auth/refresh",
        "/api/auth/register",
        "/api/recordings/{name}/signed",
        "/assets/{name}",
        "/docs",
        "/health",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/asyncapi.json",
        "/openapi.json",
        "/redoc",
      ].sort(),
    );
  });

  const keys = new Map<string, string>();
  /** A key with these scopes. */
  const keyFor = async (scopes: readonly string[]): Promise<string> => {
    const name = scopes.join(" ");
    const known = keys.get(name);
    if (known !== undefined) return known;
    const made = await harness.request("POST", "/api/keys", {
      as: "admin",
      body: { name: "test", scopes },
    });
    const { key } = (await made.json()) as { key: string };
    keys.set(name, key);
    return key;
  };
  const askWith = async (route: Route, scopes: readonly string[]) =>
    harness.request(route.method, route.path.replaceAll(/\{\w+\}/g, "NONE"), {
      headers: { "X-API-Key": await keyFor(scopes) },
      ...(route.method === "GET" ? {} : { body: {} }),
    });

  for (const [name, route] of table) {
    if (route.who === "public") {
      it(`${name} needs no token`, async () => {
        // Without its cookie a session cannot be gone on with.
        const fine = name === "refresh" ? [401] : [200, 400, 404];
        expect(fine).toContain((await ask(route)).status);
      });
      continue;
    }

    it(`${name} without a token is 401`, async () => {
      const response = await ask(route);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await response.json()).toMatchObject({ code: "not_signed_in", status: 401 });
    });

    for (const role of roles) {
      const may = route.who.includes(role);
      it(`${name} as ${role} is ${may ? "allowed" : "403"}`, async () => {
        const response = await ask(route, role);
        if (may) expect([200, 202, 400, 404, 415]).toContain(response.status);
        else expect(response.status).toBe(403);
      });
    }

    const scope = `${route.tag}:${route.method === "GET" ? "read" : "write"}`;
    const isOpen =
      route.who.includes("supervisor") &&
      !["session", "users", "keys", "audit"].includes(route.tag);
    it(`${name} with a key is ${isOpen ? `for ${scope} only` : "403"}`, async () => {
      const others = knownScopes().filter((each) => each !== scope);
      expect((await askWith(route, others)).status).toBe(403);
      if (isOpen)
        expect([200, 202, 400, 404, 415]).toContain((await askWith(route, [scope])).status);
    });
  }
});

describe("an agent with what is another agent's", () => {
  const other = "AGT-002";
  beforeAll(async () => {
    const { id } = await new Story(harness, "CALL-00000001").until("ended");
    const entry = { call: id, kind: "conversation", file: "one.wav", bytes: 1 } as const;
    const more = { durationMs: 1, sha256: "abc", at: harness.now };
    await harness.deps.store.recordings.save({ ...entry, ...more, name: "one" });
  });

  it.each<[method: string, path: string, body?: object]>([
    ["PATCH", `/api/agents/${other}/status`, { status: "offline" }],
    ["POST", `/api/agents/${other}/wrap-up/extend`, { seconds: 30 }],
    ["POST", `/api/agents/${other}/wrap-up/end`],
    ["GET", "/api/calls/CALL-00000001/recording"],
    ["GET", "/api/calls/CALL-00000001/recordings"],
    ["POST", "/api/calls/CALL-00000001/recording/download"],
    ["GET", "/api/recordings/one"],
    ["GET", "/api/recordings?agent=AGT-001"],
  ])("%s %s is 403", async (method, path, body) => {
    // The calls of the story are those of AGT-001.
    const agent = path.startsWith("/api/agents") ? "AGT-001" : other;
    const response = await harness.request(method, path, {
      as: "agent",
      agent,
      ...(body === undefined ? {} : { body }),
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "not_allowed" });
  });
});
