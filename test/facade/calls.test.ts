import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import {
  callDetailSchema,
  callListSchema,
  waitingListSchema,
} from "../../src/facade/contract/call.ts";
import { routingSchema } from "../../src/facade/contract/routing.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";
import { Story, wholeCall } from "./story.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

async function list(query: string) {
  const response = await harness.request("GET", `/api/calls${query}`, { as: "viewer" });
  expect(response.status).toBe(200);
  return callListSchema.parse(await response.json());
}
const ids = async (query: string) => (await list(query)).calls.map((call) => call.call_id);
async function detail(id: string) {
  const response = await harness.request("GET", `/api/calls/${id}`, { as: "viewer" });
  expect(response.status).toBe(200);
  return callDetailSchema.parse(await response.json());
}

describe("calls", () => {
  it("are listed while they live, by every word for their status", async () => {
    await new Story(harness, "CALL-00000001").until("queued");
    await new Story(harness, "CALL-00000002").until("connected");
    await new Story(harness, "CALL-00000003").until("ended");
    expect(await ids("")).toEqual(["CALL-00000002", "CALL-00000001"]);
    expect(await ids("?status=queued")).toEqual(["CALL-00000001"]);
    expect(await ids("?status=in_progress")).toEqual(["CALL-00000002"]);
    expect(await ids("?status=in-progress")).toEqual(["CALL-00000002"]);
    expect(await ids("?status=ringing")).toEqual([]);
    expect(await ids("?queue=support&agent=AGT-001")).toEqual(["CALL-00000002"]);
  });

  it("are listed when they are over, filtered and in pages", async () => {
    await new Story(harness, "CALL-00000004").until("ended");
    await new Story(harness, "CALL-00000005").until("ended");
    expect(await ids("?status=completed")).toEqual([
      "CALL-00000005",
      "CALL-00000004",
      "CALL-00000003",
    ]);
    expect(await ids("?scope=history")).toContain("CALL-00000001");
    expect(await ids("?scope=ended&result=completed&agent=AGT-001&caller=%2B254711000001")).toEqual(
      await ids("?scope=ended"),
    );
    expect(await ids("?scope=ended&result=abandoned")).toEqual([]);
    // A plus that nobody encoded arrives as a blank.
    expect(await ids("?scope=ended&caller=+254711000001")).toHaveLength(3);

    const first = await list("?scope=ended&limit=2");
    expect(first.calls.map((call) => call.call_id)).toEqual(["CALL-00000005", "CALL-00000004"]);
    const next = encodeURIComponent(first.next_before ?? "");
    expect(await ids(`?scope=ended&limit=2&before=${next}`)).toEqual(["CALL-00000003"]);
  });

  it("tell every timestamp, in order, with what happened in between", async () => {
    const call = await detail("CALL-00000003");
    const times = [
      call.started_at,
      call.answered_at,
      call.queued_at,
      call.offered_at,
      call.connected_at,
      call.ended_at,
    ].map((time) => Date.parse(time ?? ""));
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(new Set(times).size).toBe(6);
    expect(call).toMatchObject({
      status: "ended",
      phone_number: "+254711000001",
      customer_name: "John Doe",
      department: "support",
      agent_id: "AGT-001",
      extension: "1001",
      duration: 10,
      ending: { result: "completed", reason: "talked", by: "caller" },
    });
    expect(call.segments.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ["menu", "queued"],
      ["queue", "answered"],
      ["ring", "answered"],
      ["talk", "talked"],
    ]);
    expect(call.events.map(({ seq }) => seq)).toEqual(call.events.map((_, index) => index + 1));
    expect(JSON.stringify(call)).not.toMatch(/chan-|bridge-/);
  });

  it("are known while they live, and unknown when there is none", async () => {
    expect(await detail("CALL-00000001")).toMatchObject({ status: "queued", duration: null });
    const response = await harness.request("GET", "/api/calls/CALL-FFFFFFFF", { as: "viewer" });
    expect(response.status).toBe(404);
  });
});

describe("the routing of a call", () => {
  const routing = async (id: string) =>
    await harness.request("GET", `/api/calls/${id}/routing`, { as: "viewer" });

  it("tells every agent it was offered to, why, and what came of it", async () => {
    const offered = wholeCall.findIndex((fact) => fact.type === "offered");
    const before = wholeCall.slice(0, offered);
    const first: CallFact = {
      type: "offered",
      agent: asAgentId("AGT-002"),
      extension: "1002",
      queue: asQueueName("support"),
      reasons: ["was idle longest"],
    };
    const missed: CallFact = { type: "offer_ended", agent: first.agent, outcome: "no_answer" };
    const facts = [...before, first, missed, ...wholeCall.slice(offered)];
    const story = new Story(harness, "CALL-000000F1", facts);
    await story.until("connected");
    const told = routingSchema.parse(await (await routing("CALL-000000F1")).json());
    expect(told).toMatchObject({ call_id: "CALL-000000F1", queue: "support", priority: 0 });
    expect(told.decisions).toMatchObject([
      {
        agent_id: "AGT-002",
        extension: "1002",
        reasons: ["was idle longest"],
        outcome: "no_answer",
      },
      { agent_id: "AGT-001", extension: "1001", reasons: ["longest idle"], outcome: "answered" },
    ]);
    expect(told.decisions[0]?.ended_at).not.toBeNull();
    await story.until("ended");
  });

  it("tells what keeps each agent of its queue from a call that waits", async () => {
    const { desk } = harness.deps;
    const now = harness.now;
    const story = new Story(harness, "CALL-000000F4");
    await story.until("queued");
    const entry = { priority: 0, language: null, owner: "test" };
    const support = asQueueName("support");
    await desk.join({ ...entry, call: story.id, queue: support, enteredAt: now });
    const earlier = asCallId("CALL-000000F5");
    const complaints = asQueueName("complaints");
    await desk.join({ ...entry, call: earlier, queue: complaints, enteredAt: now });
    await desk.setPresence(asAgentId("AGT-001"), { is: "paused", reason: "tea" }, now);
    await desk.setPresence(asAgentId("AGT-002"), { is: "available" }, now);
    const { waiting } = routingSchema.parse(await (await routing(story.id)).json());
    expect(waiting?.agents).toEqual([
      {
        agent_id: "AGT-001",
        extension: "1001",
        reasons: ["is on a break"],
        calls_before: 0,
      },
      {
        agent_id: "AGT-002",
        extension: "1002",
        reasons: ["has a phone that cannot be reached"],
        calls_before: 1,
      },
    ]);
    expect(waiting?.position).toBe(1);
    await desk.removeCall(earlier);
    await desk.leave(story.id);
    await story.until("ended");
  });

  it("tells whose agents may take it too", async () => {
    const queued = wholeCall.findIndex((fact) => fact.type === "queued") + 1;
    const helped: CallFact = {
      type: "overflowed",
      queue: asQueueName("support"),
      step: 0,
      priority: 0,
      widened: false,
      alsoQueues: [asQueueName("sales")],
    };
    const story = new Story(harness, "CALL-000000F3", [...wholeCall.slice(0, queued), helped]);
    await story.until("overflowed");
    const told = routingSchema.parse(await (await routing("CALL-000000F3")).json());
    expect(told).toMatchObject({ queue: "support", also_queues: ["sales"] });
  });

  it("is empty for a call that was offered to nobody, and unknown for one that is not there", async () => {
    const story = new Story(harness, "CALL-000000F2");
    await story.until("queued");
    expect(await (await routing("CALL-000000F2")).json()).toMatchObject({
      decisions: [],
      waiting: null,
    });
    expect((await routing("CALL-FFFFFFFF")).status).toBe(404);
    await story.until("ended");
  });
});

describe("waiting calls", () => {
  it("stand in the order they will be served, with their place in their own queue", async () => {
    const { desk } = harness.deps;
    const join = (call: string, queue: string, priority: number, enteredAt: number) =>
      desk.join({
        call: new Story(harness, call).id,
        queue: asQueueName(queue),
        priority,
        language: null,
        enteredAt,
        owner: "test",
      });
    await join("CALL-00000001", "support", 0, nowAtStart);
    await join("CALL-0000000A", "support", 0, nowAtStart + 1_000);
    await join("CALL-0000000B", "support", 5, nowAtStart + 2_000);
    await join("CALL-0000000C", "complaints", 0, nowAtStart + 3_000);
    harness.now = nowAtStart + 61_000;
    const response = await harness.request("GET", "/api/calls/queue", { as: "agent" });
    const { calls } = waitingListSchema.parse(await response.json());
    expect(calls.map(({ call_id, queue, position }) => [call_id, queue, position])).toEqual([
      ["CALL-0000000C", "complaints", 1],
      ["CALL-0000000B", "support", 1],
      ["CALL-00000001", "support", 2],
      ["CALL-0000000A", "support", 3],
    ]);
    expect(calls[2]).toMatchObject({
      customer_name: "John Doe",
      phone_number: "+254711000001",
      waited_seconds: 61,
      estimated_seconds: null,
      offered_to: null,
    });
  });

  it("say whose phone rings for them", async () => {
    const { desk } = harness.deps;
    const agent = asAgentId("AGT-001");
    await desk.setPresence(agent, { is: "available" }, harness.now);
    await desk.setDevice("1001", "idle", harness.now);
    const call = new Story(harness, "CALL-0000000A").id;
    expect(await desk.reserve(call, agent, harness.now + 15_000)).toBe("reserved");
    const response = await harness.request("GET", "/api/calls/queue", { as: "agent" });
    const { calls } = waitingListSchema.parse(await response.json());
    expect(calls.find(({ call_id }) => call_id === call)?.offered_to).toBe("AGT-001");
  });
});
