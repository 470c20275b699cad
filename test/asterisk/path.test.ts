import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, readWav, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { Lab, mainNumber, supportLine } from "../lab/lab.ts";
import { conversation, inOrder } from "../lab/until.ts";

/** The main job on a real Asterisk: real telephones, real sound. */
describe("a caller from outside", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("walks the menu, is rung through to an agent, and all of it is on record", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001", 500);
    const caller = await lab.outside("+254700000001", 1_000);
    await lab.signIn("1001");

    await caller.dial(mainNumber);
    const id = await board.begun("+254700000001");
    await board.fact(id, "menu_entered");
    await conversation(1_200);
    await caller.press("1");
    await board.fact(id, "language_chosen");
    await board.fact(id, "menu_entered", 2);
    await caller.press("2");
    const queued = await board.fact(id, "queued");
    expect(queued.data).toMatchObject({ queue: "support", language: "en" });

    await agent.event("CALL_INCOMING");
    await board.fact(id, "offered");
    await agent.answer();
    const connected = await board.fact(id, "connected");
    expect(connected.data).toMatchObject({ agent_id: "AGT-001", extension: "1001" });
    await conversation(2_000);
    await agent.hangup();
    await caller.event("CALL_CLOSED");
    await board.fact(id, "ended");
    await lab.nothingLeft();

    const call = await lab.api.call(id);
    expect(call.ending).toEqual({ result: "completed", reason: "talked", by: "agent" });
    const moments = [
      call.started_at,
      call.answered_at,
      call.queued_at,
      call.offered_at,
      call.connected_at,
      call.ended_at,
    ];
    expect(moments).not.toContain(null);
    expect(inOrder(moments)).toBe(true);
    expect(call.segments.map((segment) => segment.kind)).toEqual([
      "menu",
      "menu",
      "queue",
      "ring",
      "talk",
    ]);
    expect(call.events.map((event) => event.seq)).toEqual(call.events.map((_, index) => index + 1));

    const lines = await lab.api.transcript(id);
    expect(lines.some((line) => line.speaker === "bot" && line.content !== "")).toBe(true);
    expect(lines.some((line) => line.speaker === "customer")).toBe(true);

    const heard = await caller.heard();
    expect(rms(part(heard, 300, 1_200))).toBeGreaterThan(0.01);
    const talk = part(heard, -1_200);
    // Nothing but the agent: no music, no prompt.
    expect(toneLevel(talk, 500)).toBeGreaterThan(0.1);
    expect(toneLevel(talk, 500) / rms(talk)).toBeGreaterThan(0.9);
    const agentHeard = part(await agent.heard(), -1_200);
    expect(toneLevel(agentHeard, 1_000) / rms(agentHeard)).toBeGreaterThan(0.9);

    const recording = readWav(await lab.api.recording(id));
    const middle = part(recording, 500, 1_500);
    expect(toneLevel(middle, 500)).toBeGreaterThan(0.05);
    expect(toneLevel(middle, 1_000)).toBeGreaterThan(0.05);
  });

  it("hears music while she waits", async () => {
    const board = await lab.watch();
    await lab.phone("1001");
    await lab.api.setAgent("AGT-001", "on_break");
    const caller = await lab.outside("+254700000002");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000002");
    await board.fact(id, "position_told");
    await conversation(6_000);
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    // The prompts of the entry last less than five seconds; what comes then is music.
    expect(rms(part(await caller.heard(), -1_000))).toBeGreaterThan(0.005);
  });

  it("waits behind others and is told when she moves up", async () => {
    const board = await lab.watch();
    await lab.phones(["1001"], { ring: 100, then: "answer" });
    await lab.api.setAgent("AGT-001", "on_break");
    const numbers = ["+254700000011", "+254700000012", "+254700000013"];
    for (const number of numbers) {
      await lab.caller({ called: supportLine, number, stay: 60_000 });
      await board.fact(await board.begun(number), "queued");
    }
    const waiting = await lab.api.waiting();
    expect(waiting.map((call) => [call.phone_number, call.position])).toEqual(
      numbers.map((number, index) => [number, index + 1]),
    );
    await lab.api.setAgent("AGT-001", "available");
    const first = await board.begun("+254700000011");
    await board.fact(first, "connected");
    expect((await lab.api.waiting()).map((call) => [call.phone_number, call.position])).toEqual([
      ["+254700000012", 1],
      ["+254700000013", 2],
    ]);
  });

  it("gets the next agent when the first is done with after-call work", async () => {
    const board = await lab.watch();
    await lab.phones(["1001"], { ring: 50, then: "answer", talk: 300 });
    await lab.signIn("1001");
    await lab.caller({ called: supportLine, number: "+254700000021" });
    const first = await board.begun("+254700000021");
    await board.fact(first, "queued");
    await lab.caller({ called: supportLine, number: "+254700000022" });
    const second = await board.begun("+254700000022");
    const ended = await board.fact(first, "ended");
    const offered = await board.fact(second, "offered");
    await board.fact(second, "ended");
    const rest = Date.parse(offered.at) - Date.parse(ended.at);
    expect(rest).toBeGreaterThan(900);
    expect(rest).toBeLessThan(3_000);
    await lab.nothingLeft();
  });
});
