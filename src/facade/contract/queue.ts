import { z } from "zod";
import { maybeTimeSchema, momentSchema, textSchema, timeSchema } from "./words.ts";

/** Queues, as the wire writes them. */
export const openingInputSchema = z.strictObject({
  at: momentSchema.optional().describe("the moment that is asked about; now, when it is not given"),
});

export const closeInputSchema = z.strictObject({
  until: momentSchema.optional().describe("when its hours count again; without it: when opened"),
  reason: textSchema(200).optional(),
});

const closingSchema = z.strictObject({
  since: timeSchema,
  until: maybeTimeSchema.describe("when its hours count again; null: when somebody opens it"),
  reason: z.string().nullable(),
  by: z.string().describe("the user who closed it"),
});

export const openingSchema = z
  .strictObject({
    queue: z.string(),
    at: timeSchema,
    open: z.boolean(),
    by: z.string().describe("what decides: always, a day of the week, a date, or closing"),
    until: maybeTimeSchema.describe("when that changes; null: not within a year, or nobody knows"),
    zone: z.string().nullable().describe("whose clocks count; null: the queue has no hours"),
    closing: closingSchema.nullable().describe("where somebody has closed it, whatever its hours"),
  })
  .meta({ id: "Opening", description: "Whether a queue takes calls at a moment" });

export type WireOpening = z.output<typeof openingSchema>;
