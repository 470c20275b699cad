import { z } from "zod";
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

const partSchema = z.enum(["up", "down"]);
export const healthSchema = z
  .strictObject({
    status: partSchema.describe("up when every part is"),
    parts: z.record(z.string(), partSchema),
    at: timeSchema,
  })
  .meta({ id: "Health" });

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
export type Health = z.output<typeof healthSchema>;
export type ProblemDocument = z.output<typeof problemSchema>;
