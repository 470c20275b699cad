import { describe, expect, it } from "vitest";
import { fold } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import {
  asAgentId,
  asBridgeId,
  asCallId,
  asChannelId,
  asQueueName,
  callIdFrom,
  ticketIdFrom,
} from "../../src/domain/ids.ts";

const started: CallFact = {
  type: "started",
  direction: "inbound",
  caller: "+254700000001",
  callerName: "",
  dialled: "+254711000001",
  channel: asChannelId("in-1"),
};
const queue = asQueueName("support");
const agent = asAgentId("AGT-001");
const offered: CallFact = { type: "offered", agent, extension: "1001", queue, reasons: [] };
const ended: CallFact = {
  type: "ended",
  ending: { result: "completed", reason: "talked", by: "agent" },
};

/** The facts as events one second apart. */
const events = (...facts: CallFact[]): CallEvent[] =>
  facts.map((fact, index) => ({
    ...fact,
    call: asCallId("CALL-1"),
    seq: index + 1,
    at: index * 1_000,
  }));

describe("a call's state", () => {
  it("keeps its first entry into a queue when an offer was not answered", () => {
    const state = fold(
      events(
        started,
        { type: "queued", queue, priority: 0 },
        offered,
        { type: "offer_ended", agent, outcome: "no_answer" },
        { type: "queued", queue, priority: 0 },
      ),
    );
    expect(state).toMatchObject({ stage: "queued", queuedAt: 1_000, agent: null });
  });

  it("has every timestamp of a conversation, in order", () => {
    const state = fold(
      events(
        started,
        { type: "answered" },
        { type: "queued", queue, priority: 0 },
        offered,
        { type: "offer_ended", agent, outcome: "answered" },
        {
          type: "connected",
          agent,
          extension: "1001",
          bridge: asBridgeId("c-1"),
          channel: asChannelId("out-1"),
        },
        ended,
      ),
    );
    expect(state).toMatchObject({
      stage: "ended",
      startedAt: 0,
      answeredAt: 1_000,
      queuedAt: 2_000,
      offeredAt: 3_000,
      connectedAt: 5_000,
      endedAt: 6_000,
      agent,
    });
  });

  it.each([
    [
      "talking before anybody rang",
      [
        started,
        {
          type: "connected",
          agent,
          extension: "1001",
          bridge: asBridgeId("c"),
          channel: asChannelId("o"),
        },
      ],
    ],
    ["anything after the end", [started, ended, { type: "queued", queue, priority: 0 }]],
    ["a second ending", [started, ended, ended]],
    ["a second start", [started, started]],
    ["a history without a start", [{ type: "answered" }]],
  ] as [string, CallFact[]][])("refuses %s", (_, facts) => {
    expect(() => fold(events(...facts))).toThrow();
  });

  it("refuses a gap in the numbering", () => {
    const [first, second] = events(started, { type: "answered" });
    expect(() => fold([first as CallEvent, { ...(second as CallEvent), seq: 3 }])).toThrow(
      /follows/,
    );
  });
});

describe("ids", () => {
  it("look as users of the API know them", () => {
    const bytes = Uint8Array.of(0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18);
    expect(callIdFrom(bytes)).toBe("CALL-A1B2C3D4E5F60718");
    expect(() => callIdFrom(bytes.subarray(1))).toThrow(RangeError);
    expect(ticketIdFrom(Date.UTC(2026, 10, 20, 23, 59), 1)).toBe("TKT-20261120-0001");
  });
});
