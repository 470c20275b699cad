import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { asAgentId } from "../../src/domain/ids.ts";
import { openMemoryJobs } from "../../src/jobs/memory.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { jobsConformance } from "../conformance/jobs.ts";

const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    // Node's timers may ring a fraction of a millisecond early.
    await sleep(ms + 1, undefined, { signal });
  },
};

jobsConformance("jobs in memory", async () => {
  const jobs = openMemoryJobs(realClock);
  return { jobs, close: async () => await jobs.stop() };
});

describe("jobs in memory on virtual time", () => {
  it("run when the clock is wound forward, and not by real time", async () => {
    const sleepers: { readonly ms: number; readonly wake: () => void }[] = [];
    const clock: Clock = {
      now: () => 0,
      sleep: async (ms, signal) =>
        await new Promise((resolve, reject) => {
          sleepers.push({ ms, wake: resolve });
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    };
    const jobs = openMemoryJobs(clock);
    const ran: string[] = [];
    const done = Promise.withResolvers<void>();
    jobs.onJob(async (job) => {
      ran.push(job.type);
      if (ran.length === 3) done.resolve();
    });
    const agent = asAgentId("AGT-001");
    await jobs.ask({ type: "assign" });
    expect(ran).toEqual([]);
    await jobs.start();
    await jobs.ask({ type: "rest_due", agent }, 10);
    await jobs.ask({ type: "wrap_up_due", agent }, 10_000);
    expect(sleepers.map(({ ms }) => ms)).toEqual([10, 10_000]);
    for (const { wake } of sleepers.toReversed()) wake();
    await done.promise;
    expect(ran).toEqual(["assign", "wrap_up_due", "rest_due"]);
    await jobs.ask({ type: "wrap_up_due", agent }, 10_000);
    await jobs.stop();
  });
});
