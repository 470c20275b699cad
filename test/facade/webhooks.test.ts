import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  deliveryListSchema,
  webhookListSchema,
  webhookMadeSchema,
} from "../../src/facade/contract/webhook.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const admin = { as: "admin" } as const;
async function ask(method: string, path: string, body?: unknown) {
  const response = await harness.request(method, path, {
    ...admin,
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}
async function make(events: string[]) {
  const made = await ask("POST", "/api/webhooks", { url: "https://example.com/kituo", events });
  expect(made.status).toBe(201);
  return webhookMadeSchema.parse(made.body);
}
const deliveriesOf = async (id: string, query = "") =>
  deliveryListSchema.parse((await ask("GET", `/api/webhooks/${id}/deliveries${query}`)).body);

describe("webhooks", () => {
  it("are made with a secret that is told once, listed, changed and removed", async () => {
    const { webhook, secret } = await make(["call:ended"]);
    expect(secret).toMatch(/^[\w-]{43}$/);
    const { webhook_id: id } = webhook;
    const listed = await ask("GET", "/api/webhooks");
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    expect(webhookListSchema.parse(listed.body).webhooks).toEqual([webhook]);
    const changed = await ask("PATCH", `/api/webhooks/${id}`, { active: false });
    expect(changed.body).toMatchObject({ webhook: { active: false, events: ["call:ended"] } });
    expect((await ask("DELETE", `/api/webhooks/${id}`)).status).toBe(200);
    expect((await ask("DELETE", `/api/webhooks/${id}`)).status).toBe(404);
    expect(JSON.stringify(harness.logged)).not.toContain(secret);
  });

  it("are told of what happens as dashboards are, message by message", async () => {
    const { webhook } = await make(["call:ended", "ticket:*"]);
    const { webhook_id: id } = webhook;
    await new Story(harness, "CALL-00000001").until("ended");
    await ask("POST", "/api/tickets", {
      customer_name: "Asha",
      customer_phone: "+254700000001",
      subject: "Refund",
    });
    await expect.poll(async () => (await deliveriesOf(id)).deliveries.length).toBe(2);
    const { deliveries } = await deliveriesOf(id);
    expect(deliveries.map(({ event }) => event).sort()).toEqual(["call:ended", "ticket:created"]);
    const [ended] = deliveries.filter(({ event }) => event === "call:ended");
    const kept = await harness.deps.store.webhooks.delivery(ended?.delivery_id as never);
    expect(JSON.parse(kept?.body ?? "{}")).toMatchObject({
      type: "call:ended",
      data: { call_id: "CALL-00000001", status: "ended" },
    });
    expect(harness.asked).toContainEqual({ type: "webhook_due", delivery: ended?.delivery_id });
    expect((await deliveriesOf(id, "?state=dead")).deliveries).toEqual([]);
    const first = await deliveriesOf(id, "?limit=1");
    expect(first.next_before).toBe(first.deliveries[0]?.delivery_id);
    const second = await deliveriesOf(id, `?limit=1&before=${first.next_before}`);
    expect(second.deliveries).toHaveLength(1);
    expect(second.deliveries).not.toEqual(first.deliveries);
  });

  it("are sent a message again when somebody asks for it", async () => {
    const [{ webhook_id: id } = { webhook_id: "" }] = webhookListSchema.parse(
      (await ask("GET", "/api/webhooks")).body,
    ).webhooks;
    const [delivery] = (await deliveriesOf(id)).deliveries;
    const { delivery_id } = delivery ?? { delivery_id: "" };
    const kept = await harness.deps.store.webhooks.delivery(delivery_id as never);
    if (kept !== null)
      await harness.deps.store.webhooks.settle({ ...kept, state: "dead", tries: 8, fault: "gone" });
    const before = harness.asked.length;
    const path = `/api/webhooks/${id}/deliveries/${delivery_id}/replay`;
    const again = await ask("POST", path);
    expect(again).toMatchObject({
      status: 202,
      body: { delivery: { state: "pending", tries: 0 } },
    });
    expect(harness.asked).toHaveLength(before + 1);
    const elsewhere = `/api/webhooks/WHK-NONE/deliveries/${delivery_id}/replay`;
    expect((await ask("POST", elsewhere)).status).toBe(404);
    expect((await ask("POST", `/api/webhooks/${id}/deliveries/DLV-NONE/replay`)).status).toBe(404);
  });

  it("are refused with the field that is wrong", async () => {
    const url = "https://example.com/";
    for (const [body, field] of [
      [{}, "url: is missing"],
      [{ url: "ftp://example.com" }, "url: must be an address"],
      [{ url: "javascript:alert(1)" }, "url"],
      [{ url: "https://user:pass@example.com" }, "url: must not hold"],
      [{ url: { $gt: "" } }, "url"],
      [{ url, events: [] }, "events"],
      [{ url, events: ["call:nonsense"] }, "events"],
      [{ url, secret: "mine" }, "secret: is not a parameter"],
    ] as const) {
      const { status, body: problem } = await ask("POST", "/api/webhooks", body);
      expect([body, status]).toEqual([body, 400]);
      expect(JSON.stringify(problem)).toContain(field);
    }
    expect((await ask("PATCH", "/api/webhooks/WHK-NONE", { active: true })).status).toBe(404);
  });
});
