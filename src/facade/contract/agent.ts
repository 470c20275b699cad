import { z } from "zod";
import { languages } from "../../domain/call-fact.ts";
import { agentStatusSchema, maybeTimeSchema, textSchema, timeSchema } from "./words.ts";

const level = z.int().min(1, "a level is 1 to 5").max(5, "a level is 1 to 5");
const skill = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "a name is 1-31 of a-z, 0-9 and -");

/** Agents, as the wire writes them: the one-word status and the four parts it is a projection of. */
export const agentSchema = z
  .strictObject({
    agent_id: z.string().describe("for example AGT-001"),
    name: z.string(),
    extension: z.string(),
    queues: z.array(z.string()),
    skills: z.record(z.string(), z.number()).describe("what she can do, each at a level of 1 to 5"),
    speaks: z.partialRecord(z.enum(languages), z.number()).describe("the languages she speaks"),
    status: agentStatusSchema,
    presence: z.enum(["offline", "available", "paused", "after_call"]),
    reason: z.string().nullable().describe("why she is paused"),
    after_call_until: maybeTimeSchema,
    reservation: z.enum(["none", "offered", "resting"]),
    activity: z.enum(["none", "talking"]),
    device: z.enum(["unreachable", "idle", "ringing", "busy"]),
    call_id: z.string().nullable().describe("the call that is offered to her or that she is in"),
    talking_since: maybeTimeSchema,
    pending: z
      .enum(["offline", "paused"])
      .nullable()
      .describe("asked for during a call or the work after it, takes effect after both"),
    idle_since: timeSchema,
  })
  .meta({ id: "Agent" });

export const agentListInputSchema = z.strictObject({ status: agentStatusSchema.optional() });
export const agentListSchema = z.strictObject({ agents: z.array(agentSchema) });

export const agentStatusInputSchema = z.strictObject({
  status: agentStatusSchema.describe("busy is a break with the reason busy"),
  reason: textSchema(60)
    .optional()
    .describe("why the break; only with on_break; one of pauseReasons, where kituo.yaml names any"),
});
export const agentDutiesInputSchema = z
  .strictObject({
    queues: z.array(textSchema(40)).max(200).optional().describe("all that she serves from now on"),
    skills: z
      .record(skill, level)
      .optional()
      .describe("all that she can do from now on, languages apart"),
    speaks: z
      .partialRecord(z.enum(languages), level)
      .optional()
      .describe("all the languages that she speaks from now on"),
  })
  .refine((duties) => Object.values(duties).some((value) => value !== undefined), {
    error: "name at least one of queues, skills, speaks",
  });

export const agentChangedSchema = z.strictObject({
  success: z.literal(true),
  agent: agentSchema,
});

export type WireAgent = z.output<typeof agentSchema>;
export type AgentStatusInput = z.output<typeof agentStatusInputSchema>;
