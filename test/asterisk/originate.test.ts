import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { freeSipPort } from "../../src/ops/ports.ts";
import { Lab } from "../lab/lab.ts";
import { conversation } from "../lab/until.ts";

const asha = "+254700000801";

/** Calls that are ordered over the API, on a real Asterisk, over a trunk to telephones outside. */
describe("a call that is ordered over the API", () => {
  let lab: Lab;
  let outside: { readonly address: string; readonly port: number };
  beforeAll(async () => {
    const address = "127.0.0.3";
    outside = { address, port: await freeSipPort(address) };
    lab = await Lab.start({
      centre: (centre) => ({
        ...centre,
        trunks: [{ name: "provider", host: outside.address, port: outside.port, register: false }],
        queues: centre.queues.map((queue) => ({
          ...queue,
          wrapUpMs: 0,
          callback: { ...queue.callback, only: ["+254"] },
        })),
      }),
    });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("rings the agent's telephone, then the one outside, and both hear each other", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001", 500);
    const hers = await lab.callee({
      ...outside,
      ring: 500,
      then: "answer",
      toneHz: 900,
      talk: 60_000,
    });
    const number = encodeURIComponent(asha);
    const { call_id: id, call } = await lab.api.originate(
      `phone_number=${number}&customer_name=Asha&agent_id=AGT-001`,
    );
    expect(call).toMatchObject({ status: "initiated", phone_number: asha, customer_name: "Asha" });
    await agent.event("CALL_INCOMING");
    expect(agent.said()).toMatch(/From: "Call to Asha" <sip:\+254700000801@/);
    expect((await hers.trace()).some(({ method }) => method === "INVITE")).toBe(false);
    await agent.answer();
    await hers.message(({ method }) => method === "INVITE");
    const connected = await board.fact(id, "connected");
    expect(connected.data).toMatchObject({ agent_id: "AGT-001", direction: "outbound" });
    await conversation(2_000);
    await agent.hangup();
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toEqual({ result: "completed", reason: "talked", by: "agent" });
    await lab.nothingLeft();
    const heard = part(await agent.heard(), -1_000);
    expect(toneLevel(heard, 900) / rms(heard)).toBeGreaterThan(0.9);
  });

  it("says why it was not answered", async () => {
    const board = await lab.watch();
    const agent = await lab.phone("1001");
    await lab.callee({ ...outside, ring: 200, then: "busy" });
    const number = encodeURIComponent(asha);
    const { call_id: id } = await lab.api.originate(`phone_number=${number}&agent_id=AGT-001`);
    await agent.event("CALL_INCOMING");
    await agent.answer();
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toEqual({ result: "refused", reason: "customer_busy", by: "system" });
    await agent.event("CALL_CLOSED");
    await lab.nothingLeft();
  });

  it("to a colleague rings the own telephone first", async () => {
    const board = await lab.watch();
    const [own, colleague] = await Promise.all([lab.phone("1001", 500), lab.phone("1004", 800)]);
    const { call_id: id } = await lab.api.originate("phone_number=1004&agent_id=AGT-001");
    await own.event("CALL_INCOMING");
    await own.answer();
    await colleague.event("CALL_INCOMING");
    await colleague.answer();
    const connected = await board.fact(id, "connected");
    expect(connected.data).toMatchObject({ direction: "internal", agent_id: "AGT-004" });
    await conversation(2_000);
    await own.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const heard = part(await own.heard(), -1_000);
    expect(toneLevel(heard, 800) / rms(heard)).toBeGreaterThan(0.9);
  });

  it("to a telephone that is not registered is refused at once", async () => {
    await lab.phone("1001");
    await expect(lab.api.originate("phone_number=1005&agent_id=AGT-001")).rejects.toThrow(
      /409 .*The telephone 1005 is not registered/,
    );
    expect(await lab.api.liveCalls()).toEqual([]);
  });
});
