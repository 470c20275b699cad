import { randomUUID } from "node:crypto";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";
import type { Route } from "../contract/route.ts";
import { type RouteName, routes } from "../contract/routes.ts";
import { createAudit } from "./audit.ts";
import { refreshCookie } from "./cookies.ts";
import type { Table } from "./csv.ts";
import type { AudioFile, Handlers, Page } from "./handler.ts";
import { asProblem, Problem } from "./problems.ts";
import { sendAudio, sendPage, sendProblem, sendTable } from "./reply.ts";
import { authenticate, authorize, credentialOf, ifMatchOf, readInput } from "./request.ts";
import type { SignedIn, Tokens } from "./token.ts";

/** What a browser may do with our pages: nothing but what the pages bring along. */
const securityHeaders = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  // Answers are about people; pages say otherwise for themselves.
  "Cache-Control": "no-store",
};

interface RouterDeps {
  readonly handlers: Handlers;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
}

/** The route table as an Express application. What the table does not hold is answered with a problem. */
export function createRouter(deps: RouterDeps): Express {
  const app = express();
  const auditOf = createAudit(deps);
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.set("etag", false);
  app.use((_request, response, next) => {
    response.set(securityHeaders);
    next();
  });

  const methods = new Map<string, string[]>();
  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name];
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    methods.set(path, [...(methods.get(path) ?? []), route.method]);
    const method = route.method.toLowerCase() as "get" | "post" | "patch" | "delete";
    app[method](path, (request, response) => serve({ ...deps, auditOf }, name, request, response));
  }
  for (const [path, allowed] of methods) {
    app.all(path, (request) => {
      const detail = `${request.method} is not one of ${allowed.join(", ")}.`;
      throw new Problem("wrong_method", detail, { headers: { Allow: allowed.join(", ") } });
    });
  }
  app.use(() => {
    throw new Problem("not_found", "There is no such address.");
  });

  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const problem = asProblem(error);
    const instance = problem.code === "internal" ? `urn:uuid:${randomUUID()}` : undefined;
    if (instance !== undefined) deps.log.error({ err: error, instance }, "request failed");
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem, instance);
  });
  return app;
}

/** One request: who it is, whether they may, what they ask for, then the handler and its answer. */
async function serve(
  {
    handlers,
    tokens,
    clock,
    log,
    auditOf,
  }: RouterDeps & { readonly auditOf: ReturnType<typeof createAudit> },
  name: RouteName,
  request: Request,
  response: Response,
): Promise<void> {
  const route: Route = routes[name];
  let user: SignedIn | null = null;
  if (route.who !== "public") {
    user = await authenticate(request, tokens, clock.now());
    authorize(route, user);
  }
  const { params, input, csv } = await readInput(route, request, response);
  // The table ties each name to the types of its handler; here, where all are treated alike, they cannot be told.
  const handler = handlers[name] as (asked: unknown) => Promise<unknown>;
  const address = request.socket.remoteAddress ?? "";
  const audit = auditOf({ user, address, log });
  const cookie = refreshCookie(request, response);
  const credential = credentialOf(request);
  const ifMatch = route.ifMatch === true ? ifMatchOf(request) : null;
  const asked = { params, input, csv, user, address, log, audit, credential, cookie, ifMatch };
  const answer = await handler(asked);
  const { reply } = route;
  switch (reply.kind) {
    case "json":
      if (reply.etagOf !== undefined) response.set("ETag", reply.etagOf(answer as never));
      response.status(reply.statusOf?.(answer as never) ?? reply.status).json(answer);
      return;
    case "audio":
      sendAudio(request, response, answer as AudioFile);
      return;
    case "csv":
      sendTable(response, answer as Table);
      return;
    case "page":
      sendPage(response, answer as Page);
      return;
    default:
      reply satisfies never;
  }
}
