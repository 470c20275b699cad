import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { asAgentId, asCallId } from "../../src/domain/ids.ts";
import { openJobs } from "../../src/jobs/steady.ts";
import type { Job, Jobs } from "../../src/ports/jobs.ts";
import { jobsConformance } from "../conformance/jobs.ts";
import { type OwnRedis, openOwnRedis } from "../desk/own-redis.ts";
import { openProxy } from "../desk/proxy.ts";
import { clear, freshPrefix, keysOf, listeningLog, redisUrl } from "../desk/redis-server.ts";
import { until } from "../lab/until.ts";

const agent = asAgentId("AGT-001");
const call = (index: number) => asCallId(`CALL-${index}`);
const restDue: Job = { type: "rest_due", agent };
const hourMs = 3_600_000;

describe.skipIf(redisUrl === null)("jobs over a Redis that comes and goes", () => {
  let redis: OwnRedis;
  const prefix = freshPrefix();
  const opened: Jobs[] = [];

  beforeAll(async () => {
    redis = await openOwnRedis();
  });
  afterAll(async () => {
    try {
      expect(await keysOf(redis.url, prefix)).toEqual([]);
    } finally {
      await redis.close();
    }
  });
  afterEach(closeAll);

  function open(url = redis.url): Jobs {
    const jobs = openJobs({ url, prefix, log: listeningLog() });
    opened.push(jobs);
    return jobs;
  }
  async function closeAll(): Promise<void> {
    vi.restoreAllMocks();
    await Promise.all(opened.splice(0).map(async (jobs) => await jobs.stop()));
    await clear(redis.url, prefix);
  }
  /** Starts jobs that write down what they run, and when. */
  async function working(
    url = redis.url,
    work: (job: Job) => Promise<void> = async () => undefined,
  ): Promise<{ jobs: Jobs; ran: { readonly job: Job; readonly at: number }[] }> {
    const jobs = open(url);
    const ran: { readonly job: Job; readonly at: number }[] = [];
    jobs.onJob(async (job) => {
      ran.push({ job, at: performance.now() });
      await work(job);
    });
    await jobs.start();
    return { jobs, ran };
  }
  const distinct = (ran: readonly { readonly job: Job }[]): number =>
    new Set(ran.map(({ job }) => JSON.stringify(job))).size;
  const isUp = (jobs: Jobs) => async (): Promise<boolean> => (await jobs.health()) === "up";
  /** Sets the machine's clock, as this process sees it. */
  function setClock(byMs: number): void {
    const now = Date.now.bind(Date);
    vi.spyOn(Date, "now").mockImplementation(() => now() + byMs);
  }

  jobsConformance("jobs over Redis", async () => ({ jobs: open(), close: closeAll }));

  it("take deadlines before they are started, and keep what has to happen until Redis has it", async () => {
    const jobs = open();
    const ran: Job[] = [];
    jobs.onJob(async (job) => void ran.push(job));
    await jobs.ask(restDue, 100);
    const asked = jobs.ask({ type: "post_call", call: call(1) });
    expect(await Promise.race([asked, Promise.resolve("waits")])).toBe("waits");
    await jobs.start();
    await asked;
    await until("both to run", async () => ran.length === 2);
  });

  it("lose nothing that was accepted, before or while Redis was killed", async () => {
    const { jobs, ran } = await working();
    const asked: Promise<void>[] = [];
    for (let index = 0; index < 100; index += 1) {
      asked.push(jobs.ask({ type: "offer_due", call: call(index), agent }, 1_500));
    }
    await Promise.all(asked);
    for (let index = 0; index < 20; index += 1) {
      asked.push(jobs.ask({ type: "post_call", call: call(index) }));
    }
    await redis.kill();
    try {
      await Promise.all(asked);
      await jobs.ask(restDue, 100);
      await jobs.ask({ type: "wrap_up_due", agent }, 60_000);
      await jobs.cancel({ type: "wrap_up_due", agent });
      await jobs.cancel({ type: "offer_due", call: call(0), agent });
      expect(await jobs.health()).toBe("down");
      await until("the jobs of the outage", () => ran.some(({ job }) => job.type === "rest_due"));
    } finally {
      await redis.restart();
    }
    await until("the jobs in Redis", isUp(jobs));
    await jobs.ask({ type: "assign" }); // Only BullMQ's own worker runs this one.
    await until("every job", () => distinct(ran) === 99 + 20 + 2, 5_000);
    expect(ran.map(({ job }) => job)).not.toContainEqual({
      type: "offer_due",
      call: call(0),
      agent,
    });
  });

  it("go on within half a second of their time while Redis hangs, and after it", async () => {
    const { jobs, ran } = await working();
    await jobs.ask(restDue, 700);
    redis.freeze();
    const asked = performance.now();
    try {
      await jobs.ask({ type: "callback_cancelled", call: call(1) });
      expect(performance.now() - asked).toBeLessThan(950);
      await until("both jobs", () => ran.length === 2);
      const rest = ran.find(({ job }) => job.type === "rest_due");
      expect((rest?.at ?? 0) - asked).toBeLessThan(700 + 500);
    } finally {
      redis.thaw();
    }
    await until("the jobs in Redis", isUp(jobs));
    await jobs.ask({ type: "assign" });
    // What Redis had taken when it hung may run once more behind it.
    await until("a new job", () => ran.some(({ job }) => job.type === "assign"));
  });

  it("tell Redis in time of a deadline that was moved closer", async () => {
    const { jobs, ran } = await working();
    const client = new Redis(redis.url);
    await jobs.ask(restDue, 60_000);
    await jobs.ask(restDue, 3_000);
    const stored = async () => (await client.keys(`{${prefix}}:bull:jobs:de:*`)).length;
    await until("it in Redis", async () => (await stored()) === 1);
    client.disconnect();
    expect(ran).toEqual([]);
  });

  it("tell Redis of a deadline only when nobody has taken it back in half of its time", async () => {
    const { jobs, ran } = await working();
    const client = new Redis(redis.url);
    const stored = () => client.keys(`{${prefix}}:bull:jobs:de:*`);
    await jobs.ask({ type: "wrap_up_due", agent }, 2_500);
    await jobs.ask(restDue, 2_500);
    expect(await stored()).toEqual([]);
    await jobs.cancel({ type: "wrap_up_due", agent });
    await until("the other in Redis", async () => (await stored()).length === 1);
    await until("it to run", () => ran.length > 0);
    expect(await stored()).toEqual([]);
    client.disconnect();
    expect(ran.map(({ job }) => job)).toEqual([restDue]);
  });

  it("tell Redis of all deadlines when they are stopped, for others to meet", async () => {
    const { jobs } = await working();
    await jobs.ask(restDue, 2_500);
    await jobs.stop();
    const { ran } = await working();
    await until("the job of the one that was stopped", () => ran.length === 1);
  });

  it("are asked for again when Redis was emptied", async () => {
    const { jobs, ran } = await working();
    await jobs.ask({ type: "offer_due", call: call(1), agent }, 1_500);
    await jobs.ask(restDue, 60_000);
    const client = new Redis(redis.url);
    await client.flushall();
    const kept = async (): Promise<boolean> =>
      (await client.keys(`{${prefix}}:bull:jobs:de:*`)).length === 2;
    await until("both jobs in Redis", kept);
    client.disconnect();
    await until("the first", () => ran.length === 1);
    await jobs.ask({ type: "assign" });
    await until("a new job", () => ran.length === 2);
  });

  it("are run in time when the machine's clock is set back", async () => {
    const { jobs, ran } = await working();
    const asked = performance.now();
    await jobs.ask(restDue, 600);
    setClock(-hourMs);
    await until("the job", () => ran.length > 0);
    expect((ran[0]?.at ?? 0) - asked).toBeGreaterThanOrEqual(599);
    expect((ran[0]?.at ?? 0) - asked).toBeLessThan(600 + 500);
  });

  it("are not run early when the machine's clock is set forward", async () => {
    const { jobs, ran } = await working();
    const asked = performance.now();
    await jobs.ask(restDue, 800);
    setClock(hourMs);
    await jobs.ask({ type: "assign" }); // The worker looks at its clock.
    await until("both jobs", () => ran.length === 2);
    const rest = ran.find(({ job }) => job.type === "rest_due");
    expect((rest?.at ?? 0) - asked).toBeGreaterThanOrEqual(700);
    expect((rest?.at ?? 0) - asked).toBeLessThan(800 + 500);
  });

  it("try the work after a call for as long as the store is away, and no longer for a fault", async () => {
    let tries = 0;
    const { jobs, ran } = await working(redis.url, async (job) => {
      if (job.type !== "post_call") return;
      tries += 1;
      if (job.call === call(2)) throw new Error("a mistake of ours");
      if (
        ran.filter((one) => one.job === job || JSON.stringify(one.job) === JSON.stringify(job))
          .length < 6
      ) {
        throw new KituoError("store_down", "The store is locked.");
      }
    });
    await jobs.ask({ type: "post_call", call: call(1) });
    await jobs.ask({ type: "post_call", call: call(2) });
    await until("six tries of each", () => tries === 12, 15_000);
    const count = (id: number): number =>
      ran.filter(({ job }) => job.type === "post_call" && job.call === call(id)).length;
    // A fault of ours is tried once by who asked, and five times by Redis.
    expect([count(1), count(2)]).toEqual([6, 6]);
  }, 30_000);

  it("do what is due at once before they say so, and tell Redis only of what is too much or fails", async () => {
    const gate = Promise.withResolvers<void>();
    const { jobs, ran } = await working(redis.url, async (job) => {
      if (job.type === "post_call") await gate.promise;
      if (job.type === "post_call" && job.call === call(1) && ran.length < 20)
        throw new KituoError("store_down", "The store is locked.");
    });
    const client = new Redis(redis.url);
    const stored = async () => (await client.keys(`{${prefix}}:bull:jobs:de:*`)).length;
    let settled = 0;
    for (let index = 1; index <= 16; index += 1)
      void jobs.ask({ type: "post_call", call: call(index) }).then(() => (settled += 1));
    await until("all of them to be begun here", () => ran.length === 16);
    expect(await stored()).toBe(0);
    await jobs.ask({ type: "post_call", call: call(17) });
    expect([await stored(), settled]).toEqual([1, 0]);
    gate.resolve();
    await until("all of them to be done, or in Redis", () => settled === 16);
    await until("the one that failed to be tried again", () => ran.length === 18);
    expect(distinct(ran)).toBe(17);
    client.disconnect();
  });

  it("are handed on by a process that loses Redis and comes back while another one never did", async () => {
    const proxy = await openProxy(redis.url);
    const [one, two] = [await working(proxy.url), await working()];
    await one.jobs.ask({ type: "offer_due", call: call(1), agent }, 800);
    await proxy.cut();
    await one.jobs.ask({ type: "post_call", call: call(2) });
    await one.jobs.ask({ type: "offer_due", call: call(3), agent }, 5_000);
    await until("the job of the outage", () => one.ran.length === 1);
    await proxy.restore();
    await until("the jobs in Redis", isUp(one.jobs));
    await until("the first deadline", () => distinct([...one.ran, ...two.ran]) === 2);
    await one.jobs.stop();
    await until("the last deadline", () =>
      two.ran.some(({ job }) => job.type === "offer_due" && job.call === call(3)),
    );
    await proxy.close();
  });
});
