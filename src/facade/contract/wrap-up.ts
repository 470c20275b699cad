import { z } from "zod";
import { proseSchema, textSchema, timeSchema } from "./words.ts";

/** After-call work and what came of conversations, as the wire writes them. */
export const wrapUpSchema = z
  .strictObject({
    agent_id: z.string().describe("the agent whose conversation it was"),
    code: z.string(),
    title: z.string().nullable().describe("null: kituo.yaml does not know the code any more"),
    note: z.string(),
    by: z.string().describe("the user who said so"),
    at: timeSchema,
  })
  .meta({ id: "WrapUp", description: "What came of a conversation" });

export const wrapUpInputSchema = z.strictObject({
  code: textSchema(40).describe("one of the wrap-up codes of the call's queue"),
  note: proseSchema(2_000).optional(),
});

export const wrapUpSavedSchema = z.strictObject({
  success: z.literal(true),
  call_id: z.string(),
  wrap_up: wrapUpSchema,
});

export const wrapUpCodesSchema = z
  .strictObject({
    queue: z.string(),
    required: z.boolean().describe("whether after-call work can be ended early without one"),
    codes: z.array(z.strictObject({ code: z.string(), title: z.string() })),
  })
  .meta({ id: "WrapUpCodes" });

export const wrapUpExtensionInputSchema = z.strictObject({
  seconds: z.coerce
    .number()
    .pipe(z.int().min(1).max(3_600))
    .describe("how much longer; it never lasts longer than the centre allows"),
});

export type WireWrapUp = z.output<typeof wrapUpSchema>;
