import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { nothing } from "../../src/desk/part.ts";
import { openRedisDesk, type RedisDesk } from "../../src/desk/redis.ts";
import { openDesk } from "../../src/desk/steady.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import type { Desk } from "../../src/ports/desk.ts";
import { deskConformance } from "../conformance/desk.ts";
import { until } from "../lab/until.ts";
import { type OwnRedis, openOwnRedis } from "./own-redis.ts";
import { openProxy } from "./proxy.ts";
import { clear, freshPrefix, keysOf, listeningLog, redisUrl } from "./redis-server.ts";
import { callState, enrolled, picture, steps } from "./steps.ts";

const t0 = 1_763_700_000_000;
const amina = asAgentId("AGT-001");
const juma = asAgentId("AGT-002");
const first = asCallId("CALL-00000001");
const second = asCallId("CALL-00000002");
const support = asQueueName("support");
const everybody = Array.from({ length: 20 }, (_, index) => ({
  id: asAgentId(`AGT-${100 + index}`),
  extension: `${1100 + index}`,
  queues: [support],
}));

const byId = (agents: readonly Agent[]): Agent[] =>
  [...agents].sort((left, right) => (left.id < right.id ? -1 : 1));
const byCall = (waiting: readonly WaitingCall[]): WaitingCall[] =>
  [...waiting].sort((left, right) => (left.call < right.call ? -1 : 1));

/** Makes everybody who is enrolled free for a call. */
async function signIn(desk: Desk, people: typeof enrolled): Promise<void> {
  await desk.enrol(people, t0);
  await Promise.all(
    people.flatMap(({ id, extension }) => [
      desk.setPresence(id, { is: "available" }, t0),
      desk.setDevice(extension, "idle", t0),
    ]),
  );
}

/** How long a verb took, in milliseconds, sorted. */
async function timed(count: number, verb: (index: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const asked = performance.now();
    await verb(index);
    took.push(performance.now() - asked);
  }
  return took.sort((left, right) => left - right);
}

describe.skipIf(redisUrl === null)("the desk over a Redis that comes and goes", () => {
  let redis: OwnRedis;
  let prefix = "";
  let lives = 0;
  const opened: { stop(): Promise<void> }[] = [];
  const log = listeningLog();

  beforeAll(async () => {
    redis = await openOwnRedis();
  });
  afterAll(async () => {
    await redis.close();
  });
  afterEach(closeAll);

  async function closeAll(): Promise<void> {
    await Promise.all(opened.splice(0).map((desk) => desk.stop()));
    await clear(redis.url, prefix);
    expect(await keysOf(redis.url, prefix)).toEqual([]);
  }
  async function open(url = redis.url, owner?: string): Promise<Desk> {
    if (opened.length === 0) prefix = freshPrefix();
    lives += 1;
    const desk = openDesk({ url, prefix, owner: owner ?? `kituo-${lives}/1`, log });
    opened.push(desk);
    await desk.start();
    return desk;
  }
  /** A look into Redis past the desk. */
  async function observer(): Promise<RedisDesk> {
    lives += 1;
    const desk = openRedisDesk({ url: redis.url, prefix, owner: `observer-${lives}/1`, log });
    opened.push(desk);
    await desk.start();
    return desk;
  }
  async function redisSays(...command: [string, ...string[]]): Promise<unknown> {
    const client = new Redis(redis.url);
    try {
      return await client.call(...command);
    } finally {
      client.disconnect();
    }
  }
  const isUp = (desk: Desk) => async (): Promise<boolean> => (await desk.health()) === "up";
  /** A caller waits and Amina is reserved for her. */
  async function ringing(desk: Desk, owner: string): Promise<void> {
    await signIn(desk, enrolled);
    await desk.beat(owner);
    await desk.saveCall(callState(first, t0), owner);
    await desk.join({
      call: first,
      queue: support,
      priority: 0,
      language: null,
      enteredAt: t0,
      owner,
    });
    expect(await desk.reserve(first, amina, t0 + 15_000)).toBe("reserved");
  }

  deskConformance("the desk over Redis", async () => {
    const owner = `kituo-${lives + 1}/1`;
    const desk = await open();
    const other = await open();
    return { desk, owner, other, close: closeAll };
  });

  it("goes on while Redis is killed, and puts back what happened, though Redis lost its last second", async () => {
    const owner = "kituo-k/1";
    const desk = await open(redis.url, owner);
    await ringing(desk, owner);
    await redis.kill();
    try {
      expect(await desk.connect(first, amina, t0 + 5_000)).toBe(true);
      expect(await desk.health()).toBe("down");
      const took = await timed(500, (index) =>
        desk.setDevice("1002", index % 2 ? "busy" : "idle", t0),
      );
      expect(took[494]).toBeLessThan(50);
      await desk.saveCall(callState(second, t0 + 6_000), owner);
      await desk.join({
        call: second,
        queue: support,
        priority: 0,
        language: null,
        enteredAt: t0 + 6_000,
        owner,
      });
      await desk.setPresence(juma, { is: "paused", reason: "chai" }, t0 + 6_500);
      expect(await desk.finish(first, amina, t0 + 20_000, t0 + 7_000)).toBe(true);
      await desk.removeCall(first);
      expect(await desk.endWrapUp(amina, t0 + 20_000)).toBe(true);
      expect(await desk.reserve(second, amina, t0 + 40_000)).toBe("reserved");
    } finally {
      await redis.restart();
    }
    const before = { ...(await desk.snapshot()), calls: await desk.liveCalls() };
    await until("the desk in Redis", isUp(desk));
    const there = await observer();
    const { waiting, agents } = await there.snapshot();
    expect(waiting).toEqual(before.waiting);
    expect(waiting).toMatchObject([{ call: second, offeredTo: amina }]);
    expect(byId(agents)).toEqual(byId(before.agents));
    expect(await there.liveCalls()).toEqual(before.calls);
    expect((await there.peers()).map((peer) => peer.owner)).toEqual([owner]);
    expect(await there.expire(t0 + 40_000)).toEqual([{ agent: amina, call: second }]);
  });

  it("waits once for a Redis that hangs, and nothing that it was told late is done", async () => {
    const owner = "kituo-h/1";
    const desk = await open(redis.url, owner);
    await ringing(desk, owner);
    redis.freeze();
    try {
      const asked = performance.now();
      const late = [desk.connect(first, amina, t0 + 5_000), desk.leave(second)];
      expect(await Promise.all(late)).toEqual([true, false]);
      expect(performance.now() - asked).toBeLessThan(950);
      const took = await timed(500, () => desk.agents());
      expect(took[494]).toBeLessThan(50);
      await desk.finish(first, amina, 0, t0 + 7_000);
      await desk.removeCall(first);
    } finally {
      redis.thaw();
    }
    await until("the desk in Redis", isUp(desk));
    const there = await observer();
    expect(await there.snapshot()).toMatchObject({ waiting: [] });
    expect(await there.liveCalls()).toEqual([]);
    expect(await there.agent(amina)).toMatchObject({
      activity: { is: "none" },
      reservation: { is: "none" },
      idleSince: t0 + 7_000,
    });
  });

  it("does not take a standstill of its own for one of Redis", async () => {
    const desk = await open();
    await signIn(desk, enrolled);
    const before = log.lines.length;
    const reply = desk.agents();
    // The verb is sent before the loop stands still.
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + 700;
    while (performance.now() < until);
    expect(await reply).toHaveLength(2);
    expect(await desk.health()).toBe("up");
    expect(log.lines.slice(before)).toEqual([]);
  });

  it.each([
    ["at the next verb", async (desk: Desk) => void (await desk.agents())],
    ["at the next beat", async (desk: Desk) => void (await desk.beat("kituo-f/1"))],
  ])("notices that Redis was emptied %s, and fills it again", async (_when, verb) => {
    const owner = "kituo-f/1";
    const desk = await open(redis.url, owner);
    await ringing(desk, owner);
    const before = { ...(await desk.snapshot()), calls: await desk.liveCalls() };
    await redisSays("FLUSHALL");
    await verb(desk);
    expect((await desk.snapshot()).waiting).toEqual(before.waiting);
    await until("the desk in Redis", isUp(desk));
    const there = await observer();
    const { waiting, agents } = await there.snapshot();
    expect(waiting).toEqual(before.waiting);
    expect(byId(agents)).toEqual(byId(before.agents));
    expect(await there.liveCalls()).toEqual(before.calls);
    expect(await desk.connect(first, amina, t0 + 1)).toBe(true);
    expect(await there.agentByExtension("1001")).toMatchObject({ activity: { is: "talking" } });
  });

  it("does not take the others for gone because Redis forgot them", async () => {
    const [one, two] = [await open(redis.url, "kituo-a/1"), await open(redis.url, "kituo-b/1")];
    await signIn(one, enrolled);
    await one.beat("kituo-a/1");
    await two.beat("kituo-b/1");
    await two.saveCall(callState(first, t0), "kituo-b/1");
    await one.peers();
    await redisSays("FLUSHALL");
    await one.agents();
    await until("the first desk in Redis", isUp(one));
    expect((await one.peers()).map(({ owner }) => owner).sort()).toEqual([
      "kituo-a/1",
      "kituo-b/1",
    ]);
    expect(await one.liveCalls()).toEqual([]);
    await two.beat("kituo-b/1");
    await until("the other's call", async () => (await one.liveCalls()).length === 1);
  });

  it("goes on in memory while Redis takes no writes", async () => {
    const owner = "kituo-o/1";
    const desk = await open(redis.url, owner);
    await ringing(desk, owner);
    await redisSays("CONFIG", "SET", "maxmemory", "1");
    try {
      expect(await desk.connect(first, amina, t0 + 5_000)).toBe(true);
      expect(await desk.agent(amina)).toMatchObject({ activity: { is: "talking" } });
    } finally {
      await redisSays("CONFIG", "SET", "maxmemory", "0");
    }
    await until("the desk in Redis", isUp(desk));
    expect(await (await observer()).agent(amina)).toMatchObject({ activity: { is: "talking" } });
  });

  it("puts back what was changed of an agent's work meanwhile", async () => {
    const owner = "kituo-w/1";
    const desk = await open(redis.url, owner);
    await ringing(desk, owner);
    await desk.connect(first, amina, t0 + 1_000);
    await desk.finish(first, amina, t0 + 10_000, t0 + 2_000);
    await redisSays("CONFIG", "SET", "maxmemory", "1");
    try {
      await desk.extendWrapUp(amina, 5_000, 60_000, t0 + 3_000);
      await desk.setDuties(amina, { queues: [], skills: { cards: 5 } }, t0 + 4_000);
    } finally {
      await redisSays("CONFIG", "SET", "maxmemory", "0");
    }
    await until("the desk in Redis", isUp(desk));
    expect(await (await observer()).agent(amina)).toMatchObject({
      presence: { is: "after_call", until: t0 + 15_000, call: first },
      queues: [],
      skills: { cards: 5 },
    });
  });

  it("says after the outage that it was shut out meanwhile", async () => {
    const proxy = await openProxy(redis.url);
    const desk = await open(proxy.url, "kituo-x/1");
    await signIn(desk, enrolled);
    await proxy.cut();
    expect(await desk.beat("kituo-x/1")).toBe(true);
    await expect(desk.fence("kituo-y/1")).rejects.toMatchObject({ code: "desk_down" });
    await (await observer()).fence("kituo-x/1");
    await proxy.restore();
    await until("the end of the process", async () => !(await desk.beat("kituo-x/1")));
    await expect(desk.agents()).rejects.toMatchObject({ code: "fenced" });
    await proxy.close();
  });

  it("tells of changes while Redis is away, and takes nobody for dead", async () => {
    const [one, two] = [await open(redis.url, "kituo-a/1"), await open(redis.url, "kituo-b/1")];
    await signIn(one, enrolled);
    await one.beat("kituo-a/1");
    await two.beat("kituo-b/1");
    await one.peers();
    let told = 0;
    one.onChange(() => {
      told += 1;
    });
    await redis.kill();
    try {
      // What the other has said before may be told only now.
      const before = told;
      await one.setDevice("1001", "busy", t0);
      expect(told).toBeGreaterThan(before);
      const looks = [await one.peers(), await one.peers()];
      const beats = looks.map(
        (peers) => peers.find(({ owner }) => owner === "kituo-b/1")?.beats ?? 0,
      );
      expect(beats[1]).toBeGreaterThan(beats[0] ?? 0);
      expect(await one.takeOver(first, "kituo-b/1", "kituo-a/1")).toBeNull();
    } finally {
      await redis.restart();
    }
    await until("both desks in Redis", async () => (await isUp(one)()) && (await isUp(two)()));
  });

  it("knows after any verbs, sent all at once, exactly what Redis knows", async () => {
    const proxy = await openProxy(redis.url);
    const owner = "kituo-a/1";
    const desk = await open(proxy.url, owner);
    const there = await observer();
    // This process is alone here: what it does to calls, it does to its own.
    const some = steps.filter(
      ({ name }) => !/^(fence|retire|beat|restore)|kituo-a\/2|kituo-b|model/.test(name),
    );
    const forget = async (): Promise<void> => {
      for (const { state } of await there.liveCalls()) await there.removeCall(state.id);
    };
    const outages = () => log.lines.filter((line) => line.includes("goes on in memory")).length;
    const batch = fc.array(some, { minLength: 5, maxLength: 40 });
    // Agents are enrolled at the start, for which Redis must be there.
    const later = some.filter(({ name }) => !name.startsWith("enrol"));
    const aloneBatch = fc.array(later, { minLength: 5, maxLength: 40 });
    // Time goes on from one run to the next: they share a Redis, and what is older counts for less there.
    let now = t0;
    await fc.assert(
      fc.asyncProperty(batch, aloneBatch, fc.boolean(), async (through, alone, emptied) => {
        await until("the desk in Redis", isUp(desk));
        await forget();
        await signIn(desk, enrolled);
        const before = outages();
        await Promise.all(through.map(({ step }) => step(desk, (now += 7))));
        const known = await picture(there);
        // On a machine that is busy with something else Redis may answer too late: what then is, other tests tell.
        if (outages() !== before) return;
        await proxy.cut();
        expect(byId(await desk.agents())).toEqual(byId((await there.snapshot()).agents));
        expect(byCall((await desk.snapshot()).waiting)).toEqual(
          known.waiting.filter((entry) => entry.owner === owner),
        );
        for (const { step } of alone) await step(desk, (now += 7));
        const agents = byId(await desk.agents());
        const { waiting } = await desk.snapshot();
        const calls = (await desk.liveCalls()).filter((live) => live.owner === owner);
        if (emptied) await clear(redis.url, prefix);
        await there.restore(nothing);
        await proxy.restore();
        await until("the desk in Redis", isUp(desk));
        const after = await picture(there);
        expect(byId((await there.snapshot()).agents)).toEqual(agents);
        expect(after.waiting.filter((entry) => entry.owner === owner)).toEqual(byCall(waiting));
        expect(after.calls.filter((live) => live.owner === owner)).toEqual(
          calls.sort((left, right) => (left.state.id < right.state.id ? -1 : 1)),
        );
      }),
      // Looking for a smaller example takes longer than there is, and nobody would hear of the first.
      { numRuns: 25, endOnFailure: true },
    );
    await proxy.close();
  }, 60_000);

  it("never lets two processes offer the same agent while they cannot hear of each other", async () => {
    const owners = ["kituo-a/1", "kituo-b/1"];
    const wish = fc.record({ by: fc.nat(1), agent: fc.nat(19), does: fc.nat(5) });
    const wishes = fc.array(wish, { minLength: 20, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(wishes, wishes, async (before, during) => {
        const proxies = [await openProxy(redis.url), await openProxy(redis.url)];
        const desks = [
          await open(proxies[0]?.url, owners[0]),
          await open(proxies[1]?.url, owners[1]),
        ];
        const calls = new Map<string, { readonly by: number; readonly agent: string }>();
        let count = 0;
        let now = t0;
        /** A process brings an agent together with a new call, or lets her go; what both think is compared. */
        const act = async ({ by, agent: index, does }: (typeof before)[number]): Promise<void> => {
          const desk = desks[by];
          const owner = owners[by] ?? "";
          const agent = everybody[index]?.id ?? amina;
          if (desk === undefined) throw new Error("no such desk");
          now += 10;
          const [mine] = [...calls].filter(([, call]) => call.by === by && call.agent === agent);
          if (mine === undefined) {
            count += 1;
            const call = asCallId(`CALL-${count}`);
            await desk.saveCall(callState(call, now), owner);
            await desk.join({
              call,
              queue: support,
              priority: 0,
              language: null,
              enteredAt: now,
              owner,
            });
            const seen = (await desk.snapshot()).agents.some(({ id }) => id === agent);
            const answer = seen ? await desk.reserve(call, agent, now + 99_000) : "agent_gone";
            if (answer === "reserved") {
              const others = [...calls.values()].filter((other) => other.agent === agent);
              expect(others, `${agent} is offered twice`).toEqual([]);
              calls.set(call, { by, agent });
            } else await desk.removeCall(call);
            return;
          }
          const call = asCallId(mine[0]);
          if (does < 2) return void (await desk.connect(call, agent, now));
          if (does === 2) return void (await desk.expire(now));
          if (does === 3) await desk.finish(call, agent, 0, now);
          if (does === 4) await desk.release(call, agent, "no_answer", 0);
          await desk.removeCall(call);
          calls.delete(call);
        };
        await signIn(desks[0] as Desk, everybody);
        for (const [index, desk] of desks.entries()) await desk.beat(owners[index] ?? "");
        for (const one of before) await act(one);
        for (const desk of desks) await desk.snapshot();
        for (const proxy of proxies) await proxy.cut();
        for (const one of during) await act(one);
        for (const proxy of proxies) await proxy.restore();
        for (const desk of desks) await until("the desk in Redis", isUp(desk));
        for (const { id, reservation, activity } of (await (await observer()).snapshot()).agents) {
          const call = activity.is === "talking" ? activity.call : null;
          const offered = reservation.is === "offered" ? reservation.call : null;
          const held = [...calls].find(([, each]) => each.agent === id)?.[0] ?? null;
          expect(call ?? offered, id).toBe(held);
        }
        await closeAll();
        for (const proxy of proxies) await proxy.close();
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});
