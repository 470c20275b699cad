import { afterEach, describe, expect, it } from "vitest";
import { asWebhookId } from "../../src/domain/ids.ts";
import type { Webhook } from "../../src/domain/webhook.ts";
import { deliver, resumeDeliveries, WebhookTeller } from "../../src/flows/webhooks.ts";
import type { WebhookAnswer, WebhookMessage } from "../../src/ports/webhooks.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.stop());

const webhook: Webhook = {
  id: asWebhookId("WHK-1"),
  url: "https://example.com/",
  events: ["call:*"],
  secret: "s3cret",
  active: true,
  createdAt: 0,
  createdBy: "faith",
};
const ended = { event: "call:ended", key: "call:ended CALL-1 7", body: "{}" };

/** A world in which somebody outside answers one after another of these, and the last one from then on. */
async function open(...answers: WebhookAnswer[]) {
  world = await openWorld();
  const sent: WebhookMessage[] = [];
  const send = async (message: WebhookMessage) => {
    sent.push(message);
    return answers[Math.min(sent.length, answers.length) - 1] ?? { status: 200 };
  };
  Object.assign(world.deps, { sender: { send } });
  await world.deps.store.webhooks.save(webhook);
  return { sent, teller: new WebhookTeller(world.deps) };
}
const deliveries = () => world.deps.store.webhooks.deliveries({ limit: 10 });

describe("a webhook", () => {
  it("is told once of what it wants to know, whoever hears of it, and of nothing else", async () => {
    const { sent, teller } = await open({ status: 204 });
    const another = new WebhookTeller(world.deps);
    await Promise.all([teller.tell(ended), another.tell(ended)]);
    await teller.tell({ ...ended, event: "ticket:created", key: "ticket" });
    await world.clock.pass(100);
    expect(sent).toMatchObject([{ url: webhook.url, event: "call:ended", body: "{}" }]);
    expect(await deliveries()).toMatchObject([{ state: "delivered", tries: 1, status: 204 }]);
  });

  it("is tried again, ever later, until it takes the message", async () => {
    const { sent, teller } = await open(
      { fault: "no answer within 10 s" },
      { status: 500 },
      { status: 200 },
    );
    await teller.tell(ended);
    await world.clock.pass(9_000);
    expect(await deliveries()).toMatchObject([
      { state: "pending", tries: 1, status: null, fault: "no answer within 10 s" },
    ]);
    await world.clock.pass(2_000);
    expect(await deliveries()).toMatchObject([{ tries: 2, status: 500, fault: "answered 500" }]);
    await world.clock.pass(61_000);
    expect(await deliveries()).toMatchObject([{ state: "delivered", tries: 3, fault: "" }]);
    // It is the same message each time, signed for the time at which it is sent.
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
    expect(new Set(sent.map(({ at }) => at)).size).toBe(3);
  });

  it("that takes nothing for a day is not told any more, and somebody can see that", async () => {
    const { sent, teller } = await open({ status: 410 });
    await teller.tell(ended);
    await world.clock.pass(2 * 86_400_000);
    expect(sent).toHaveLength(8);
    expect(await deliveries()).toMatchObject([{ state: "dead", tries: 8, status: 410 }]);
  });

  it("is told after a restart what was on its way, and nothing that has gone", async () => {
    const { sent, teller } = await open({ fault: "down" }, { status: 200 });
    await teller.tell(ended);
    await world.clock.pass(100);
    const [delivery] = await deliveries();
    await resumeDeliveries(world.deps);
    await world.clock.pass(100);
    expect(sent).toHaveLength(2);
    await world.deps.store.webhooks.remove(webhook.id);
    if (delivery !== undefined) await deliver(delivery.id, world.deps);
    expect(sent).toHaveLength(2);
  });

  it("costs nothing while there is none, and is seen within seconds when another process makes one", async () => {
    const { teller } = await open();
    await world.deps.store.webhooks.remove(webhook.id);
    teller.changed();
    await teller.tell(ended);
    expect(teller.hasListeners).toBe(false);
    await world.deps.store.webhooks.save(webhook);
    await world.clock.pass(5_000);
    expect(teller.hasListeners).toBe(true);
    await teller.tell({ ...ended, key: "later" });
    expect(await deliveries()).toHaveLength(1);
  });
});
