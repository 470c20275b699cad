import { describe, expect, it } from "vitest";
import { messageOf, quickSlack, Verdict } from "../chaos/row.ts";
import { rows } from "../chaos/table.ts";
import { chance } from "../lab/chance.ts";

/** The rows of the fault table that are quick enough to run every time; the others are `npm run chaos -- ROW`. */
describe("what breaks under load", () => {
  for (const row of rows.filter((each) => each.quick)) {
    it(`${row.name}: ${row.what}`, async () => {
      const verdict = new Verdict(quickSlack);
      const random = chance(3);
      await row
        .run(verdict, { times: row.times, quick: true, random, say: () => undefined })
        .catch((error: unknown) => verdict.breach(`the run broke off: ${messageOf(error)}`));
      expect(verdict.breaches).toEqual([]);
    }, 300_000);
  }
});
