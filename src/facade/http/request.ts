import express, { type Request, type Response } from "express";
import type { z } from "zod";
import { hasBody, type Route } from "../contract/route.ts";
import { Problem } from "./problems.ts";
import { isForKeys, scopeOf } from "./scopes.ts";
import type { SignedIn, Tokens } from "./token.ts";

/** The most that a body may hold. */
export const bodyLimit = 100 * 1024;
const readJson = express.json({
  limit: bodyLimit,
  type: ["application/json", "application/*+json"],
});

/** The most that a table may hold. */
export const csvLimit = 1024 * 1024;
const readText = express.text({ limit: csvLimit, type: "text/csv", defaultCharset: "utf-8" });

/** The token or API key that a request brings; `null` when it brings none. */
export function credentialOf(request: Request): string | null {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.get("authorization") ?? "") ?? [];
  return token ?? request.get("x-api-key") ?? null;
}

/** Who sends this request, as its token or API key says. */
export async function authenticate(
  request: Request,
  tokens: Pick<Tokens, "read">,
  now: number,
): Promise<SignedIn> {
  const credential = credentialOf(request);
  const user = credential === null ? null : await tokens.read(credential, now);
  if (user === null) {
    const detail =
      credential === null ? "There is no token." : "The token is not good, or not good any more.";
    throw new Problem("not_signed_in", detail, { headers: { "WWW-Authenticate": "Bearer" } });
  }
  return user;
}

/** Refuses whoever the route table does not name for this route, and keys that are not for it. */
export function authorize(route: Route, user: SignedIn): void {
  if (route.who === "public") return;
  if (user.scopes !== undefined) {
    if (!isForKeys(route)) throw new Problem("not_allowed", "This cannot be done with an API key.");
    const scope = scopeOf(route);
    if (user.scopes.includes(scope)) return;
    throw new Problem("not_allowed", `This needs an API key with the scope ${scope}.`);
  }
  if (!route.who.includes(user.role)) {
    throw new Problem("not_allowed", `This needs one of the roles ${route.who.join(", ")}.`);
  }
}

/** The ETags that `If-Match` names, without their quotes; `null` when there is none, or any will do (`*`). */
export function ifMatchOf(request: Request): readonly string[] | null {
  const header = request.get("if-match")?.trim();
  if (header === undefined || header === "*") return null;
  if (!/^(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*$/.test(header)) {
    throw new Problem("bad_request", "One thing is wrong with the request.", {
      faults: [`If-Match: must be an ETag as it was answered, for example "3"`],
    });
  }
  // Weak ones match nothing here (RFC 9110, 13.1.1).
  return [...header.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, tag = ""]) =>
    weak === undefined ? [tag] : [],
  );
}

/** The parameters of a request, checked; every fault of all of them is named at once. */
export async function readInput(
  route: Route,
  request: Request,
  response: Response,
): Promise<{ params: unknown; input: unknown; csv: string }> {
  const query = { ...request.query };
  const faults: string[] = [];
  let raw: Record<string, unknown> = query;
  const csv = route.inputFrom === "csv" ? await readCsv(request, response) : "";
  if (hasBody(route) && route.inputFrom !== "csv") {
    const body = await readBody(request, response);
    if (route.inputFrom === "body") {
      for (const key of Object.keys(query)) faults.push(`${key}: belongs in the body`);
      raw = body;
    } else {
      raw = { ...query, ...body };
    }
  }
  const params = route.params.safeParse({ ...request.params });
  const input = route.input.safeParse(raw);
  if (!params.success) faults.push(...faultsOf(params.error, request.params));
  if (!input.success) faults.push(...faultsOf(input.error, raw));
  if (faults.length > 0 || !params.success || !input.success) {
    const many = faults.length === 1 ? "One thing is wrong" : `${faults.length} things are wrong`;
    throw new Problem("bad_request", `${many} with the request.`, { faults });
  }
  return { params: params.data, input: input.data, csv };
}

async function readBody(request: Request, response: Response): Promise<Record<string, unknown>> {
  await parse(readJson, request, response);
  const body: unknown = request.body;
  if (body === undefined) {
    const length = request.get("content-length");
    const hasBody =
      request.get("transfer-encoding") !== undefined || (length !== undefined && length !== "0");
    if (hasBody) throw new Problem("unsupported_body", "The body must be JSON.");
    return {};
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Problem("bad_request", "The body must be a JSON object.");
  }
  return body as Record<string, unknown>;
}

async function readCsv(request: Request, response: Response): Promise<string> {
  await parse(readText, request, response);
  const body: unknown = request.body;
  if (typeof body !== "string") {
    throw new Problem("unsupported_body", "The body must be a table: Content-Type: text/csv.");
  }
  if (body.includes("\uFFFD")) {
    throw new Problem("unsupported_body", "The table is not in UTF-8; save it as CSV UTF-8.");
  }
  return body;
}

/** Has Express read the body; rejects with what it says of it. */
function parse(reader: typeof readJson, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    reader(request, response, (error?: unknown) =>
      error === undefined ? resolve() : reject(error as Error),
    );
  });
}

/** One line for each thing that is wrong: the parameter's name, then what is wrong with it. */
export function faultsOf(error: z.ZodError, raw: unknown): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map(
        (key) => `${[...path, key].join(".")}: is not a parameter of this route`,
      );
    }
    if (path.length === 0) return [issue.message];
    const isMissing = issue.path.length > 0 && valueAt(raw, path) === undefined;
    return [`${path.join(".")}: ${isMissing ? "is missing" : issue.message}`];
  });
}

function valueAt(raw: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    raw,
  );
}
