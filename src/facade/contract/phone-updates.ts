import { z } from "zod";
import { agentSchema } from "./agent.ts";
import { callSchema } from "./call.ts";
import { helloSchema, numbered, renewedSchema } from "./updates.ts";
import { agentStatusSchema } from "./words.ts";

/**
 * What goes over the WebSocket `/ws?extension=1005`: what the user of that extension has to know for her telephone. First
 * `snapshot`; then `call:incoming` when her phone begins to ring, `call:status` whenever something changes in a call that
 * is, or was until now, hers, and `user:online` and `user:offline` when anybody's phone can be reached, or not any more.
 */
export const phonePath = "/ws";

export const phoneInputSchema = z.strictObject({
  extension: z.string().regex(/^\d{2,6}$/, "must be an extension, for example 1005"),
});

/** What an extension has to do with a call. */
export const parts = ["calling", "ringing", "talking", "none"] as const;

const phoneCallSchema = callSchema
  .extend({
    part: z
      .enum(parts)
      .describe("what this extension does in the call; none: it is over for her, or for everybody"),
  })
  .meta({ id: "PhoneCall" });

const userSchema = z
  .strictObject({
    agent_id: z.string(),
    name: z.string(),
    extension: z.string(),
    online: z.boolean().describe("her phone can be reached"),
    status: agentStatusSchema,
  })
  .meta({ id: "User" });

export const phoneSnapshotSchema = z.strictObject({
  extension: z.string(),
  agent: agentSchema,
  calls: z.array(phoneCallSchema).describe("those that are hers at the moment"),
  users: z.array(userSchema),
});

export const phoneUpdateSchema = z.discriminatedUnion("type", [
  numbered("hello", helloSchema),
  numbered("session:renewed", renewedSchema),
  numbered("snapshot", phoneSnapshotSchema),
  numbered("call:incoming", phoneCallSchema),
  numbered("call:status", phoneCallSchema),
  numbered("user:online", userSchema),
  numbered("user:offline", userSchema),
]);

export type PhoneUpdate = z.output<typeof phoneUpdateSchema>;
export type PhoneSnapshot = z.output<typeof phoneSnapshotSchema>;
export type PhoneUser = z.output<typeof userSchema>;
export type Part = (typeof parts)[number];
