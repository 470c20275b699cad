import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "../domain/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Job, Jobs } from "../ports/jobs.ts";
import type { Log } from "../ports/log.ts";
import type { BullJobs, BullJobsOptions } from "./bull.ts";
import { identityOf } from "./identity.ts";
import { openMemoryJobs } from "./memory.ts";
import { longestDelayMs } from "./retry.ts";

/** How often it is looked after the jobs that are kept here. */
const LOOK_EVERY_MS = 100;
/** How often it is looked whether Redis still has what it was told. */
const SIGN_EVERY_MS = 500;
/** How long after its time a job that nobody was seen to run is run here. */
const OVERDUE_AFTER_MS = 250;
/** How long a job is kept that nobody was seen to run: Redis may lose what it was told in the last second or two. */
const FORGET_AFTER_MS = 3_000;
/**
 * How long a deadline is kept here alone, half of its time at most: most are taken back before, and Redis never hears of
 * them. Whoever takes up the calls and agents of a process that dies meanwhile asks for their deadlines again.
 */
const STORE_AFTER_MS = 10_000;
/** What is due sooner is told to Redis at once. */
const SOON_MS = 2_000;
/** How much too early a job may be run. */
const EARLY_MS = 50;
/** How much work that is due at once is done by who asks for it; what comes on top of that waits in Redis. */
const HERE_AT_ONCE = 16;

/** This process's own time, which no setting of the machine's clock moves. */
const ownTime: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

/**
 * Jobs as the server uses them: in BullMQ, and, before that is up and while Redis is away, in the memory of this
 * process. BullMQ is loaded by the start, which takes as long as taking up a hundred calls does. What was asked for
 * here is kept here too until it was seen to run: so it is run in time though the machine's clock was set, and asked
 * for again when Redis has lost it. Work that is due at once is done before `ask` settles, and Redis hears of it only
 * where that fails: being kept, taken and forgotten there costs more than most of that work.
 */
export function openJobs(options: BullJobsOptions): Jobs {
  return new SteadyJobs(options);
}

interface Kept {
  readonly job: Job;
  /** By this process's own time. */
  readonly due: number;
  /** By how much the machine's clock was ahead of that when it was asked for. */
  readonly ahead: number;
  /** Memory runs it: Redis is away, or nobody was seen to run it in time. */
  here: boolean;
  /** When Redis is told of it, by this process's own time; `null` when that is done. */
  storeAt: number | null;
}

class SteadyJobs implements Jobs {
  readonly #options: BullJobsOptions;
  readonly #opened = Promise.withResolvers<BullJobs>();
  /** `null` before the start. */
  #bull: BullJobs | null = null;
  readonly #local: Jobs;
  readonly #log: Log;
  readonly #kept = new Map<string, Kept>();
  /** What was taken back while Redis was away, and may still be there. */
  readonly #takenBack = new Map<string, Job>();
  /** Work that is being done by who asked for it. */
  readonly #here = new Set<Promise<boolean>>();
  #handler: ((job: Job) => Promise<void>) | null = null;
  /** Redis cannot be asked: it is away, or nobody has gone to it yet. */
  #away = true;
  #looking = false;
  #signedAt = Number.NEGATIVE_INFINITY;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BullJobsOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#local = openMemoryJobs(ownTime, this.#log);
    this.#local.onJob((job) => this.#run(job));
    this.#opened.promise.catch(() => undefined); // Whoever starts it is told.
  }

  onJob(handler: (job: Job) => Promise<void>): void {
    this.#handler = handler;
  }

  async start(): Promise<void> {
    try {
      const { openBullJobs } = await import("./bull.ts");
      const bull = openBullJobs(this.#options);
      bull.onJob((job) => this.#run(job));
      await bull.start();
      await bull.renewSign();
      this.#bull = bull;
      await this.#local.start();
      bull.onLost(() => this.#lose());
      await this.#askAgain(bull);
      this.#opened.resolve(bull);
    } catch (error) {
      this.#opened.reject(error);
      throw error;
    }
    this.#timer = setInterval(() => {
      this.#look().catch((error: unknown) =>
        this.#log.error({ error }, "jobs were not looked after"),
      );
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#storeRipe(Number.POSITIVE_INFINITY);
    this.#stopping = true;
    await Promise.all(this.#here);
    await this.#bull?.stop();
    await this.#local.stop();
  }

  async health(): Promise<"up" | "down"> {
    return this.#away || this.#bull === null ? "down" : await this.#bull.health();
  }

  async ask(job: Job, delayMs = 0): Promise<void> {
    // What has to happen at all must not be lost with this process, however soon that dies.
    if (this.#bull === null && !isDeadline(job)) await this.#opened.promise;
    else if (job.type === "post_call" && delayMs === 0 && (await this.#isDoneHere(job))) return;
    const identity = identityOf(job);
    this.#takenBack.delete(identity);
    const now = ownTime.now();
    const due = now + delayMs;
    const earlier = this.#kept.get(identity);
    const earlierDue = earlier?.due ?? now;
    // An assignment that is asked for later does not put off one that is due sooner.
    if (job.type !== "assign" || earlierDue <= now || due < earlierDue) this.#keep(job, due);
    const mayWait = !this.#away && isDeadline(job) && delayMs >= SOON_MS;
    const kept = this.#kept.get(identity);
    if (mayWait && kept !== undefined && (earlier === undefined || earlier.storeAt !== null)) {
      const storeAt = now + Math.min(STORE_AFTER_MS, delayMs / 2);
      kept.storeAt = Math.min(earlier?.storeAt ?? storeAt, storeAt);
      return;
    }
    await this.#store(job, delayMs);
  }

  async cancel(job: Job): Promise<void> {
    const identity = identityOf(job);
    const isStored = this.#kept.get(identity)?.storeAt == null;
    this.#kept.delete(identity);
    if (!isStored && !this.#away) return;
    await this.#local.cancel(job);
    await this.#tryBull(
      (bull) => bull.cancel(job),
      async () => void this.#takenBack.set(identity, job),
    );
  }

  /** Does it at once. `false`: it failed, or there is too much to do here already. */
  async #isDoneHere(job: Job): Promise<boolean> {
    if (this.#stopping || this.#here.size >= HERE_AT_ONCE) return false;
    const done = this.#run(job).then(
      () => true,
      (error: unknown) => {
        this.#log.debug({ job: job.type, error }, "work was not done at once, it waits in Redis");
        return false;
      },
    );
    this.#here.add(done);
    const isDone = await done;
    this.#here.delete(done);
    return isDone;
  }

  /** Tells Redis of a job, or this process runs it. */
  async #store(job: Job, delayMs: number): Promise<void> {
    await this.#tryBull(
      (bull) => bull.ask(job, delayMs),
      async () => {
        const kept = this.#kept.get(identityOf(job));
        if (kept !== undefined && !kept.here) await this.#runHere(kept);
      },
    );
  }

  /** Tells Redis of the deadlines that were not taken back in time. */
  async #storeRipe(by: number): Promise<void> {
    const ripe = [...this.#kept.values()].filter(
      ({ storeAt }) => storeAt !== null && storeAt <= by,
    );
    await Promise.all(
      ripe.map((kept) => {
        kept.storeAt = null;
        return this.#store(kept.job, Math.max(0, kept.due - ownTime.now()));
      }),
    );
  }

  /** Asks Redis; `alone` is done when it is away, or goes away over this. */
  async #tryBull(
    ask: (bull: BullJobs) => Promise<void>,
    alone: () => Promise<void>,
  ): Promise<void> {
    if (!this.#away && this.#bull !== null) {
      try {
        return await ask(this.#bull);
      } catch (error) {
        if (!hasCode(error, "desk_down")) throw error;
        this.#lose();
      }
    }
    await alone();
  }

  async #run(job: Job): Promise<void> {
    const identity = identityOf(job);
    const kept = this.#kept.get(identity);
    if (kept !== undefined && isEarly(kept)) {
      return await this.ask(job, kept.due - ownTime.now());
    }
    try {
      await this.#handler?.(job);
    } catch (error) {
      // It is tried again: until then, Redis is not the only one to know of it.
      if (this.#kept.get(identity) === kept) this.#keep(job, ownTime.now() + longestDelayMs, true);
      throw error;
    }
    if (this.#kept.get(identity) === kept) this.#kept.delete(identity);
  }

  #keep(job: Job, due: number, here = false): void {
    const ahead = Date.now() - ownTime.now();
    this.#kept.set(identityOf(job), { job, due, ahead, here, storeAt: null });
  }

  /** From now on, memory keeps the time. */
  #lose(): void {
    if (this.#away || this.#stopping) return;
    this.#away = true;
    this.#log.warn({ jobs: this.#kept.size }, "the jobs go on in memory: Redis is away");
    this.#bull?.reconnect();
    for (const kept of this.#kept.values()) void this.#runHere(kept); // Memory takes all until it is stopped.
  }

  async #runHere(kept: Kept): Promise<void> {
    kept.here = true;
    kept.storeAt = null;
    await this.#local.ask(kept.job, Math.max(0, kept.due - ownTime.now()));
  }

  /** Looks whether Redis is there and has what it was told, and for jobs whose time is over. */
  async #look(): Promise<void> {
    if (this.#looking || this.#bull === null) return;
    const bull = this.#bull;
    this.#looking = true;
    try {
      const asked = ownTime.now();
      const due = this.#away || asked - this.#signedAt >= SIGN_EVERY_MS;
      if (due && bull.connected) {
        const known = await bull.renewSign();
        this.#signedAt = asked;
        if (this.#away || !known) await this.#askAgain(bull);
      }
    } catch (error) {
      this.#log.debug({ error }, "jobs could not be looked after in Redis");
      this.#lose();
    } finally {
      this.#looking = false;
    }
    await this.#storeRipe(ownTime.now());
    this.#lookForOverdue();
  }

  /** Tells Redis everything that it may not know. What runs here just now is over soon. */
  async #askAgain(bull: BullJobs): Promise<void> {
    const kept = [...this.#kept.keys()];
    const takenBack = [...this.#takenBack.values()];
    this.#away = false;
    this.#takenBack.clear();
    await Promise.all(takenBack.map((job) => this.cancel(job)));
    await Promise.all(
      kept.map(async (identity) => {
        const each = this.#kept.get(identity);
        if (each === undefined) return;
        each.here = false;
        each.storeAt = null;
        await bull.ask(each.job, Math.max(0, each.due - ownTime.now()));
        await this.#local.cancel(each.job);
      }),
    );
    if (kept.length > 0) this.#log.info({ jobs: kept.length }, "the jobs are in Redis again");
  }

  #lookForOverdue(): void {
    if (this.#away) return;
    const now = ownTime.now();
    for (const [identity, kept] of this.#kept) {
      if (!kept.here && now - kept.due > OVERDUE_AFTER_MS && isDeadline(kept.job)) {
        void this.#runHere(kept);
      } else if (now - kept.due > FORGET_AFTER_MS) this.#kept.delete(identity);
    }
  }
}

/** The machine's clock was set forward, so Redis took a job for due that is not. */
function isEarly({ due, ahead }: Kept): boolean {
  const now = ownTime.now();
  return due - now > EARLY_MS && Date.now() - now - ahead > EARLY_MS;
}

/** What has to happen at its time; the rest has to happen at all. */
function isDeadline({ type }: Job): boolean {
  return type !== "post_call" && type !== "assign";
}
