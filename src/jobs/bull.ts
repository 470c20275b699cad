import { randomUUID } from "node:crypto";
import { type JobsOptions, Queue, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Job, Jobs } from "../ports/jobs.ts";
import type { Log } from "../ports/log.ts";
import {
  abandon,
  answered,
  connectFirst,
  inTime,
  openConnection,
  redisDown,
} from "../redis/connection.ts";
import { identityOf } from "./identity.ts";
import { isTriedAgain, maxAttempts, retryDelayMs } from "./retry.ts";

export interface BullJobsOptions {
  readonly url: string;
  /** Everything is kept under this name, so that several installations can share one Redis. */
  readonly prefix: string;
  readonly log: Log;
  /** How long the start waits for Redis, so that both can be started at the same time; 5 seconds when not given. */
  readonly startWithinMs?: number;
}

/** Jobs in BullMQ on Redis, worked off by every Kituo process that names the same Redis and prefix. */
export function openBullJobs(options: BullJobsOptions): BullJobs {
  return new BullJobs(options);
}

const queueName = "jobs";

/** So many tries are no bound: what is tried again is decided when it has failed. */
const unbounded = 1_000_000;

/** How long the sign lasts by which a process knows that Redis has not been emptied. */
const signLastsMs = 60_000;

/**
 * A worker that dies holds its job by a lock that ends by itself; the others look for such jobs every second. So a
 * job of a dead process runs again within about four seconds (with BullMQ's own settings: within a minute).
 */
const crashRecovery = {
  lockDuration: 2_500,
  stalledInterval: 1_000,
  // A job is a reminder: however often its processes died, it is still due.
  maxStalledCount: 100,
};

export class BullJobs implements Jobs {
  readonly #prefix: string;
  readonly #log: Log;
  readonly #startWithinMs: number;
  readonly #sign: string;
  readonly #askRedis: Redis;
  readonly #workRedis: Redis;
  readonly #running = new Set<Promise<void>>();
  #queue: Queue<Job> | null = null;
  #worker: Worker<Job> | null = null;
  #handler: ((job: Job) => Promise<void>) | null = null;

  constructor({ url, prefix, log, startWithinMs = 5_000 }: BullJobsOptions) {
    this.#startWithinMs = startWithinMs;
    this.#prefix = `{${prefix}}:bull`;
    this.#sign = `${this.#prefix}:sign:${randomUUID()}`;
    this.#log = log;
    this.#askRedis = openConnection(url, "jobs-ask", log);
    this.#workRedis = openConnection(url, "jobs-work", log);
  }

  onJob(handler: (job: Job) => Promise<void>): void {
    this.#handler = handler;
  }

  async start(): Promise<void> {
    try {
      await Promise.all([
        connectFirst(this.#askRedis, this.#startWithinMs),
        connectFirst(this.#workRedis, this.#startWithinMs),
      ]);
      await this.#openQueue();
      await this.#openWorker();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    // The worker ends first: its handlers may still ask for jobs.
    const connected = this.connected;
    if (!connected) {
      // The worker would wait for Redis to come back; its handlers are waited for here.
      await Promise.allSettled(this.#running);
      this.#workRedis.disconnect();
    }
    await this.#worker?.close(!connected);
    if (connected) await this.#askRedis.del(this.#sign).catch(() => 0); // It ends by itself, too.
    await this.#queue?.close();
    for (const redis of [this.#workRedis, this.#askRedis]) redis.disconnect();
  }

  async health(): Promise<"up" | "down"> {
    try {
      await inTime(this.#askRedis.ping());
      return "up";
    } catch {
      // Whatever keeps the answer away is what "down" means; the connection logs it.
      return "down";
    }
  }

  /**
   * Each ask is a job with an id of its own, and BullMQ's deduplication says which are the same: one that is delayed
   * is replaced, one that runs just now is followed by this one. One that is due but not yet taken is the gap: there
   * BullMQ keeps the old job, which is as good for work to be done now, but not for a deadline that moved.
   */
  async ask(job: Job, delayMs = 0): Promise<void> {
    const inTheWay = await this.#add(job, delayMs);
    if (inTheWay === null || delayMs === 0 || job.type === "assign") return;
    await this.#reach((queue) => queue.remove(inTheWay));
    await this.#add(job, delayMs);
  }

  async cancel(job: Job): Promise<void> {
    const identity = identityOf(job);
    await this.#reach(async (queue) => {
      const id = await queue.getDeduplicationJobId(identity);
      if (id !== null) await queue.remove(id);
    });
  }

  async #handle(job: Job): Promise<void> {
    const run = this.#handler?.(job);
    if (run === undefined) return;
    this.#running.add(run);
    try {
      await run;
    } finally {
      this.#running.delete(run);
    }
  }

  /** Whether Redis can be asked just now. */
  get connected(): boolean {
    return this.#askRedis.status === "ready";
  }

  /** Calls back whenever the connection was lost: what was asked for in the last moment may be lost with it. */
  onLost(handler: () => void): void {
    this.#askRedis.on("close", handler);
  }

  /** Gives up the connection, and with it all that has no answer yet, and opens another one. */
  reconnect(): void {
    if (this.connected) abandon(this.#askRedis);
  }

  /** Leaves a sign in Redis; `false` when the earlier one is gone, and with it, most likely, everything else. */
  async renewSign(): Promise<boolean> {
    const sign = this.#askRedis.set(this.#sign, "1", "PX", signLastsMs, "GET");
    return (await answered(sign)) !== null;
  }

  /** Adds a job; answers the id of the one that stands in its way, `null` when it was taken. */
  async #add(job: Job, delayMs: number): Promise<string | null> {
    const jobId = randomUUID();
    const options: JobsOptions = {
      jobId,
      delay: delayMs,
      deduplication: {
        id: identityOf(job),
        keepLastIfActive: true,
        // An assignment that is asked for later must not put off one that is due sooner.
        replace: job.type !== "assign" || delayMs === 0,
      },
    };
    if (job.type === "post_call") {
      options.attempts = unbounded;
      // Deadlines go first when a burst of ended calls leaves a backlog.
      options.priority = 10;
    }
    const added = await this.#reach((queue) => queue.add(job.type, job, options));
    return added.id === undefined || added.id === jobId ? null : added.id;
  }

  /** Asks something of the queue; whatever keeps it from answering becomes `desk_down`. */
  async #reach<Value>(ask: (queue: Queue<Job>) => Promise<Value>): Promise<Value> {
    if (this.#queue === null) throw redisDown(new Error("the jobs are not started"));
    try {
      return await inTime(ask(this.#queue));
    } catch (error) {
      throw redisDown(error);
    }
  }

  async #openQueue(): Promise<void> {
    const queue = new Queue<Job>(queueName, {
      connection: this.#askRedis,
      prefix: this.#prefix,
      // The worker checks the version, and prints what is wrong with it; once is enough.
      skipVersionCheck: true,
      skipWaitingForReady: true,
      streams: { events: { maxLen: 100 } },
      defaultJobOptions: {
        attempts: maxAttempts,
        backoff: { type: "custom" },
        removeOnComplete: true,
        removeOnFail: { count: 100 },
      },
    });
    queue.on("error", (error) => this.#log.debug({ error }, "job queue error"));
    this.#queue = queue;
    await queue.waitUntilReady();
  }

  async #openWorker(): Promise<void> {
    const worker = new Worker<Job>(
      queueName,
      async ({ data, attemptsMade }) => {
        try {
          await this.#handle(data);
        } catch (error) {
          if (isTriedAgain(data, error, attemptsMade + 1)) throw error;
          throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
        }
      },
      {
        connection: this.#workRedis,
        prefix: this.#prefix,
        // The worker asks Redis for its version: only then does it wait for a deadline to the millisecond.
        skipVersionCheck: false,
        concurrency: 16,
        settings: { backoffStrategy: retryDelayMs },
        ...crashRecovery,
      },
    );
    worker.on("error", (error) => this.#log.debug({ error }, "job worker error"));
    worker.on("failed", (job, error) => {
      const attempt = job?.attemptsMade ?? maxAttempts;
      const fields = { job: job?.data.type, identity: job?.deduplicationId, attempt, error };
      const again = job !== undefined && job.finishedOn === undefined;
      if (again) this.#log.warn(fields, "job failed, it is tried again");
      else this.#log.error(fields, "job failed for good");
    });
    worker.on("stalled", (id) => this.#log.warn({ id }, "job of a dead process runs again"));
    this.#worker = worker;
    await worker.waitUntilReady();
  }
}
