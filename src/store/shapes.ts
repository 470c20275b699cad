import { z } from "zod";
import { type CallState, callStages } from "../domain/call.ts";
import { type CallEvent, languages } from "../domain/call-fact.ts";
import { KituoError } from "../domain/errors.ts";
import {
  asAgentId,
  asBridgeId,
  asCallId,
  asChannelId,
  asCustomerId,
  asDeliveryId,
  asQueueName,
  asTicketId,
  asWebhookId,
} from "../domain/ids.ts";
import { recordingKinds } from "../domain/record.ts";
import { noteVisibilities, ticketFields } from "../domain/ticket.ts";
import { auditOutcomes } from "../domain/user.ts";
import { type Delivery, deliveryStates, type Webhook } from "../domain/webhook.ts";
import type { ApiKey, AuditEntry, Session } from "../ports/access.ts";
import {
  type AgentRecord,
  type Customer,
  type RatingCount,
  type RecordingEntry,
  roles,
  type Ticket,
  type TicketActivity,
  type TranscriptLine,
  ticketPriorities,
  ticketStatuses,
  type User,
  type WrapUp,
} from "../ports/store.ts";

/**
 * What a record must look like when it comes back. A database is an edge like any other: a row that somebody edited by
 * hand, or that a fault wrote, is told by name here instead of travelling on as a wrong type. Fields that are not
 * known are dropped, so that a newer version may add some.
 */
const call = z.string().transform(asCallId);
const agent = z.string().transform(asAgentId);
const queue = z.string().transform(asQueueName);
const channel = z.string().transform(asChannelId);
const bridge = z.string().transform(asBridgeId);
const ticketId = z.string().transform(asTicketId);
const customerId = z.string().transform(asCustomerId);
const language = z.enum(languages);
const direction = z.enum(["inbound", "internal", "outbound"]);
const ending = z.object({
  result: z.enum(["completed", "abandoned", "unserved", "refused", "failed"]),
  reason: z.string(),
  by: z.enum(["caller", "agent", "system"]),
});
const outcome = z.enum([
  "answered",
  "no_answer",
  "busy",
  "declined",
  "unreachable",
  "caller_left",
  "answered_elsewhere",
]);

const ordered = z.object({ by: z.string(), agent: agent.nullable(), tries: z.int() });

/** Every event has these; the rest depends on its type. */
const numbered = { call, seq: z.int().min(1), at: z.number() };
const fact = <Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) =>
  z.object({ ...numbered, type: z.literal(type), ...shape });

export const eventShape = z.discriminatedUnion("type", [
  fact("started", {
    direction,
    caller: z.string(),
    callerName: z.string(),
    dialled: z.string(),
    channel,
    callback: z.exactOptional(
      z.object({ of: call.nullable(), from: z.string(), ordered: z.exactOptional(ordered) }),
    ),
  }),
  fact("answered", {}),
  fact("language_chosen", { language }),
  fact("menu_entered", { menu: z.string(), prompts: z.array(z.string()) }),
  fact("key_pressed", { menu: z.string(), key: z.string() }),
  fact("queued", {
    queue,
    priority: z.number(),
    since: z.exactOptional(z.number()),
    done: z.exactOptional(
      z.object({
        widened: z.boolean(),
        alsoQueues: z.exactOptional(z.array(queue)),
        overflowed: z.array(z.number()),
      }),
    ),
  }),
  fact("position_told", { queue, position: z.number() }),
  fact("estimate_told", { queue, estimateMs: z.number() }),
  fact("overflowed", {
    queue,
    step: z.number(),
    priority: z.number(),
    widened: z.boolean(),
    alsoQueues: z.exactOptional(z.array(queue)),
  }),
  fact("left_queue", { queue, why: z.string() }),
  fact("moved", {
    how: z.enum(["routed", "transferred"]),
    queue,
    agent: agent.nullable(),
    by: z.string(),
  }),
  fact("callback_requested", { queue, by: call }),
  fact("customer_dialled", { number: z.int().min(1) }),
  fact("customer_missed", { outcome }),
  fact("offered", {
    agent,
    extension: z.string(),
    queue: z.exactOptional(queue),
    reasons: z.array(z.string()),
  }),
  fact("offer_ended", { agent, outcome }),
  fact("connected", { agent, extension: z.string(), bridge, channel }),
  fact("forwarded", { queue, number: z.string(), trunk: z.string() }),
  fact("forward_ended", { outcome }),
  fact("connected_outside", { bridge, channel }),
  fact("recording_started", { recording: z.string() }),
  fact("recording_ended", { recording: z.string(), durationMs: z.number() }),
  fact("voicemail_started", { queue, why: z.string() }),
  fact("voicemail_left", { queue, recording: z.string(), durationMs: z.number() }),
  fact("survey_started", { queue, agent }),
  fact("survey_answered", { queue, agent, rating: z.int().min(1).max(5) }),
  fact("adopted", { by: z.string(), from: z.string() }),
  fact("released", {}),
  fact("answered_natively", { agent: agent.nullable(), extension: z.string() }),
  fact("ended", { ending }),
]) satisfies z.ZodType<CallEvent, unknown>;

export const stateShape = z.object({
  id: call,
  seq: z.int().min(1),
  stage: z.enum(callStages),
  direction,
  caller: z.string(),
  callerName: z.string(),
  dialled: z.string(),
  channel,
  language: language.nullable(),
  menu: z.string().nullable(),
  queue: queue.nullable(),
  priority: z.number(),
  // What has a default came later than the others.
  position: z.number().nullable().default(null),
  promisedBy: z.number().nullable().default(null),
  joinedAt: z.number().nullable().default(null),
  overflowed: z.array(z.number()).default([]),
  widened: z.boolean().default(false),
  alsoQueues: z.array(queue).default([]),
  wanted: agent.nullable().default(null),
  movedSeq: z.number().default(0),
  moves: z.number().default(0),
  callback: z
    .object({
      of: call.nullable(),
      from: z.string(),
      ordered: ordered.nullable().default(null),
      tries: z.number(),
      ringsSince: z.number().nullable(),
      missedAt: z.number().nullable(),
    })
    .nullable()
    .default(null),
  calledBackBy: call.nullable().default(null),
  agent: agent.nullable(),
  extension: z.string().nullable(),
  ringing: z.array(z.object({ agent, extension: z.string(), at: z.number() })).default([]),
  outside: z
    .object({ number: z.string(), trunk: z.string(), outcome: outcome.nullable() })
    .nullable()
    .default(null),
  bridge: bridge.nullable().default(null),
  agentChannel: channel.nullable().default(null),
  recording: z.string().nullable(),
  rating: z.number().nullable().default(null),
  startedAt: z.number(),
  answeredAt: z.number().nullable(),
  queuedAt: z.number().nullable(),
  offeredAt: z.number().nullable(),
  connectedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  lastAt: z.number().default(0),
  ending: ending.nullable(),
}) satisfies z.ZodType<CallState, unknown>;

export const ratingShape = z.object({
  queue,
  agent,
  rating: z.int().min(1).max(5),
  calls: z.int().min(1),
}) satisfies z.ZodType<RatingCount, unknown>;

export const lineShape = z.object({
  call,
  seq: z.int().min(1),
  key: z.string(),
  speaker: z.enum(["bot", "customer", "agent"]),
  content: z.string(),
  language: language.nullable(),
  at: z.number(),
  source: z.string(),
}) satisfies z.ZodType<TranscriptLine, unknown>;

export const ticketShape = z.object({
  id: ticketId,
  subject: z.string(),
  description: z.string(),
  status: z.enum(ticketStatuses),
  priority: z.enum(ticketPriorities),
  department: z.string().nullable(),
  assignee: agent.nullable(),
  customerName: z.string(),
  customerPhone: z.string(),
  call: call.nullable(),
  // Tickets of an earlier version have none.
  recording: z.string().nullable().default(null),
  source: z.string(),
  // What has a default came later than the others.
  linkedCalls: z.array(call).default([]),
  tags: z.array(z.string()).default([]),
  dueAt: z.number().nullable().default(null),
  notes: z.array(
    z.object({
      at: z.number(),
      text: z.string(),
      by: z.string(),
      visibility: z.enum(noteVisibilities).default("private"),
    }),
  ),
  createdAt: z.number(),
  updatedAt: z.number(),
  resolvedAt: z.number().nullable().default(null),
  closedAt: z.number().nullable().default(null),
}) satisfies z.ZodType<Ticket, unknown>;

const ticketValue = z.union([z.string(), z.number(), z.array(z.string())]).nullable();
export const activityShape = z.object({
  seq: z.int().min(1),
  at: z.number(),
  by: z.string(),
  field: z.enum(ticketFields),
  from: ticketValue,
  to: ticketValue,
}) satisfies z.ZodType<TicketActivity, unknown>;

export const customerShape = z.object({
  id: customerId,
  phones: z.array(z.string()),
  name: z.string(),
  email: z.string().nullable(),
  notes: z.string(),
  tags: z.array(z.string()),
  fields: z.record(z.string(), z.string()),
  legalHold: z.object({ reason: z.string(), by: z.string(), at: z.number() }).nullable(),
  version: z.int().min(1),
  createdAt: z.number(),
  updatedAt: z.number(),
}) satisfies z.ZodType<Customer, unknown>;

export const agentShape = z.object({
  id: agent,
  name: z.string(),
  extension: z.string(),
  queues: z.array(queue),
}) satisfies z.ZodType<AgentRecord, unknown>;

export const userShape = z.object({
  username: z.string(),
  role: z.enum(roles),
  passwordHash: z.string(),
  agent: agent.nullable(),
  // Users of an earlier version have none of these.
  email: z.string().nullable().default(null),
  active: z.boolean().default(true),
  planMark: z.string().nullable().default(null),
  failures: z.int().default(0),
  failedAt: z.number().nullable().default(null),
  createdAt: z.number(),
}) satisfies z.ZodType<User, unknown>;

export const sessionShape = z.object({
  id: z.string(),
  username: z.string(),
  refreshHash: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  endedAt: z.number().nullable(),
  endedWhy: z.string().nullable(),
}) satisfies z.ZodType<Session, unknown>;

export const keyShape = z.object({
  id: z.string(),
  name: z.string(),
  hash: z.string(),
  scopes: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  lastUsedAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
}) satisfies z.ZodType<ApiKey, unknown>;

export const auditShape = z.object({
  id: z.string(),
  at: z.number(),
  by: z.string(),
  address: z.string(),
  action: z.string(),
  object: z.string(),
  outcome: z.enum(auditOutcomes),
  detail: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<AuditEntry, unknown>;

export const recordingShape = z.object({
  name: z.string(),
  call,
  kind: z.enum(recordingKinds),
  file: z.string(),
  bytes: z.number(),
  durationMs: z.number(),
  sha256: z.string(),
  at: z.number(),
  // What has a default came later than the others.
  queue: queue.nullable().default(null),
  agents: z.array(agent).default([]),
  deleted: z.object({ at: z.number(), by: z.string() }).nullable().default(null),
}) satisfies z.ZodType<RecordingEntry, unknown>;

export const wrapUpShape = z.object({
  call,
  agent,
  code: z.string(),
  note: z.string(),
  author: z.string(),
  at: z.number(),
}) satisfies z.ZodType<WrapUp, unknown>;

export const webhookShape = z.object({
  id: z.string().transform(asWebhookId),
  url: z.string(),
  events: z.array(z.string()),
  secret: z.string(),
  active: z.boolean(),
  createdAt: z.number(),
  createdBy: z.string(),
}) satisfies z.ZodType<Webhook, unknown>;

export const deliveryShape = z.object({
  id: z.string().transform(asDeliveryId),
  webhook: z.string().transform(asWebhookId),
  event: z.string(),
  body: z.string(),
  state: z.enum(deliveryStates),
  tries: z.int().min(0),
  status: z.number().nullable(),
  fault: z.string(),
  createdAt: z.number(),
  triedAt: z.number().nullable(),
}) satisfies z.ZodType<Delivery, unknown>;

/** Reads one record; a record of another shape is a fault of ours and is told by its kind and field. */
export function parseRecord<T>(shape: z.ZodType<T, unknown>, record: unknown, kind: string): T {
  const parsed = shape.safeParse(record);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new KituoError("internal", `a stored ${kind} has not the shape of one`, faults);
}

/** The number of records a list may have: what was asked for, whole, from 0 to 500. */
export function pageSize(limit: number): number {
  return Math.max(0, Math.min(500, Math.trunc(limit)));
}

/** The `number`-th customer's id; the numbers go on growing after CUST-999. */
export function customerIdFrom(number: number): Customer["id"] {
  return asCustomerId(`CUST-${String(number).padStart(3, "0")}`);
}

/** The counter in a ticket's id: 1 of `TKT-20261120-0001`. */
export function numberOf(id: Ticket["id"]): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

/** The UTC day of a ticket, as its id writes it: `20261120`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
}
