import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WireRouting } from "../../src/facade/contract/routing.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { conversation, until } from "../lab/until.ts";

const billingLine = "+254711000003";

/** What surrounds a wait and a conversation, on a real Asterisk. */
describe("a caller of a queue", () => {
  const overflow = [{ when: { waitedMs: 1_500 }, do: { alsoQueue: "billing" } }];
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({
      centre: (centre) => ({
        ...centre,
        numbers: [...centre.numbers, { number: billingLine, queue: "billing" }],
        queues: centre.queues.map((queue) => ({
          ...queue,
          ringMs: 3_000,
          wrapUpMs: 1_000,
          ring: queue.name === "billing" ? ("all" as const) : queue.ring,
          overflow: queue.name === "support" ? overflow : [],
          survey: {
            prompt: "survey",
            languages: [...centre.languages],
            afterMs: 3_000,
            tries: 1,
          },
        })),
      }),
    });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("rates the conversation by a key when the agent has hung up", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001");
    const caller = await lab.outside("+254700000041");
    await lab.signIn("1001");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000041");
    await agent.event("CALL_INCOMING");
    await agent.answer();
    await board.fact(id, "connected");
    await conversation(1_000);
    await agent.hangup();
    await board.fact(id, "survey_started");
    // She is at her after-call work, and then free, while the caller is asked.
    await until("the agent to be free", async () => {
      return (await lab.api.agent("AGT-001")).status === "available";
    });
    expect((await lab.api.call(id)).status).toBe("survey");
    await caller.press("4");
    await board.fact(id, "survey_answered");
    await caller.event("CALL_CLOSED");
    await board.fact(id, "ended");
    await lab.nothingLeft();
    expect(await lab.api.call(id)).toMatchObject({
      rating: 4,
      ending: { result: "completed", reason: "talked", by: "agent" },
    });
  });

  it("has her place again when she hung up while she waited and dials again", async () => {
    const board = await lab.watch();
    await lab.phone("1001");
    await lab.api.setAgent("AGT-001", "on_break");
    const order = async () => (await lab.api.waiting()).map((call) => call.phone_number);
    const first = await lab.outside("+254700000042");
    await first.dial(supportLine);
    const before = await board.begun("+254700000042");
    await board.fact(before, "queued");
    await lab.caller({ called: supportLine, number: "+254700000043", stay: 30_000 });
    await board.fact(await board.begun("+254700000043"), "queued");
    await first.hangup();
    await board.fact(before, "ended");
    await lab.caller({ called: supportLine, number: "+254700000042", stay: 30_000 });
    await until("both to wait", async () => (await order()).length === 2);
    expect(await order()).toEqual(["+254700000042", "+254700000043"]);
  });

  it("rings all agents, talks to the first who answers, and the other phone stops", async () => {
    const board = await lab.watch();
    const phones = await Promise.all([lab.phone("1002"), lab.phone("1004")]);
    await lab.signIn("1002", "1004");
    const caller = await lab.outside("+254700000045");
    await caller.dial(billingLine);
    const id = await board.begun("+254700000045");
    await Promise.all(phones.map((phone) => phone.event("CALL_INCOMING")));
    const [quiet, answers] = phones;
    await answers.answer();
    const connected = await board.fact(id, "connected");
    expect(connected.data).toMatchObject({ agent_id: "AGT-004", extension: "1004" });
    await quiet.event("CALL_CLOSED");
    // What keeps her telephone from showing a missed call.
    expect(quiet.said()).toMatch(/CANCEL sip:[^]*Reason: SIP ?;cause=200/);
    await until("the other agent to be free", async () => {
      return (await lab.api.agent("AGT-002")).status === "available";
    });
    await conversation(500);
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const { events, segments } = await lab.api.call(id);
    const ends = events.filter(({ type }) => type === "offer_ended");
    expect(ends).toMatchObject([
      { agent_id: "AGT-004", outcome: "answered" },
      { agent_id: "AGT-002", outcome: "answered_elsewhere" },
    ]);
    const rings = segments.filter(({ kind }) => kind === "ring");
    const outcomes = new Set(rings.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(new Set(["answered", "answered_elsewhere"]));
  });

  it("is taken by an agent of another queue when she has waited, also after the server was killed", async () => {
    let board = await lab.watch();
    // Amina serves support and takes a break; Daudi serves billing, and not support.
    await lab.phone("1001");
    await lab.api.setAgent("AGT-001", "on_break");
    const caller = await lab.outside("+254700000046");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000046");
    await board.fact(id, "overflowed");
    await lab.killServer();
    await lab.startServer();
    board = await lab.watch();
    const agent = await lab.phone("1004");
    await lab.api.setAgent("AGT-004", "available");
    await agent.event("CALL_INCOMING");
    await agent.answer();
    const connected = await board.fact(id, "connected");
    expect(connected.data).toMatchObject({ agent_id: "AGT-004", extension: "1004" });
    await conversation(500);
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const answer = await lab.api.request("GET", `/api/calls/${id}/routing`);
    const routing = (await answer.json()) as WireRouting;
    expect(routing).toMatchObject({ queue: "support", also_queues: ["billing"] });
    expect(routing.decisions).toMatchObject([{ queue: "support", agent_id: "AGT-004" }]);
    expect(routing.decisions[0]?.reasons).toContain(
      "its queue's overflow had added the agents of billing; AGT-004 was asked as one of billing",
    );
  });

  it("hears that a queue is closed which somebody has closed", async () => {
    const board = await lab.watch();
    await lab.phone("1001");
    await lab.signIn("1001");
    await lab.api.request("POST", "/api/queues/support/close");
    try {
      await lab.caller({ called: supportLine, number: "+254700000044", stay: 4_000 });
      const id = await board.begun("+254700000044");
      await board.fact(id, "voicemail_started");
      await board.fact(id, "ended");
      const { events } = await lab.api.call(id);
      expect(events.map(({ type }) => type)).not.toContain("queued");
      expect(events).toContainEqual(
        expect.objectContaining({ type: "voicemail_started", why: "closed" }),
      );
    } finally {
      await lab.api.request("POST", "/api/queues/support/open");
    }
  });
});
