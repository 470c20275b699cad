import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fold } from "../../src/domain/call.ts";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId, asBridgeId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { intervalSizes } from "../../src/domain/metrics/intervals.ts";
import { agentsSchema, levelSchema, volumeSchema } from "../../src/facade/contract/analytics.ts";
import { callsIn } from "../../src/facade/http/reports/history.ts";
import { centre } from "./centre.ts";
import { type Harness, startHarness } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

let calls = 0;
/** A call of a queue that starts then, waits from a second later on, and is answered and talked, or is given up. */
async function call(at: number, queue: string, waits: number, talks: number | null): Promise<void> {
  calls += 1;
  const [name, agent] = [asQueueName(queue), asAgentId("AGT-002")];
  const party = { agent, extension: "1002" };
  const met = { bridge: asBridgeId("b"), channel: asChannelId("a") };
  const told: readonly (readonly [seconds: number, fact: CallFact])[] = [
    [
      0,
      {
        type: "started",
        direction: "inbound",
        caller: "+254700000001",
        callerName: "",
        dialled: "1",
        channel: asChannelId(`c-${calls}`),
      },
    ],
    [1, { type: "queued", queue: name, priority: 0 }],
    ...(talks === null
      ? ([
          [
            1 + waits,
            {
              type: "ended",
              ending: { result: "abandoned", reason: "hung_up_waiting", by: "caller" },
            },
          ],
        ] as const)
      : ([
          [1, { type: "offered", ...party, queue: name, reasons: [] }],
          [1 + waits, { type: "connected", ...party, ...met }],
          [
            1 + waits + talks,
            { type: "ended", ending: { result: "completed", reason: "talked", by: "caller" } },
          ],
        ] as const)),
  ];
  const id = asCallId(`CALL-${String(calls).padStart(8, "0")}`);
  const events = told.map(([seconds, fact], index) => ({
    ...fact,
    call: id,
    seq: index + 1,
    at: at + seconds * 1_000,
  }));
  await harness.deps.store.calls.append(events, [fold(events)]);
}

async function ask(path: string, query: Record<string, string>): Promise<unknown> {
  const asked = new URLSearchParams(query).toString();
  const response = await harness.request("GET", `/api/analytics/${path}?${asked}`, {
    as: "supervisor",
  });
  expect([path, query, response.status]).toEqual([path, query, 200]);
  return await response.json();
}
const levels = async (query: Record<string, string>) =>
  levelSchema.parse(await ask("service-level", query));

describe("a range", () => {
  it("has all of a call that starts just before its end, and nothing of it in the next one", async () => {
    // Nairobi's midnight: started a second before it, in the queue at it, answered 30 s later.
    await call(Date.parse("2025-03-03T20:59:59Z"), "support", 30, 60);
    const zone = "Africa/Nairobi";
    const of = async (from: string, to: string) => (await levels({ from, to, zone })).total;
    const first = await of("2025-03-02T21:00:00Z", "2025-03-03T21:00:00Z");
    const second = await of("2025-03-03T21:00:00Z", "2025-03-04T21:00:00Z");
    expect(first).toMatchObject({ offered: 1, answered: 1, handled: 1, talk_seconds: 60 });
    expect(second).toMatchObject({ offered: 0, answered: 0, handled: 0, talk_seconds: 0 });
  });

  it("in which nothing was has zeros, and nothing made up", async () => {
    const said = await levels({
      from: "2024-01-01T00:00:00Z",
      to: "2024-01-03T00:00:00Z",
      interval: "day",
    });
    expect(said.intervals).toHaveLength(2 * 2);
    for (const each of [...said.intervals, said.total]) {
      expect(each).toMatchObject({ offered: 0, service_level: null, asa_seconds: null });
      expect(each).toMatchObject({ abandon_rate: null, aht_seconds: null, talk_seconds: 0 });
    }
  });

  it("is today in the zone of the centre's hours, until another one is named", async () => {
    const weekly = { mon: ["08:00-17:00"] };
    const [support, ...others] = centre.queues;
    const open = { ...support, hours: { zone: "Africa/Nairobi", weekly } };
    const inNairobi = await startHarness({
      centre: centreSchema.parse({ ...centre, queues: [open, ...others] }),
    });
    try {
      const ask = async (query: string) => {
        const path = `/api/analytics/call-volume${query}`;
        const response = await inNairobi.request("GET", path, { as: "viewer" });
        return volumeSchema.parse(await response.json());
      };
      // It is 11:00 there: midnight was at nine in the evening.
      expect(await ask("")).toMatchObject({
        zone: "Africa/Nairobi",
        from: "2026-11-19T21:00:00.000Z",
        to: "2026-11-20T08:00:00.000Z",
      });
      expect(await ask("?zone=Europe/Berlin")).toMatchObject({ from: "2026-11-19T23:00:00.000Z" });
    } finally {
      await inNairobi.stop();
    }
  });

  it("with too many rows is refused before anything is read", async () => {
    const year = "from=2025-11-20T00:00:00Z&to=2026-11-20T00:00:00Z";
    for (const [path, status] of [
      [`service-level?${year}&interval=15m`, 400],
      [`agent-performance?${year}&interval=hour`, 400],
      [`service-level?${year}&interval=day`, 200],
      [`agent-performance?${year}`, 200],
      ["call-volume?from=2026-10-20T00:00:00Z&to=2026-11-20T00:00:00Z&interval=15m", 200],
    ] as const) {
      const response = await harness.request("GET", `/api/analytics/${path}`, { as: "admin" });
      expect([path, response.status]).toEqual([path, status]);
    }
  });
});

describe("intervals", () => {
  it("add up to the whole, in every size, over the days on which clocks are changed", async () => {
    // Berlin's clocks go forward on 2025-03-30; these calls are from a week around it.
    const from = Date.parse("2025-03-26T23:00:00Z");
    const span = 7 * 86_400;
    const random = fc.sample(
      fc.tuple(fc.nat(span - 1), fc.boolean(), fc.nat(90), fc.option(fc.nat(600))),
      { numRuns: 60, seed: 7 },
    );
    for (const [second, isSupport, waits, talks] of random)
      await call(from + second * 1_000, isSupport ? "support" : "complaints", waits, talks);
    const range = {
      from: new Date(from).toISOString(),
      to: new Date(from + span * 1_000).toISOString(),
      zone: "Europe/Berlin",
    };
    const sum = <T>(list: readonly T[], of: (each: T) => number): number =>
      list.reduce((total, each) => total + of(each), 0);
    for (const interval of intervalSizes) {
      const volume = volumeSchema.parse(await ask("call-volume", { ...range, interval }));
      expect(volume.total.calls).toBe(60);
      expect(sum(volume.intervals, (each) => each.calls)).toBe(60);
      expect(sum(volume.queues, (each) => each.calls)).toBe(60);
      const said = await levels({ ...range, interval });
      expect(said.total.offered).toBe(60);
      for (const field of [
        "offered",
        "answered",
        "abandoned",
        "short_abandoned",
        "handled",
        "talk_seconds",
      ] as const) {
        expect(sum(said.intervals, (each) => each[field])).toBe(said.total[field]);
        expect(sum(said.queues, (each) => each[field])).toBe(said.total[field]);
      }
      const { agents } = agentsSchema.parse(await ask("agent-performance", { ...range, interval }));
      for (const { calls: all, talk_seconds, intervals = [] } of agents) {
        expect(sum(intervals, (each) => each.calls)).toBe(all);
        expect(sum(intervals, (each) => each.talk_seconds)).toBe(talk_seconds);
      }
    }
    const hours = (await levels({ ...range, interval: "hour", queue: "support" })).intervals;
    expect(hours).toHaveLength(7 * 24); // by Berlin's clocks the week ends at one in the morning
    const days = (await levels({ ...range, interval: "day", queue: "support" })).intervals;
    expect(days.map(({ at }) => at).slice(3, 5)).toEqual([
      "2025-03-29T23:00:00.000Z",
      "2025-03-30T22:00:00.000Z", // that day had 23 hours
    ]);
  });
});

describe("reading for a report", () => {
  it("lets other work be done between the parts", async () => {
    const window = {
      from: Date.parse("2025-03-26T00:00:00Z"),
      to: Date.parse("2025-04-04T00:00:00Z"),
      zone: "UTC",
      queue: null,
      agent: null,
    };
    let turns = 0;
    let isReading = true;
    const others = (async () => {
      while (isReading) {
        await setImmediate();
        turns += 1;
      }
    })();
    const seen: string[] = [];
    const turnsAt: number[] = [];
    for await (const { state } of callsIn(window, harness.deps)) {
      seen.push(state.id);
      turnsAt.push(turns);
    }
    isReading = false;
    await others;
    expect(new Set(seen).size).toBe(60);
    expect(seen).toHaveLength(60);
    // Sixty calls are three parts: something else was done before the second, and before the third.
    expect(new Set(turnsAt).size).toBeGreaterThanOrEqual(3);
  });
});
