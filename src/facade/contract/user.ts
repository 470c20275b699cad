import { z } from "zod";
import { maybeTimeSchema, roleSchema, textSchema, timeSchema } from "./words.ts";

/** People who sign in, as the wire writes them. */
export const usernameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._@+-]{1,79}$/,
    "must be 2 to 80 of a-z, 0-9, . _ @ + - and begin with a letter or digit",
  );
export const passwordSchema = z
  .string()
  .min(10, "must have at least 10 characters")
  .max(200, "must have at most 200 characters");
export const emailSchema = z.email("must be an email address").max(254);
export const extensionSchema = z
  .string()
  .regex(/^\d{2,8}$/, "must be an extension, for example 1001");

export const userSchema = z
  .strictObject({
    username: z.string(),
    role: roleSchema,
    agent_id: z.string().nullable().describe("the agent this user is"),
    extension: z.string().nullable().describe("of that agent"),
    email: z.string().nullable(),
    active: z.boolean().describe("whether this user may sign in"),
    locked_until: maybeTimeSchema.describe("after too many wrong passwords"),
    created_at: timeSchema,
  })
  .meta({ id: "User" });

const agentFields = {
  agent_id: textSchema(20).optional().describe("needed for the role agent, and by no other"),
  extension: extensionSchema.optional().describe("names the agent as agent_id does"),
};

export const newUserInputSchema = z.strictObject({
  username: usernameSchema,
  role: roleSchema,
  ...agentFields,
  email: emailSchema.optional(),
  password: passwordSchema.optional().describe("absent: one is made and answered, this once"),
});

export const userChangeInputSchema = z
  .strictObject({
    role: roleSchema.optional(),
    ...agentFields,
    email: z
      .union([z.literal(""), emailSchema])
      .optional()
      .describe("empty: none"),
    active: z.boolean().optional().describe("false: signed out at once, and not let in any more"),
    unlock: z.literal(true).optional().describe("forget the wrong passwords"),
    password: passwordSchema.optional(),
    reset_password: z.literal(true).optional().describe("one is made and answered, this once"),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error:
      "name at least one of role, agent_id, extension, email, active, unlock, password, reset_password",
  })
  .refine((change) => change.password === undefined || change.reset_password === undefined, {
    error: "password and reset_password exclude each other",
  });

export const userListSchema = z.strictObject({ users: z.array(userSchema) });
export const userSavedSchema = z.strictObject({
  success: z.literal(true),
  user: userSchema,
  password: z.string().optional().describe("the one that was made; it is not told again"),
});
export const userRemovedSchema = z.strictObject({
  success: z.literal(true),
  username: z.string(),
  deleted: z
    .boolean()
    .describe("false: the user has done something that is on record, so was deactivated instead"),
});

export type WireUser = z.output<typeof userSchema>;
export type UserChangeInput = z.output<typeof userChangeInputSchema>;
