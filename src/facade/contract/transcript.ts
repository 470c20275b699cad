import { z } from "zod";
import { searchWordsOf } from "../../domain/search.ts";
import {
  languageSchema,
  limitSchema,
  momentSchema,
  proseSchema,
  speakerSchema,
  textSchema,
  timeSchema,
} from "./words.ts";

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

/** So many words a query may have, and so much of one has to stand before its star: each costs a look at the index. */
const MOST_WORDS = 10;
const BEFORE_STAR = 2;

/** What is searched for, read as words. */
const querySchema = z
  .string()
  .max(200)
  .transform((text, context) => {
    const words = searchWordsOf(text);
    if (words.length === 0) context.addIssue("must hold a letter or a digit");
    if (words.length > MOST_WORDS) context.addIssue(`must have at most ${MOST_WORDS} words`);
    if (words.some((each) => each.isPrefix && each.text.length < BEFORE_STAR)) {
      context.addIssue(`must have at least ${BEFORE_STAR} letters or digits before a star`);
    }
    return words;
  })
  .describe("all words, whole; case and accents do not matter; * right after a word lets it go on");

export const transcriptSearchInputSchema = z.strictObject({
  q: querySchema,
  call_id: textSchema(40).optional(),
  speaker: speakerSchema.optional(),
  language: languageSchema.optional(),
  from: momentSchema.optional().describe("said at this time or later"),
  to: momentSchema.optional().describe("said before this time"),
  cursor: z.string().max(500).optional().describe("next_cursor of the page before"),
  limit: limitSchema.default(50),
});

const stretchSchema = z.strictObject({ start: z.number(), end: z.number() });
export const transcriptSearchSchema = z.strictObject({
  matches: z
    .array(
      z.strictObject({
        call_id: z.string(),
        message: messageSchema,
        snippet: z.strictObject({
          text: z.string().describe("the part of the content around the first word found"),
          begins_at: z.number().describe("where it begins in the content"),
          found: z.array(stretchSchema).describe("where the words stand in text, end excluded"),
        }),
      }),
    )
    .describe("newest first; places are counted in UTF-16 code units, as JavaScript does"),
  next_cursor: z.string().nullable().describe("null: no more"),
});

export type Message = z.output<typeof messageSchema>;
