import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { openapiDocument } from "../../src/facade/contract/openapi.ts";
import { hasBody, type Route } from "../../src/facade/contract/route.ts";
import { type RouteName, routes } from "../../src/facade/contract/routes.ts";
import { problemSchema } from "../../src/facade/contract/session.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

/**
 * Every route of the OpenAPI document, asked for what its schema allows and for what it does not: it never answers with
 * a fault of the server, and what it answers is as the document says.
 */
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  for (const [index, until] of (["queued", "connected", "ended"] as const).entries())
    await new Story(harness, `CALL-0000000${index + 1}`).until(until);
  for (const phone_number of ["+254700000001", "+254711000001"])
    await harness.request("POST", "/api/customers", {
      as: "admin",
      body: { phone_number, name: "Asha" },
    });
  await harness.request("POST", "/api/tickets", {
    as: "admin",
    body: { customer_name: "Asha", customer_phone: "+254700000001", subject: "Refund" },
  });
});
afterAll(() => harness.stop());

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}
interface Operation {
  readonly operationId: RouteName;
  readonly parameters: readonly { name: string; in: string; schema: JsonSchema }[];
  readonly requestBody?: { content: { "application/json"?: { schema: JsonSchema } } };
}

/** What is there, and what is not; and what people and programs send to see what happens. */
const ids = [
  "CALL-00000001",
  "CALL-00000002",
  "CALL-00000003",
  "AGT-001",
  "support",
  "TKT-20261120-0001",
  "CUST-001",
  "CUST-002",
];
const hostile: readonly unknown[] = [
  "",
  " ",
  "-1",
  "1e309",
  "NaN",
  "null",
  "' OR 1=1 --",
  '"; DROP TABLE calls; --',
  "../../etc/passwd",
  "%00",
  "\u0000",
  "\u202Etroppus",
  "أمل",
  "😀".repeat(50),
  "x".repeat(5_000),
  "http://169.254.169.254/latest",
  "2026-02-30T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "-271821-04-20T00:00:00Z",
  "+254 700 000001",
  "00254700000001",
  "0700000001",
  "${jndi:ldap://x}",
  "{{7*7}}",
  '"NEAR(a b)*',
];
const strange: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e21,
  { $gt: "" },
  { $where: "sleep(1000)" },
  [],
  ["a", "b"],
  { __proto__: null, constructor: { prototype: {} } },
];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ids) },
  { weight: 3, arbitrary: fc.constantFrom(...hostile) },
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.integer().map(String),
);
/** A value that may be meant for this property. */
function valueFor(schema: JsonSchema): fc.Arbitrary<unknown> {
  const fitting =
    schema.enum === undefined
      ? fc.oneof(
          text,
          fc.integer({ min: -5, max: 600 }),
          fc.boolean(),
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        )
      : fc.constantFrom(...schema.enum);
  return fc.oneof({ weight: 4, arbitrary: fitting }, fc.constantFrom(...strange), text);
}

interface Asked {
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
}

function askedOf(path: string, operation: Operation): fc.Arbitrary<Asked> {
  const inQuery = operation.parameters.filter((parameter) => parameter.in === "query");
  const properties = operation.requestBody?.content["application/json"]?.schema.properties ?? {};
  const params = fc.record(
    Object.fromEntries(
      operation.parameters
        .filter((parameter) => parameter.in === "path")
        .map(({ name }) => [name, text.filter((value) => value !== "")]),
    ),
  );
  const query = fc.record(
    Object.fromEntries(inQuery.map(({ name, schema }) => [name, valueFor(schema)])),
    {
      requiredKeys: [],
    },
  );
  const body = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record(
        Object.fromEntries(
          Object.entries(properties).map(([name, schema]) => [name, valueFor(schema)]),
        ),
        { requiredKeys: [] },
      ),
    },
    fc.constantFrom(...strange),
    fc.dictionary(fc.string({ maxLength: 10 }), fc.constantFrom(...strange), { maxKeys: 3 }),
  );
  return fc.record({ params, query, body, twice: fc.boolean() }).map((asked) => ({
    path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(asked.params[name]).toWellFormed()),
    ),
    query: queryOf(asked.query, asked.twice),
    body: asked.body,
  }));
}

/** As a query string; now and then a parameter is repeated. */
function queryOf(values: Readonly<Record<string, unknown>>, twice: boolean): string {
  const pairs = Object.entries(values).map(([name, value]) => {
    const written = typeof value === "string" ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(written.toWellFormed())}`;
  });
  return [...pairs, ...(twice ? pairs.slice(0, 1) : [])].join("&");
}

const document = openapiDocument("0.0.0");
const operations = Object.entries(
  document["paths"] as Record<string, Record<string, Operation>>,
).flatMap(([path, methods]) =>
  Object.values(methods).map((operation) => [operation.operationId, path, operation] as const),
);

describe("every route, asked for anything", () => {
  it.each(operations)("%s never fails, and answers as it says", async (name, path, operation) => {
    const route: Route = routes[name];
    await fc.assert(
      fc.asyncProperty(askedOf(path, operation), async ({ path: at, query, body }) => {
        const response = await harness.request(
          route.method,
          `${at}${query === "" ? "" : `?${query}`}`,
          {
            as: "admin",
            agent: "AGT-001",
            ...(hasBody(route) ? { body } : {}),
          },
        );
        expect(response.status).toBeLessThan(500);
        // What is longer than Node reads (16 kB of address and headers) is refused before there is a route.
        if (response.status === 431) return;
        if (!response.ok) {
          expect(response.headers.get("content-type")).toContain("application/problem+json");
          const problem = problemSchema.parse(await response.json());
          expect(problem.status).toBe(response.status);
          expect(JSON.stringify(problem)).not.toMatch(/\bat .*\.ts:\d+|node_modules/);
          return;
        }
        if (route.reply.kind !== "json") return void (await response.arrayBuffer());
        const reply: z.ZodType = route.reply.schema;
        reply.parse(await response.json());
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
