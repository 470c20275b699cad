import { describe, expect, it } from "vitest";
import { asDeliveryId, asWebhookId } from "../../../src/domain/ids.ts";
import type { Delivery, Webhook } from "../../../src/domain/webhook.ts";
import { DAY } from "./examples.ts";
import type { Stage } from "./stage.ts";

let count = 0;
const newWebhook = (about: Partial<Webhook> = {}): Webhook => {
  count += 1;
  return {
    id: asWebhookId(`WHK-${String(count).padStart(4, "0")}`),
    url: "https://example.com/hook",
    events: ["call:ended", "ticket:*"],
    secret: "s3cret",
    active: true,
    createdAt: DAY + count,
    createdBy: "faith",
    ...about,
  };
};
const newDelivery = (webhook: Webhook, about: Partial<Delivery> = {}): Delivery => {
  count += 1;
  return {
    id: asDeliveryId(`DLV-${String(count).padStart(4, "0")}`),
    webhook: webhook.id,
    event: "call:ended",
    body: '{"type":"call:ended"}',
    state: "pending",
    tries: 0,
    status: null,
    fault: "",
    createdAt: DAY + count,
    triedAt: null,
    ...about,
  };
};

/** What every store promises of webhooks. */
export function webhooksConformance(stage: Stage): void {
  describe("webhooks", () => {
    it("are kept as they are, changed by id, and listed in the order in which they were made", async () => {
      const { webhooks } = stage.store;
      const [first, second] = [newWebhook(), newWebhook({ active: false, events: ["*"] })];
      await webhooks.save(second);
      await webhooks.save(first);
      const changed = { ...first, url: "https://example.org/", active: false };
      await webhooks.save(changed);
      expect(await webhooks.get(first.id)).toEqual(changed);
      expect(await webhooks.list()).toEqual([changed, second]);
      expect(await webhooks.get(asWebhookId("WHK-none"))).toBeNull();
    });

    it("keep each delivery once, whichever process keeps it, and what became of it", async () => {
      const { webhooks } = stage.store;
      const other = await stage.another();
      const webhook = newWebhook();
      await webhooks.save(webhook);
      const [one, two] = [newDelivery(webhook), newDelivery(webhook)];
      expect(await webhooks.keep([one])).toEqual([one.id]);
      expect(await other.webhooks.keep([one, two])).toEqual([two.id]);
      const failed: Delivery = { ...one, tries: 1, status: 500, fault: "500", triedAt: DAY + 9 };
      await webhooks.settle(failed);
      expect(await other.webhooks.delivery(one.id)).toEqual(failed);
      // Keeping it again does not take that back.
      expect(await webhooks.keep([one])).toEqual([]);
      expect(await webhooks.delivery(one.id)).toEqual(failed);
      expect(await webhooks.delivery(asDeliveryId("DLV-none"))).toBeNull();
    });

    it("list their deliveries, newest first, by webhook and state, in pages", async () => {
      const { webhooks } = stage.store;
      const [mine, other] = [newWebhook(), newWebhook()];
      const made = [0, 1, 2, 3].map((index) =>
        newDelivery(mine, { createdAt: DAY + 50, ...(index === 2 ? { state: "dead" } : {}) }),
      );
      await webhooks.keep([...made, newDelivery(other)]);
      const newest = made.toReversed();
      expect(await webhooks.deliveries({ webhook: mine.id, limit: 10 })).toEqual(newest);
      const first = await webhooks.deliveries({ webhook: mine.id, limit: 2 });
      expect(first).toEqual(newest.slice(0, 2));
      const before = first[1]?.id ?? asDeliveryId("");
      expect(await webhooks.deliveries({ webhook: mine.id, before, limit: 2 })).toEqual(
        newest.slice(2),
      );
      const dead = await webhooks.deliveries({ webhook: mine.id, state: "dead", limit: 10 });
      expect(dead).toEqual([made[2]]);
      const nowhere = { before: asDeliveryId("DLV-none"), limit: 10 };
      expect(await webhooks.deliveries(nowhere)).toEqual([]);
    });

    it("go with all that was on its way to them", async () => {
      const { webhooks } = stage.store;
      const webhook = newWebhook();
      const delivery = newDelivery(webhook);
      await webhooks.save(webhook);
      await webhooks.keep([delivery]);
      expect(await webhooks.remove(webhook.id)).toBe(true);
      expect(await webhooks.remove(webhook.id)).toBe(false);
      expect(await webhooks.delivery(delivery.id)).toBeNull();
      await webhooks.settle({ ...delivery, state: "delivered" });
      expect(await webhooks.delivery(delivery.id)).toBeNull();
    });
  });
}
