import { z } from "zod";
import { nothing } from "./access.ts";
import { liveSchema, type Ready, readySchema } from "./readiness.ts";
import { route } from "./route.ts";
import {
  drainInputSchema,
  drainSchema,
  type Health,
  healthSchema,
  loginInputSchema,
  sessionSchema,
} from "./session.ts";

/** What is asked and said of the server itself, and signing in. */
export const systemRoutes = {
  health: route({
    method: "GET",
    path: "/health",
    tag: "server",
    summary: "The state of the server and of each part it depends on",
    who: "public",
    params: nothing,
    // Probes add parameters of their own (a cache buster, for one); none of them matters here.
    input: z.object({}),
    reply: {
      kind: "json",
      status: 200,
      schema: healthSchema,
      statusOf: (body: Health) => (body.status === "down" ? 503 : 200),
      orElse: { status: 503, when: "Calls cannot be handled" },
    },
  }),
  live: route({
    method: "GET",
    path: "/health/live",
    tag: "server",
    summary:
      "Whether this process runs at all; a service manager restarts one that does not answer",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "json", status: 200, schema: liveSchema },
  }),
  ready: route({
    method: "GET",
    path: "/health/ready",
    tag: "server",
    summary: "Whether this process takes new calls, and what is wrong, each part with its reason",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: {
      kind: "json",
      status: 200,
      schema: readySchema,
      statusOf: (body: Ready) => (body.ready ? 200 : 503),
      orElse: { status: 503, when: "This process takes no new call" },
    },
  }),
  metrics: route({
    method: "GET",
    path: "/metrics",
    tag: "server",
    summary: "Counts of callers and agents and of what should never be, for Prometheus",
    who: "public",
    params: nothing,
    input: z.object({}),
    // Text in Prometheus's own format, which is described elsewhere.
    reply: { kind: "page" },
  }),
  drain: route({
    method: "POST",
    path: "/api/system/drain",
    tag: "server",
    summary: "Claim no new call from now on, and end this process with its last call",
    who: ["admin"],
    params: nothing,
    input: drainInputSchema,
    reply: { kind: "json", status: 202, schema: drainSchema },
  }),
  getDrain: route({
    method: "GET",
    path: "/api/system/drain",
    tag: "server",
    summary: "Whether this process is being drained, and how many calls it still has",
    who: ["admin"],
    params: nothing,
    input: nothing,
    reply: { kind: "json", status: 200, schema: drainSchema },
  }),
  login: route({
    method: "POST",
    path: "/api/auth/login",
    tag: "session",
    summary: "Sign in; the answer says until when the token is good, and a cookie can renew it",
    who: "public",
    params: nothing,
    input: loginInputSchema,
    inputFrom: "body",
    reply: { kind: "json", status: 200, schema: sessionSchema },
  }),
  openapi: route({
    method: "GET",
    path: "/openapi.json",
    tag: "server",
    summary: "This description, as OpenAPI 3.1",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "json", status: 200, schema: z.looseObject({ openapi: z.string() }) },
  }),
  asyncapi: route({
    method: "GET",
    path: "/asyncapi.json",
    tag: "server",
    summary: "The live sockets, as AsyncAPI 3",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "json", status: 200, schema: z.looseObject({ asyncapi: z.string() }) },
  }),
};
