import { z } from "zod";
import { languageSchema, proseSchema, speakerSchema, timeSchema } from "./words.ts";

/** What was said in a call, as the wire writes it. */
export const messageSchema = z
  .strictObject({
    call_id: z.string(),
    seq: z.number().describe("from 1 within the call"),
    speaker: speakerSchema,
    content: z.string(),
    language: languageSchema.nullable(),
    time: timeSchema,
    source: z.string().describe("where it comes from: menu, speech or api"),
  })
  .meta({ id: "Message" });

export const transcriptSchema = z.strictObject({
  call_id: z.string(),
  messages: z.array(messageSchema),
});

export const newMessageInputSchema = z.strictObject({
  speaker: speakerSchema,
  content: proseSchema(5_000),
  language: languageSchema.optional(),
});
export const messageSavedSchema = z.strictObject({
  success: z.literal(true),
  message: messageSchema,
});

export type Message = z.output<typeof messageSchema>;
