import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { asyncapiDocument } from "../../src/facade/contract/asyncapi.ts";
import { openapiDocument } from "../../src/facade/contract/openapi.ts";
import { routes } from "../../src/facade/contract/routes.ts";

type Operation = {
  operationId: string;
  parameters: { name: string; in: string }[];
  requestBody?: unknown;
  security?: unknown[];
};

describe("openapi.json", () => {
  const document = openapiDocument("0.0.0");
  const text = JSON.stringify(document);
  const paths = document["paths"] as Record<string, Record<string, Operation>>;

  it("is committed as the route table gives it", async () => {
    const script = join(import.meta.dirname, "../../src/facade/contract/generate.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script, "--check"]);
    expect(stdout).toContain("docs/openapi.json is up to date");
    expect(stdout).toContain("docs/asyncapi.json is up to date");
  });

  it("points only at parts that it holds", () => {
    const { schemas } = document["components"] as { schemas: Record<string, unknown> };
    const wanted = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);
    expect(wanted.length).toBeGreaterThan(20);
    for (const name of wanted) expect(Object.keys(schemas)).toContain(name);
    expect(text).not.toContain("#/$defs");
  });

  it("has every route but the pages, with its path parameters and its lock", () => {
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    const named = Object.entries(routes).filter(([, route]) => route.reply.kind !== "page");
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(
      named.map(([name]) => name).sort(),
    );
    for (const [name, route] of named) {
      const operation = paths[route.path]?.[route.method.toLowerCase()];
      const inPath = operation?.parameters.filter((parameter) => parameter.in === "path");
      const braces = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(
        inPath?.map((parameter) => parameter.name),
        name,
      ).toEqual(braces);
      expect(operation?.security, name).toEqual(route.who === "public" ? [] : undefined);
    }
  });

  it("never offers the password in an address", () => {
    expect(paths["/api/auth/login"]?.["post"]?.parameters).toEqual([]);
    expect(paths["/api/tickets"]?.["post"]?.parameters.map(({ name }) => name)).toContain(
      "subject",
    );
  });
});

describe("asyncapi.json", () => {
  const document = asyncapiDocument("0.0.0");
  const channels = document["channels"] as Record<
    string,
    { address: string; messages: Record<string, unknown> }
  >;
  /** What a reference of the document points at. */
  const at = (reference: string): unknown =>
    reference
      .slice(2)
      .split("/")
      .reduce<unknown>(
        (part, key) => (part as Record<string, unknown> | undefined)?.[key],
        document,
      );

  it("has the three sockets, each with its messages by the names that clients see", () => {
    expect(Object.values(channels).map(({ address }) => address)).toEqual([
      "/ws/updates",
      "/ws",
      "/api/calls/stream/{session_id}",
    ]);
    const { messages } = document["components"] as { messages: Record<string, { name: string }> };
    for (const [channel, names] of [
      ["updates", ["hello", "snapshot", "call:new", "agent:status_changed", "ticket:created"]],
      [
        "phone",
        ["hello", "snapshot", "call:incoming", "call:status", "user:online", "user:offline"],
      ],
      ["call", ["hello", "call_initiated", "call_update"]],
    ] as const) {
      const told = Object.keys(channels[channel]?.messages ?? {}).map((key) => messages[key]?.name);
      expect(told).toEqual(expect.arrayContaining([...names, "auth"]));
    }
  });

  it("points only at parts that it holds, under keys that the format allows", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(40);
    for (const [, reference = ""] of references) expect(at(reference), reference).toBeDefined();
    const components = document["components"] as Record<string, Record<string, unknown>>;
    for (const part of Object.values(components))
      for (const key of Object.keys(part)) expect(key).toMatch(/^[a-zA-Z0-9._-]+$/);
  });
});
