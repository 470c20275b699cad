import { z } from "zod";
import { deliveryStates } from "../../domain/webhook.ts";
import { idSchema, limitSchema, maybeTimeSchema, timeSchema } from "./words.ts";

/** Who outside is told of what happens. */
export const webhookEvents = [
  "call:new",
  "call:updated",
  "call:routed",
  "call:transferred",
  "call:ended",
  "ticket:created",
  "ticket:updated",
  "message:new",
  "agent:status_changed",
] as const;
const kinds = ["*", "call:*", "ticket:*", "message:*", "agent:*"] as const;

const urlSchema = z
  .string()
  .max(2_000)
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), {
    error: "must be an address such as https://example.com/kituo",
  })
  .refine((text) => (URL.parse(text)?.username ?? "") === "", {
    error: "must not hold a user name or a password",
  });
const eventsSchema = z
  .array(z.enum([...webhookEvents, ...kinds]))
  .min(1)
  .max(20)
  .describe(
    "what is told, by its name on the WebSocket; call:* for all of calls, * for everything",
  );

export const webhookSchema = z
  .strictObject({
    webhook_id: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    active: z.boolean(),
    created_at: timeSchema,
    created_by: z.string(),
  })
  .meta({ id: "Webhook" });

export const newWebhookInputSchema = z.strictObject({
  url: urlSchema,
  events: eventsSchema.default(["*"]),
  active: z.boolean().default(true),
});
export const webhookChangeInputSchema = z
  .strictObject({
    url: urlSchema.optional(),
    events: eventsSchema.optional(),
    active: z.boolean().optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error: "name at least one of url, events, active",
  });

export const webhookListSchema = z.strictObject({ webhooks: z.array(webhookSchema) });
export const webhookMadeSchema = z.strictObject({
  success: z.literal(true),
  webhook: webhookSchema,
  secret: z.string().describe("what its messages are signed with; it is told this once"),
});
export const webhookSavedSchema = z.strictObject({
  success: z.literal(true),
  webhook: webhookSchema,
});
export const webhookRemovedSchema = z.strictObject({
  success: z.literal(true),
  webhook_id: z.string(),
});

export const deliverySchema = z
  .strictObject({
    delivery_id: z.string(),
    webhook_id: z.string(),
    event: z.string(),
    state: z.enum(deliveryStates).describe("dead: it is not tried any more"),
    tries: z.number(),
    status: z.number().nullable().describe("what was answered last"),
    fault: z.string().describe("why the last try failed; empty: it did not"),
    created_at: timeSchema,
    tried_at: maybeTimeSchema,
  })
  .meta({ id: "Delivery" });
export const deliveryListInputSchema = z.strictObject({
  state: z.enum(deliveryStates).optional(),
  before: idSchema.optional().describe("the last delivery of the page before"),
  limit: limitSchema.default(100),
});
export const deliveryListSchema = z.strictObject({
  deliveries: z.array(deliverySchema),
  next_before: z.string().nullable().describe("`before` of the next page; null: no more"),
});
export const replayedSchema = z.strictObject({
  success: z.literal(true),
  delivery: deliverySchema,
});

export type WireWebhook = z.output<typeof webhookSchema>;
export type WireDelivery = z.output<typeof deliverySchema>;
