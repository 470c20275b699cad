import { basename, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { agentsFor } from "../../src/ops/simulate/erlang.ts";
import { intervalsOf, mixOf, poolsOf } from "../../src/ops/simulate/pools.ts";
import { readScenario, type Scenario, scenarioSchema } from "../../src/ops/simulate/scenario.ts";
import { type Staffing, staffingOf } from "../../src/ops/simulate/staffing.ts";
import { inMarkedWords, markedFaults } from "../marked.ts";

const here = import.meta.dirname;
const target = { percent: 80, withinSeconds: 20 };
const effort = { calls: 5_000, seed: 1 };
const morning = [{ from: "08:00", to: "12:00", perHour: 120 }];
const orders = { name: "orders", handleSeconds: 180, patienceSeconds: 120, arrivals: morning };

const scenario = (given: object): Scenario =>
  scenarioSchema.parse({ target, queues: [orders], agents: [{ count: 8 }], ...given });

/** The only interval of a scenario's only pool. */
async function only(given: object): Promise<Staffing> {
  const [pool, ...pools] = await staffingOf(scenario(given), effort);
  const [interval, ...intervals] = pool?.intervals ?? [];
  if (interval === undefined || pools.length + intervals.length > 0)
    throw new Error("there is not just one interval");
  return interval;
}

const needed = async (given: object): Promise<number> => (await only(given)).needed;

describe("a scenario", () => {
  it.each(["shape", "meaning", "syntax"])(
    "is refused with file, line and reason: bad/%s.yaml",
    (name) => {
      const file = `${name}.yaml`;
      const marked = markedFaults(join(here, "bad")).filter((fault) => fault.file === file);
      let refused: unknown;
      try {
        readScenario(join(here, "bad", file));
      } catch (error) {
        refused = error;
      }
      expect(refused).toBeInstanceOf(KituoError);
      const found = (refused as KituoError).faults.map((fault) => {
        const [, path = "", line = "", reason = ""] = /^(.+?):(\d+): (.+)$/s.exec(fault) ?? [];
        return { file: basename(path), line: Number(line), reason };
      });
      const told = (faults: typeof found) =>
        faults.map(({ line, reason }) => `${line}: ${reason}`).sort();
      expect(marked).not.toHaveLength(0);
      expect(told(inMarkedWords(found, marked))).toEqual(told(marked));
    },
  );

  it("that is not there is refused by its name", () => {
    expect(() => readScenario("/nowhere/day.yaml")).toThrow("/nowhere/day.yaml");
  });

  it("is parted into queues that share agents, and its day where calls change", () => {
    const queue = (name: string, from: string, to: string) => ({
      ...orders,
      name,
      arrivals: [{ from, to, perHour: 60 }],
    });
    const given = scenario({
      queues: [
        queue("a", "08:00", "12:00"),
        queue("b", "09:00", "13:00"),
        queue("c", "10:00", "24:00"),
      ],
      agents: [
        { name: "one", count: 1, queues: ["a", "c"] },
        { name: "two", count: 1, queues: ["b"] },
      ],
    });
    const pools = poolsOf(given);
    expect(pools.map(({ queues }) => queues.map(({ name }) => name))).toEqual([["a", "c"], ["b"]]);
    const cut = pools.map((pool) =>
      intervalsOf(pool).map(({ from, to, loads }) => [from / 60, to / 60, loads.length]),
    );
    expect(cut).toEqual([
      [
        [8, 10, 1],
        [10, 12, 2],
        [12, 24, 1],
      ],
      [[9, 13, 1]],
    ]);
  });

  it("takes more agents in the proportions that are planned", () => {
    const groups = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(groups, fc.integer({ min: 1, max: 500 }), (counts, agents) => {
        const staff = counts.map((count, index) => ({ name: `g${index}`, count, skills: {} }));
        const planned = counts.reduce((all, count) => all + count, 0);
        const mix = mixOf({ queues: [], groups: staff }, agents);
        expect(mix.reduce((all, count) => all + count, 0)).toBe(agents);
        mix.forEach((count, index) => {
          const exact = (agents * (counts[index] ?? 0)) / planned;
          expect(Math.abs(count - exact)).toBeLessThan(1);
        });
      }),
    );
  });
});

describe("the agents that calls need", () => {
  it("are Erlang's where a queue has its agents for itself, and the simulation says the same", async () => {
    const { needed: agents, by, rows } = await only({});
    const traffic = { callsPerHour: 120, handleMs: 180_000, patienceMs: 120_000 };
    expect([agents, by]).toEqual([agentsFor(traffic, { share: 0.8, withinMs: 20_000 }), "theory"]);
    expect(rows.map((row) => row.agents - agents)).toEqual([-2, -1, 0, 1, 2, 3]);
    expect(rows.map(({ meets }) => meets)).toEqual([false, false, true, true, true, true]);
    for (const { queues, occupancy } of rows) {
      const [figures] = queues;
      if (figures === undefined || figures.theory === null) throw new Error("theory is silent");
      const { inTime, answerMs, abandons, theory } = figures;
      // Of twenty batches even the standard error is only an estimate, hence four of them.
      expect(Math.abs(inTime.mean - theory.inTime) / inTime.error).toBeLessThan(4);
      expect(Math.abs(answerMs.mean - theory.answerMs) / answerMs.error).toBeLessThan(4);
      expect(Math.abs(abandons.mean - theory.abandons) / abandons.error).toBeLessThan(4);
      expect(occupancy).toBeCloseTo(theory.occupancy, 1);
    }
  }, 60_000);

  it("are fewer when two queues share them than when each has its own", async () => {
    const two = [orders, { ...orders, name: "returns" }];
    const shared = await only({ queues: two });
    expect(shared.by).toBe("simulation");
    expect(shared.needed).toBeLessThan(2 * (await needed({})));
    const row = (agents: number) => shared.rows.find((each) => each.agents === agents);
    expect([row(shared.needed)?.meets, row(shared.needed - 1)?.meets]).toEqual([true, false]);
  }, 60_000);

  it("are more when few of them have the skill that half of the calls ask for", async () => {
    const cards = { ...orders, name: "cards", skills: [{ skill: "cards", level: 3 }] };
    const queues = [orders, cards];
    const agents = (trained: number) => [
      { name: "general", count: 10 - trained },
      { name: "trained", count: trained, skills: { cards: 3 } },
    ];
    const few = await needed({ queues, agents: agents(3) });
    const many = await needed({ queues, agents: agents(8) });
    expect(few).toBeGreaterThan(many);
  }, 60_000);

  it("are more when answering takes a while, and when callers never give up", async () => {
    const plain = await needed({});
    expect(await needed({ answerSeconds: 12 })).toBeGreaterThan(plain);
    const { needed: patient, rows } = await only({
      queues: [{ ...orders, patienceSeconds: null }],
    });
    expect(patient).toBeGreaterThan(plain);
    // Six are kept busy all the time: the queue of so many grows without end.
    expect(rows.filter(({ queues }) => queues.length === 0).map((row) => row.agents)).toEqual(
      rows.map((row) => row.agents).filter((agents) => agents <= 6),
    );
  }, 60_000);

  it("are refused when no number of them is enough in these proportions", async () => {
    const rare = { ...orders, name: "rare", skills: [{ skill: "rare", level: 3 }] };
    const agents = [
      { name: "general", count: 99 },
      { name: "rare", count: 1, skills: { rare: 3 } },
    ];
    await expect(needed({ queues: [rare], agents })).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("rare from 08:00 to 12:00"),
    });
  }, 60_000);

  it("are the same for the same seed, and nearly so for another", async () => {
    const cards = { ...orders, name: "cards" };
    const given = scenario({ queues: [orders, cards] });
    const [one, two] = [await staffingOf(given, effort), await staffingOf(given, effort)];
    expect(two).toEqual(one);
    const [other] = await staffingOf(given, { ...effort, seed: 2 });
    const [least, most] = [one[0], other].map((pool) => pool?.intervals[0]?.needed ?? 0);
    expect(Math.abs((least ?? 0) - (most ?? 0))).toBeLessThanOrEqual(1);
  }, 60_000);
});
