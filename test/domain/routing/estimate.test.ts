import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterHandling,
  estimateWait,
  type Handled,
  handlingTime,
  worthTelling,
} from "../../../src/domain/routing/estimate.ts";
import { isStaffed, loadOf, nextAwayAt } from "../../../src/domain/routing/load.ts";
import { agent, need, rules, sales, support } from "./staff.ts";

const minute = 60_000;
const settings = { priorMs: 180_000, fromCalls: 10 };
const handled = fc.record({ calls: fc.integer({ min: 0, max: 500 }), ms: fc.nat(600_000) });
const loads = fc.record({
  effective: fc.double({ min: 0.05, max: 50, noNaN: true }),
  handled: fc.array(handled, { maxLength: 20 }),
});

/** An agent's record after calls that took so long. */
const after = (...took: number[]): Handled | undefined =>
  took.reduce<Handled | undefined>((before, ms) => afterHandling(before, ms), undefined);

describe("the handling time of a queue's calls", () => {
  it("is what is assumed until something is known, and what was seen when much is", () => {
    expect(handlingTime([], 180_000)).toBe(180_000);
    expect(handlingTime([{ calls: 1, ms: 60_000 }], 180_000)).toBe(160_000);
    const twenty = Array.from({ length: 20 }, () => ({ calls: 50, ms: 60_000 }));
    expect(handlingTime(twenty, 180_000)).toBeCloseTo(62_926.83, 1);
  });

  it("follows a change: what is long ago fades", () => {
    const slow = Array.from({ length: 100 }, () => 300_000);
    const quick = Array.from({ length: 30 }, () => 60_000);
    expect(after(...slow)).toEqual({ calls: 100, ms: 300_000 });
    expect(after(...slow, ...quick)?.ms).toBeLessThan(75_000);
  });

  it("lies between the shortest and the longest that was seen, in whole milliseconds", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_600_000), { minLength: 1, maxLength: 60 }), (took) => {
        const { calls, ms } = after(...took) as Handled;
        expect(calls).toBe(took.length);
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(Math.min(...took) - took.length);
        expect(ms).toBeLessThanOrEqual(Math.max(...took));
      }),
    );
  });
});

describe("the estimate of a wait", () => {
  it("is the place, shared among the agents, times the handling time, rounded up to minutes", () => {
    const load = { effective: 2, handled: [{ calls: 1_000, ms: 180_000 }] };
    expect(estimateWait(1, load, settings)).toBe(2 * minute);
    expect(estimateWait(4, load, settings)).toBe(6 * minute);
    expect(estimateWait(5, load, settings)).toBe(8 * minute);
  });

  it("is not made before enough calls are known, nor when nobody could take the call", () => {
    const little = [
      { calls: 4, ms: 60_000 },
      { calls: 5, ms: 60_000 },
    ];
    expect(estimateWait(1, { effective: 1, handled: little }, settings)).toBeNull();
    const enough = [...little, { calls: 1, ms: 60_000 }];
    expect(estimateWait(1, { effective: 1, handled: enough }, settings)).not.toBeNull();
    expect(estimateWait(1, { effective: 0, handled: enough }, settings)).toBeNull();
  });

  it("is whole minutes, at least one, at most two hours, and no shorter further back", () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 5_000 }), (load, place) => {
        const [here, behind] = [place, place + 1].map((each) =>
          estimateWait(each, load, { ...settings, fromCalls: 0 }),
        ) as [number, number];
        expect(here % minute).toBe(0);
        expect(here).toBeGreaterThanOrEqual(minute);
        expect(here).toBeLessThanOrEqual(120 * minute);
        expect(behind).toBeGreaterThanOrEqual(here);
      }),
    );
  });

  it("is never longer for one more agent", () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 50 }), (load, place) => {
        const more = { ...load, effective: load.effective + 1 };
        const [with1, without] = [more, load].map((each) => estimateWait(place, each, settings));
        expect(with1 ?? 0).toBeLessThanOrEqual(without ?? 0);
      }),
    );
  });

  it("told again after a while, says less by that while at least", () => {
    const told = 5 * minute;
    expect(worthTelling(4 * minute, told, 4 * minute)).toBeNull();
    expect(worthTelling(minute, told, 4 * minute)).toBe(minute);
    expect(worthTelling(minute, told, 4 * minute + 1)).toBeNull();
  });

  it("told to one caller again and again, never ends later than before, and is told whenever it does not", () => {
    const moment = fc.tuple(loads, fc.integer({ min: 1, max: 40 }), fc.nat(20 * minute));
    fc.assert(
      fc.property(fc.array(moment), (moments) => {
        let now = 0;
        let promisedBy: number | null = null;
        for (const [load, place, elapsedMs] of moments) {
          now += elapsedMs;
          const estimate = estimateWait(place, load, settings);
          const told = worthTelling(estimate, promisedBy, now);
          const ends = estimate === null ? Infinity : now + estimate;
          expect(told).toBe(ends <= (promisedBy ?? ends) ? estimate : null);
          if (told !== null) promisedBy = ends;
        }
      }),
    );
  });
});

describe("how a queue stands", () => {
  const paused = { presence: { is: "paused", reason: "tea" } } as const;
  const offline = { presence: { is: "offline" } } as const;

  it("counts each agent by the part of her that the queue has", () => {
    const agents = [
      agent("AGT-001", 0),
      agent("AGT-002", 0, { queues: [support, sales] }),
      agent("AGT-003", 0, { queues: [sales] }),
      agent("AGT-004", 0, { ...paused }),
      agent("AGT-005", 0, { ...offline }),
    ];
    expect(loadOf({ queue: support }, { agents }, rules(), 0)).toEqual({
      signedIn: 3,
      available: 2,
      effective: 1.5,
      handled: [],
    });
    expect(loadOf({ queue: sales }, { agents }, rules(), 0).effective).toBe(1.5);
  });

  it("counts agents of a queue that was added as if they served this one as well", () => {
    const lost = { device: "unreachable", lostAt: 0 } as const;
    const agents = [
      agent("AGT-001", 0),
      agent("AGT-002", 0, { queues: [support, sales] }),
      agent("AGT-003", 0, { queues: [sales] }),
      agent("AGT-004", 0, { queues: [sales], ...offline }),
      agent("AGT-005", 0, { queues: [sales], ...lost }),
    ];
    const helped = { queue: support, alsoQueues: [sales] };
    expect(loadOf(helped, { agents }, rules(), 10_000)).toMatchObject({
      signedIn: 3,
      available: 3,
      effective: 2,
    });
  });

  it("counts nobody whose phone is lost, after a moment in which it may come back", () => {
    const lost = { device: "unreachable", lostAt: 1_000 } as const;
    const agents = [agent("AGT-001", 0, lost), agent("AGT-002", 0, { ...lost, lostAt: 5_000 })];
    const signedIn = (now: number) => loadOf({ queue: support }, { agents }, rules(), now).signedIn;
    expect([10_999, 11_000, 15_000].map(signedIn)).toEqual([2, 1, 0]);
    expect(loadOf({ queue: support }, { agents }, rules(), 15_000)).toMatchObject({
      available: 0,
      effective: 0,
    });
    expect(isStaffed("available", support, agents, 14_999)).toBe(true);
    expect(isStaffed("signed-in", support, agents, 15_000)).toBe(false);
    expect(isStaffed("always", support, agents, 15_000)).toBe(true);
    expect([0, 11_000, 15_000].map((now) => nextAwayAt(agents, now))).toEqual([
      11_000,
      15_000,
      null,
    ]);
  });

  it("counts nobody whom the queue's skills never let take its calls", () => {
    const agents = [agent("AGT-001", 0), agent("AGT-002", 0), agent("AGT-003", 0)];
    const asks = [need("cards", 3, { relax: [{ afterMs: 9_000, level: 2 }] })];
    const known = rules({
      queues: { support: { needs: asks } },
      agents: { "AGT-001": { skills: { cards: 2 } }, "AGT-002": { skills: { cards: 1 } } },
    });
    expect(loadOf({ queue: support }, { agents }, known, 0)).toMatchObject({
      available: 3,
      effective: 1,
    });
  });

  it("knows what the calls of this queue took, also those of agents who have gone home", () => {
    const took = { calls: 3, ms: 90_000 };
    const tally = { calls: 9, talkMs: 1, offeredAt: {}, handled: { support: took } };
    const agents = [agent("AGT-001", 0, { ...offline, tally }), agent("AGT-002", 0)];
    expect(loadOf({ queue: support }, { agents }, rules(), 0).handled).toEqual([took]);
    expect(loadOf({ queue: sales }, { agents }, rules(), 0).handled).toEqual([]);
  });
});
