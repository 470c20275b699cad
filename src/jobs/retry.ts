import { type ErrorCode, KituoError } from "../domain/errors.ts";
import type { Job } from "../ports/jobs.ts";

/** How often a job is tried in all, but for the work after a call: who asked for that has tried it once before. */
export const maxAttempts = 5;

/** The longest pause between two tries. */
export const longestDelayMs = 5_000;

/** What the work after a call may have to wait for, however long that takes. */
const patience: ReadonlySet<ErrorCode> = new Set(["store_down", "not_found", "telephony_down"]);

/** How long is waited after attempt number `attempt` (from 1) failed: 200 ms, 400 ms, 800 ms, ... 5 s. */
export function retryDelayMs(attempt: number): number {
  return Math.min(200 * 2 ** Math.min(attempt - 1, 10), longestDelayMs);
}

/**
 * Whether a job that failed is tried again. Deadlines are pointless when they are late. The work after a call is tried
 * until it is done, where what it needs is away or has not arrived: the store is locked, the log is still in the spool.
 */
export function isTriedAgain(job: Job, error: unknown, attempt: number): boolean {
  if (attempt < maxAttempts) return true;
  return job.type === "post_call" && error instanceof KituoError && patience.has(error.code);
}
