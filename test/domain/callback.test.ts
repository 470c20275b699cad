import { describe, expect, it } from "vitest";
import { apply, type CallState, fold } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import { type Callback, callbackSchema, nextStep } from "../../src/domain/callback.ts";
import { asAgentId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";

const settings = callbackSchema.parse({ tries: 2, retryAfterMs: 60_000, withinMs: 600_000 });
const of = asCallId("CALL-0000000A");

describe("what comes next for who is to be called back", () => {
  const callback: Callback = {
    of,
    from: "100",
    ordered: null,
    tries: 0,
    ringsSince: null,
    missedAt: null,
  };
  const next = (about: Partial<Callback>, now: number) =>
    nextStep({ callback: { ...callback, ...about }, startedAt: 1_000 }, settings, now);

  it("is her turn in the queue, as long as there is time", () => {
    expect(next({}, 1_000)).toEqual({ do: "queue", withinMs: 600_000 });
    expect(next({}, 600_999)).toEqual({ do: "queue", withinMs: 1 });
    expect(next({}, 601_000)).toEqual({ do: "give_up", reason: "callback_expired" });
  });

  it("is a pause when she was not reached, never beyond the time there is, and then her turn", () => {
    const missed = { tries: 1, missedAt: 10_000 };
    expect(next(missed, 10_000)).toEqual({ do: "pause", ms: 60_000 });
    expect(next(missed, 69_999)).toEqual({ do: "pause", ms: 1 });
    expect(next(missed, 70_000)).toEqual({ do: "queue", withinMs: 531_000 });
    expect(next({ tries: 1, missedAt: 590_000 }, 590_000)).toEqual({ do: "pause", ms: 11_000 });
  });

  it("is nothing after so many tries", () => {
    expect(next({ tries: 2, missedAt: 10_000 }, 10_000)).toEqual({
      do: "give_up",
      reason: "callback_not_reached",
    });
  });
});

describe("the record of a call back", () => {
  const support = asQueueName("support");
  const amina = asAgentId("AGT-001");
  const facts: readonly CallFact[] = [
    {
      type: "started",
      direction: "outbound",
      caller: "+254700000001",
      callerName: "",
      dialled: "+254700000001",
      channel: asChannelId("callback-1"),
      callback: { of, from: "+254711000002" },
    },
    {
      type: "queued",
      queue: support,
      priority: 3,
      since: 500,
      done: { widened: true, overflowed: [0] },
    },
    { type: "offered", agent: amina, extension: "1001", queue: support, reasons: [] },
    { type: "customer_dialled", number: 1 },
  ];
  const eventOf = (fact: CallFact, index: number): CallEvent => ({
    ...fact,
    call: asCallId("CALL-0000000B"),
    seq: index + 1,
    at: 1_000 * (index + 1),
  });
  const ringing: CallState = fold(facts.map(eventOf));
  const then = (fact: CallFact): CallState => apply(ringing, eventOf(fact, facts.length));

  it("has the place of the call before: since when, how important, what is asked of agents", () => {
    expect(ringing).toMatchObject({ queuedAt: 500, priority: 3, widened: true, stage: "ringing" });
    expect(ringing.callback).toEqual({
      of,
      from: "+254711000002",
      ordered: null,
      tries: 1,
      ringsSince: 4_000,
      missedAt: null,
    });
  });

  it("knows when she was missed, and that she rings no more when she has answered", () => {
    expect(then({ type: "customer_missed", outcome: "busy" }).callback).toMatchObject({
      tries: 1,
      ringsSince: null,
      missedAt: 5_000,
    });
    const answered = then({ type: "answered" });
    expect(answered.callback?.ringsSince).toBeNull();
    // Her wait on the line begins with her answer, though her place is that of before.
    expect(answered).toMatchObject({ answeredAt: 5_000, joinedAt: 5_000, queuedAt: 500 });
  });
});
