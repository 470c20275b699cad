import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { problemKinds } from "../../src/facade/contract/problems.ts";
import { problemSchema } from "../../src/facade/contract/session.ts";
import { asProblem, problemDocument } from "../../src/facade/http/problems.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

async function refused(method: string, path: string, options: RequestOptions = {}) {
  const response = await harness.request(method, path, { as: "admin", ...options });
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  return problem;
}

describe("bad input", () => {
  it("is named whole, one line a fault", async () => {
    const path = "/api/tickets?priority=extreme&colour=red";
    const problem = await refused("POST", path, { body: { customer_phone: "hello", subject: "" } });
    expect(problem).toMatchObject({ code: "bad_request", status: 400 });
    expect(problem.faults).toEqual([
      "customer_name: is missing",
      "customer_phone: must be a telephone number, for example +254711000001",
      "subject: must not be empty",
      'priority: Invalid option: expected one of "low"|"medium"|"high"|"urgent"',
      "colour: is not a parameter of this route",
    ]);
  });

  it("is refused in a query string too", async () => {
    const path = "/api/calls?status=dancing&limit=0&before=yesterday&scope=all";
    const { faults } = await refused("GET", path);
    expect(faults?.map((fault) => fault.split(":")[0]).sort()).toEqual(
      ["before", "limit", "scope", "status"].sort(),
    );
    expect((await refused("GET", "/api/agents?status=busy&status=offline")).status).toBe(400);
  });

  it("is a body that is not JSON, not an object, not ours, or too large", async () => {
    const path = "/api/tickets";
    expect(await refused("POST", path, { body: "{nope" })).toMatchObject({ status: 400 });
    expect(await refused("POST", path, { body: "[1]" })).toMatchObject({ status: 400 });
    const headers = { "Content-Type": "text/plain" };
    expect(await refused("POST", path, { body: "hello", headers })).toMatchObject({ status: 415 });
    const large = JSON.stringify({ subject: "x".repeat(101 * 1024) });
    expect(await refused("POST", path, { body: large })).toMatchObject({
      status: 413,
      code: "body_too_large",
    });
  });

  it("is an address that does not exist, cannot be read, or has another method", async () => {
    expect(await refused("GET", "/api/nothing")).toMatchObject({ code: "not_found" });
    expect(await refused("GET", "/api/calls/%zz")).toMatchObject({ status: 400 });
    const response = await harness.request("DELETE", "/api/tickets");
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, POST");
  });

  it("does not reach a prototype", async () => {
    const { faults } = await refused("POST", "/api/tickets", {
      body: '{"__proto__":{"subject":"x"},"constructor":"y"}',
    });
    expect(faults).toContain("constructor: is not a parameter of this route");
    expect(faults).toContain("subject: is missing");
  });
});

describe("a fault of the server", () => {
  it("tells its number and nothing of itself", async () => {
    const broken = await startHarness({
      parts: () => {
        throw new Error("secret detail in /some/path.ts:12");
      },
    });
    try {
      const response = await broken.request("GET", "/health");
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(text).not.toContain("secret");
      const { instance } = problemSchema.parse(JSON.parse(text));
      const line = broken.logged.find(({ message }) => message === "request failed");
      expect(line?.fields).toMatchObject({ instance });
    } finally {
      await broken.stop();
    }
  });

  it("has a status of its own for each code", () => {
    const down = asProblem(new KituoError("store_down", "the history is away"));
    expect(problemDocument(down)).toMatchObject({ status: 503, detail: "the history is away" });
    const inside = asProblem(new KituoError("internal", "row 7 of users"));
    expect(JSON.stringify(problemDocument(inside))).not.toContain("row 7");
    for (const kind of Object.values(problemKinds)) expect(kind.advice).toMatch(/\.$/);
  });
});

describe("headers", () => {
  it("keep pages to themselves and let no other origin in", async () => {
    const response = await harness.request("GET", "/", {
      headers: { Origin: "https://evil.test" },
    });
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("content-security-policy")).not.toContain("unsafe-inline");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(response.headers.get("x-powered-by")).toBeNull();
  });

  it("let a browser keep a page, and nothing that is about people", async () => {
    const page = await harness.request("GET", "/assets/kituo.css");
    const etag = page.headers.get("etag") ?? "";
    const again = await harness.request("GET", "/assets/kituo.css", {
      headers: { "If-None-Match": etag, "Cache-Control": "max-age=0" },
    });
    expect([page.status, again.status]).toEqual([200, 304]);
    const calls = await harness.request("GET", "/api/calls", { as: "viewer" });
    expect(calls.headers.get("cache-control")).toBe("no-store");
  });
});
