import { z } from "zod";
import { problemKinds } from "./problems.ts";
import { hasBody, type Route } from "./route.ts";
import { routes } from "./routes.ts";
import { problemSchema } from "./session.ts";
import { authMessageSchema, updateSchema, updatesPath } from "./updates.ts";

type Json = Record<string, unknown>;

/** The route table as an OpenAPI 3.1 document. The same table always gives the same document. */
export function openapiDocument(version: string): Json {
  const components: Json = {};
  const paths: Record<string, Json> = {};
  for (const [name, definition] of Object.entries(routes)) {
    if (definition.reply.kind === "page") continue;
    const path = paths[definition.path] ?? {};
    path[definition.method.toLowerCase()] = operation(name, definition, components);
    paths[definition.path] = path;
  }
  const problem = jsonSchema(problemSchema, "output", components);
  const received = jsonSchema(updateSchema, "output", components);
  const sent = jsonSchema(authMessageSchema, "input", components);
  return {
    openapi: "3.1.0",
    info: {
      title: "Kituo",
      version,
      description:
        "The API of the contact centre. Times are ISO 8601 in UTC. POST and PATCH take their parameters from the query string or from a JSON body; the body wins. Every error is a problem document (RFC 9457) with a code.",
      license: { name: "MIT", identifier: "MIT" },
    },
    security: [{ token: [] }, { key: [] }],
    paths,
    components: {
      schemas: sorted(components),
      responses: {
        Problem: {
          description: "An error: see x-problems for every code",
          content: { "application/problem+json": { schema: problem } },
        },
      },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        key: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
    },
    "x-websocket": {
      path: updatesPath,
      summary:
        "Live updates. The token goes into the Authorization header, the query parameter token, or a first message. /asyncapi.json describes this and the other live sockets in full.",
      received,
      sent,
    },
    "x-problems": problemKinds,
  };
}

const ifMatchParameter = {
  name: "If-Match",
  in: "header",
  required: false,
  description: "The ETag of what was read: nothing is changed when it has another by now (412).",
  schema: { type: "string" },
};

function operation(name: string, definition: Route, components: Json): Json {
  const input = jsonSchema(definition.input, "input", components);
  const fromQuery = definition.inputFrom === "body" ? [] : properties(input);
  const params = properties(jsonSchema(definition.params, "input", components));
  const isWrite = hasBody(definition);
  const who = definition.who === "public" ? "everybody" : definition.who.join(", ");
  return {
    operationId: name,
    tags: [definition.tag],
    summary: definition.summary,
    description: `May be called by: ${who}.`,
    "x-roles": definition.who,
    ...(definition.who === "public" ? { security: [] } : {}),
    parameters: [
      ...params.map(([key, schema]) => ({ name: key, in: "path", required: true, schema })),
      ...fromQuery.map(([key, schema, required]) => ({
        name: key,
        in: "query",
        // What a body may bring instead cannot be demanded of the query string.
        required: required && !isWrite,
        schema,
      })),
      ...(definition.ifMatch === true ? [ifMatchParameter] : []),
    ],
    ...(definition.inputFrom === "csv"
      ? { requestBody: { required: true, content: { "text/csv": { schema: { type: "string" } } } } }
      : {}),
    ...(isWrite && definition.inputFrom !== "csv" && properties(input).length > 0
      ? {
          requestBody: {
            required: definition.inputFrom === "body",
            content: { "application/json": { schema: input } },
          },
        }
      : {}),
    responses: {
      ...success(definition, components),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function success({ reply }: Route, components: Json): Json {
  switch (reply.kind) {
    case "json": {
      const content = {
        "application/json": { schema: jsonSchema(reply.schema, "output", components) },
      };
      const { orElse, etagOf } = reply;
      const headers =
        etagOf === undefined
          ? {}
          : { headers: { ETag: { description: "For If-Match", schema: { type: "string" } } } };
      return {
        [reply.status]: { description: "Done", ...headers, content },
        ...(orElse === undefined ? {} : { [orElse.status]: { description: orElse.when, content } }),
      };
    }
    case "audio": {
      const content = { "audio/wav": { schema: { type: "string", format: "binary" } } };
      return {
        200: { description: "The whole file", content },
        206: { description: "The range that was asked for", content },
      };
    }
    case "csv": {
      const content = { "text/csv": { schema: { type: "string" } } };
      return { 200: { description: "A table, UTF-8 with a byte order mark", content } };
    }
    case "page":
      return { 200: { description: "A page" } };
    default:
      return reply satisfies never;
  }
}

function properties(schema: Json): [string, Json, boolean][] {
  const required = (schema["required"] ?? []) as string[];
  return Object.entries((schema["properties"] ?? {}) as Record<string, Json>).map(
    ([key, value]) => [key, value, required.includes(key)],
  );
}

/** One schema, its named parts moved to the document's components. */
export function jsonSchema(schema: z.ZodType, io: "input" | "output", components: Json): Json {
  const made = z.toJSONSchema(schema, { io, target: "draft-2020-12" }) as Json;
  return lift(made, components) as Json;
}

function lift(value: unknown, components: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => lift(item, components));
  if (typeof value !== "object" || value === null) return value;
  const lifted: Json = {};
  for (const [key, part] of Object.entries(value)) {
    // `id` is where zod keeps a schema's name; a long pattern says no more than its format does.
    if (key === "$schema" || (key === "id" && typeof part === "string")) continue;
    if (key === "pattern" && "format" in value) continue;
    if (key === "$defs") {
      for (const [name, schema] of Object.entries(part as Json)) {
        components[name] ??= lift(schema, components);
      }
    } else if (key === "$ref" && typeof part === "string") {
      lifted[key] = part.replace("#/$defs/", "#/components/schemas/");
    } else {
      lifted[key] = lift(part, components);
    }
  }
  return lifted;
}

/** The same entries by the order of their names. */
export function sorted(values: Json): Json {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
