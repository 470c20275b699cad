import { z } from "zod";
import { overallStates, partStates, parts } from "../../domain/health.ts";
import { emailSchema, extensionSchema, passwordSchema, usernameSchema } from "./user.ts";
import { roleSchema, timeSchema } from "./words.ts";

/** Signing in, and the health of the server. */
export const loginInputSchema = z.strictObject({
  username: z.string().min(1).max(80),
  password: z.string().min(1).max(200),
});

export const sessionSchema = z
  .strictObject({
    token: z.string().describe("sent back as Authorization: Bearer <token>"),
    role: roleSchema,
    username: z.string(),
    agent_id: z.string().nullable().describe("the agent this user is"),
    expires_at: timeSchema,
  })
  .meta({ id: "Session" });

export const meSchema = z
  .strictObject({
    username: z.string(),
    role: roleSchema,
    agent_id: z.string().nullable(),
    extension: z.string().nullable().describe("of the agent this user is"),
    email: z.string().nullable(),
    expires_at: timeSchema.describe("when the token ends that this was asked with"),
  })
  .meta({ id: "Me" });

export const ownPasswordInputSchema = z.strictObject({
  current_password: z.string().min(1).max(200),
  new_password: passwordSchema,
});

export const registerInputSchema = z.strictObject({
  username: usernameSchema,
  email: emailSchema,
  extension: extensionSchema,
  password: passwordSchema,
  invite_code: z.string().max(200).optional(),
});

export const doneSchema = z.strictObject({ success: z.literal(true) });

const partFields = {
  state: z
    .enum(partStates)
    .describe("behind: kept on disk until the store takes it; failing: kept in memory only"),
  since: timeSchema,
};

/** Each part by its name. */
export const partsSchema = z
  .record(z.enum(parts), z.strictObject(partFields))
  .meta({ id: "Parts", description: "The parts that the server leans on" });

/** One part that has changed. */
export const partChangeSchema = z
  .strictObject({ part: z.enum(parts), ...partFields })
  .meta({ id: "PartChange" });

export const healthSchema = z
  .strictObject({
    status: z
      .enum(overallStates)
      .describe("degraded: calls go on though a part is away; down: calls cannot be handled"),
    parts: partsSchema,
    at: timeSchema,
  })
  .meta({ id: "Health" });

export const drainInputSchema = z.strictObject({
  within: z.coerce
    .number()
    .pipe(z.int().min(0).max(86_400))
    .optional()
    .describe("seconds after which the process ends even with calls left; absent: it waits"),
});

export const drainSchema = z
  .strictObject({
    draining: z
      .boolean()
      .describe("whether this process claims no new call and ends with its last"),
    calls: z.int().min(0).describe("how many calls are in its hands"),
  })
  .meta({ id: "Drain" });

export const problemSchema = z
  .strictObject({
    type: z.string().describe("where this kind of problem is explained"),
    title: z.string(),
    status: z.number(),
    code: z.string().describe("the word that programs compare"),
    detail: z.string(),
    advice: z.string().describe("what to do about it"),
    faults: z.array(z.string()).optional().describe("all that was wrong, one line a fault"),
    instance: z.string().optional().describe("names this very occurrence in the server's log"),
  })
  .meta({ id: "Problem", description: "An error, as RFC 9457 describes it" });

export type Session = z.output<typeof sessionSchema>;
export type WireParts = z.output<typeof partsSchema>;
export type WirePart = WireParts[keyof WireParts];
export type Drain = z.output<typeof drainSchema>;
export type Health = z.output<typeof healthSchema>;
export type ProblemDocument = z.output<typeof problemSchema>;
