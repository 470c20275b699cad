import { z } from "zod";
import { maybeTimeSchema, momentSchema, textSchema, timeSchema } from "./words.ts";

/** The scope with which a key may listen to the live socket, transcripts included. */
export const updatesScope = "updates:read";

export const keySchema = z
  .strictObject({
    key_id: z.string().describe("for example KEY-0123456789AB"),
    name: z.string(),
    scopes: z.array(z.string()),
    created_by: z.string(),
    created_at: timeSchema,
    expires_at: maybeTimeSchema.describe("null: good until it is taken back"),
    last_used_at: maybeTimeSchema.describe("to the minute"),
    revoked_at: maybeTimeSchema,
  })
  .meta({ id: "ApiKey" });

export const newKeyInputSchema = z.strictObject({
  name: textSchema(80),
  scopes: z
    .array(z.string().regex(/^[a-z-]{1,40}:(read|write)$/, "must be like calls:read"))
    .min(1, "must name at least one scope")
    .max(100)
    .describe("a tag of this description and read (GET) or write (the rest); or updates:read"),
  expires_at: momentSchema.optional(),
});

export const keyListSchema = z.strictObject({ keys: z.array(keySchema) });
export const keyMadeSchema = z.strictObject({
  success: z.literal(true),
  key: z.string().describe("it is not told again"),
  api_key: keySchema,
});
export const keyRevokedSchema = z.strictObject({ success: z.literal(true), key_id: z.string() });

export type WireKey = z.output<typeof keySchema>;
