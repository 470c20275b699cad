import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Role, roles } from "../../src/domain/user.ts";
import type { Route } from "../../src/facade/contract/route.ts";
import { type RouteName, routes } from "../../src/facade/contract/routes.ts";
import { type Harness, startHarness } from "./harness.ts";

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
        "/assets/{name}",
        "/docs",
        "/health",
        "/metrics",
        "/asyncapi.json",
        "/openapi.json",
        "/redoc",
      ].sort(),
    );
  });

  for (const [name, route] of table) {
    if (route.who === "public") {
      it(`${name} needs no token`, async () => {
        expect([200, 400, 404]).toContain((await ask(route)).status);
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
        if (may) expect([200, 202, 400, 404]).toContain(response.status);
        else expect(response.status).toBe(403);
      });
    }
  }
});
