import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { conversation, until } from "../lab/until.ts";

/** What is asked of a live call over the API, on a real Asterisk. */
describe("a call that somebody has other plans with", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("is transferred from the agent she talks to, to another who hears her, and is hung up", async () => {
    const board = await lab.watch();
    const [first, second] = await Promise.all([lab.phone("1001", 500), lab.phone("1004", 800)]);
    const caller = await lab.outside("+254700000061", 1_000);
    await lab.signIn("1001", "1004");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000061");
    await first.event("CALL_INCOMING");
    await first.answer();
    await board.fact(id, "connected");
    await conversation(500);
    const ordered = await lab.api.order(id, "transfer?target_department=billing&agent_id=AGT-004");
    expect(ordered).toMatchObject({ department: "billing", agent_id: "AGT-004" });
    await Promise.all([first.event("CALL_CLOSED"), second.event("CALL_INCOMING")]);
    await second.answer();
    const met = await board.fact(id, "connected", 2);
    expect(met.data).toMatchObject({ agent_id: "AGT-004", queue: "billing" });
    await conversation(2_000);
    await lab.api.order(id, "end");
    await Promise.all([caller.event("CALL_CLOSED"), second.event("CALL_CLOSED")]);
    await board.fact(id, "ended");
    await lab.nothingLeft();
    // At the end she hears the second agent and nobody else, and is heard.
    const heard = part(await caller.heard(), -1_200);
    expect(toneLevel(heard, 800) / rms(heard)).toBeGreaterThan(0.9);
    const hers = part(await second.heard(), -1_200);
    expect(toneLevel(hers, 1_000) / rms(hers)).toBeGreaterThan(0.9);
    const { ending, segments } = await lab.api.call(id);
    expect(ending).toEqual({ result: "completed", reason: "talked", by: "agent" });
    expect(segments.map(({ kind, agent_id }) => [kind, agent_id])).toEqual([
      ["queue", null],
      ["ring", "AGT-001"],
      ["talk", "AGT-001"],
      ["ring", "AGT-004"],
      ["talk", "AGT-004"],
    ]);
  });

  it("goes from one queue, with its music, to another, though the server is killed on the way", async () => {
    let board = await lab.watch();
    await Promise.all([lab.phone("1001"), lab.phone("1004")]);
    await lab.api.setAgent("AGT-001", "on_break");
    await lab.api.setAgent("AGT-004", "on_break");
    const caller = await lab.outside("+254700000062");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000062");
    await board.fact(id, "queued");
    await lab.api.order(id, "route?department=billing");
    await board.fact(id, "moved");
    const queueOf = async () => (await lab.api.waiting())[0]?.queue;
    await until("her to wait in the other queue", async () => (await queueOf()) === "billing");
    await lab.killServer();
    await lab.startServer();
    board = await lab.watch();
    expect(await lab.api.waiting()).toMatchObject([{ call_id: id, queue: "billing", position: 1 }]);
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
  });
});
