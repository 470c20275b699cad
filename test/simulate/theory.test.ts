import { describe, expect, it } from "vitest";
import type { AgentId, CallId } from "../../src/domain/ids.ts";
import { compareRanks, type Rank } from "../../src/domain/routing/ranking.ts";
import { type Arrival, arrivalsOf, type Stream } from "../../src/ops/simulate/arrivals.ts";
import { chance } from "../../src/ops/simulate/chance.ts";
import { Gauge } from "../../src/ops/simulate/gauge.ts";
import { type House, play, type Watcher } from "../../src/ops/simulate/play.ts";
import { need, rules, sales, support } from "../domain/routing/staff.ts";
import {
  type Case,
  type Compared,
  caseOf,
  errorsOff,
  playedAtDesk,
  playedInFlows,
  shareOff,
  staffOf,
  tallied,
} from "./compare.ts";

const SEED = 1;

/** Says where played and theory differ by more than so many standard errors, or by more than this share. */
function expectAgreement(each: Case, all: readonly Compared[], mostShare: number): void {
  for (const one of all) {
    const { measure, theory, mean, error } = one;
    const told = `seed ${SEED}, ${each.name}, ${measure}: theory ${theory}, played ${mean} +- ${error}`;
    expect(errorsOff(one), told).toBeLessThan(3);
    expect(shareOff(one), told).toBeLessThan(mostShare);
  }
}

describe("theory", () => {
  it.each([
    { ...caseOf(1.2, 2), calls: 500_000 },
    { ...caseOf(12, 10, 60_000), calls: 300_000 },
  ])(
    "agrees with the desk and its assignment, within 1 % and three standard errors: $name, $calls calls",
    async ({ calls, ...each }) => {
      expectAgreement(each, await playedAtDesk(each, calls, SEED), 0.01);
    },
    120_000,
  );

  // Ten milliseconds for bringing both together apart, whole calls wait as theory says; there are fewer, so 1 % is too
  // much to ask of them.
  it("agrees with whole calls through the flows of production, within three standard errors", async () => {
    const each = caseOf(5.5, 5, 120_000);
    expectAgreement(each, await playedInFlows(each, 5_000, SEED), 0.08);
  }, 120_000);
});

/** Plays so many calls and gives what became of them, with the mean wait of each stream's queue. */
async function played(house: House, streams: readonly Stream[], calls: number, watcher: Watcher) {
  const gauges = new Map(
    streams.map((stream) => [stream.queue, new Gauge(stream, 20_000, calls / 50)]),
  );
  const answered: AgentId[] = [];
  const counts = { answered: 0, abandoned: 0 };
  const ends: Watcher["ends"] = (outcome) => {
    gauges.get(outcome.queue)?.note(outcome);
    if (outcome.agent === null) counts.abandoned += 1;
    else answered.push(outcome.agent);
    watcher.ends?.(outcome);
  };
  await play(house, arrivalsOf(streams, calls, SEED), { ...watcher, ends }, chance(SEED, 99));
  counts.answered = answered.length;
  const waits = new Map([...gauges].map(([queue, gauge]) => [queue, gauge.estimates().answerMs]));
  return { waits, counts, shares: tallied(answered) };
}

describe("two queues", () => {
  const stream = { handleMs: 60_000, patienceMs: 90_000, wrapUpMs: 10_000 };

  it("with skills, priorities, after-call work and callers who hang up never see anybody overtaken", async () => {
    const skills = { cards: 4 };
    const agents = [
      ...staffOf(3, [support], 0),
      ...staffOf(3, [support, sales], 3),
      ...staffOf(2, [support, sales], 6),
    ];
    const able = new Map(agents.slice(3, 6).map(({ id }) => [id as string, { skills }]));
    const house: House = {
      rules: rules({
        queues: { sales: { needs: [need("cards", 3)] }, support: {} },
        agents: Object.fromEntries(able),
      }),
      agents,
      answerMs: 2_000,
      wrapUpMs: () => 10_000,
    };
    const streams = [
      { ...stream, queue: support, callsPerHour: 300 },
      { ...stream, queue: support, callsPerHour: 60, priority: 2 },
      { ...stream, queue: sales, callsPerHour: 180 },
    ];
    const waiting = new Map<CallId, Arrival>();
    const rankOf = (call: CallId, { priority, at }: Arrival): Rank => ({
      weight: 0,
      priority,
      since: at,
      call,
    });
    const overtaken: string[] = [];
    let looks = 0;
    const reserves = (call: CallId, agent: AgentId): void => {
      const arrival = waiting.get(call);
      if (arrival === undefined) throw new Error(`${call} does not wait`);
      const serves = agents.find(({ id }) => id === agent)?.queues ?? [];
      for (const [other, each] of waiting) {
        const mayTake = serves.includes(each.queue) && (each.queue === support || able.has(agent));
        if (!mayTake) continue;
        looks += 1;
        if (compareRanks(rankOf(other, each), rankOf(call, arrival)) < 0)
          overtaken.push(`${call} was served by ${agent} before ${other}`);
      }
      waiting.delete(call);
    };
    const { counts } = await played(house, streams, 50_000, {
      comes: (call, arrival) => void waiting.set(call, arrival),
      reserves,
      ends: ({ call }) => void waiting.delete(call),
    });
    expect(overtaken, `seed ${SEED}`).toEqual([]);
    // There was somebody to overtake, and everybody came to an end.
    expect(looks).toBeGreaterThan(50_000);
    expect(counts.abandoned).toBeGreaterThan(1_000);
    expect(counts.answered + counts.abandoned).toBe(50_000);
  }, 60_000);

  it("of equal weight wait alike, however many call each, and their agents work alike", async () => {
    const house: House = { rules: rules(), agents: staffOf(8, [support, sales]) };
    const streams = [
      { ...stream, queue: support, callsPerHour: 400 },
      { ...stream, queue: sales, callsPerHour: 60 },
    ];
    const { waits, shares } = await played(house, streams, 200_000, {});
    const [busy, quiet] = [waits.get(support), waits.get(sales)];
    if (busy === undefined || quiet === undefined) throw new Error("a queue had no calls");
    const told = `seed ${SEED}: ${busy.mean} +- ${busy.error}, ${quiet.mean} +- ${quiet.error}`;
    const error = Math.hypot(busy.error, quiet.error);
    expect(Math.abs(busy.mean - quiet.mean), told).toBeLessThan(3 * error);
    expect(error / busy.mean, told).toBeLessThan(0.05);
    expect(shares).toHaveLength(8);
    expect((shares.at(-1) ?? 0) / (shares[0] ?? 0), `seed ${SEED}`).toBeLessThan(1.05);
  }, 60_000);

  it("of different weight do not: the heavier is served first", async () => {
    const house: House = {
      rules: rules({ queues: { sales: { weight: 1 } } }),
      agents: staffOf(8, [support, sales]),
    };
    const streams = [
      { ...stream, queue: support, callsPerHour: 300 },
      { ...stream, queue: sales, callsPerHour: 160 },
    ];
    const { waits } = await played(house, streams, 50_000, {});
    const [light, heavy] = [waits.get(support)?.mean ?? 0, waits.get(sales)?.mean ?? 0];
    expect(heavy, `seed ${SEED}`).toBeGreaterThan(0);
    expect(light / heavy, `seed ${SEED}`).toBeGreaterThan(2);
  }, 60_000);
});
