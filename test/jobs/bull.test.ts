import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { asAgentId, asCallId } from "../../src/domain/ids.ts";
import { openBullJobs } from "../../src/jobs/bull.ts";
import type { Job, Jobs } from "../../src/ports/jobs.ts";
import { jobsConformance } from "../conformance/jobs.ts";
import { openProxy } from "../desk/proxy.ts";
import { clear, freshPrefix, keysOf, listeningLog, redisUrl } from "../desk/redis-server.ts";

const offerDue: Job = {
  type: "offer_due",
  call: asCallId("CALL-00000001"),
  agent: asAgentId("AGT-001"),
};

describe.skipIf(redisUrl === null)("on Redis", () => {
  const url = redisUrl ?? "";
  const prefix = freshPrefix();
  const opened: Jobs[] = [];

  function open(at = url, log = listeningLog(), startWithinMs = 5_000): Jobs {
    const jobs = openBullJobs({ url: at, prefix, log, startWithinMs });
    opened.push(jobs);
    return jobs;
  }
  async function closeAll(): Promise<void> {
    await Promise.all(opened.splice(0).map(async (jobs) => await jobs.stop()));
    await clear(url, prefix);
  }
  /** Starts jobs that write down what they run. */
  async function working(at = url, log = listeningLog()): Promise<{ jobs: Jobs; ran: Job[] }> {
    const jobs = open(at, log);
    const ran: Job[] = [];
    jobs.onJob(async (job) => void ran.push(job));
    await jobs.start();
    return { jobs, ran };
  }
  afterEach(closeAll);
  afterAll(async () => {
    expect(await keysOf(url, prefix)).toEqual([]);
  });

  jobsConformance("jobs in BullMQ", async () => ({ jobs: open(), close: closeAll }));

  describe("jobs in BullMQ", () => {
    it("outlive the process that asked", async () => {
      const first = await working();
      await first.jobs.ask(offerDue, 300);
      await first.jobs.stop();
      const second = await working();
      await expect.poll(() => second.ran).toEqual([offerDue]);
      expect(first.ran).toEqual([]);
    });

    it("run once, whichever of two processes takes them", async () => {
      const workers = [await working(), await working()];
      const calls = Array.from({ length: 50 }, (_, index) => asCallId(`CALL-${index}`));
      await Promise.all(
        calls.map(async (call) => await workers[0]?.jobs.ask({ type: "post_call", call })),
      );
      const ran = () => workers.flatMap((worker) => worker.ran);
      await expect.poll(ran).toHaveLength(50);
      expect(new Set(ran().map((job) => JSON.stringify(job))).size).toBe(50);
    });

    it("keep nothing of jobs that are done", async () => {
      const { jobs, ran } = await working();
      await jobs.ask(offerDue);
      await jobs.ask({ type: "assign" });
      await jobs.ask({ type: "rest_due", agent: asAgentId("AGT-001") }, 60_000);
      await jobs.cancel({ type: "rest_due", agent: asAgentId("AGT-001") });
      await expect.poll(() => ran).toHaveLength(2);
      await jobs.stop();
      const kept = (await keysOf(url, prefix)).map((key) => key.split(":").at(-1));
      expect(kept.filter((key) => !["events", "id", "meta", "marker"].includes(key ?? ""))).toEqual(
        ["stalled-check"],
      );
    });

    it("replace a deadline that is due but was not taken yet", async () => {
      const blocked = open();
      const begun: Job[] = [];
      const ends: (() => void)[] = [];
      blocked.onJob(async (job) => {
        begun.push(job);
        await new Promise<void>((resolve) => ends.push(resolve));
      });
      await blocked.start();
      // As many jobs as run at once are in the way of all that follow.
      for (let index = 0; index < 16; index += 1) {
        await blocked.ask({ type: "post_call", call: asCallId(`CALL-${index}`) });
      }
      await expect.poll(() => begun).toHaveLength(16);
      await blocked.ask(offerDue);
      const asked = Date.now();
      await blocked.ask(offerDue, 400);
      for (const end of ends) end();
      await expect.poll(() => begun, { interval: 5 }).toHaveLength(17);
      expect(Date.now() - asked).toBeGreaterThanOrEqual(399);
      for (const end of ends) end();
    });

    it("reject with desk_down at once while Redis is away, and work again when it is back", async () => {
      const proxy = await openProxy(url);
      const log = listeningLog();
      const { jobs, ran } = await working(proxy.url, log);
      await jobs.ask(offerDue);
      await expect.poll(() => ran).toHaveLength(1);
      await proxy.cut();
      const asked = performance.now();
      await expect(jobs.ask(offerDue)).rejects.toMatchObject({ code: "desk_down" });
      await expect(jobs.cancel(offerDue)).rejects.toMatchObject({ code: "desk_down" });
      expect(performance.now() - asked).toBeLessThan(3_000);
      expect(await jobs.health()).toBe("down");
      await proxy.restore();
      await expect.poll(() => jobs.health()).toBe("up");
      await jobs.ask(offerDue, 50);
      await expect.poll(() => ran).toHaveLength(2);
      expect(log.lines.filter((line) => line === "redis connection back").length).toBeGreaterThan(
        0,
      );
      await jobs.stop();
      await proxy.close();
    }, 20_000);

    it("can be stopped while Redis is away", async () => {
      const proxy = await openProxy(url);
      const { jobs } = await working(proxy.url);
      await proxy.cut();
      await jobs.stop();
    });

    it("say desk_down when Redis is not there at the start", async () => {
      const proxy = await openProxy(url);
      await proxy.cut();
      const jobs = open(proxy.url, listeningLog(), 200);
      await expect(jobs.start()).rejects.toMatchObject({ code: "desk_down" });
    });

    it("run again within seconds when the process that ran them was killed", async () => {
      const script = fileURLToPath(new URL("./crashing-worker.ts", import.meta.url));
      const child = spawn(process.execPath, [script, url, prefix], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        await once(child.stdout, "data");
        child.kill("SIGKILL");
        await once(child, "exit");
        const killed = performance.now();
        const { ran } = await working();
        await expect.poll(() => ran).toEqual([{ type: "assign" }]);
        expect(performance.now() - killed).toBeLessThan(6_000);
      } finally {
        child.kill("SIGKILL");
      }
    }, 30_000);
  });
});
