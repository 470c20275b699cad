import { z } from "zod";
import { parts } from "../../domain/health.ts";
import { timeSchema } from "./words.ts";

/** What service managers and load balancers ask. */
export const liveSchema = z
  .strictObject({ status: z.literal("live"), at: timeSchema })
  .meta({ id: "Live" });

export const readySchema = z
  .strictObject({
    ready: z.boolean().describe("whether this process takes new calls"),
    reasons: z
      .array(z.strictObject({ part: z.enum([...parts, "process"]), reason: z.string() }))
      .describe("all that is not as it should be; with ready it is nothing that keeps calls away"),
    at: timeSchema,
  })
  .meta({ id: "Ready" });

export type Ready = z.output<typeof readySchema>;
