import { z } from "zod";
import { maybeTimeSchema, momentSchema, timeSchema } from "./words.ts";

/** Queues, as the wire writes them. */
export const openingInputSchema = z.strictObject({
  at: momentSchema.optional().describe("the moment that is asked about; now, when it is not given"),
});

export const openingSchema = z
  .strictObject({
    queue: z.string(),
    at: timeSchema,
    open: z.boolean(),
    by: z.string().describe("what decides: always, a day of the week, or a date"),
    until: maybeTimeSchema.describe("when that changes; null: not within a year"),
    zone: z.string().nullable().describe("whose clocks count; null: the queue has no hours"),
  })
  .meta({ id: "Opening", description: "Whether a queue takes calls at a moment" });
