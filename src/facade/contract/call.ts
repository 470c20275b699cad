import { z } from "zod";
import { recordingSchema } from "./recording.ts";
import {
  callStatusInputSchema,
  callStatusSchema,
  idSchema,
  languageSchema,
  limitSchema,
  maybeTimeSchema,
  momentSchema,
  phoneSchema,
  textSchema,
  timeSchema,
} from "./words.ts";
import { wrapUpSchema } from "./wrap-up.ts";

/** Calls, as the wire writes them. */
export const endingSchema = z
  .strictObject({
    result: z.enum(["completed", "abandoned", "unserved", "refused", "failed"]),
    reason: z.string().describe("a short slug, for example talked or hung_up_waiting"),
    by: z.enum(["caller", "agent", "system"]),
  })
  .meta({ id: "Ending" });

const callFields = {
  call_id: z.string().describe("for example CALL-A1B2C3D4E5F60718"),
  status: callStatusSchema,
  direction: z.enum(["inbound", "internal", "outbound"]),
  phone_number: z.string().describe("the other side's number; empty when withheld"),
  customer_name: z.string(),
  dialled: z.string(),
  language: languageSchema.nullable(),
  menu: z.string().nullable(),
  queue: z.string().nullable(),
  department: z.string().nullable().describe("the same as queue"),
  priority: z.number(),
  agent_id: z.string().nullable().describe("the agent who is offered the call, talks or talked"),
  extension: z.string().nullable(),
  forwarded_to: z
    .string()
    .nullable()
    .describe("the number outside that is rung for the call, or that it was put through to"),
  callback_of: z
    .string()
    .nullable()
    .describe("on a call by which somebody is called back: the call in which she asked for it"),
  called_back_by: z.string().nullable().describe("the call by which its caller is called back"),
  rating: z.number().nullable().describe("how the caller rated the conversation, 1 to 5"),
  started_at: timeSchema,
  answered_at: maybeTimeSchema,
  queued_at: maybeTimeSchema.describe(
    "since when the wait counts; before started_at, when she was cut off and dialled again",
  ),
  offered_at: maybeTimeSchema,
  connected_at: maybeTimeSchema,
  ended_at: maybeTimeSchema,
  duration: z.number().nullable().describe("whole seconds from start to end; null while live"),
  ending: endingSchema.nullable(),
};

export const callSchema = z.strictObject(callFields).meta({ id: "Call" });

export const segmentSchema = z
  .strictObject({
    kind: z
      .enum(["menu", "queue", "ring", "dial", "talk", "survey", "voicemail", "fallback"])
      .describe(
        "dial: the telephone of somebody who is called back rings; fallback: held by the dialplan while no server looked after the call",
      ),
    started_at: timeSchema,
    ended_at: maybeTimeSchema,
    menu: z.string().nullable(),
    queue: z.string().nullable(),
    agent_id: z.string().nullable(),
    outcome: z.string().nullable().describe("how it ended, for example no_answer"),
  })
  .meta({ id: "Segment", description: "One stretch of a call, with its two timestamps" });

export const callEventSchema = z
  .looseObject({
    seq: z.number().describe("1, 2, 3, ... within the call, no gaps"),
    type: z.string(),
    at: timeSchema,
  })
  .meta({ id: "CallEvent", description: "One fact about a call, with what belongs to it" });

export const callDetailSchema = z
  .strictObject({
    ...callFields,
    segments: z.array(segmentSchema),
    events: z.array(callEventSchema),
    recordings: z.array(recordingSchema),
    wrap_ups: z.array(wrapUpSchema).describe("what came of it, newest first"),
  })
  .meta({ id: "CallDetail" });

export const waitingCallSchema = z
  .strictObject({
    call_id: z.string(),
    phone_number: z.string(),
    customer_name: z.string(),
    queue: z.string(),
    department: z.string().describe("the same as queue"),
    priority: z.number(),
    position: z.number().describe("place in its own queue, from 1"),
    entered_at: timeSchema,
    waited_seconds: z.number(),
    estimated_seconds: z.number().nullable().describe("null when no estimate can be made"),
    callback: z.boolean().describe("nobody is on the line: the caller is to be called back"),
    offered_to: z.string().nullable().describe("the agent whose phone rings for it"),
  })
  .meta({ id: "WaitingCall" });

export const callListInputSchema = z.strictObject({
  status: callStatusInputSchema.optional().describe("ended (or completed) asks for past calls"),
  scope: z
    .enum(["live", "history", "ended"])
    .optional()
    .describe("live calls (default), all on record, or only those that ended"),
  queue: textSchema(40).optional(),
  agent: textSchema(20).optional(),
  caller: phoneSchema.optional(),
  result: z.enum(["completed", "abandoned", "unserved", "refused", "failed"]).optional(),
  before: momentSchema.optional().describe("calls that started before this time"),
  before_id: idSchema.optional().describe("with before: the last call of the page before"),
  limit: limitSchema.optional().describe("past calls: 100 unless told; live calls: all"),
});

export const callListSchema = z.strictObject({
  calls: z.array(callSchema),
  next_before: maybeTimeSchema.describe("`before` of the next page of past calls; null: no more"),
  next_before_id: idSchema.nullable().describe("`before_id` of that page"),
});

export const callbackCancelledSchema = z.strictObject({
  success: z.literal(true),
  call_id: z.string(),
});

export const waitingListSchema = z.strictObject({ calls: z.array(waitingCallSchema) });

export type Call = z.output<typeof callSchema>;
export type CallDetail = z.output<typeof callDetailSchema>;
export type Segment = z.output<typeof segmentSchema>;
export type WireCallEvent = z.output<typeof callEventSchema>;
export type WireWaitingCall = z.output<typeof waitingCallSchema>;
