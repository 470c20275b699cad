import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { signalProgram } from "../../lab/program.ts";
import { noticed } from "../health.ts";
import { backInControl, fullHouse, sameAsBefore, survives } from "../return.ts";
import type { Row, Verdict } from "../row.ts";
import { onStage, type Stage } from "../stage.ts";

const expected =
  "no call hurt, no agent offered two calls, callers who arrive meanwhile are served by free agents; 2 s after its return everything is where it was";

export const redisKill: Row = {
  name: "redis-kill",
  faults: [11],
  what: "SIGKILL of Redis, started again at once",
  expected,
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      await survives(stage, verdict, "the kill", async () => {
        await killRedis(stage);
        await stage.lab.instance.restartRedis();
      });
      await stage.conclude(verdict);
    }),
};

export const redisAway: Row = {
  name: "redis-away",
  faults: [12, 16],
  what: "Redis away for 60 s (6 s in npm test)",
  expected,
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      await survives(stage, verdict, "Redis was back", async () => {
        await killRedis(stage);
        const from = Date.now();
        verdict.within("noticed_ms", await noticed(stage.server, "desk", false, 5_000), 5_000);
        await pause(options.quick ? 6_000 : 60_000);
        await servedBetween(stage, verdict, from, Date.now());
        await stage.lab.instance.restartRedis();
        verdict.worst("back_ms", await noticed(stage.server, "desk", true, 10_000));
      });
      await stage.conclude(verdict);
    }),
};

export const flushAll: Row = {
  name: "flushall",
  faults: [12],
  what: "FLUSHALL at Redis",
  expected,
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      await survives(stage, verdict, "the flush", () => flush(stage));
      await stage.conclude(verdict);
    }),
};

export const redisLost: Row = {
  name: "redis-lost",
  faults: [1, 12],
  what: "SIGKILL of the server, and FLUSHALL before it is started again",
  expected:
    "who talks talks on, who waits keeps her place and her time, from what the journal and the store know; agents have to sign in again",
  quick: true,
  times: 1,
  run: (verdict, options) => {
    const house = fullHouse(options);
    // Whoever comes while no agent is signed in is asked for a message, which says nothing here.
    const load = { ...house.load, perSecond: 0 };
    return onStage({ ...house, load }, async (stage) => {
      const before = await stage.census();
      await stage.server.kill();
      await flush(stage);
      stage.server.launch();
      await backInControl(stage, verdict);
      await pause(2_000);
      await sameAsBefore(stage, before, verdict, "2 s after the start");
      await stage.crowd.signIn(stage.api);
      await stage.conclude(verdict);
    });
  },
};

async function flush({ lab }: Stage): Promise<void> {
  const redis = new Redis(lab.instance.redisUrl);
  await redis.flushall();
  redis.disconnect();
}

async function killRedis({ lab }: Stage): Promise<void> {
  const { redis } = lab.instance;
  if (redis === null) throw new Error("this Redis is not ours to kill");
  signalProgram(redis, "SIGKILL");
  await redis.ended;
}

/** Whether phones were rung for those who arrived between two moments, and how long that took. */
async function servedBetween(
  stage: Stage,
  verdict: Verdict,
  from: number,
  to: number,
): Promise<void> {
  const arrived = (await stage.crowd.callersSaw("brisk")).filter(
    ({ invitedAt }) => invitedAt > from && invitedAt < to - 2_000,
  );
  const legs = Map.groupBy(await stage.crowd.agentsSaw("brisk"), (leg) => leg.number);
  const waits = arrived.map(
    (call) => (legs.get(call.number)?.[0]?.invitedAt ?? Infinity) - call.invitedAt,
  );
  const unserved = waits.filter((wait) => wait === Infinity).length;
  verdict.count("arrived_meanwhile", arrived.length);
  verdict.expect(
    unserved === 0,
    `${unserved} of ${arrived.length} who arrived while Redis was away were not served`,
  );
  const served = waits.filter((wait) => wait < Infinity).sort((left, right) => left - right);
  verdict.worst("arrival_to_ring_p50_ms", served[Math.floor(served.length / 2)] ?? 0);
  verdict.worst("arrival_to_ring_max_ms", served.at(-1) ?? 0);
}
