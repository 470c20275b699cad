import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fold } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import { asAgentId, asBridgeId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { finishCall } from "../../src/flows/post-call.ts";
import { openWorld, type World } from "./world.ts";

const id = asCallId("CALL-0A1B2C3D");
const name = `${id}/talk`;
const channel = asChannelId("agent");
const queue = asQueueName("support");
const amina = { agent: asAgentId("AGT-001"), extension: "1001" };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.stop());

const talked: readonly CallFact[] = [
  {
    type: "started",
    direction: "inbound",
    caller: "+254700000001",
    callerName: "",
    dialled: "100",
    channel: asChannelId("caller"),
  },
  { type: "queued", queue, priority: 0 },
  { type: "offered", ...amina, queue, reasons: [] },
  { type: "offer_ended", agent: amina.agent, outcome: "answered" },
  { type: "connected", ...amina, bridge: asBridgeId("c-agent"), channel },
  { type: "recording_started", recording: name },
];
const ended: CallFact = {
  type: "ended",
  ending: { result: "completed", reason: "talked", by: "agent" },
};

async function logged(facts: readonly CallFact[]): Promise<void> {
  const events = facts.map(
    (fact, index): CallEvent => ({ ...fact, call: id, seq: index + 1, at: 1_000 * (index + 1) }),
  );
  await world.deps.store.calls.append(events, [fold(events)]);
}

async function finished(): Promise<void> {
  const finishing = finishCall(id, world.deps);
  finishing.catch(() => undefined); // Looked at when the exchange has had its time.
  await world.clock.pass(500);
  await finishing;
}

describe("the recording of a call that is over", () => {
  it("is kept though nobody was told of its end", async () => {
    await logged([...talked, ended]);
    world.telephony.leaveRecording(name);
    await finished();
    expect(await world.deps.store.recordings.ofCall(id)).toMatchObject([
      { name, kind: "conversation", queue: "support", agents: ["AGT-001"], deleted: null },
    ]);
    expect(world.telephony.recordingsLeft).toBe(0);
  });

  it("is waited for when the end is in the store before what came before it", async () => {
    const { calls } = world.deps.store;
    const events = [...talked, ended].map(
      (fact, index): CallEvent => ({ ...fact, call: id, seq: index + 1, at: 1_000 * (index + 1) }),
    );
    await calls.append(events.slice(0, 2), [fold(events)]);
    await expect(finished()).rejects.toMatchObject({ code: "not_found" });
  });

  it.each([
    [0, 0],
    [2_000, 1],
  ])(
    "that lasted %d ms, and of which there is no file, is missed in %d lines of the log",
    async (durationMs, lines) => {
      const over: CallFact = { type: "recording_ended", recording: name, durationMs };
      await logged([...talked, over, ended]);
      await finished();
      expect(world.log.lines).toHaveLength(lines);
    },
  );
});
