import type { CallId } from "../domain/ids.ts";
import type { QueueSnapshot } from "../domain/queue.ts";
import { type Assignment, assign, placesOf } from "../domain/routing/assign.ts";
import { loadsOf, nextAwayAt } from "../domain/routing/load.ts";
import type { Outlook } from "../domain/routing/overflow.ts";
import { OFFER_GRACE_MS, queueRules, type RoutingRules } from "../domain/routing/rules.ts";
import type { Clock } from "../ports/clock.ts";
import type { Desk } from "../ports/desk.ts";
import type { Job, Jobs } from "../ports/jobs.ts";
import type { Log } from "../ports/log.ts";
import { Rerun } from "./rerun.ts";

/** What a waiting call is told by the dispatcher. */
export type Notice =
  | { readonly type: "offer"; readonly assignment: Assignment; readonly until: number }
  | { readonly type: "waited_too_long" };

/** How a waiting call listens. */
export interface Waiter {
  notify(notice: Notice): void;
  /** Its place in its queue now, from 1. */
  place(position: number): void;
  /** Whether it is about to leave its queue, so that no further agent is to be reserved for it. */
  leaves?(): boolean;
  /** The same, and how the queue stands, after each look at the desk; absent for whom that is nothing. */
  see?(outlook: Outlook): void;
  /** Nobody is to be called back by it any more; absent for a call that calls nobody back. */
  cancel?(): void;
  /** How long an agent is kept for it beyond the ringing of her phone; absent: not at all. */
  readonly holdMs?: number;
}

interface DispatchDeps {
  readonly desk: Desk;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: RoutingRules;
  /** From 0 to 1, for queues that draw their agents. */
  readonly chance: () => number;
  readonly owner: string;
  /** How long an agent's phone rings for a call of this queue. */
  readonly ringMs: (queue: string) => number;
}

/** How often at most the certain wake-up is asked for; it fires later than this, so every change is covered. */
const WAKE_EVERY_MS = 500;
const WAKE_AFTER_MS = 1_500;

/**
 * Brings waiting calls and free agents together whenever anything about them changed. The change is acted on at once
 * by the process that sees it; a job does the same if that process died. Each process commits the assignments of the
 * calls it owns; every process sees the same ranking.
 */
export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #waiters = new Map<CallId, Waiter>();
  /** The place that each waiting call was told last. */
  readonly #places = new Map<CallId, number>();
  /** Nobody is assigned here for now. */
  #held = false;
  /** Calls that were taken over, whose flows do not listen yet. */
  readonly #expected = new Set<CallId>();
  /** The waiting calls that want to know how their queue stands. */
  readonly #watching = new Set<CallId>();
  readonly #assignment = new Rerun(() => this.#run());
  #wakeAskedAt = Number.NEGATIVE_INFINITY;
  /** When it is looked again though nothing has changed. */
  #againAt: number | null = null;
  #again = new AbortController();

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  /** Nothing is assigned here any more, and nobody is asked to: the other processes and the next life of this one do. */
  stop(): void {
    this.#waiters.clear();
    this.#again.abort();
    this.#wakeAskedAt = Number.POSITIVE_INFINITY;
  }

  /** Assigns nobody before what this returns is called: it is not known yet who has waited for longest. */
  hold(): () => void {
    this.#held = true;
    return () => {
      this.#held = false;
      this.wake();
    };
  }

  /** Makes a waiting call reachable; returns what ends that. */
  register(call: CallId, waiter: Waiter): () => void {
    this.#waiters.set(call, waiter);
    this.#expected.delete(call);
    this.#places.delete(call); // Whoever listened before may have told nobody.
    if (waiter.see !== undefined) this.#watching.add(call);
    return () => {
      this.#waiters.delete(call);
      this.#watching.delete(call);
      this.#places.delete(call);
    };
  }

  /**
   * A call is being taken over: if it waits, nobody who came after it is to be given its agent before its flow listens.
   * Returns what ends that.
   */
  expect(call: CallId): () => void {
    this.#expected.add(call);
    return () => this.#expected.delete(call);
  }

  /** Tells a call of this process something; `false` when its flow is not here. */
  notify(call: CallId, notice: Notice): boolean {
    const waiter = this.#waiters.get(call);
    waiter?.notify(notice);
    return waiter !== undefined;
  }

  /** Ends a call back; `false` when its flow is not here. */
  cancel(call: CallId): boolean {
    const waiter = this.#waiters.get(call);
    waiter?.cancel?.();
    return waiter?.cancel !== undefined;
  }

  /** Something changed: runs the assignment now, and makes certain that somebody does if this process dies. */
  wake(): void {
    void this.look();
  }

  /**
   * The same; settles when a look that began after this is over. What the desk was told just before, in the same turn
   * of the event loop, is seen by it: the desk keeps the order.
   */
  look(): Promise<void> {
    const looked = this.#assignment.run();
    this.#askWake();
    return looked;
  }

  /**
   * Settles when the look that is under way is over: whoever has just become free is being rung. What of a call that is
   * over is only to be cleared away waits for that, for Asterisk each phone that is rung is one request among many.
   */
  looked(): Promise<void> {
    return this.#assignment.current();
  }

  /** Runs the assignment because its job says so; settles when it is done. */
  async assignNow(): Promise<void> {
    await this.#assignment.run();
  }

  async #run(): Promise<void> {
    try {
      await this.#assign();
    } catch (error) {
      this.#deps.log.error({ err: error }, "an assignment failed; the wake-up job tries again");
    }
  }

  async #assign(): Promise<void> {
    if (this.#waiters.size === 0 || this.#held) return;
    const { desk, clock, rules, chance, owner } = this.#deps;
    const snapshot = await desk.view();
    // The flow of a call may have ended a moment ago, and the desk does not know that yet.
    const waiting = snapshot.waiting.filter(
      ({ call, owner: holder }) =>
        holder !== owner || this.#listens(call) || this.#expected.has(call),
    );
    const now = clock.now();
    const { assignments, againAt } = assign({ ...snapshot, waiting }, rules, now, chance);
    const awayAt = this.#watching.size === 0 ? null : nextAwayAt(snapshot.agents, now);
    this.#lookAgainAt(awayAt === null ? againAt : Math.min(againAt ?? awayAt, awayAt));
    const own = assignments.filter((each) => each.owner === owner && this.#listens(each.call));
    await Promise.all(own.map((each) => this.#commit(each)));
    // Their phones are rung before it is looked again, and before anybody hears of her place.
    if (own.length > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    this.#tellPlaces(snapshot);
  }

  /**
   * A caller who has waited long enough asks for less, and who lost her phone is missed. Whoever takes this process's calls up when it dies looks then, so
   * no job is needed to make that certain.
   */
  #lookAgainAt(at: number | null): void {
    if (at === this.#againAt) return;
    this.#again.abort();
    this.#again = new AbortController();
    this.#againAt = at;
    if (at === null) return;
    const { clock } = this.#deps;
    clock.sleep(Math.max(0, at - clock.now()), this.#again.signal).then(
      () => {
        this.#againAt = null;
        this.wake();
      },
      () => undefined, // Another moment was set, or none.
    );
  }

  #listens(call: CallId): boolean {
    const waiter = this.#waiters.get(call);
    return waiter !== undefined && waiter.leaves?.() !== true;
  }

  async #commit(assignment: Assignment): Promise<void> {
    const { desk, clock, log, rules } = this.#deps;
    const { call, agent, queue } = assignment;
    const keptMs =
      this.#deps.ringMs(queue) + (this.#waiters.get(call)?.holdMs ?? 0) + OFFER_GRACE_MS;
    const until = clock.now() + keptMs;
    const beside = queueRules(rules, queue).several !== undefined;
    const outcome = await desk.reserve(call, agent, until, beside);
    if (outcome !== "reserved") return; // Somebody was quicker; the change that took it wakes us again.
    if (!this.notify(call, { type: "offer", assignment, until })) {
      log.warn({ call, agent }, "a call was reserved whose flow has ended");
      await desk.release(call, agent, "caller_left", 0);
      return;
    }
    this.#ask({ type: "offer_due", call, agent }, keptMs);
  }

  #tellPlaces(snapshot: QueueSnapshot): void {
    const { rules } = this.#deps;
    const places = placesOf(snapshot.waiting, rules);
    if (this.#watching.size > 0) this.#tellOutlooks(snapshot, places);
    for (const [call, place] of places) {
      const waiter = this.#waiters.get(call);
      if (waiter === undefined || this.#places.get(call) === place) continue;
      this.#places.set(call, place);
      waiter.place(place);
    }
  }

  #tellOutlooks(snapshot: QueueSnapshot, places: ReadonlyMap<CallId, number>): void {
    const loads = loadsOf(snapshot, this.#deps.rules, this.#deps.clock.now());
    for (const waiting of snapshot.waiting) {
      const { call } = waiting;
      const place = places.get(call);
      if (place === undefined || !this.#watching.has(call)) continue;
      this.#waiters.get(call)?.see?.({ place, load: loads(waiting) });
    }
  }

  #askWake(): void {
    const now = this.#deps.clock.now();
    if (now - this.#wakeAskedAt < WAKE_EVERY_MS) return;
    this.#wakeAskedAt = now;
    this.#ask({ type: "assign" }, WAKE_AFTER_MS);
  }

  /**
   * Behind what is done in this turn of the event loop: an agent is reserved and her phone rung first, for a caller waits
   * for that; the deadline is seconds away, and storing it takes as long as ringing does.
   */
  #ask(job: Job, delayMs: number): void {
    const { jobs, log } = this.#deps;
    setImmediate(() => {
      jobs.ask(job, delayMs).catch((error: unknown) => {
        log.error({ job: job.type, err: error }, "a deadline could not be stored");
      });
    });
  }
}
