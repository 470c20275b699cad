import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Centre } from "../../src/domain/centre.ts";
import { part, readWav, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { freeSipPort } from "../../src/ops/ports.ts";
import type { Updates } from "../lab/client.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { conversation, until } from "../lab/until.ts";

const billingLine = "+254711000003";

/** Call backs on a real Asterisk, over a trunk to telephones outside. */
describe("a caller who asks to be called back", () => {
  let lab: Lab;
  /** Where telephones outside are called: an address of this machine that nobody calls from. */
  let outside: { readonly address: string; readonly port: number };
  beforeAll(async () => {
    const address = "127.0.0.3";
    outside = { address, port: await freeSipPort(address) };
    lab = await Lab.start({ centre: (centre) => callingBack(centre, outside) });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  /** Calls in, presses the key and hangs up; gives the call by which she is called back. */
  async function asks(board: Updates, number: string, line = supportLine): Promise<string> {
    const caller = await lab.outside(number);
    await caller.dial(line);
    const id = await liveCallOf(lab, number);
    await board.fact(id, "queued");
    await caller.event("CALL_ESTABLISHED");
    await conversation(500);
    await caller.press("1");
    const requested = await board.fact(id, "callback_requested");
    await caller.hangup();
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toEqual({
      result: "completed",
      reason: "callback_requested",
      by: "caller",
    });
    const by = requested.data.called_back_by;
    if (by === null) throw new Error(`nobody calls back in ${id}`);
    return by;
  }

  it("is called when her turn comes, before who came later, and both hear each other", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001", 500);
    await lab.api.setAgent("AGT-001", "on_break");
    const back = await asks(board, "+254700000701");
    // She says again what she hears.
    const hers = await lab.callee({ ...outside, ring: 500, then: "answer", talk: 3_000 });
    await lab.caller({ called: supportLine, number: "+254700000702", stay: 30_000 });
    const later = await board.begun("+254700000702");
    await board.fact(later, "queued");
    expect(await lab.api.waiting()).toMatchObject([
      { call_id: back, phone_number: "+254700000701", callback: true, position: 1 },
      { call_id: later, callback: false, position: 2 },
    ]);

    await lab.api.setAgent("AGT-001", "available");
    await agent.event("CALL_INCOMING");
    expect(agent.said()).toMatch(/From: "Call back" <sip:\+254700000701@/);
    expect((await hers.trace()).some(({ method }) => method === "INVITE")).toBe(false);
    await agent.answer();
    await hers.message(({ method }) => method === "INVITE");
    const connected = await board.fact(back, "connected");
    expect(connected.data).toMatchObject({ agent_id: "AGT-001", direction: "outbound" });
    await board.fact(back, "ended");
    // Who came later is next.
    await board.fact(later, "offered");
    await agent.event("CALL_INCOMING");
    await agent.answer();
    await board.fact(later, "connected");
    await agent.hangup();
    await board.fact(later, "ended");
    await lab.nothingLeft();

    const call = await lab.api.call(back);
    expect(call.ending).toEqual({ result: "completed", reason: "talked", by: "caller" });
    expect(call.segments.map(({ kind }) => kind)).toEqual(["queue", "ring", "dial", "talk"]);
    const recording = part(readWav(await lab.api.recording(back)), 1_000, 2_500);
    // The agent's tone, and what came back of it: she has heard it, and was heard.
    expect(toneLevel(recording, 500)).toBeGreaterThan(0.1);
    const asked = await lab.api.call(call.callback_of ?? "");
    expect(asked.called_back_by).toBe(back);
    expect(await lab.api.tickets(asked.call_id)).toEqual([]);
  });

  it("is called again when she does not answer, and has one place however often she asks", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001", 500);
    await lab.api.setAgent("AGT-001", "on_break");
    const back = await asks(board, "+254700000703");
    const [place] = await lab.api.waiting();
    expect(await asks(board, "+254700000703")).toBe(back);
    expect(await lab.api.waiting()).toMatchObject([
      { call_id: back, entered_at: place?.entered_at },
    ]);
    const away = await lab.callee({ ...outside, ring: 0, then: "ignore" });

    await lab.api.setAgent("AGT-001", "available");
    await agent.event("CALL_INCOMING");
    await agent.answer();
    await away.message(({ method }) => method === "INVITE");
    await away.message(({ method }) => method === "CANCEL");
    await board.fact(back, "customer_missed");
    await agent.event("CALL_CLOSED");
    await away.stop();
    await lab.available("1001");
    await lab.callee({ ...outside, ring: 500, then: "answer" });
    await agent.event("CALL_INCOMING");
    await agent.answer();
    await board.fact(back, "connected");
    await conversation(2_000);
    await agent.hangup();
    await board.fact(back, "ended");
    await lab.nothingLeft();
    const heard = part(await agent.heard(), -1_000);
    expect(toneLevel(heard, 500) / rms(heard)).toBeGreaterThan(0.9);
    const { events, ending } = await lab.api.call(back);
    expect(ending).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
    const tries = events.filter(({ type }) => type === "customer_dialled");
    expect(tries).toMatchObject([{ number: 1 }, { number: 2 }]);
  });

  it("is called first where the queue says so, and the agent's phone rings when she answers", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1002", 500);
    await lab.api.setAgent("AGT-002", "on_break");
    const back = await asks(board, "+254700000704", billingLine);
    const hers = await lab.callee({ ...outside, ring: 2_000, then: "answer" });
    await lab.api.setAgent("AGT-002", "available");
    await hers.message(({ method }) => method === "INVITE");
    expect(await lab.api.agent("AGT-002")).toMatchObject({
      reservation: "offered",
      call_id: back,
      device: "idle",
    });
    await agent.event("CALL_INCOMING");
    await board.fact(back, "answered");
    await agent.answer();
    await board.fact(back, "connected");
    await conversation(2_000);
    await agent.hangup();
    await board.fact(back, "ended");
    await lab.nothingLeft();
    const heard = part(await agent.heard(), -1_000);
    expect(toneLevel(heard, 500) / rms(heard)).toBeGreaterThan(0.9);
  });

  it("is called though the server was killed while she waited, and while her telephone rang", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001", 500);
    await lab.api.setAgent("AGT-001", "on_break");
    const back = await asks(board, "+254700000705");
    const [place] = await lab.api.waiting();
    await lab.killServer();
    await lab.startServer();
    await until("the place to be there", async () => (await lab.api.waiting()).length === 1);
    expect(await lab.api.waiting()).toMatchObject([
      { call_id: back, entered_at: place?.entered_at, callback: true },
    ]);
    const hers = await lab.callee({ ...outside, ring: 5_000, then: "answer" });
    await lab.api.setAgent("AGT-001", "available");
    await agent.event("CALL_INCOMING");
    await agent.answer();
    await hers.message(({ method, status }) => method === "INVITE" && status === 180);
    await lab.killServer();
    await lab.startServer();
    const after = await lab.watch();
    await until("both to talk", async () => {
      return (await lab.api.call(back)).status === "in_progress";
    });
    await conversation(2_000);
    await agent.hangup();
    await after.fact(back, "ended");
    await lab.nothingLeft();
    const heard = part(await agent.heard(), -1_000);
    expect(toneLevel(heard, 500) / rms(heard)).toBeGreaterThan(0.9);
    const { events } = await lab.api.call(back);
    expect(events.filter(({ type }) => type === "customer_dialled")).toHaveLength(1);
  });
});

/** The newest call of this number that is live. */
async function liveCallOf(lab: Lab, number: string): Promise<string> {
  let id: string | undefined;
  await until(`a call of ${number}`, async () => {
    const live = await lab.api.liveCalls();
    id = live.find((call) => call.phone_number === number && call.direction === "inbound")?.call_id;
    return id !== undefined;
  });
  return id ?? "";
}

/** A centre whose queues call back over a trunk of its own, soon and in a hurry; `billing` calls the customer first. */
function callingBack(centre: Centre, at: { address: string; port: number }): Centre {
  return {
    ...centre,
    numbers: [...centre.numbers, { number: billingLine, queue: "billing" }],
    trunks: [{ name: "provider", host: at.address, port: at.port, register: false }],
    queues: centre.queues.map((queue) => ({
      ...queue,
      ringMs: 8_000,
      wrapUpMs: 0,
      exits: { "1": { callback: true } },
      callback: {
        ...queue.callback,
        mode: queue.name === "billing" ? ("customer-first" as const) : ("agent-first" as const),
        ringMs: queue.name === "billing" ? 15_000 : 6_000,
        retryAfterMs: 5_000,
        only: ["+254"],
        trunk: "provider",
      },
    })),
  };
}
