import type { Job, Jobs } from "../ports/jobs.ts";
import type { BullJobsOptions } from "./bull.ts";

/**
 * Jobs whose queue is loaded when it is started: loading BullMQ takes longer than taking up a hundred calls, so that can
 * be done first. What is asked for before waits until the queue can keep it.
 */
export function openJobs(options: BullJobsOptions): Jobs {
  const { promise: open, resolve, reject } = Promise.withResolvers<Jobs>();
  open.catch(() => undefined); // Whoever starts it is told.
  let handle: (job: Job) => Promise<void> = async () => undefined;
  let started: Jobs | null = null;

  return {
    onJob(handler) {
      handle = handler;
    },
    async start() {
      try {
        const { openSteadyJobs } = await import("./steady.ts");
        const jobs = openSteadyJobs(options);
        jobs.onJob(handle);
        await jobs.start();
        started = jobs;
        resolve(jobs);
      } catch (error) {
        reject(error);
        throw error;
      }
    },
    async stop() {
      await started?.stop();
    },
    async health() {
      return (await started?.health()) ?? "down";
    },
    ask: async (job, delayMs) => (await open).ask(job, delayMs),
    cancel: async (job) => (await open).cancel(job),
  };
}
