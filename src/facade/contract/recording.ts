import { z } from "zod";
import { recordingKinds } from "../../domain/record.ts";
import { limitSchema, maybeTimeSchema, momentSchema, textSchema, timeSchema } from "./words.ts";

/** Recordings, as the wire writes them. */
const recordingKindSchema = z.enum(recordingKinds).meta({ id: "RecordingKind" });

export const recordingSchema = z
  .strictObject({
    name: z.string(),
    call_id: z.string(),
    kind: recordingKindSchema,
    bytes: z.number(),
    duration_seconds: z.number().describe("with three decimals"),
    sha256: z.string(),
    recorded_at: timeSchema,
    queue: z.string().nullable().describe("the queue that the call was in last"),
    agent_ids: z.array(z.string()).describe("who talked in the call"),
    url: z.string().describe("where the audio is, on this server"),
    deleted_at: maybeTimeSchema.describe("when its audio was deleted"),
    deleted_by: z.string().nullable().describe("the user who deleted it"),
  })
  .meta({ id: "Recording" });

export const recordingListInputSchema = z.strictObject({
  call_id: textSchema(40).optional(),
  queue: textSchema(40).optional(),
  agent: textSchema(20).optional().describe("an agent who talked in the call"),
  kind: recordingKindSchema.optional(),
  from: momentSchema.optional().describe("recorded at this time or later"),
  to: momentSchema.optional().describe("recorded before this time"),
  deleted: z
    .enum(["true", "false"])
    .optional()
    .describe("true: those whose audio was deleted; false: those whose audio is there"),
  cursor: z.string().max(1_000).optional().describe("next_cursor of the page before"),
  limit: limitSchema.default(100),
});
export const recordingListSchema = z.strictObject({
  recordings: z.array(recordingSchema),
  next_cursor: z.string().nullable().describe("null: no more"),
});

export const callRecordingsSchema = z.strictObject({
  call_id: z.string(),
  recordings: z.array(recordingSchema).describe("newest first"),
});

const nameSchema = z
  .string()
  .min(1)
  .max(128)
  .optional()
  .describe("one of the call's recordings, by its name");

/** A link may outlive a coffee break, not a working day: whoever has it may hear the call. */
export const recordingLinkInputSchema = z.strictObject({
  name: nameSchema,
  expires_in_seconds: z.coerce
    .number()
    .pipe(z.int().min(10).max(3_600))
    .default(300)
    .describe("how long the link is good"),
});
export const recordingLinkSchema = z.strictObject({
  success: z.literal(true),
  call_id: z.string(),
  recording: recordingSchema,
  url: z.string().describe("works without a token until expires_at, on this server"),
  expires_at: timeSchema,
});
/** What is in a link; nobody but this server can make one up. */
export const signedInputSchema = z.strictObject({
  expires: z.coerce.number().pipe(z.int()).describe("seconds since 1970"),
  user: z.string().min(1).max(200).describe("who asked for the link"),
  signature: z.string().min(1).max(200),
});

export const recordingRemovalInputSchema = z.strictObject({ name: nameSchema });
export const recordingRemovedSchema = z.strictObject({
  success: z.literal(true),
  call_id: z.string(),
  recordings: z.array(recordingSchema).describe("those whose audio is gone now"),
});

export type Recording = z.output<typeof recordingSchema>;
export type RecordingListInput = z.output<typeof recordingListInputSchema>;
