import { KituoError } from "../domain/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Job, Jobs } from "../ports/jobs.ts";
import type { Log } from "../ports/log.ts";
import { identityOf } from "./identity.ts";
import { isTriedAgain, retryDelayMs } from "./retry.ts";

/**
 * Jobs in the memory of this process, on any clock: for tests and simulations on virtual time. They keep every
 * promise of the port but one, outliving the process.
 */
export function openMemoryJobs(clock: Clock, log?: Log): Jobs {
  return new MemoryJobs(clock, log);
}

interface Waiting {
  readonly job: Job;
  readonly takeBack: AbortController;
}

/** One run of a handler, and what was asked for while it ran. */
interface Running {
  next: { readonly job: Job; readonly delayMs: number } | null;
}

class MemoryJobs implements Jobs {
  readonly #clock: Clock;
  readonly #log: Log | undefined;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, Running>();
  readonly #runs = new Set<Promise<void>>();
  readonly #started = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  #handler: ((job: Job) => Promise<void>) | null = null;

  constructor(clock: Clock, log: Log | undefined) {
    this.#clock = clock;
    this.#log = log;
  }

  onJob(handler: (job: Job) => Promise<void>): void {
    this.#handler = handler;
  }

  async start(): Promise<void> {
    this.#started.resolve();
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    for (const { takeBack } of this.#waiting.values()) takeBack.abort();
    this.#waiting.clear();
    // Jobs that wait for the start find out here that they were taken back.
    this.#started.resolve();
    await Promise.all(this.#runs);
  }

  async health(): Promise<"up" | "down"> {
    return this.#closing.signal.aborted ? "down" : "up";
  }

  async ask(job: Job, delayMs = 0): Promise<void> {
    if (this.#closing.signal.aborted) {
      throw new KituoError("desk_down", "The jobs are closed and take no more work.");
    }
    const identity = identityOf(job);
    const running = this.#running.get(identity);
    if (running !== undefined) {
      running.next = { job, delayMs };
      return;
    }
    const earlier = this.#waiting.get(identity);
    if (earlier !== undefined && job.type === "assign" && delayMs > 0) return;
    this.#schedule(job, delayMs, 1);
  }

  async cancel(job: Job): Promise<void> {
    const identity = identityOf(job);
    this.#waiting.get(identity)?.takeBack.abort();
    this.#waiting.delete(identity);
    const running = this.#running.get(identity);
    if (running !== undefined) running.next = null;
  }

  #schedule(job: Job, delayMs: number, attempt: number): void {
    const identity = identityOf(job);
    this.#waiting.get(identity)?.takeBack.abort();
    const takeBack = new AbortController();
    this.#waiting.set(identity, { job, takeBack });
    // A job without delay does not wait for the clock, which on virtual time may stand still.
    const due = delayMs > 0 ? this.#clock.sleep(delayMs, takeBack.signal) : Promise.resolve();
    const run = Promise.all([due, this.#started.promise]).then(
      async () => {
        if (!takeBack.signal.aborted) await this.#run(identity, job, attempt);
      },
      () => {
        // The sleep was ended because the job was replaced or taken back: there is nothing left to do.
      },
    );
    this.#keep(run);
  }

  async #run(identity: string, job: Job, attempt: number): Promise<void> {
    const running: Running = { next: null };
    this.#waiting.delete(identity);
    this.#running.set(identity, running);
    let retryAfter: number | null = null;
    try {
      await this.#handler?.(job);
    } catch (error) {
      if (isTriedAgain(job, error, attempt)) retryAfter = retryDelayMs(attempt);
      this.#log?.warn({ job: job.type, identity, attempt, error }, "job failed");
    } finally {
      this.#running.delete(identity);
    }
    if (this.#closing.signal.aborted) return;
    if (running.next !== null) this.#schedule(running.next.job, running.next.delayMs, 1);
    else if (retryAfter !== null) this.#schedule(job, retryAfter, attempt + 1);
  }

  /** Remembers a run that `stop` must wait for. Runs that only sleep end when their sleep is taken back. */
  #keep(run: Promise<void>): void {
    this.#runs.add(run);
    void run.finally(() => this.#runs.delete(run));
  }
}
