import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openMemoryDesk } from "../../src/desk/memory.ts";
import { nothing } from "../../src/desk/part.ts";
import { offeredIn } from "../../src/desk/record.ts";
import { openRedisDesk } from "../../src/desk/redis.ts";
import { clear, freshPrefix, listeningLog, redisUrl } from "./redis-server.ts";
import { enrolled, picture, steps } from "./steps.ts";

/** What must be true after every step, whatever happened. */
function expectWhole({ waiting, agents: known }: Awaited<ReturnType<typeof picture>>): void {
  for (const entry of waiting) {
    for (const offeredTo of offeredIn(entry)) {
      const agent = known.find(({ id }) => id === offeredTo);
      expect(agent?.reservation).toMatchObject({ is: "offered", call: entry.call });
    }
  }
  for (const { reservation, activity } of known) {
    if (activity.is === "talking") expect(reservation.is).not.toBe("offered");
  }
}

describe.skipIf(redisUrl === null)("the desks in memory and in Redis", () => {
  it("answer alike and know alike after any sequence of verbs", async () => {
    const url = redisUrl ?? "";
    const prefix = freshPrefix();
    const redis = openRedisDesk({ url, prefix, owner: "model/1", log: listeningLog() });
    await redis.start();
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (sequence) => {
          await clear(url, prefix);
          await redis.restore(nothing);
          const desks = [openMemoryDesk("model/1"), redis] as const;
          let now = 1_763_700_000_000;
          for (const desk of desks) {
            await desk.enrol(enrolled, now);
            for (const { id, extension } of enrolled) {
              await desk.setPresence(id, { is: "available" }, now);
              await desk.setDevice(extension, "idle", now);
            }
          }
          for (const { name, step } of sequence) {
            now += 7;
            const answers = [await step(desks[0], now), await step(desks[1], now)];
            expect(answers[1], name).toEqual(answers[0]);
            const pictures = [await picture(desks[0]), await picture(desks[1])] as const;
            expect(pictures[1], name).toEqual(pictures[0]);
            expectWhole(pictures[0]);
          }
        }),
        { numRuns: 300 },
      );
    } finally {
      await redis.stop();
      await clear(url, prefix);
    }
  }, 60_000);
});
