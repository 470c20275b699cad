import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentsFor, erlangB, expected, type Traffic } from "../../src/ops/simulate/erlang.ts";

const minute = 60_000;

/** Traffic that keeps so many agents busy, with calls of so many minutes. */
const loaded = (erlangs: number, minutes: number, patience: number | null = null): Traffic => ({
  callsPerHour: (erlangs * 60) / minutes,
  handleMs: minutes * minute,
  patienceMs: patience === null ? null : patience * minute,
});

describe("Erlang B", () => {
  it.each([
    [1, 1, 0.5],
    [2, 2, 0.4],
    [10, 10, 0.2146],
    [123, 132, 0.0312],
  ])("of %d erlangs on %d lines", (load, lines, lost) => {
    expect(erlangB(load, lines)).toBeCloseTo(lost, 4);
  });
});

describe("Erlang C", () => {
  it.each([
    // One agent: every queueing textbook's M/M/1, where the share who wait is the load.
    [0.5, 1, 0.5],
    // M/M/2: 2 r^2 / (1 + r) with r a half.
    [1, 2, 1 / 3],
    [3, 5, 0.2362],
    [123, 132, 0.3211],
    [12_345, 12_421, 0.3812],
  ])("%d erlangs on %d agents: this share waits", (load, agents, waits) => {
    expect(expected(loaded(load, 3), agents, 0).waits).toBeCloseTo(waits, 4);
  });

  it("gives the worked example of 360 calls in half an hour, 4 minutes each, 55 agents", () => {
    const traffic = { callsPerHour: 720, handleMs: 4 * minute, patienceMs: null };
    const { waits, answerMs, inTime, occupancy } = expected(traffic, 55, 15_000);
    expect(waits).toBeCloseTo(0.239, 3);
    expect(answerMs / 1_000).toBeCloseTo(8.2, 1);
    expect(inTime).toBeCloseTo(0.846, 3);
    expect(occupancy).toBeCloseTo(0.873, 3);
  });

  it("says that a queue with too few agents grows without end", () => {
    expect(expected(loaded(5, 3), 5, 20_000)).toMatchObject({
      waits: 1,
      inTime: 0,
      answerMs: Number.POSITIVE_INFINITY,
    });
  });
});

describe("Erlang A", () => {
  it("gives the table of Garnett, Mandelbaum and Reiman: 48 calls a minute, 50 agents, patience of 2 minutes", () => {
    const traffic = loaded(48, 1, 2);
    const patient = expected({ ...traffic, patienceMs: null }, 50, 0);
    expect(patient.answerMs / 1_000).toBeCloseTo(20.8, 1);
    const { abandons, waitMs, occupancy } = expected(traffic, 50, 0);
    expect(abandons).toBeCloseTo(0.031, 3);
    expect(waitMs / 1_000).toBeCloseTo(3.7, 1);
    expect(occupancy).toBeCloseTo(0.93, 2);
    // A tenth waits for longer than 12.5 s before it is answered or hangs up.
    expect(expected(traffic, 50, 12_500).inTime).toBeGreaterThan(0.87);
  });

  it("is M/M/infinity when leaving is as quick as being served", () => {
    // Then every caller, waiting or served, goes at the same rate: how many are there is Poisson of mean 10.
    const poisson = (load: number, below: number) => {
      let term = Math.exp(-load);
      let all = 0;
      for (let there = 0; there < below; there += 1) {
        all += term;
        term *= load / (there + 1);
      }
      return all;
    };
    const { waits } = expected(loaded(10, 3, 3), 12, 20_000);
    expect(waits).toBeCloseTo(1 - poisson(10, 12), 12);
  });

  it("comes to Erlang C when callers are patient for days", () => {
    const patient = expected(loaded(90, 4), 100, 20_000);
    const nearly = expected(loaded(90, 4, 1_000_000), 100, 20_000);
    for (const key of ["waits", "inTime", "answerMs", "waitMs", "occupancy"] as const)
      expect(nearly[key] / patient[key], key).toBeCloseTo(1, 3);
  });

  it("stays whole from one agent to a thousand, in calm and under twice the load", () => {
    const traffic = fc.record({
      load: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
      minutes: fc.double({ min: 0.1, max: 60, noNaN: true }),
      patience: fc.double({ min: 0.05, max: 600, noNaN: true }),
      agents: fc.integer({ min: 1, max: 1_000 }),
      withinMs: fc.constantFrom(0, 20_000, 600_000),
    });
    fc.assert(
      fc.property(traffic, ({ load, minutes, patience, agents, withinMs }) => {
        const measures = expected(loaded(load, minutes, patience), agents, withinMs);
        for (const key of ["waits", "abandons", "inTime", "occupancy"] as const) {
          expect(measures[key], key).toBeGreaterThanOrEqual(-1e-9);
          expect(measures[key], key).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(measures.inTime + measures.abandons).toBeLessThanOrEqual(1 + 1e-9);
        const more = expected(loaded(load, minutes, patience), agents + 1, withinMs);
        expect(more.inTime).toBeGreaterThanOrEqual(measures.inTime - 1e-9);
        expect(more.abandons).toBeLessThanOrEqual(measures.abandons + 1e-9);
      }),
      {
        numRuns: 200,
        // Hardly anybody is answered, after a million states: what is left of 1 is lost to rounding.
        examples: [
          [
            {
              load: 777.886141055644,
              minutes: 0.1,
              patience: 136.2356138392256,
              agents: 1,
              withinMs: 0,
            },
          ],
        ],
      },
    );
  });
});

describe("the service level and the mean wait of Erlang A", () => {
  it.each([
    [5, 4, 3, 2],
    [48, 50, 1, 2],
    [300, 260, 4, 1],
  ])(
    "tell of the same waits: %d erlangs, %d agents",
    (load, agents, minutes, patience) => {
      const traffic = loaded(load, minutes, patience);
      const { abandons, answerMs } = expected(traffic, agents, 0);
      const step = 100;
      let area = 0;
      for (let at = step / 2; at < 20 * minute; at += step)
        area += step * (1 - abandons - expected(traffic, agents, at).inTime);
      expect(area / (1 - abandons) / answerMs).toBeCloseTo(1, 3);
    },
    60_000,
  );
});

describe("the agents for a target", () => {
  it.each([
    [{ share: 0.8, withinMs: 20_000 }, null],
    [{ share: 0.8, withinMs: 20_000 }, 2],
    [{ share: 0.95, withinMs: 10_000 }, 1],
  ])("%o are the fewest who meet it, patience %s", (target, patience) => {
    for (const load of [0.2, 4, 48, 300]) {
      const traffic = loaded(load, 4, patience);
      const agents = agentsFor(traffic, target);
      expect(expected(traffic, agents, target.withinMs).inTime).toBeGreaterThanOrEqual(
        target.share,
      );
      if (agents > 1)
        expect(expected(traffic, agents - 1, target.withinMs).inTime).toBeLessThan(target.share);
    }
  });
});
