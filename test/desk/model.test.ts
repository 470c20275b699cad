import fc from "fast-check";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { type MemoryDesk, openMemoryDesk } from "../../src/desk/memory.ts";
import { nothing } from "../../src/desk/part.ts";
import { placeKey } from "../../src/desk/places.ts";
import { offeredIn } from "../../src/desk/record.ts";
import { openRedisDesk } from "../../src/desk/redis.ts";
import { keysUnder } from "../../src/desk/verbs.ts";
import type { KeptPlace } from "../../src/domain/queue.ts";
import { Ledger } from "./ledger.ts";
import { clear, freshPrefix, listeningLog, redisUrl } from "./redis-server.ts";
import { enrolled, ours, partOf, picture, steps } from "./steps.ts";

/** What must be true after every step, whatever happened. */
function expectWhole(
  { waiting, agents: known }: Awaited<ReturnType<typeof picture>>,
  ledger: Ledger,
): void {
  expect(waiting.map(({ call }) => call)).toEqual(ledger.calls);
  const offered = waiting.flatMap(offeredIn);
  expect(new Set(offered).size, "an agent is offered two calls").toBe(offered.length);
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

/** The places that are kept for callers who may come again, by the names that they have in Redis. */
const keptIn = (memory: MemoryDesk): Record<string, KeptPlace> =>
  Object.fromEntries(
    memory.places.list().map((place) => [placeKey(place.queue, place.caller), place]),
  );

describe.skipIf(redisUrl === null)("the desks in memory and in Redis", () => {
  it("answer alike and know alike after any sequence of verbs, and lose nobody who waits", async () => {
    const url = redisUrl ?? "";
    const prefix = freshPrefix();
    const redis = openRedisDesk({ url, prefix, owner: ours, log: listeningLog() });
    const raw = new Redis(url);
    await redis.start();

    /** What this process knows is put back into Redis, as it stands or emptied; then others have lost their calls. */
    const putBack = async (memory: MemoryDesk, ledger: Ledger, emptied: boolean): Promise<void> => {
      const part = partOf(memory);
      if (emptied) {
        await clear(url, prefix);
        memory.load({ ...memory.records(), waiting: part.waiting });
        memory.calls.load([], ours);
        ledger.keepOnly(part.waiting);
      }
      await redis.restore(part);
    };

    try {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (sequence) => {
          await clear(url, prefix);
          await redis.restore(nothing);
          const memory = openMemoryDesk(ours);
          const ledger = new Ledger();
          let now = 1_763_700_000_000;
          for (const desk of [memory, redis]) {
            await desk.enrol(enrolled, now);
            for (const { id, extension } of enrolled) {
              await desk.setPresence(id, { is: "available" }, now);
              await desk.setDevice(extension, "idle", now);
            }
          }
          for (const each of sequence) {
            const { name, verb, given, step } = each;
            now += 7;
            const before = memory.records().waiting;
            if (verb === "restore") await putBack(memory, ledger, given[0] === true);
            const answers = [await step(memory, now), await step(redis, now)];
            expect(answers[1], name).toEqual(answers[0]);
            const pictures = [await picture(memory), await picture(redis)] as const;
            expect(pictures[1], name).toEqual(pictures[0]);
            const kept = Object.entries(await raw.hgetall(keysUnder(prefix).places));
            expect(
              Object.fromEntries(kept.map(([key, text]) => [key, JSON.parse(text)])),
              name,
            ).toEqual(keptIn(memory));
            ledger.enter(each, answers[0], before);
            expectWhole(pictures[0], ledger);
          }
        }),
        { numRuns: 300 },
      );
    } finally {
      await redis.stop();
      await clear(url, prefix);
      raw.disconnect();
    }
  }, 60_000);
});
