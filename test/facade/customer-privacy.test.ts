import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asAgentId, asDeliveryId, asWebhookId } from "../../src/domain/ids.ts";
import type { Role } from "../../src/domain/user.ts";
import { erasedSchema, exportSchema } from "../../src/facade/contract/customer-privacy.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Story, wholeCall } from "./story.ts";

const [first, second] = ["+254711000001", "+254711000002"];
const call = "CALL-00000001";
let harness: Harness;
let id: string;

/** A call that has ended and has left the desk. */
async function over(name: string, facts = wholeCall) {
  const story = await new Story(harness, name, facts).until("ended");
  await harness.deps.desk.removeCall(story.id);
  return story;
}

/** A customer with two numbers, a call of each, a ticket, a recording, and messages that told others of her. */
beforeEach(async () => {
  harness = await startHarness();
  const { store } = harness.deps;
  const customer = await store.customers.add(
    { phones: [first, second], name: "John Doe", email: "john@example.com" },
    harness.now,
  );
  if ("refused" in customer) throw new Error(customer.refused);
  id = customer.id;
  const story = await over(call);
  harness.now += 1_000;
  const facts = wholeCall.map((fact) =>
    fact.type === "started"
      ? { ...fact, direction: "outbound" as const, caller: second, dialled: second }
      : fact,
  );
  await over("CALL-00000002", facts);
  await harness.request("POST", `/api/transcripts/${call}/messages`, {
    as: "admin",
    body: { speaker: "customer", content: "I am John Doe" },
  });
  const kept = {
    kind: "conversation",
    file: "one.wav",
    bytes: 3,
    durationMs: 1,
    sha256: "a",
  } as const;
  await store.recordings.save({ name: "one", call: story.id, ...kept, at: harness.now });
  harness.files.set("one.wav", new Uint8Array([1, 2, 3]));
  const said = { code: "sold", note: "to John Doe", author: "amina", at: harness.now };
  await store.wrapUps.save({ call: story.id, agent: asAgentId("AGT-001"), ...said });
  await harness.request("POST", "/api/tickets", {
    as: "admin",
    body: { customer_name: "John Doe", customer_phone: first, subject: "John's refund" },
  });
  const message = (name: string, data: object) => ({
    id: asDeliveryId(`DLV-${name}`),
    webhook: asWebhookId("WHK-1"),
    event: "call:new",
    body: JSON.stringify({ type: "call:new", at: "", data }),
    state: "delivered" as const,
    tries: 1,
    status: 200,
    fault: "",
    createdAt: harness.now,
    triedAt: harness.now,
  });
  await store.webhooks.keep([
    message("1", { call_id: call, customer_name: "John Doe" }),
    message("2", { phone_number: second }),
    message("3", { call_id: "CALL-00000009" }),
  ]);
});
afterEach(() => harness.stop());

async function ask(method: string, path: string, as: Role, body?: unknown) {
  const response = await harness.request(method, path, {
    as,
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const erase = (body: unknown = { confirm: id }, as: Role = "admin") =>
  ask("POST", `/api/customers/${id}/erase`, as, body);
async function exported(query = "") {
  const { status, body } = await ask("GET", `/api/customers/${id}/export${query}`, "supervisor");
  expect(status).toBe(200);
  return exportSchema.parse(body);
}

describe("what is kept of a customer", () => {
  it("is given out as a whole: calls with their facts and words, recordings, tickets", async () => {
    const all = await exported();
    expect(all).toMatchObject({
      customer: { customer_id: id, phone_numbers: [first, second], email: "john@example.com" },
      calls: [{ call_id: "CALL-00000002", direction: "outbound" }, { call_id: call }],
      tickets: [{ subject: "John's refund" }],
      next_before: null,
    });
    expect(all.calls[1]).toMatchObject({
      transcript: [{ content: "I am John Doe" }],
      recordings: [{ name: "one", url: "/api/recordings/one" }],
      wrap_ups: [{ code: "sold", note: "to John Doe" }],
    });
    expect(all.calls[1]?.events.map(({ type }) => type)).toContain("connected");
    const at = all.calls[0]?.started_at;
    const rest = await exported(`?before=${at}&before_id=CALL-00000002`);
    expect(rest.calls.map(({ call_id }) => call_id)).toEqual([call]);
    expect(rest.tickets).toEqual([]);
    const before = await ask("GET", `/api/customers/${id}/export?before_id=x`, "admin");
    expect(before.status).toBe(400);
    expect((await ask("GET", `/api/customers/${id}/export`, "agent")).status).toBe(403);
    expect(harness.logged).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ audit: "customer_exported" }) }),
    );
  });

  it("comes in parts where there is much of it", async () => {
    for (let index = 0; index < 120; index += 1) {
      harness.now += 10;
      await over(`CALL-0001${String(index).padStart(4, "0")}`);
    }
    const seen: string[] = [];
    for (let query = ""; ; ) {
      const part = await exported(query);
      seen.push(...part.calls.map(({ call_id }) => call_id));
      if (part.next_before === null) break;
      query = `?before=${part.next_before}&before_id=${part.next_before_id}`;
    }
    expect(seen).toHaveLength(122);
    expect(new Set(seen).size).toBe(122);
  });

  it("is erased by an admin who names the customer twice, and leaves when calls were", async () => {
    const { store } = harness.deps;
    const from = harness.now - 1_000_000;
    const times = async () =>
      (await store.calls.between(from, harness.now + 1, null, 9)).map(({ state, events }) => [
        state.id,
        state.startedAt,
        state.connectedAt,
        state.endedAt,
        state.agent,
        state.queue,
        events.map(({ type, at }) => [type, at]),
      ]);
    const before = await times();
    const logged = harness.logged.length;
    const { status, body } = await erase();
    expect(status).toBe(200);
    expect(erasedSchema.parse(body)).toEqual({
      success: true,
      customer_id: id,
      erased: {
        calls: 2,
        transcript_lines: 1,
        recordings: 1,
        wrap_up_notes: 1,
        tickets: 1,
        webhook_messages: 2,
      },
    });
    expect(await times()).toEqual(before);
    const said = harness.logged.slice(logged);
    expect(said).toMatchObject([
      { fields: { audit: "customer_erased", object: id, user: "a-admin", transcript_lines: 1 } },
    ]);
    expect(JSON.stringify(said)).not.toMatch(/John|711000/);
    const answers = await Promise.all(
      [
        `/api/customers/${id}`,
        "/api/customers",
        `/api/calls/${call}`,
        "/api/calls/CALL-00000002",
        "/api/calls?scope=history",
        `/api/transcripts/${call}`,
        "/api/tickets",
        "/api/recordings/one",
        "/api/webhooks/deliveries",
        "/api/audit",
      ].map(async (path) => [path, (await ask("GET", path, "admin")).body]),
    );
    expect(JSON.stringify(answers)).not.toMatch(/John|711000/);
    expect((await ask("GET", `/api/customers/${id}`, "admin")).status).toBe(404);
    expect(harness.files.size).toBe(0);
    expect(await store.webhooks.delivery(asDeliveryId("DLV-3"))).not.toBeNull();
    expect((await erase()).status).toBe(404);
    const anew = await store.customers.ensure(first, "", harness.now);
    expect(anew.id).not.toBe(id);
  });

  it("stays as it is under a legal hold, while a call is live, and when it is not confirmed", async () => {
    const before = await exported();
    const same = async () => expect({ ...(await exported()), exported_at: before.exported_at });
    for (const [body, field] of [
      [{}, "confirm: is missing"],
      [{ confirm: "CUST-999" }, `confirm: must be ${id}`],
      [{ confirm: { $gt: "" } }, "confirm"],
      [{ confirm: id, force: true }, "force: is not a parameter"],
    ] as const) {
      const said = await erase(body);
      expect([body, said.status]).toEqual([body, 400]);
      expect(JSON.stringify(said.body)).toContain(field);
    }
    const inQuery = await ask("POST", `/api/customers/${id}/erase?confirm=${id}`, "admin", {});
    expect(inQuery.status).toBe(400);
    expect((await erase(undefined, "supervisor")).status).toBe(403);
    (await same()).toEqual(before);

    const hold = { legal_hold: { reason: "Case 12/2026" } };
    await ask("PATCH", `/api/customers/${id}`, "admin", hold);
    expect(await erase()).toMatchObject({ status: 409, body: { code: "legal_hold" } });
    await ask("PATCH", `/api/customers/${id}`, "admin", { legal_hold: null });
    expect((await exported()).calls).toEqual(before.calls);

    const live = await new Story(harness, "CALL-00000005").until("queued");
    const refused = await erase();
    expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(refused.body["detail"]).toContain(live.id);
    expect((await exported()).tickets).toEqual(before.tickets);
    expect(harness.files.size).toBe(1);
  });

  it("of one who was merged is erased under the id of the one who stayed", async () => {
    const { store } = harness.deps;
    const other = await store.customers.ensure("+254711000003", "Jane", harness.now);
    const merging = { other: other.id };
    await ask("POST", `/api/customers/${id}/merge`, "admin", merging);
    const path = `/api/customers/${other.id}/erase`;
    const said = await ask("POST", path, "admin", { confirm: other.id });
    expect(said.status).toBe(400);
    expect(JSON.stringify(said.body)).toContain(`must be ${id}, into whom ${other.id} was merged`);
    expect((await ask("POST", path, "admin", { confirm: id })).status).toBe(200);
    expect((await ask("GET", `/api/customers/${other.id}`, "admin")).status).toBe(404);
  });
});
