import { z } from "zod";
import { auditOutcomes } from "../../domain/user.ts";
import { idSchema, limitSchema, maybeTimeSchema, momentSchema, timeSchema } from "./words.ts";

/** Each thing that is on record when somebody does it, and the sentence that the log has of it. */
export const auditActions = {
  signed_in: "sign-in",
  signed_out: "sign-out",
  session_reused: "a refresh token was used twice; its session was ended",
  account_locked: "an account was locked after too many wrong passwords",
  password_changed: "somebody changed her own password",
  user_registered: "somebody registered with the invite code",
  user_created: "a user was created",
  user_changed: "a user was changed",
  user_removed: "a user was removed",
  key_created: "an API key was created",
  key_revoked: "an API key was taken back",
  recording_read: "recording read",
  recording_link: "a link to a recording was made",
  recording_deleted: "recording deleted",
  transcript_read: "transcript read",
  transcripts_searched: "transcripts searched",
  agent_status: "the status of an agent was set by somebody else",
  agent_wrap_up: "the after-call work of an agent was changed by somebody else",
  agent_duties: "the queues or skills of an agent were changed",
  queue_closed: "queue closed over the API",
  queue_opened: "queue opened over the API",
  callback_cancelled: "call back cancelled",
  call_ordered: "a call was ordered",
  call_ended: "a call was ended by order",
  call_moved: "a call was taken elsewhere by order",
  customer_created: "customer added",
  customer_changed: "customer changed",
  customer_merged: "a customer was merged into another",
  customers_read: "customers were read as a table",
  customers_imported: "customers were imported from a table",
  customer_exported: "all that is kept of a customer was exported",
  customer_erased: "all that is kept of a customer was erased",
  legal_hold_changed: "a legal hold on a customer was set or lifted",
  webhook_created: "webhook created",
  webhook_changed: "webhook changed",
  webhook_deleted: "webhook deleted",
  delivery_replayed: "a message to a webhook is sent again",
  drain: "drain asked for",
} as const;

export type AuditAction = keyof typeof auditActions;

export const auditEntrySchema = z
  .strictObject({
    audit_id: z.string(),
    at: timeSchema,
    by: z.string().describe("a username, or key: and the id of an API key"),
    address: z.string().describe("where the request came from"),
    action: z.string().describe("for example recording_read"),
    object: z.string().describe("the id of what it was done to"),
    outcome: z.enum(auditOutcomes),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "AuditEntry" });

const actions = Object.keys(auditActions) as AuditAction[];

export const auditListInputSchema = z.strictObject({
  by: idSchema.optional(),
  action: z.enum(actions).optional(),
  object: idSchema.optional(),
  outcome: z.enum(auditOutcomes).optional(),
  since: momentSchema.optional().describe("entries from this time on"),
  before: momentSchema.optional().describe("entries before this time"),
  before_id: idSchema.optional().describe("with before: the last entry of the page before"),
  limit: limitSchema.default(100),
});

export const auditListSchema = z.strictObject({
  entries: z.array(auditEntrySchema),
  next_before: maybeTimeSchema.describe("`before` of the next page; null: no more"),
  next_before_id: idSchema.nullable().describe("`before_id` of that page"),
});

export type WireAuditEntry = z.output<typeof auditEntrySchema>;
