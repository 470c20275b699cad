import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, readWav, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { conversation } from "../lab/until.ts";

/** Calls that do not come together at once, or at all. */
describe("a call that is not answered", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("is abandoned while it waits: a ticket is open", async () => {
    const board = await lab.watch();
    await lab.phone("1001");
    await lab.api.setAgent("AGT-001", "on_break");
    const caller = await lab.outside("+254700000101");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000101");
    await board.fact(id, "queued");
    await caller.hangup();
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toEqual({
      result: "abandoned",
      reason: "hung_up_waiting",
      by: "caller",
    });
    await board.next("the ticket", (update) => update.type === "ticket:created");
    expect(await lab.api.tickets(id)).toMatchObject([
      {
        status: "open",
        source: "abandoned",
        department: "support",
        customer_phone: "+254700000101",
      },
    ]);
    await lab.nothingLeft();
  });

  it("is abandoned while it rings: the phone stops at once", async () => {
    const board = await lab.watch();
    const phones = await lab.phones(["1001"], { ring: 20_000, then: "answer" });
    await lab.signIn("1001");
    const caller = await lab.outside("+254700000102");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000102");
    await phones.message((message) => message.method === "INVITE" && message.status === 180);
    const hungUpAt = Date.now();
    await caller.hangup();
    const cancel = await phones.message((message) => message.line.startsWith("CANCEL"));
    expect(cancel.at - hungUpAt).toBeLessThan(500);
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toMatchObject({ result: "abandoned", reason: "hung_up_ringing" });
    await board.next("the ticket", (update) => update.type === "ticket:created");
    await lab.nothingLeft();
    await lab.available("1001");
  });

  it.each([
    { first: "1001", then: "ignore", outcome: "no_answer", leastMs: 2_900, mostMs: 5_000 },
    { first: "1003", then: "busy", outcome: "busy", leastMs: 0, mostMs: 1_500 },
    { first: "1006", then: "decline", outcome: "declined", leastMs: 0, mostMs: 1_500 },
  ] as const)(
    "goes to the next agent after $outcome, and keeps its place",
    async ({ first, then, outcome, leastMs, mostMs }) => {
      const board = await lab.watch();
      await lab.phones([first], { ring: 50, then });
      await lab.phones(["1002"], { ring: 50, then: "answer", talk: 500 });
      // The longest idle is asked first.
      await lab.signIn(first, "1002");
      await lab.caller({ called: supportLine, number: "+254700000103" });
      const id = await board.begun("+254700000103");
      await board.fact(id, "ended");
      await lab.nothingLeft();
      const call = await lab.api.call(id);
      expect(call.ending).toMatchObject({ result: "completed", reason: "talked" });
      const rings = call.segments.filter((segment) => segment.kind === "ring");
      expect(rings.map((ring) => [ring.agent_id, ring.outcome])).toEqual([
        [lab.agentId(first), outcome],
        ["AGT-002", "answered"],
      ]);
      const [earlier, later] = rings.map((ring) => Date.parse(ring.started_at));
      const between = (later ?? 0) - (earlier ?? 0);
      expect(between).toBeGreaterThanOrEqual(leastMs);
      expect(between).toBeLessThan(mostMs);
      const queued = call.events.filter((event) => event.type === "queued");
      // Since Asterisk got her call, a moment before she was brought there.
      expect(queued.map((event) => event["since"] ?? event.at)).toEqual([call.queued_at]);
    },
  );

  it("is told that nobody is here, and leaves a message that opens a ticket", async () => {
    const board = await lab.watch();
    const caller = await lab.outside("+254700000104", 800);
    await caller.dial(supportLine);
    const id = await board.begun("+254700000104");
    await board.fact(id, "voicemail_started");
    // The apology and the invitation are played first; what is pressed after the beep ends the message.
    await lab.recording(`${id}/message`);
    await conversation(2_500);
    await caller.press("#");
    await board.fact(id, "voicemail_left");
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toEqual({
      result: "completed",
      reason: "left_message",
      by: "system",
    });
    const message = readWav(await lab.api.recording(id));
    expect(toneLevel(part(message, 200, 1_800), 800)).toBeGreaterThan(0.1);
    await board.next("the ticket", (update) => update.type === "ticket:created");
    expect(await lab.api.tickets(id)).toMatchObject([{ status: "open", source: "voicemail" }]);
    expect(rms(part(await caller.heard(), 300, 1_500))).toBeGreaterThan(0.01);
    await lab.nothingLeft();
  });
});
