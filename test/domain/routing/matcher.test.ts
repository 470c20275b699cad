import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign } from "../../../src/domain/routing/assign.ts";
import { strategies } from "../../../src/domain/routing/strategies.ts";
import { drawn } from "../../../src/domain/routing/strategy.ts";
import { assignByScan } from "./scan.ts";
import { NOW, scenes } from "./scenes.ts";

describe("the index", () => {
  it("decides as a look at every pair does", () => {
    const sure = strategies.filter((each) => !drawn(each));
    fc.assert(
      fc.property(scenes(sure), ({ snapshot, rules }) => {
        const made = assign(snapshot, rules, NOW, Math.random).assignments;
        expect(made.map((each) => [each.call, each.agent])).toEqual(
          assignByScan(snapshot, rules, NOW),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
