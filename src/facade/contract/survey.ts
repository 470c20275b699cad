import { z } from "zod";
import { momentSchema, timeSchema } from "./words.ts";

/** What callers said in the survey after their call, as the wire writes it. */
export const surveyInputSchema = z.strictObject({
  from: momentSchema.optional().describe("calls that started then or later; a week before `to`"),
  to: momentSchema.optional().describe("calls that started before; now, when it is not given"),
});

const counted = {
  answers: z.number().describe("how many callers rated"),
  average: z.number().describe("the sum of the ratings divided by their number, two decimals"),
  ratings: z
    .strictObject({
      1: z.number(),
      2: z.number(),
      3: z.number(),
      4: z.number(),
      5: z.number(),
    })
    .describe("how many chose each key: 1 is bad, 5 is good"),
};

export const surveySchema = z
  .strictObject({
    from: timeSchema,
    to: timeSchema,
    queues: z.array(z.strictObject({ queue: z.string(), ...counted })),
    agents: z.array(z.strictObject({ agent_id: z.string(), ...counted })),
  })
  .meta({ id: "Survey", description: "How callers rated their conversations" });

export type WireSurvey = z.output<typeof surveySchema>;
export type Counted = Pick<WireSurvey["queues"][number], keyof typeof counted>;
