import { z } from "zod";
import type { CallStage, CallState } from "../../domain/call.ts";
import { endingSchema } from "./call.ts";
import { recordingUrl } from "./present.ts";
import { helloSchema, numbered, renewedSchema } from "./updates.ts";
import { maybeTimeSchema, timeSchema, toMaybeTime, toSeconds, toTime } from "./words.ts";

/**
 * What goes over the WebSocket `/api/calls/stream/{session_id}`: one call, in the words of clients that follow the
 * sessions of a voice provider. First `call_initiated`, with the call as it is by then; `call_update` whenever its status
 * changes or a recording of it is there; after its end the server closes.
 */
export const callStreamPath = "/api/calls/stream/{session_id}";

export const sessionStatuses = ["queued", "ringing", "in-progress", "completed"] as const;
type SessionStatus = (typeof sessionStatuses)[number];

/** A voice provider knows four statuses; a caller who is with the menu or the dialplan waits, as far as it is concerned. */
const statusOf: Readonly<Record<CallStage, SessionStatus>> = {
  initiated: "queued",
  menu: "queued",
  queued: "queued",
  fallback: "queued",
  ringing: "ringing",
  in_progress: "in-progress",
  survey: "in-progress",
  voicemail: "in-progress",
  ended: "completed",
};

const callSessionSchema = z
  .strictObject({
    session_id: z.string().describe("as it was asked for"),
    call_id: z.string(),
    status: z.enum(sessionStatuses),
    phone_number: z.string(),
    customer_name: z.string(),
    department: z.string().nullable(),
    agent_id: z.string().nullable(),
    started_at: timeSchema,
    connected_at: maybeTimeSchema,
    ended_at: maybeTimeSchema,
    duration: z.number().nullable().describe("whole seconds from start to end; null while live"),
    recording_url: z
      .string()
      .nullable()
      .describe("where the audio is once the call has ended; it takes a moment to be there"),
    ending: endingSchema.nullable(),
  })
  .meta({ id: "CallSession" });

export const callStreamSchema = z.discriminatedUnion("type", [
  numbered("hello", helloSchema),
  numbered("session:renewed", renewedSchema),
  numbered("call_initiated", callSessionSchema),
  numbered("call_update", callSessionSchema),
]);

export type CallStreamMessage = z.output<typeof callStreamSchema>;
export type CallSession = z.output<typeof callSessionSchema>;

/** A call in these words. */
export function presentSession(session: string, state: CallState): CallSession {
  const isOver = state.endedAt !== null;
  return {
    session_id: session,
    call_id: state.id,
    status: statusOf[state.stage],
    phone_number: state.direction === "outbound" ? state.dialled : state.caller,
    customer_name: state.callerName,
    department: state.queue,
    agent_id: state.agent,
    started_at: toTime(state.startedAt),
    connected_at: toMaybeTime(state.connectedAt),
    ended_at: toMaybeTime(state.endedAt),
    duration: state.endedAt === null ? null : toSeconds(state.endedAt - state.startedAt),
    recording_url: isOver && state.recording !== null ? recordingUrl(state.recording) : null,
    ending: state.ending === null ? null : { ...state.ending },
  };
}
