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
 * connects again. A `snapshot` may come again at any time and takes the place of all that was known. A reader passes
 * over types that it does not know: new ones may come without a new version of the protocol.
 */
export const updatesPath = "/ws/updates";

/** The version of what goes over the sockets; it grows when a reader of the one before could not read it any more. */
export const protocolVersion = 1;

/** Close codes of our own; the others are those of RFC 6455. */
export const closeCodes = {
  /** The call that was watched has ended. */
  done: 1000,
  goingAway: 1001,
  tooBig: 1009,
  slowReader: 1013,
  notSignedIn: 4401,
  /** The new token is another user's, or may do less. */
  notAllowed: 4403,
  notFound: 4404,
} as const;

/**
 * The first message of a client that could not send its token with the request; later, at any time, the token that
 * takes the place of the one before.
 */
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
  .extend({
    fact: z.string().describe("what just happened, as in the events of the call"),
    facts: z
      .array(z.string())
      .describe("the same with what happened just before and is not told in a message of its own"),
  })
  .meta({ id: "CallUpdate" });

/** A message of the server in any of the sockets. */
export const numbered = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.strictObject({
    type: z.literal(type),
    seq: z.int().positive().describe("1, 2, 3, ... within the connection"),
    at: timeSchema,
    resume: z
      .string()
      .optional()
      .describe("whoever connects with this as the parameter resume is told what came after"),
    data,
  });

/** How every socket begins. */
export const helloSchema = z
  .strictObject({
    protocol: z.int().describe("the version of what follows"),
    username: z.string(),
    role: roleSchema,
    expires_at: timeSchema.describe("when the token ends, and the connection with it"),
    resumed: z.boolean().describe("what was missed follows, and no snapshot"),
  })
  .meta({ id: "Hello" });

/** The answer to a token that takes the place of the one before. */
export const renewedSchema = z
  .strictObject({ role: roleSchema, expires_at: timeSchema })
  .meta({ id: "SessionRenewed" });

export const updateSchema = z.discriminatedUnion("type", [
  numbered("hello", helloSchema),
  numbered("session:renewed", renewedSchema),
  numbered("snapshot", snapshotSchema),
  numbered("call:new", callUpdateSchema),
  numbered("call:updated", callUpdateSchema),
  numbered("call:routed", callUpdateSchema),
  numbered(
    "call:transferred",
    callUpdateSchema
      .extend({
        to_department: z.string().nullable(),
        to_agent: z.string().nullable().describe("who is asked first; null: whose turn it is"),
      })
      .meta({ id: "CallTransferred" }),
  ),
  numbered("call:ended", callUpdateSchema),
  numbered("ticket:created", ticketSchema),
  numbered("ticket:updated", ticketSchema),
  numbered("message:new", messageSchema),
  numbered("agent:status_changed", agentSchema),
  numbered("system:health", partChangeSchema),
]);

export type Update = z.output<typeof updateSchema>;
export type Snapshot = z.output<typeof snapshotSchema>;
type WithoutNumber<U> = U extends Update ? Omit<U, "seq" | "resume"> : never;
/** A message before its connection has numbered it. */
export type UnnumberedUpdate = WithoutNumber<Update>;
