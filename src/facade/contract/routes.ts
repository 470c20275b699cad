import { z } from "zod";
import {
  agentChangedSchema,
  agentListInputSchema,
  agentListSchema,
  agentSchema,
  agentStatusInputSchema,
} from "./agent.ts";
import {
  callDetailSchema,
  callListInputSchema,
  callListSchema,
  waitingListSchema,
} from "./call.ts";
import { route } from "./route.ts";
import { type Health, healthSchema, loginInputSchema, sessionSchema } from "./session.ts";
import {
  newTicketInputSchema,
  ticketChangeInputSchema,
  ticketListInputSchema,
  ticketListSchema,
  ticketSavedSchema,
  ticketSchema,
} from "./ticket.ts";
import { messageSavedSchema, newMessageInputSchema, transcriptSchema } from "./transcript.ts";
import { idSchema } from "./words.ts";

const nothing = z.strictObject({});
const byId = z.strictObject({ id: idSchema });
const byCall = z.strictObject({ call_id: idSchema });

const everyone = ["viewer", "agent", "supervisor", "admin"] as const;
/** What people said is read by those who work with it. */
const staff = ["agent", "supervisor", "admin"] as const;

/**
 * The whole HTTP interface, and who may call what. A path without parameters stands before a path that would also
 * match it. Each entry needs a handler of the same name in `http/handlers.ts`, or nothing compiles.
 */
export const routes = {
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
      statusOf: (body: Health) => (body.status === "up" ? 200 : 503),
      orElse: { status: 503, when: "A part is down" },
    },
  }),
  login: route({
    method: "POST",
    path: "/api/auth/login",
    tag: "session",
    summary: "Sign in; the token is good for twelve hours",
    who: "public",
    params: nothing,
    input: loginInputSchema,
    inputFrom: "body",
    reply: { kind: "json", status: 200, schema: sessionSchema },
  }),
  listCalls: route({
    method: "GET",
    path: "/api/calls",
    tag: "calls",
    summary: "Live calls, or past ones (newest first)",
    who: everyone,
    params: nothing,
    input: callListInputSchema,
    reply: { kind: "json", status: 200, schema: callListSchema },
  }),
  listWaiting: route({
    method: "GET",
    path: "/api/calls/queue",
    tag: "calls",
    summary: "Waiting calls in the order they will be served",
    who: everyone,
    params: nothing,
    input: nothing,
    reply: { kind: "json", status: 200, schema: waitingListSchema },
  }),
  getCall: route({
    method: "GET",
    path: "/api/calls/{id}",
    tag: "calls",
    summary: "One call, live or past, with all its timestamps, facts and recordings",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: callDetailSchema },
  }),
  getCallRecording: route({
    method: "GET",
    path: "/api/calls/{id}/recording",
    tag: "recordings",
    summary: "The sound of a call: its conversation, or the message that was left",
    who: staff,
    params: byId,
    input: nothing,
    reply: { kind: "audio" },
  }),
  getRecording: route({
    method: "GET",
    path: "/api/recordings/{name}",
    tag: "recordings",
    summary: "One recording by its name",
    who: staff,
    params: z.strictObject({ name: idSchema }),
    input: nothing,
    reply: { kind: "audio" },
  }),
  listAgents: route({
    method: "GET",
    path: "/api/agents",
    tag: "agents",
    summary: "Agents and what each is doing",
    who: everyone,
    params: nothing,
    input: agentListInputSchema,
    reply: { kind: "json", status: 200, schema: agentListSchema },
  }),
  getAgent: route({
    method: "GET",
    path: "/api/agents/{id}",
    tag: "agents",
    summary: "One agent",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: agentSchema },
  }),
  setAgentStatus: route({
    method: "PATCH",
    path: "/api/agents/{id}/status",
    tag: "agents",
    summary: "Sign an agent in or out, or take a break; agents may do it for themselves only",
    who: staff,
    params: byId,
    input: agentStatusInputSchema,
    reply: { kind: "json", status: 200, schema: agentChangedSchema },
  }),
  getTranscript: route({
    method: "GET",
    path: "/api/transcripts/{call_id}",
    tag: "transcripts",
    summary: "What was said in a call, in order",
    who: staff,
    params: byCall,
    input: nothing,
    reply: { kind: "json", status: 200, schema: transcriptSchema },
  }),
  addMessage: route({
    method: "POST",
    path: "/api/transcripts/{call_id}/messages",
    tag: "transcripts",
    summary: "Append to what was said",
    who: staff,
    params: byCall,
    input: newMessageInputSchema,
    reply: { kind: "json", status: 200, schema: messageSavedSchema },
  }),
  listTickets: route({
    method: "GET",
    path: "/api/tickets",
    tag: "tickets",
    summary: "Tickets, newest first",
    who: everyone,
    params: nothing,
    input: ticketListInputSchema,
    reply: { kind: "json", status: 200, schema: ticketListSchema },
  }),
  createTicket: route({
    method: "POST",
    path: "/api/tickets",
    tag: "tickets",
    summary: "Open a ticket",
    who: staff,
    params: nothing,
    input: newTicketInputSchema,
    reply: { kind: "json", status: 200, schema: ticketSavedSchema },
  }),
  getTicket: route({
    method: "GET",
    path: "/api/tickets/{id}",
    tag: "tickets",
    summary: "One ticket",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: ticketSchema },
  }),
  updateTicket: route({
    method: "PATCH",
    path: "/api/tickets/{id}",
    tag: "tickets",
    summary: "Change a ticket or add a note",
    who: staff,
    params: byId,
    input: ticketChangeInputSchema,
    reply: { kind: "json", status: 200, schema: ticketSavedSchema },
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
  docsPage: route({
    method: "GET",
    path: "/docs",
    tag: "pages",
    summary: "The API's documentation",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "page" },
  }),
  redocPage: route({
    method: "GET",
    path: "/redoc",
    tag: "pages",
    summary: "The same under the other name that clients know",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "page" },
  }),
  boardPage: route({
    method: "GET",
    path: "/",
    tag: "pages",
    summary: "The live board",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "page" },
  }),
  pageAsset: route({
    method: "GET",
    path: "/assets/{name}",
    tag: "pages",
    summary: "Scripts and styles of the pages",
    who: "public",
    params: z.strictObject({ name: idSchema }),
    input: z.object({}),
    reply: { kind: "page" },
  }),
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
