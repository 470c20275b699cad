import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asAgentId, asCallId } from "../../src/domain/ids.ts";
import type { Job, Jobs } from "../../src/ports/jobs.ts";

/** Jobs that are not started yet, and the way to give back what they used. */
export interface OpenedJobs {
  readonly jobs: Jobs;
  close(): Promise<void>;
}

const call = asCallId("CALL-00000001");
const agent = asAgentId("AGT-001");
const offerDue: Job = { type: "offer_due", call, agent };
const wrapUpDue: Job = { type: "wrap_up_due", agent };
const assign: Job = { type: "assign" };
/** A job that ran shows that everything due before it ran, or never will. */
const marker: Job = { type: "max_wait_due", call: asCallId("CALL-FFFFFFFF") };

/** One run of the handler as a test sees it: what ran, when, and the way to end it. */
interface Run {
  readonly job: Job;
  readonly at: number;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** What every kind of jobs promises, whatever it is made of. Time is real here, in tenths of a second. */
export function jobsConformance(title: string, open: () => Promise<OpenedJobs>): void {
  describe(`${title} keep the promises of jobs`, () => {
    let opened: OpenedJobs;
    let jobs: Jobs;
    let runs: Run[];
    /** Whether runs end by themselves; else the test ends each. */
    let endAtOnce: boolean;

    beforeEach(async () => {
      opened = await open();
      jobs = opened.jobs;
      runs = [];
      endAtOnce = true;
      jobs.onJob(async (job) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        runs.push({ job, at: Date.now(), end: resolve, fail: reject });
        if (endAtOnce) resolve();
        await promise;
      });
      await jobs.start();
    });
    afterEach(async () => {
      for (const run of runs) run.end();
      await opened.close();
    });

    const types = (): string[] => runs.map(({ job }) => job.type);
    async function ran(count: number): Promise<Run> {
      await expect.poll(() => runs.length, { interval: 2 }).toBeGreaterThanOrEqual(count);
      const run = runs[count - 1];
      if (run === undefined) throw new Error("no such run");
      return run;
    }
    /** Waits until everything that is due within `ms` has run. */
    async function allWithin(ms: number): Promise<void> {
      await jobs.ask(marker, ms);
      await expect.poll(types).toContain(marker.type);
    }

    it("runs what is asked for, whole, as soon as it can", async () => {
      const all: Job[] = [
        offerDue,
        wrapUpDue,
        { type: "rest_due", agent },
        { type: "max_wait_due", call },
        { type: "post_call", call },
        assign,
      ];
      for (const job of all) await jobs.ask(job);
      await ran(all.length);
      const byType = (left: Job, right: Job): number => (left.type < right.type ? -1 : 1);
      expect(runs.map(({ job }) => job).sort(byType)).toEqual([...all].sort(byType));
      expect(await jobs.health()).toBe("up");
    });

    it("runs a deadline when it is due, not before", async () => {
      const asked = Date.now();
      await jobs.ask(offerDue, 250);
      const run = await ran(1);
      expect(run.at - asked).toBeGreaterThanOrEqual(249);
      expect(run.at - asked).toBeLessThan(2_000);
    });

    it.each([
      ["later", 800, 1_000],
      ["earlier", 5_000, 100],
    ])("replaces a deadline by a %s one", async (_which, before, after) => {
      await jobs.ask(wrapUpDue, before);
      const asked = Date.now();
      await jobs.ask(wrapUpDue, after);
      const run = await ran(1);
      expect(run.at - asked).toBeGreaterThanOrEqual(after - 1);
      await allWithin(50);
      expect(types()).toEqual(["wrap_up_due", "max_wait_due"]);
    });

    it("keeps deadlines of different calls and agents apart", async () => {
      await jobs.ask(offerDue, 50);
      await jobs.ask({ type: "offer_due", call, agent: asAgentId("AGT-002") }, 50);
      await jobs.ask({ type: "offer_due", call: asCallId("CALL-00000002"), agent }, 50);
      await ran(3);
      expect(new Set(runs.map(({ job }) => JSON.stringify(job))).size).toBe(3);
    });

    it("does not run what is taken back, and takes back nothing else", async () => {
      await jobs.ask(offerDue, 800);
      await jobs.ask(wrapUpDue, 100);
      await jobs.cancel(offerDue);
      await jobs.cancel({ type: "rest_due", agent });
      await allWithin(900);
      expect(types()).toEqual(["wrap_up_due", "max_wait_due"]);
      await jobs.ask(offerDue);
      await ran(3);
    });

    it("runs one assignment for many that are asked for while it waits", async () => {
      endAtOnce = false;
      await Promise.all(Array.from({ length: 20 }, () => jobs.ask(assign, 800)));
      (await ran(1)).end();
      endAtOnce = true;
      await allWithin(200);
      expect(types()).toEqual(["assign", "max_wait_due"]);
    });

    it("does not put off an assignment that is due by one asked for later", async () => {
      const asked = Date.now();
      await jobs.ask(assign, 100);
      await jobs.ask(assign, 3_000);
      expect((await ran(1)).at - asked).toBeLessThan(1_500);
      await jobs.ask(assign, 3_000);
      await jobs.ask(assign);
      expect((await ran(2)).at - asked).toBeLessThan(2_500);
    });

    it("runs the assignment once more when it was asked for during a run, one at a time", async () => {
      endAtOnce = false;
      await jobs.ask(assign);
      const run = await ran(1);
      for (let count = 0; count < 20; count += 1) await jobs.ask(assign);
      await jobs.ask(marker, 100);
      const other = await ran(2);
      expect(types()).toEqual(["assign", "max_wait_due"]);
      other.end();
      run.end();
      endAtOnce = true;
      await ran(3);
      await jobs.ask(wrapUpDue, 100);
      await ran(4);
      expect(types()).toEqual(["assign", "max_wait_due", "assign", "wrap_up_due"]);
    });

    it("takes a new deadline while the handler of the old one runs", async () => {
      endAtOnce = false;
      await jobs.ask(wrapUpDue);
      const run = await ran(1);
      await jobs.ask(wrapUpDue, 100);
      run.end();
      endAtOnce = true;
      await ran(2);
      expect(types()).toEqual(["wrap_up_due", "wrap_up_due"]);
    });

    it("tries a job that failed again, with a growing delay, five times in all", async () => {
      endAtOnce = false;
      await jobs.ask(offerDue);
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        (await ran(attempt)).fail(new Error("not yet"));
      }
      endAtOnce = true;
      const gaps = runs.slice(1).map(({ at }, index) => at - (runs[index]?.at ?? 0));
      gaps.forEach((gap, index) => expect(gap).toBeGreaterThanOrEqual(200 * 2 ** index - 2));
      await allWithin(200);
      expect(types()).toEqual([...Array<string>(5).fill("offer_due"), "max_wait_due"]);
      // It is over with the five tries, and can be asked for anew.
      await jobs.ask(offerDue);
      await ran(7);
    }, 15_000);

    it("stops trying when a try succeeds", async () => {
      endAtOnce = false;
      await jobs.ask(offerDue);
      (await ran(1)).fail(new Error("not yet"));
      (await ran(2)).end();
      endAtOnce = true;
      await allWithin(600);
      expect(types()).toEqual(["offer_due", "offer_due", "max_wait_due"]);
    });

    it("lets running handlers end before it is stopped, and takes no more work then", async () => {
      endAtOnce = false;
      const asked = jobs.ask({ type: "post_call", call });
      const run = await ran(1);
      let stopped = false;
      const stopping = jobs.stop().then(() => {
        stopped = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(stopped).toBe(false);
      run.end();
      await Promise.all([asked, stopping]);
      await expect(jobs.ask(assign)).rejects.toMatchObject({ code: "desk_down" });
      expect(await jobs.health()).toBe("down");
    });
  });
}
