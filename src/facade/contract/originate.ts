import { z } from "zod";
import { callSchema } from "./call.ts";
import { phoneSchema, textSchema } from "./words.ts";

/** A call that a user orders. */
export const originateInputSchema = z.strictObject({
  phone_number: phoneSchema.describe("whom to call: a telephone number, or an extension"),
  customer_name: textSchema(120).optional(),
  department: textSchema(40)
    .optional()
    .describe("in whose name; its agent whose turn it is has the call, where no agent is named"),
  agent_id: textSchema(20)
    .optional()
    .describe("whose telephone rings first; who asks, where neither is named"),
  retries: z.coerce
    .number()
    .pipe(z.int().min(0).max(9))
    .default(0)
    .describe("how often she is called again when she does not answer"),
});

export const originatedSchema = z
  .strictObject({ success: z.literal(true), call_id: z.string(), call: callSchema })
  .meta({ id: "Originated" });
