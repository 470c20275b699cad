import { z } from "zod";
import { byId, nothing } from "./access.ts";
import { route } from "./route.ts";
import {
  deliveryListInputSchema,
  deliveryListSchema,
  newWebhookInputSchema,
  replayedSchema,
  webhookChangeInputSchema,
  webhookListSchema,
  webhookMadeSchema,
  webhookRemovedSchema,
  webhookSavedSchema,
} from "./webhook.ts";
import { idSchema } from "./words.ts";

/** Who outside is told of what happens. */
export const webhookRoutes = {
  listWebhooks: route({
    method: "GET",
    path: "/api/webhooks",
    tag: "webhooks",
    summary: "Who outside is told of what happens",
    who: ["admin"],
    params: nothing,
    input: nothing,
    reply: { kind: "json", status: 200, schema: webhookListSchema },
  }),
  createWebhook: route({
    method: "POST",
    path: "/api/webhooks",
    tag: "webhooks",
    summary: "Have an address told of what happens, by signed messages",
    who: ["admin"],
    params: nothing,
    input: newWebhookInputSchema,
    inputFrom: "body",
    reply: { kind: "json", status: 201, schema: webhookMadeSchema },
  }),
  updateWebhook: route({
    method: "PATCH",
    path: "/api/webhooks/{id}",
    tag: "webhooks",
    summary: "Change what an address is told, or whether it is told anything",
    who: ["admin"],
    params: byId,
    input: webhookChangeInputSchema,
    inputFrom: "body",
    reply: { kind: "json", status: 200, schema: webhookSavedSchema },
  }),
  deleteWebhook: route({
    method: "DELETE",
    path: "/api/webhooks/{id}",
    tag: "webhooks",
    summary: "Tell an address nothing any more, and forget what was on its way to it",
    who: ["admin"],
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: webhookRemovedSchema },
  }),
  listDeliveries: route({
    method: "GET",
    path: "/api/webhooks/{id}/deliveries",
    tag: "webhooks",
    summary: "The messages to an address, newest first, and what became of them",
    who: ["admin"],
    params: byId,
    input: deliveryListInputSchema,
    reply: { kind: "json", status: 200, schema: deliveryListSchema },
  }),
  replayDelivery: route({
    method: "POST",
    path: "/api/webhooks/{id}/deliveries/{delivery}/replay",
    tag: "webhooks",
    summary: "Send a message again, with the same id",
    who: ["admin"],
    params: z.strictObject({ id: idSchema, delivery: idSchema }),
    input: nothing,
    reply: { kind: "json", status: 202, schema: replayedSchema },
  }),
};
