import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CallState, fold } from "../../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../../src/domain/call-fact.ts";
import { asAgentId, asBridgeId, asChannelId, asQueueName } from "../../../src/domain/ids.ts";
import { DAY, historyOf, newCall } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of calls. */
export function callsConformance(stage: Stage): void {
  describe("calls", () => {
    it("gives back a call with its state and its events in order, as they were", async () => {
      const events = historyOf(newCall());
      const state = fold(events);
      await stage.store.calls.append([...events].reverse(), [state]);
      expect(await stage.store.calls.get(state.id)).toEqual({ state, events });
      expect(await stage.store.calls.state(state.id)).toEqual(state);
    });

    it("keeps every type of fact", async () => {
      const id = newCall();
      const queue = asQueueName("billing");
      const facts: CallFact[] = [
        {
          type: "started",
          direction: "internal",
          caller: "",
          callerName: "",
          dialled: "1002",
          channel: asChannelId("c"),
        },
        {
          type: "queued",
          queue,
          priority: 3,
          since: DAY - 1,
          done: { widened: true, overflowed: [0] },
        },
        { type: "position_told", queue, position: 4 },
        { type: "moved", how: "routed", queue, agent: asAgentId("AGT-002"), by: "faith" },
        { type: "estimate_told", queue, estimateMs: 240_000 },
        { type: "overflowed", queue, step: 1, priority: 5, widened: true },
        {
          type: "overflowed",
          queue,
          step: 2,
          priority: 5,
          widened: true,
          alsoQueues: [asQueueName("sales")],
        },
        { type: "forwarded", queue, number: "+254700000009", trunk: "provider" },
        { type: "forward_ended", outcome: "busy" },
        { type: "forwarded", queue, number: "+254700000009", trunk: "provider" },
        { type: "connected_outside", bridge: asBridgeId("b"), channel: asChannelId("o") },
        { type: "callback_requested", queue, by: newCall() },
        { type: "released" },
        { type: "answered_natively", agent: null, extension: "1009" },
        { type: "answered_natively", agent: asAgentId("AGT-001"), extension: "1001" },
        { type: "queued", queue, priority: 3 },
        { type: "adopted", by: "k1/2", from: "k1/1" },
        { type: "left_queue", queue, why: "waited_too_long" },
        { type: "voicemail_started", queue, why: "waited_too_long" },
        { type: "voicemail_left", queue, recording: "vm", durationMs: 12.5 },
        { type: "ended", ending: { result: "unserved", reason: "left_message", by: "system" } },
      ];
      const events = facts.map((fact, index) => ({ ...fact, call: id, seq: index + 1, at: DAY }));
      await stage.store.calls.append(events, [fold(events)]);
      expect(await stage.store.calls.get(id)).toEqual({ state: fold(events), events });
    });

    it.each([
      ["that she has asked for", { of: newCall() }],
      [
        "that a user has ordered",
        { of: null, ordered: { by: "faith", agent: asAgentId("AGT-002"), tries: 2 } },
      ],
    ])("keeps a call to somebody %s, with what has become of it so far", async (_, why) => {
      const id = newCall();
      const queue = asQueueName("support");
      const channel = asChannelId("callback-1");
      const number = "+254700000001";
      const facts: readonly CallFact[] = [
        {
          type: "started",
          direction: "outbound",
          caller: number,
          callerName: "",
          dialled: number,
          channel,
          callback: { ...why, from: "+254711000002" },
        },
        {
          type: "queued",
          queue,
          priority: 0,
          since: DAY - 1,
          done: { widened: true, overflowed: [1] },
        },
        { type: "customer_dialled", number: 1 },
        { type: "customer_missed", outcome: "busy" },
      ];
      const events = facts.map((fact, index) => ({ ...fact, call: id, seq: index + 1, at: DAY }));
      await stage.store.calls.append(events, [fold(events)]);
      expect(await stage.store.calls.get(id)).toEqual({ state: fold(events), events });
    });

    it("keeps the state of a call in every stage", async () => {
      const events = historyOf(newCall());
      const [queued, talking] = [fold(events.slice(0, 7)), fold(events.slice(0, 13))];
      const released = { ...queued, seq: 8, stage: "fallback" as const };
      for (const state of [queued, talking, released].sort((a, b) => a.seq - b.seq)) {
        await stage.store.calls.append([], [state]);
        expect((await stage.store.calls.get(state.id))?.state).toEqual(state);
      }
    });

    it("tells of the calls of a time with their facts, in parts, each once", async () => {
      const day = 400 * 86_400_000;
      const shifted = (at: number) =>
        historyOf(newCall()).map((event) => ({ ...event, at: event.at - DAY + day + at }));
      const histories = [0, 1_000, 1_000, 2_000].map(shifted);
      for (const events of histories) await stage.store.calls.append(events, [fold(events)]);
      const { calls } = stage.store;
      const first = histories[0]?.[0]?.at ?? 0;
      const found = await calls.between(first, first + 2_000, null, 500);
      const ids = histories.slice(0, 3).map(([event]) => event?.call ?? newCall());
      expect(found.map(({ state }) => state.id)).toEqual([ids[0], ...ids.slice(1).sort()]);
      expect(found[0]).toEqual({ state: fold(histories[0] ?? []), events: histories[0] });
      const parts = [];
      let last: (typeof found)[number]["state"] | null = null;
      do {
        const part = await calls.between(first, first + 2_000, last, 2);
        parts.push(...part);
        last = part.at(-1)?.state ?? null;
      } while (last !== null);
      expect(parts).toEqual(found);
      expect(await calls.between(first - 2, first - 1, null, 500)).toEqual([]);
    });

    it("tells which of some calls it knows more of", async () => {
      const [same, behind, unknown] = [newCall(), newCall(), newCall()].map((id) => historyOf(id));
      const states = [same, behind, unknown].map((events) => fold((events ?? []).slice(0, 7)));
      const [first, second] = states;
      const further = fold((behind ?? []).slice(0, 13));
      await stage.store.calls.append([], [first as CallState]);
      await stage.store.calls.append([], [further]);
      expect(await stage.store.calls.newer(states)).toEqual([further]);
      expect(await stage.store.calls.newer([{ ...(second as CallState), seq: 1 }])).toEqual([
        further,
      ]);
      expect(await stage.store.calls.newer([])).toEqual([]);
    });

    it("counts ratings by queue, agent and rating, of the calls of a time", async () => {
      const from = DAY + 900 * 86_400_000;
      const rated = async (rating: number | null, at: number, queue = "support") => {
        const events = historyOf(newCall(), at, { queue }).slice(0, -1);
        const asked = { queue: asQueueName(queue), agent: asAgentId("AGT-002") };
        const facts: CallFact[] = [
          { type: "survey_started", ...asked },
          ...(rating === null ? [] : [{ type: "survey_answered" as const, ...asked, rating }]),
          { type: "ended", ending: { result: "completed", reason: "talked", by: "agent" } },
        ];
        const call = events[0]?.call ?? newCall();
        const last = events.map((event) => event.seq).at(-1) ?? 0;
        events.push(
          ...facts.map((fact, index) => ({
            ...fact,
            call,
            seq: last + index + 1,
            at: at + 60_000,
          })),
        );
        await stage.store.calls.append(events, [fold(events)]);
        expect(await stage.store.calls.get(call)).toEqual({ state: fold(events), events });
      };
      for (const rating of [5, 2, 5, null]) await rated(rating, from);
      await rated(1, from + 1_000, "billing");
      await rated(1, from - 1);
      await rated(1, from + 2_000);
      expect(await stage.store.calls.ratings(from, from + 2_000)).toEqual([
        { queue: "billing", agent: "AGT-002", rating: 1, calls: 1 },
        { queue: "support", agent: "AGT-002", rating: 2, calls: 1 },
        { queue: "support", agent: "AGT-002", rating: 5, calls: 2 },
      ]);
      expect(await stage.store.calls.ratings(from + 9_000, from + 9_001)).toEqual([]);
    });

    it("knows nothing of a call that nobody saved", async () => {
      expect(await stage.store.calls.get(newCall())).toBeNull();
      expect(await stage.store.calls.state(newCall())).toBeNull();
    });

    it("takes nothing when there is nothing", async () => {
      await stage.store.calls.append([], []);
    });

    it("leaves an event that is there as it is, and takes the new ones around it", async () => {
      const events = historyOf(newCall());
      const [first, second, third] = events as [CallEvent, CallEvent, CallEvent];
      await stage.store.calls.append([second], []);
      await stage.store.calls.append(
        [first, { ...second, at: 1 }, third],
        [fold([first, second, third])],
      );
      expect((await stage.store.calls.get(first.call))?.events).toEqual([first, second, third]);
    });

    it("never lets an older state replace a newer one, in whatever order two processes save", async () => {
      const other = await stage.another();
      const events = historyOf(newCall());
      const states = events.map((_, index) => fold(events.slice(0, index + 1)));
      const newest = states.at(-1) as CallState;
      await stage.store.calls.append([], [newest]);
      await Promise.all(states.map((state) => stage.store.calls.append([], [state])));
      for (const state of [...states].reverse()) await other.calls.append([], [state]);
      expect((await stage.store.calls.get(newest.id))?.state).toEqual(newest);
    });

    it("ends with the newest state when all are saved at once", async () => {
      const events = historyOf(newCall());
      const states = events.map((_, index) => fold(events.slice(0, index + 1)));
      await Promise.all(
        [...states].reverse().map((state) => stage.store.calls.append([], [state])),
      );
      expect((await stage.store.calls.get(fold(events).id))?.state).toEqual(states.at(-1));
    });

    it("holds the same history whatever is appended how often, in which portions and order", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.uniqueArray(fc.nat(14), { minLength: 1 }), { minLength: 1, maxLength: 6 }),
          async (portions) => {
            const events = historyOf(newCall());
            const pick = (indexes: readonly number[]): CallEvent[] =>
              events.filter((_, index) => indexes.includes(index));
            await Promise.all(
              portions.map((portion) => stage.store.calls.append(pick(portion), [])),
            );
            await stage.store.calls.append(events, [fold(events)]);
            const log = await stage.store.calls.get(fold(events).id);
            expect(log?.events).toEqual(events);
            expect(log === null ? null : fold(log.events)).toEqual(log?.state);
          },
        ),
        { numRuns: 15 },
      );
    });
  });
}
