import { afterEach, beforeEach, expect, it } from "vitest";
import { begin } from "../../src/domain/call.ts";
import { asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { callSchema, waitingListSchema } from "../../src/facade/contract/call.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";

const back = asCallId("CALL-0000000B");
const of = asCallId("CALL-0000000A");
let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  const state = begin({
    type: "started",
    call: back,
    seq: 1,
    at: nowAtStart,
    direction: "outbound",
    caller: "+254711000001",
    callerName: "John Doe",
    dialled: "+254711000001",
    channel: asChannelId("callback-1"),
    callback: { of, from: "+254700000000" },
  });
  await harness.deps.desk.bookCallback(state, "test", of);
});
afterEach(() => harness.stop());

const cancel = (id: string, as: "agent" | "supervisor" = "supervisor") =>
  harness.request("POST", `/api/callbacks/${id}/cancel`, { as });

it("shows who is to be called back among those who wait, and which call asked for it", async () => {
  await harness.deps.desk.join({
    call: back,
    queue: asQueueName("support"),
    priority: 0,
    language: null,
    callback: true,
    enteredAt: nowAtStart,
    owner: "test",
  });
  const response = await harness.request("GET", "/api/calls/queue", { as: "viewer" });
  const { calls } = waitingListSchema.parse(await response.json());
  expect(calls).toMatchObject([
    { call_id: back, callback: true, phone_number: "+254711000001", customer_name: "John Doe" },
  ]);
  const live = await harness.request("GET", "/api/calls", { as: "viewer" });
  const { calls: all } = (await live.json()) as { calls: unknown[] };
  expect(callSchema.parse(all[0])).toMatchObject({
    call_id: back,
    direction: "outbound",
    phone_number: "+254711000001",
    callback_of: of,
    called_back_by: null,
  });
});

it("cancels it when somebody in charge says so, and writes down who", async () => {
  expect((await cancel(back, "agent")).status).toBe(403);
  const response = await cancel(back);
  expect([response.status, await response.json()]).toEqual([202, { success: true, call_id: back }]);
  expect(harness.asked).toEqual([{ type: "callback_cancelled", call: back }]);
  const audit = harness.logged.map(({ fields }) => fields).filter((fields) => "audit" in fields);
  expect(audit).toMatchObject([{ audit: "callback_cancelled", call: back, user: "a-supervisor" }]);
});

it("cancels no other call", async () => {
  expect((await cancel("CALL-FFFFFFFF")).status).toBe(404);
  expect(harness.asked).toEqual([]);
});
