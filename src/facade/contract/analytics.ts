import { z } from "zod";
import { isZone } from "../../domain/hours.ts";
import { intervalSizes } from "../../domain/metrics/intervals.ts";
import { serviceLevelMethods } from "../../domain/metrics/service-level.ts";
import { momentSchema, textSchema, timeSchema } from "./words.ts";

/** What reports are asked for, and what they answer. */
const seconds = (most: number) => z.coerce.number().pipe(z.number().min(0).max(most));
const window = {
  from: momentSchema.optional().describe("midnight in the zone, when it is not given"),
  to: momentSchema.optional().describe("now, when it is not given; at most 400 days after from"),
  zone: z
    .string()
    .max(60)
    .refine(isZone, { error: "must be a zone of the IANA database, for example Africa/Nairobi" })
    .optional()
    .describe(
      "by whose clocks days and hours begin; that of the first queue that has hours, or UTC, when it is not given",
    ),
  queue: textSchema(40).optional(),
};
const agentInput = textSchema(20).optional();
const interval = z.enum(intervalSizes).default("hour");

export const volumeInputSchema = z.strictObject({ ...window, agent: agentInput, interval });
export const levelInputSchema = z.strictObject({
  ...window,
  interval,
  threshold_seconds: seconds(3_600).default(20),
  short_abandon_seconds: seconds(600).default(5),
  method: z.enum(serviceLevelMethods).default("answered_or_abandoned"),
});
export const agentsInputSchema = z.strictObject({
  ...window,
  agent: agentInput,
  interval: z.enum(intervalSizes).optional().describe("no intervals, when it is not given"),
});
export const durationsInputSchema = z.strictObject({ ...window, agent: agentInput });

const definitions = z.record(z.string(), z.string()).describe("what each number means");
const about = { from: timeSchema, to: timeSchema, zone: z.string(), definitions };

const volume = {
  calls: z.number(),
  inbound: z.number(),
  outbound: z.number(),
  internal: z.number(),
  completed: z.number(),
  abandoned: z.number(),
  unserved: z.number(),
  refused: z.number(),
  failed: z.number(),
  live: z.number().describe("not over yet"),
};
export const volumeSchema = z
  .strictObject({
    ...about,
    interval,
    intervals: z.array(z.strictObject({ at: timeSchema, ...volume })),
    queues: z.array(z.strictObject({ queue: z.string(), ...volume })),
    total: z.strictObject(volume),
  })
  .meta({ id: "CallVolume" });

const rate = z
  .number()
  .min(0)
  .max(1)
  .nullable()
  .describe("0 to 1; null: there was nothing to have a share of");
const work = {
  transferred: z.number(),
  talk_seconds: z.number(),
  hold_seconds: z.number().nullable(),
  wrap_seconds: z.number().nullable(),
  occupancy: rate,
  aht_seconds: z.number().nullable(),
};
const covers = z
  .array(z.enum(["talk", "hold", "wrap"]))
  .describe("which parts of a handling time are on record");
const level = {
  offered: z.number(),
  answered: z.number(),
  abandoned: z.number(),
  short_abandoned: z.number(),
  callbacks: z.number(),
  flowed_out: z.number(),
  voicemail: z.number(),
  forwarded: z.number(),
  lost: z.number(),
  service_level: rate,
  asa_seconds: z.number().nullable(),
  abandon_rate: rate,
  longest_wait_seconds: z.number(),
  handled: z.number().describe("conversations"),
  ...work,
};
const levels = {
  ...level,
  service_levels: z.record(z.enum(serviceLevelMethods), rate).describe("by each definition"),
};
export const levelSchema = z
  .strictObject({
    ...about,
    interval,
    threshold_seconds: z.number(),
    short_abandon_seconds: z.number(),
    method: z.enum(serviceLevelMethods),
    aht_covers: covers,
    intervals: z.array(z.strictObject({ at: timeSchema, queue: z.string(), ...level })),
    queues: z.array(z.strictObject({ queue: z.string(), ...levels })),
    total: z.strictObject(levels).describe("of all these queues together"),
  })
  .meta({ id: "ServiceLevels" });

const performance = {
  offers: z.number(),
  answered: z.number(),
  missed: z.number(),
  calls: z.number().describe("conversations"),
  ...work,
};
const agent = {
  agent_id: z.string(),
  name: z.string(),
  ...performance,
  intervals: z
    .array(z.strictObject({ at: timeSchema, ...performance }))
    .optional()
    .describe("where an interval was asked for"),
};
export const agentsSchema = z
  .strictObject({
    ...about,
    interval: z.enum(intervalSizes).nullable(),
    aht_covers: covers,
    agents: z.array(z.strictObject(agent)),
  })
  .meta({ id: "AgentPerformance" });

const spread = z.strictObject({
  count: z.number(),
  total_seconds: z.number(),
  average_seconds: z.number().nullable(),
  min_seconds: z.number().nullable(),
  median_seconds: z.number().nullable(),
  p90_seconds: z.number().nullable(),
  p95_seconds: z.number().nullable(),
  p99_seconds: z.number().nullable(),
  max_seconds: z.number().nullable(),
});
const lengths = {
  talk: spread.describe("conversations with agents"),
  wait: spread.describe("of those who were answered"),
};
export const durationsSchema = z
  .strictObject({
    ...about,
    duration: spread.describe("whole calls"),
    ...lengths,
    queues: z.array(z.strictObject({ queue: z.string(), ...lengths })),
    agents: z.array(z.strictObject({ agent_id: z.string(), ...lengths })),
  })
  .meta({ id: "CallDurations" });

export type WireVolume = z.output<typeof volumeSchema>;
export type WireLevel = z.output<typeof levelSchema>;
export type WireAgents = z.output<typeof agentsSchema>;
export type WireDurations = z.output<typeof durationsSchema>;
