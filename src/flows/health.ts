import { type Part, type PartHealth, type PartState, type Parts, parts } from "../domain/health.ts";
import type { Board } from "../ports/board.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

const LOOK_EVERY_MS = 500;
/** A part that says nothing for twice as long is down. */
const HALF_PATIENCE_MS = 1_000;

/** How each part is asked for its state; a rejection counts as `down`. */
export type Looks = Readonly<Record<Part, () => PartState | Promise<PartState>>>;

interface HealthDeps {
  readonly looks: Looks;
  readonly board: Board;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Looks at the parts again and again, each on its own so that one which hangs hides no other, and tells the board and
 * the log of every change. What it saw last is always at hand: nobody who asks has to wait for a part that hangs.
 */
export class HealthWatch {
  readonly #deps: HealthDeps;
  readonly #seen = new Map<Part, PartHealth>();
  readonly #end = new AbortController();

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** Looks at every part once, then goes on looking until `stop`. */
  async start(): Promise<void> {
    await Promise.all(parts.map((part) => this.#look(part)));
    for (const part of parts) void this.#watch(part); // It never rejects.
  }

  /** From now on nothing more is told; a look under way ends by itself. */
  stop(): void {
    this.#end.abort(new Error("nobody watches the parts any more"));
  }

  /** How each part is. Before the first look all count as down. */
  parts(): Parts {
    const unseen: PartHealth = { state: "down", since: this.#deps.clock.now() };
    const of = (part: Part): PartHealth => this.#seen.get(part) ?? unseen;
    return {
      asterisk: of("asterisk"),
      desk: of("desk"),
      jobs: of("jobs"),
      store: of("store"),
      journal: of("journal"),
    };
  }

  async #watch(part: Part): Promise<void> {
    const { signal } = this.#end;
    while (await this.#pause(LOOK_EVERY_MS, signal)) await this.#look(part);
  }

  async #look(part: Part): Promise<void> {
    const { looks, log } = this.#deps;
    const answered = new AbortController();
    const answer = (async () => looks[part]())().catch((error: unknown): PartState => {
      log.debug({ part, err: error }, "a part could not be looked at");
      return "down";
    });
    const state = await Promise.race([answer, this.#silence(answered.signal)]);
    answered.abort(new Error("the part has answered"));
    if (!this.#end.signal.aborted) this.#note(part, state);
  }

  /**
   * Settles when a part has been silent for too long. In two halves: when this process was frozen, the first is over
   * at once, and the second gives the answer that lies ready the time to be read.
   */
  async #silence(answered: AbortSignal): Promise<PartState> {
    const isSilent = await this.#pause(HALF_PATIENCE_MS, answered);
    if (isSilent) await this.#pause(HALF_PATIENCE_MS, answered);
    return "down";
  }

  /** `false` when it ended early. */
  async #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#deps.clock.sleep(ms, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  #note(part: Part, state: PartState): void {
    const { board, clock, log } = this.#deps;
    const known = this.#seen.get(part);
    if (known?.state === state) return;
    const at = clock.now();
    const health = { state, since: at };
    this.#seen.set(part, health);
    // That all is well at the start is no news.
    if (known === undefined && state === "up") return;
    if (state === "up") {
      log.info({ part, awayMs: at - (known?.since ?? at) }, "a part is up again");
    } else {
      log[part === "asterisk" ? "error" : "warn"]({ part, state }, "a part is not up");
    }
    board.publish({ type: "health", part, health, at });
  }
}
