import { z } from "zod";
import { agentSchema } from "./agent.ts";
import { callSchema } from "./call.ts";
import { partChangeSchema, partsSchema } from "./session.ts";
import { ticketSchema } from "./ticket.ts";
import { messageSchema } from "./transcript.ts";
import { roleSchema, timeSchema } from "./words.ts";

/**
 * What goes over the WebSocket `/ws/updates`. The server numbers its messages 1, 2, 3, ... for each connection: first
 * `hello`, then `snapshot`, then one message for each thing that happens after the snapshot. A reader that sees a gap
 * connects again.
 */
export const updatesPath = "/ws/updates";

/** Close codes of our own; the others are those of RFC 6455. */
export const closeCodes = {
  goingAway: 1001,
  tooBig: 1009,
  slowReader: 1013,
  notSignedIn: 4401,
} as const;

/** The first message of a client that could not send its token with the request. */
export const authMessageSchema = z.strictObject({
  type: z.literal("auth"),
  token: z.string().min(1).max(4_096),
});

export const queueSchema = z
  .strictObject({
    queue: z.string(),
    title: z.string(),
    weight: z.number().describe("calls of a heavier queue are served first"),
    waiting: z.number().describe("how many wait at the moment of the snapshot"),
  })
  .meta({ id: "Queue" });

export const snapshotSchema = z.strictObject({
  calls: z.array(callSchema),
  agents: z.array(agentSchema),
  queues: z.array(queueSchema),
  tickets: z.array(ticketSchema).describe("the newest open ones"),
  parts: partsSchema,
});

const callUpdateSchema = callSchema
  .extend({ fact: z.string().describe("what just happened, as in the events of the call") })
  .meta({ id: "CallUpdate" });

const numbered = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.strictObject({ type: z.literal(type), seq: z.int().positive(), at: timeSchema, data });

export const updateSchema = z.discriminatedUnion("type", [
  numbered("hello", z.strictObject({ username: z.string(), role: roleSchema })),
  numbered("snapshot", snapshotSchema),
  numbered("call:new", callUpdateSchema),
  numbered("call:updated", callUpdateSchema),
  numbered("call:routed", callUpdateSchema),
  numbered("call:ended", callUpdateSchema),
  numbered("ticket:created", ticketSchema),
  numbered("ticket:updated", ticketSchema),
  numbered("message:new", messageSchema),
  numbered("agent:status_changed", agentSchema),
  numbered("system:health", partChangeSchema),
]);

export type Update = z.output<typeof updateSchema>;
export type Snapshot = z.output<typeof snapshotSchema>;
type WithoutNumber<U> = U extends Update ? Omit<U, "seq"> : never;
/** A message before its connection has numbered it. */
export type UnnumberedUpdate = WithoutNumber<Update>;
