import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Centre } from "../../src/domain/centre.ts";
import { part, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { conversation, until } from "../lab/until.ts";

/** A queue whose message is long, and whose keys lead out. */
const talkative = (centre: Centre): Centre => ({
  ...centre,
  queues: centre.queues.map((queue) => ({
    ...queue,
    ringMs: 15_000,
    wrapUpMs: 0,
    announceEveryMs: 1_000,
    announce: {
      ...queue.announce,
      position: false,
      messages: ["choose-department"],
      messagesEveryMs: 5_000,
    },
    exits: { "1": { voicemail: true }, "3": { menu: "department" } },
  })),
});

describe("a caller who waits on a real Asterisk", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({ centre: talkative });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("is connected in the middle of a message when the agent answers", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001", 500);
    await lab.api.setAgent("AGT-001", "on_break");
    const caller = await lab.outside("+254700000501");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000501");
    await board.fact(id, "queued");
    await until("a message", async () =>
      (await lab.api.transcript(id)).some(({ content }) => content.includes("press 9")),
    );
    await lab.api.setAgent("AGT-001", "available");
    await agent.event("CALL_INCOMING");
    const answeredAt = Date.now();
    await agent.answer();
    const connected = await board.fact(id, "connected");
    // The message and the keys last for more than ten seconds.
    expect(Date.parse(connected.at) - answeredAt).toBeLessThan(1_000);
    await conversation(2_000);
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const heard = part(await caller.heard(), -1_000);
    // The agent, and no prompt beside her.
    expect(toneLevel(heard, 500) / rms(heard)).toBeGreaterThan(0.9);
  });

  it("presses a key while a phone rings for her: it stops, and its agent is free", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001");
    await lab.signIn("1001");
    const caller = await lab.outside("+254700000502");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000502");
    await agent.event("CALL_INCOMING");
    await conversation(500);
    await caller.press("1");
    const left = await board.fact(id, "left_queue");
    await agent.event("CALL_CLOSED");
    const asked = await board.fact(id, "voicemail_started");
    expect(Date.parse(asked.at) - Date.parse(left.at)).toBeLessThan(1_000);
    await lab.available("1001");
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const { events } = await lab.api.call(id);
    expect(events.find(({ type }) => type === "offer_ended")).toMatchObject({
      outcome: "caller_left",
    });
  });
});
