import { randomBytes } from "node:crypto";
import { asDeliveryId, asWebhookId } from "../../domain/ids.ts";
import type { Delivery, Webhook } from "../../domain/webhook.ts";
import type { WireDelivery, WireWebhook } from "../contract/webhook.ts";
import { toMaybeTime, toTime } from "../contract/words.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

type WebhookDeps = Pick<FacadeDeps, "store" | "clock" | "webhooks">;

/** Who outside is told of what happens. */
export function webhookHandlers({
  store,
  clock,
  webhooks: teller,
}: WebhookDeps): Some<
  | "listWebhooks"
  | "createWebhook"
  | "updateWebhook"
  | "deleteWebhook"
  | "listDeliveries"
  | "replayDelivery"
> {
  const { webhooks } = store;

  async function named(id: string): Promise<Webhook> {
    const webhook = await webhooks.get(asWebhookId(id));
    if (webhook === null) throw new Problem("not_found", "There is no such webhook.");
    return webhook;
  }

  return {
    async listWebhooks() {
      return { webhooks: (await webhooks.list()).map(presentWebhook) };
    },

    async createWebhook({ input, user, audit }) {
      const { url, events, active } = input;
      const id = asWebhookId(`WHK-${randomBytes(6).toString("hex").toUpperCase()}`);
      const secret = randomBytes(32).toString("base64url");
      const createdBy = user.username;
      const webhook = { id, url, events, secret, active, createdAt: clock.now(), createdBy };
      await webhooks.save(webhook);
      teller.changed();
      await audit("webhook_created", id, { detail: { events } });
      return { success: true, webhook: presentWebhook(webhook), secret };
    },

    async updateWebhook({ params, input, audit }) {
      const before = await named(params.id);
      const { url = before.url, events = before.events, active = before.active } = input;
      const webhook = { ...before, url, events, active };
      await webhooks.save(webhook);
      teller.changed();
      await audit("webhook_changed", webhook.id, { detail: { events, active } });
      return { success: true, webhook: presentWebhook(webhook) };
    },

    async deleteWebhook({ params, audit }) {
      const { id } = await named(params.id);
      await webhooks.remove(id);
      teller.changed();
      await audit("webhook_deleted", id);
      return { success: true, webhook_id: id };
    },

    async listDeliveries({ params, input }) {
      const { id: webhook } = await named(params.id);
      const { state, before, limit } = input;
      const found = await webhooks.deliveries({
        webhook,
        limit,
        ...(state === undefined ? {} : { state }),
        ...(before === undefined ? {} : { before: asDeliveryId(before) }),
      });
      const last = found.length < limit ? undefined : found.at(-1);
      return { deliveries: found.map(presentDelivery), next_before: last?.id ?? null };
    },

    async replayDelivery({ params, audit }) {
      const { id: webhook } = await named(params.id);
      const found = await webhooks.delivery(asDeliveryId(params.delivery));
      if (found === null || found.webhook !== webhook)
        throw new Problem("not_found", "There is no such message for this webhook.");
      const again: Delivery = { ...found, state: "pending", tries: 0, fault: "" };
      await webhooks.settle(again);
      await teller.send(again.id);
      await audit("delivery_replayed", again.id, { detail: { webhook } });
      return { success: true, delivery: presentDelivery(again) };
    },
  };
}

function presentWebhook({ id, url, events, active, createdAt, createdBy }: Webhook): WireWebhook {
  const made = { created_at: toTime(createdAt), created_by: createdBy };
  return { webhook_id: id, url, events: [...events], active, ...made };
}

function presentDelivery(delivery: Delivery): WireDelivery {
  const { id, webhook, event, state, tries, status, fault, createdAt, triedAt } = delivery;
  const times = { created_at: toTime(createdAt), tried_at: toMaybeTime(triedAt) };
  return { delivery_id: id, webhook_id: webhook, event, state, tries, status, fault, ...times };
}
