import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sales, support } from "../domain/routing/staff.ts";
import { until } from "../lab/until.ts";
import { House } from "./house.ts";
import type { Action, Kill } from "./household.ts";
import { redisUrl } from "./redis-server.ts";

const arrive: fc.Arbitrary<Action> = fc.record({
  does: fc.constant("arrive"),
  by: fc.nat(1),
  // Few people, so that some come again whose place is kept.
  caller: fc.nat(3),
  priority: fc.constantFrom(0, 0, 0, 2),
  sales: fc.boolean(),
  // Some may be taken by the agents of the other queue, too.
  helped: fc.boolean(),
  // Some come in the same moment.
  later: fc.boolean(),
});
const act: fc.Arbitrary<Action> = fc.record({
  does: fc.constant("act"),
  call: fc.nat(30),
  how: fc.nat(5),
});
const presence: fc.Arbitrary<Action> = fc.record({
  does: fc.constant("presence"),
  by: fc.nat(1),
  agent: fc.nat(3),
  free: fc.constantFrom(true, true, false),
});
const adjust: fc.Arbitrary<Action> = fc.record({
  does: fc.constant("adjust"),
  call: fc.nat(30),
  priority: fc.constantFrom(0, 1, 3),
});
const duties: fc.Arbitrary<Action> = fc.record({
  does: fc.constant("duties"),
  by: fc.nat(1),
  agent: fc.nat(3),
  queues: fc.subarray([support, sales]),
});
const kill: fc.Arbitrary<Kill> = fc.record({
  who: fc.nat(1),
  turns: fc.nat(12),
  unaware: fc.boolean(),
});
const burst = fc.record({
  actions: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: arrive },
      { weight: 6, arbitrary: act },
      { weight: 1, arbitrary: presence },
      { weight: 1, arbitrary: adjust },
      { weight: 1, arbitrary: duties },
    ),
    { minLength: 1, maxLength: 6 },
  ),
  kill: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: kill }),
  passes: fc.constantFrom(true, false, false),
});

describe.skipIf(redisUrl === null)(
  "two processes on one Redis, one of them killed now and then",
  () => {
    it("give no agent two calls and no call two agents, lose nobody who waits, and keep the order", async () => {
      let kills = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(burst, { minLength: 4, maxLength: 16 }), async (bursts) => {
          const house = await House.open(redisUrl ?? "");
          try {
            for (const each of bursts) {
              await house.burst(each.actions, each.kill, each.passes);
              expect(house.faults).toEqual([]);
            }
            // Nobody is asked to look from here on: whoever waits is served because something changed.
            await house.signAllIn();
            const isOver = async (): Promise<boolean> => {
              const over = await house.work();
              if (!over) await house.passTime();
              return over;
            };
            await until("the end of every call", isOver, 30_000);
            expect(house.faults).toEqual([]);
            expect(await house.left()).toEqual({ waiting: [], calls: [], busy: [] });
            for (const { desk, owner } of house.dead) {
              kills += 1;
              await until(`the end of ${owner}`, async () => !(await desk.beat(owner)));
              await expect(desk.agents()).rejects.toMatchObject({ code: "fenced" });
            }
          } finally {
            await house.close();
          }
        }),
        // Two processes do not run the same way twice, so a smaller example would be looked for in vain.
        { numRuns: 25, endOnFailure: true },
      );
      expect(kills).toBeGreaterThan(15);
    }, 120_000);
  },
);
