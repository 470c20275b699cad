import { z } from "zod";
import { callDetailSchema } from "./call.ts";
import { customerSchema } from "./customer.ts";
import { ticketSchema } from "./ticket.ts";
import { messageSchema } from "./transcript.ts";
import { idSchema, maybeTimeSchema, momentSchema, timeSchema } from "./words.ts";

/** What the law gives somebody whose data are kept: all of them, and their end. */
export const exportInputSchema = z.strictObject({
  before: momentSchema.optional().describe("calls that started before this time"),
  before_id: idSchema.optional().describe("with before: the last call of the part before"),
});

const exportedCallSchema = callDetailSchema
  .extend({ transcript: z.array(messageSchema) })
  .meta({ id: "ExportedCall" });

export const exportSchema = z
  .strictObject({
    exported_at: timeSchema,
    customer: customerSchema,
    calls: z
      .array(exportedCallSchema)
      .describe("newest first; each with its facts, transcript and recordings"),
    tickets: z.array(ticketSchema).describe("newest first"),
    next_before: maybeTimeSchema.describe("`before` of the next part of the calls; null: no more"),
    next_before_id: idSchema.nullable().describe("`before_id` of that part"),
  })
  .meta({ id: "CustomerExport" });

export const eraseInputSchema = z.strictObject({
  confirm: z.string().max(40).describe("the id of the customer, once more"),
});

export const erasedSchema = z.strictObject({
  success: z.literal(true),
  customer_id: z.string(),
  erased: z.strictObject({
    calls: z.number().describe("who they were with; their times stay"),
    transcript_lines: z.number(),
    recordings: z.number(),
    wrap_up_notes: z.number(),
    tickets: z.number().describe("whom they are about, and all that was written in them"),
    webhook_messages: z.number(),
  }),
});
