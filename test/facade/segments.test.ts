import { describe, expect, it } from "vitest";
import { apply, begin, fold } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import { asAgentId, asBridgeId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { callDetailSchema } from "../../src/facade/contract/call.ts";
import { presentCall, presentCallDetail } from "../../src/facade/contract/present.ts";
import { segmentsOf } from "../../src/facade/contract/segments.ts";

const call = asCallId("CALL-00000001");
const support = asQueueName("support");
const amina = asAgentId("AGT-001");
const start = Date.parse("2026-11-20T08:00:00Z");

const started: CallFact = {
  type: "started",
  direction: "inbound",
  caller: "+254711000001",
  callerName: "",
  dialled: "+254700000000",
  channel: asChannelId("chan-1"),
};
const waits: readonly CallFact[] = [
  started,
  { type: "answered" },
  { type: "queued", queue: support, priority: 0 },
];
const released: CallFact = { type: "released" };
const adopted: CallFact = { type: "adopted", by: "two/1", from: "one/1" };
const ended: CallFact = {
  type: "ended",
  ending: { result: "completed", reason: "talked", by: "caller" },
};

/** A call whose facts are a second apart. */
function story(...facts: readonly CallFact[]): CallEvent[] {
  return facts.map((fact, index) => ({ ...fact, call, seq: index + 1, at: start + index * 1_000 }));
}

const shape = (events: readonly CallEvent[]) =>
  segmentsOf(events).map(({ kind, started_at, ended_at, outcome, agent_id }) => ({
    kind,
    from: (Date.parse(started_at) - start) / 1_000,
    to: ended_at === null ? null : (Date.parse(ended_at) - start) / 1_000,
    outcome,
    agent_id,
  }));

describe("the stretches of a call that its server lost", () => {
  it("show how long the dialplan held her, and the wait that went on after it", () => {
    const again: CallFact = { type: "queued", queue: support, priority: 0 };
    expect(shape(story(...waits, released, adopted, again))).toEqual([
      { kind: "queue", from: 2, to: 3, outcome: "released", agent_id: null },
      { kind: "fallback", from: 3, to: 4, outcome: "adopted", agent_id: null },
      { kind: "queue", from: 5, to: null, outcome: null, agent_id: null },
    ]);
  });

  it("show the conversation of a call that a phone of the native queue answered", () => {
    const natively: CallFact = { type: "answered_natively", agent: amina, extension: "1001" };
    const events = story(...waits, released, natively, ended);
    expect(shape(events)).toEqual([
      { kind: "queue", from: 2, to: 3, outcome: "released", agent_id: null },
      { kind: "fallback", from: 3, to: 4, outcome: "answered", agent_id: null },
      { kind: "talk", from: 4, to: 5, outcome: "talked", agent_id: "AGT-001" },
    ]);
    const detail = presentCallDetail(fold(events), events, []);
    expect(callDetailSchema.parse(detail).connected_at).toBe("2026-11-20T08:00:04.000Z");
  });

  it("are not cut by another server's taking the call up", () => {
    const connected: CallFact = {
      type: "connected",
      agent: amina,
      extension: "1001",
      bridge: asBridgeId("bridge-1"),
      channel: asChannelId("chan-2"),
    };
    const offered: CallFact = {
      type: "offered",
      agent: amina,
      extension: "1001",
      queue: support,
      reasons: [],
    };
    expect(shape(story(...waits, offered, connected, adopted, ended)).at(-1)).toEqual({
      kind: "talk",
      from: 4,
      to: 6,
      outcome: "talked",
      agent_id: "AGT-001",
    });
  });

  it("have a status of their own meanwhile", () => {
    const [first, ...more] = story(...waits, released);
    if (first === undefined) throw new Error("the story has no facts");
    expect(presentCall(more.reduce(apply, begin(first))).status).toBe("fallback");
  });
});
