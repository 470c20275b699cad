import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedFor, benches, usage } from "./benches.ts";
import { compare, figures, quantile, table } from "./figures.ts";
import { overtakesOf } from "./overtakes.ts";
import { turns } from "./rounds.ts";
import { agrees } from "./theory.ts";

describe("the turns of both sides", () => {
  it("are A-B-B-A", () => {
    expect(turns(1)).toEqual(["kituo", "peer"]);
    expect(turns(2)).toEqual(["kituo", "peer", "peer", "kituo"]);
    expect(turns(4).join(" ")).toBe("kituo peer peer kituo kituo peer peer kituo");
  });

  it("are as many for the one as for the other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (runs) => {
        expect(turns(runs).filter((side) => side === "peer")).toHaveLength(runs);
        expect(turns(runs)).toHaveLength(2 * runs);
      }),
    );
  });
});

describe("figures", () => {
  it("lie between the two nearest values, in whatever order these came", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([30, 10, 20], 0.5)).toBe(20);
    expect(quantile([10, 20], 0.99)).toBeCloseTo(19.9);
    expect(figures([5, 1, 9])).toEqual({ n: 3, p50: 5, p95: 8.6, p99: 8.92, max: 9 });
  });

  it("are not a number without values", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("a comparison", () => {
  const sides = {
    kituo: [
      [1, 2, 3],
      [3, 4, 5],
    ],
    peer: [
      [10, 20, 30],
      [50, 60, 70],
    ],
  };

  it("has the medians of all rounds together, those of each, and their ranges", () => {
    const { kituo, peer, runs, medians, ranges } = compare("wait", sides);
    expect([kituo.p50, peer.p50, kituo.n, runs]).toEqual([3, 40, 6, 2]);
    expect(medians).toEqual({ kituo: [2, 4], peer: [20, 60] });
    expect(ranges).toEqual({ kituo: [2, 4], peer: [20, 60] });
  });

  it("has a ratio above 1 where Kituo is better, be it lower or higher", () => {
    const one = { kituo: [[10]], peer: [[20]] };
    expect(compare("cost", one).ratio).toBe(2);
    expect(compare("rate", one, { unit: "calls/s", better: "higher" }).ratio).toBe(0.5);
  });

  it("says in the table by what the ratio is reckoned, and which side is better", () => {
    const said = "median of app_queue by that of Kituo, 2 rounds of each; above 1 Kituo is better";
    expect(table("wait", compare("wait", sides))).toContain(`ratio 13.333: ${said}`);
    const rates = compare("rate", sides, { unit: "calls/s", better: "higher", peerIs: "a scan" });
    expect(table("rate", rates)).toContain("ratio 0.075: median of Kituo by that of a scan");
  });

  it("shows every round where a round gives one value, and quantiles where it gives many", () => {
    const single = table("cost", compare("cost", { kituo: [[1], [3]], peer: [[4], [8]] }));
    expect(single).toMatch(/Kituo +2 +2\.00 +1\.00 - 3\.00 +1\.00, 3\.00/);
    expect(single).not.toContain("p99");
    expect(table("wait", compare("wait", sides))).toContain("p99");
  });
});

describe("overtakes", () => {
  const never = Number.POSITIVE_INFINITY;

  it("are none where callers are served in the order in which they came", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.nat(1_000))), (times) => {
        const came = times.map(([at]) => at).sort((one, two) => one - two);
        const rung = times.map(([, at]) => at).sort((one, two) => one - two);
        const served = came.map((at, index) => ({ came: at, rung: rung[index] ?? never }));
        expect(overtakesOf(served).overtaken).toBe(0);
      }),
    );
  });

  it("count whoever was passed by a later caller, with the places lost and how late she was", () => {
    const found = overtakesOf([
      { came: 0, rung: 100 },
      { came: 10, rung: 50 },
      { came: 20, rung: 60.001 },
      { came: 30, rung: 60 },
    ]);
    expect(found).toEqual({
      of: 4,
      overtaken: 2,
      share: 0.5,
      clearly: 1,
      mostPlaces: 3,
      longestMs: 50,
    });
  });

  it("leave out who came less than two milliseconds apart", () => {
    const apart = (ms: number) =>
      overtakesOf([
        { came: 0, rung: 9 },
        { came: ms, rung: 8 },
      ]).overtaken;
    expect([apart(1.999), apart(2)]).toEqual([0, 1]);
  });

  it("count who was never served, by everybody behind her who was, and not who waits behind all", () => {
    const found = overtakesOf([
      { came: 0, rung: 5 },
      { came: 10, rung: never },
      { came: 20, rung: 25 },
      { came: 30, rung: 35 },
      { came: 40, rung: never },
    ]);
    expect(found).toMatchObject({ of: 4, overtaken: 1, mostPlaces: 2, longestMs: null });
  });
});

describe("agreement with theory", () => {
  it("is lost outside of three standard errors, and outside of 1 % where that can be told", () => {
    expect(agrees({ errorsOff: 3.1, shareOff: 0.001 }, true)).toBe(false);
    expect(agrees({ errorsOff: 2, shareOff: 0.011 }, true)).toBe(false);
    expect(agrees({ errorsOff: 2, shareOff: 0.011 }, false)).toBe(true);
    expect(agrees({ errorsOff: 3.1, shareOff: 0.05 }, false)).toBe(false);
    expect(agrees({ errorsOff: 2.9, shareOff: 0.009 }, true)).toBe(true);
  });
});

describe("the command", () => {
  it("names every benchmark in its usage, with what it is about and how long it takes", () => {
    for (const [name, { about, runs, minutes }] of Object.entries(benches)) {
      expect(about).toMatch(new RegExp(`^${name}: .+\\?\n`));
      expect(usage).toContain(`  ${name} `);
      expect(usage).toContain(`--runs ${runs}, which takes about ${minutes} min`);
    }
  });

  it("takes turns twice at least, where there are two sides, when nothing else is said", () => {
    for (const [name, { runs }] of Object.entries(benches))
      if (name !== "theory") expect(runs, name).toBeGreaterThanOrEqual(2);
  });

  it("understands what it is asked for", () => {
    expect(askedFor(["fifo", "--json", "--runs", "3"])).toEqual({
      bench: benches["fifo"],
      runs: 3,
      json: true,
      long: false,
    });
    expect(askedFor(["theory", "--long"])).toMatchObject({ runs: 1, json: false, long: true });
  });

  it.each([
    [[]],
    [["nothing"]],
    [["toString"]],
    [["fifo", "yield"]],
    [["fifo", "--runs", "0"]],
    [["fifo", "--runs", "many"]],
    [["fifo", "--runs"]],
    [["fifo", "--loud"]],
  ])("understands nothing of %j", (args) => {
    expect(askedFor(args)).toBeNull();
  });
});
