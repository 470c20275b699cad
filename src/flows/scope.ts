import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/**
 * Structured concurrency for calls. A scope is a stretch of a flow: everything that waits inside it ends when it ends,
 * and everything acquired inside it is given back when it is left, whatever way it is left.
 *
 *     await inScope(deps, { endsWith: [leg.gone] }, async (call) => {
 *       const bridge = await telephony.createBridge(id);
 *       call.defer("destroy bridge", () => bridge.destroy());
 *       await call.child(async (ringing) => { ... });
 *     });
 *
 * Three rules, each bought with a leak: whoever acquires writes the release on the next line; what outlives a stage is
 * deferred on the scope that owns it, at the moment it exists; a cleanup must work when the caller has long hung up,
 * so cleanups are shielded from cancellation and bounded by a deadline instead.
 */
export interface ScopeTools {
  readonly clock: Clock;
  readonly log: Log;
}

/** A cleanup that was deferred. */
export interface Deferred {
  /** Runs it now, once; the scope then has nothing left to do for it. */
  now(): Promise<void>;
}

/** The reason with which a scope ends that ran past its deadline. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/** The reason with which the tasks of a scope end when its body is done. */
class ScopeLeft extends Error {
  override readonly name = "ScopeLeft";
}
/** Always the same one: making an error takes longer than most of what a scope does. */
const left = new ScopeLeft("the scope was left");

/** How long one cleanup may take before the next one is begun all the same. */
const CLEANUP_DEADLINE_MS = 10_000;

interface Cleanup {
  readonly what: string;
  readonly run: () => unknown;
}

export class Scope {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #tools: ScopeTools;
  readonly #cleanups: Cleanup[] = [];
  readonly #tasks = new Set<Promise<void>>();

  constructor(tools: ScopeTools, endsWith: readonly AbortSignal[]) {
    this.#tools = tools;
    this.signal = AbortSignal.any([this.#controller.signal, ...endsWith]);
  }

  /** Ends the scope: all that waits in it rejects with `reason`. */
  end(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Throws the reason when the scope has ended: the line to write before a step that must not happen any more. */
  check(): void {
    this.signal.throwIfAborted();
  }

  /** Promises a cleanup for when the scope is left; the last promised runs first. */
  defer(what: string, run: () => unknown): Deferred {
    const cleanup: Cleanup = { what, run };
    this.#cleanups.push(cleanup);
    return {
      now: async () => {
        const at = this.#cleanups.indexOf(cleanup);
        if (at < 0) return;
        this.#cleanups.splice(at, 1);
        await run();
      },
    };
  }

  /** Waits for a promise, but not beyond the end of the scope. What the promise does later is its owner's business. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    // Nobody looks at it when the scope has ended already, and then its failure is nobody's surprise.
    promise.catch(() => undefined);
    this.check();
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const onEnd = () => reject(this.signal.reason);
    this.signal.addEventListener("abort", onEnd, { once: true });
    try {
      return await Promise.race([promise, ended]);
    } finally {
      this.signal.removeEventListener("abort", onEnd);
    }
  }

  /**
   * Waits for something to be acquired and promises to give it back when the scope is left, also when it only arrives
   * after the scope has ended.
   */
  async acquire<T>(what: string, coming: Promise<T>, giveBack: (thing: T) => unknown): Promise<T> {
    this.defer(what, async () => {
      const [arrival] = await Promise.allSettled([coming]);
      if (arrival.status === "fulfilled") await giveBack(arrival.value);
    });
    return await this.wait(coming);
  }

  /** Waits that long; rejects with the reason when the scope ends first. */
  async sleep(ms: number): Promise<void> {
    await this.#tools.clock.sleep(ms, this.signal);
  }

  /** A scope inside this one; ends with it, or when one of the given signals aborts. */
  async child<T>(
    body: (scope: Scope) => Promise<T>,
    endsWith: readonly AbortSignal[] = [],
  ): Promise<T> {
    return await inScope(this.#tools, { endsWith: [this.signal, ...endsWith] }, body);
  }

  /** Runs `body` in a scope of its own; `onTime` makes the value instead when it takes longer than `ms`. */
  async within<T, U>(
    ms: number,
    body: (scope: Scope) => Promise<T>,
    onTime: () => U,
  ): Promise<T | U> {
    let late: TimedOut | null = null;
    try {
      return await this.child(async (scope) => {
        scope.spawn("deadline", async () => {
          await scope.sleep(ms);
          late = new TimedOut(`not done within ${ms} ms`);
          scope.end(late);
        });
        return await body(scope);
      });
    } catch (error) {
      if (late !== null && error === late) return onTime();
      throw error;
    }
  }

  /** Runs something beside the body; it is ended, and waited for, when the scope is left. */
  spawn(what: string, body: () => Promise<void>): void {
    const task = body().catch((error: unknown) => {
      if (this.signal.aborted) return; // It ended because the scope did, which is how a task is meant to end.
      this.#tools.log.error({ what, err: error }, "a task of a scope failed");
      this.end(error instanceof Error ? error : new Error(String(error)));
    });
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  /** Ends the tasks and runs the cleanups; returns what went wrong in them. */
  async leave(): Promise<unknown[]> {
    if (!this.signal.aborted) this.end(left);
    await Promise.all(this.#tasks);
    const faults: unknown[] = [];
    for (
      let cleanup = this.#cleanups.pop();
      cleanup !== undefined;
      cleanup = this.#cleanups.pop()
    ) {
      try {
        await this.#bounded(cleanup);
      } catch (error) {
        faults.push(error);
      }
    }
    return faults;
  }

  async #bounded(cleanup: Cleanup): Promise<void> {
    const timer = new AbortController();
    const { clock, log } = this.#tools;
    const running = cleanup.run();
    if (!(running instanceof Promise)) return; // It is done already.
    const done = running.then(() => "done" as const);
    const late = clock.sleep(CLEANUP_DEADLINE_MS, timer.signal).then(() => "late" as const);
    late.catch(() => undefined); // Rejects when the cleanup was in time, which is the ordinary case.
    try {
      if ((await Promise.race([done, late])) === "late") {
        log.error(
          { what: cleanup.what, afterMs: CLEANUP_DEADLINE_MS },
          "a cleanup hangs and was left behind",
        );
        done.catch((error: unknown) =>
          log.error({ what: cleanup.what, err: error }, "a cleanup that was left behind failed"),
        );
      }
    } finally {
      timer.abort(left);
    }
  }
}

/**
 * Runs `body` in a new scope and leaves it in order. When the scope ended, whatever error that caused in the body
 * (Node's own functions reject with AbortError) becomes the scope's reason here, at its boundary.
 */
export async function inScope<T>(
  tools: ScopeTools,
  options: { readonly endsWith: readonly AbortSignal[] },
  body: (scope: Scope) => Promise<T>,
): Promise<T> {
  const scope = new Scope(tools, options.endsWith);
  let outcome: { readonly value: T } | { readonly error: unknown };
  try {
    outcome = { value: await body(scope) };
  } catch (error) {
    const ended = scope.signal.aborted && isAbort(error);
    outcome = { error: ended ? scope.signal.reason : error };
  }
  const faults = await scope.leave();
  if ("error" in outcome) {
    for (const fault of faults) tools.log.error({ err: fault }, "a cleanup failed");
    throw outcome.error;
  }
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} cleanups failed`);
  return outcome.value;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
