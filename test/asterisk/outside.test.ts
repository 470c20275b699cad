import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { type Callee, outsideAddress } from "../../src/ops/phones/callers.ts";
import type { Sipp } from "../../src/ops/phones/sipp.ts";
import { freePort } from "../../src/ops/ports.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { conversation, until } from "../lab/until.ts";

const number = "+254700000701";

interface Channel {
  readonly id: string;
  readonly connected: { readonly number: string };
}

describe("a caller whose queue leads to a number outside, on a real Asterisk", () => {
  let lab: Lab;
  let port = 0;
  beforeAll(async () => {
    port = await freePort(outsideAddress);
    const overflow = [{ when: { waitedMs: 1_000 }, do: { number } }];
    lab = await Lab.start({
      centre: (centre) => ({
        ...centre,
        trunks: [{ name: "provider", host: outsideAddress, port, register: false }],
        queues: centre.queues.map((queue) => ({
          ...queue,
          joinEmpty: "always" as const,
          overflow: queue.name === "support" ? overflow : [],
        })),
      }),
    });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  const outside = (plan: Omit<Callee, "address" | "port">): Promise<Sipp> =>
    lab.callee({ ...plan, address: outsideAddress, port });

  it("talks to whoever answers there, who is rung over the trunk, and both are recorded", async () => {
    const board = await lab.watch();
    const callee = await outside({ ring: 2_000, then: "answer", toneHz: 900 });
    const caller = await lab.outside("+254700000702", 500);
    await caller.dial(supportLine);
    const id = await board.begun("+254700000702");
    let shown: string | undefined;
    await until("the telephone outside to ring", async () => {
      const channels = await lab.ari<Channel[]>("GET", "channels");
      shown = channels.find((each) => each.id.includes("-outside-"))?.connected.number;
      return shown !== undefined;
    });
    // What Asterisk writes into the From of her INVITE.
    expect(shown).toBe(supportLine);
    await board.fact(id, "connected_outside");
    await board.fact(id, "recording_started");
    expect(await lab.api.call(id)).toMatchObject({ status: "in_progress", forwarded_to: number });
    await conversation(2_500);
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const heard = part(await caller.heard(), -1_000);
    expect(toneLevel(heard, 900) / rms(heard)).toBeGreaterThan(0.9);
    const [invite] = await callee.trace();
    expect(invite?.line).toMatch(/^INVITE sip:\+254700000701@/);
    expect((await lab.api.recording(id)).length).toBeGreaterThan(16_000);
    const { ending, segments, agent_id } = await lab.api.call(id);
    expect(ending).toEqual({ result: "completed", reason: "talked", by: "caller" });
    expect(agent_id).toBeNull();
    expect(segments.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ["queue", "overflow_1"],
      ["ring", "answered"],
      ["talk", "talked"],
    ]);
  });

  it("is put through though the server is killed while it rings, and again while they talk", async () => {
    const board = await lab.watch();
    await outside({ ring: 4_000, then: "answer" });
    const caller = await lab.outside("+254700000703");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000703");
    await board.fact(id, "forwarded");
    const types = async () => (await lab.api.call(id)).events.map(({ type }) => type);
    for (const lives of [1, 2]) {
      await lab.killServer();
      await lab.startServer();
      await until(
        "the conversation to be taken up",
        async () => {
          const told = await types();
          const adopted = told.filter((type) => type === "adopted");
          return adopted.length === lives && told.includes("connected_outside");
        },
        30_000,
      );
    }
    expect((await types()).filter((type) => type === "forwarded")).toHaveLength(1);
    await caller.hangup();
    await lab.nothingLeft();
    const { ending } = await lab.api.call(id);
    expect(ending).toEqual({ result: "completed", reason: "talked", by: "caller" });
  });

  it("is asked for a message when it is busy there", async () => {
    const board = await lab.watch();
    await outside({ ring: 100, then: "busy" });
    const caller = await lab.outside("+254700000704");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000704");
    await board.fact(id, "voicemail_started");
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const { events } = await lab.api.call(id);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "voicemail_started", why: "number_busy" }),
    );
  });
});
