import { apply, begin, type CallState } from "../domain/call.ts";
import type { CallEvent, CallFact, Language } from "../domain/call-fact.ts";
import type { CallId } from "../domain/ids.ts";
import type { NewLine } from "../domain/record.ts";
import type { Deps } from "./deps.ts";
import { Rerun } from "./rerun.ts";

type RecordDeps = Pick<Deps, "board" | "clock" | "desk" | "journal" | "lease" | "log" | "owner">;

/**
 * The record of one live call: facts are noted here as they happen and go, in order, to those who watch (at once), to
 * the desk and to the journal (behind the call's back: a slow disk must not slow a caller). The state is their fold.
 */
export class CallRecord {
  readonly #deps: RecordDeps;
  #state: CallState;
  /** When the facts to come happened, where that is not the moment of noting them. */
  #happenedAt: number | null;
  #events: CallEvent[] = [];
  #lines: NewLine[] = [];
  #said = 0;
  readonly #writing = new Rerun(() => this.#drain());

  private constructor(deps: RecordDeps, state: CallState, happenedAt: number | null) {
    this.#deps = deps;
    this.#state = state;
    this.#happenedAt = happenedAt;
  }

  /** The record of a new call that began at `at`. */
  static open(
    deps: RecordDeps,
    id: CallId,
    started: CallFact & { type: "started" },
    at: number,
  ): CallRecord {
    const event: CallEvent = { ...started, call: id, seq: 1, at };
    const record = new CallRecord(deps, begin(event), null);
    record.#publish(event);
    return record;
  }

  /**
   * The record of a call that another life of the server began. `happenedAt`: all that is left to note of it happened
   * then, unseen.
   */
  static resume(deps: RecordDeps, state: CallState, happenedAt: number | null = null): CallRecord {
    return new CallRecord(deps, state, happenedAt);
  }

  get state(): CallState {
    return this.#state;
  }

  /**
   * It is over since then, unseen, or since now (`null`) if it is not known to be over since before: whatever is still
   * to be noted happened at that moment.
   */
  overSince(at: number | null): void {
    const now = this.#deps.clock.now();
    this.#happenedAt = at === null ? (this.#happenedAt ?? now) : Math.min(at, now);
  }

  /** Notes a fact. Throws when it does not follow from what is known (a fault of the flow). */
  note(fact: CallFact): void {
    const at = Math.max(this.#state.lastAt, this.#happenedAt ?? this.#deps.clock.now());
    const event: CallEvent = { ...fact, call: this.#state.id, seq: this.#state.seq + 1, at };
    const from = this.#state.stage;
    this.#state = apply(this.#state, event);
    if (from !== this.#state.stage) {
      const to = this.#state.stage;
      this.#deps.log.info(
        { call: this.#state.id, from, event: fact.type, to },
        "call changed stage",
      );
    }
    this.#publish(event);
  }

  /** Adds a line to the call's transcript. */
  say(speaker: NewLine["speaker"], content: string, language: Language | null): void {
    this.#said += 1;
    // Another life of the call begins with a fact of its own, so these keys are never given twice.
    const key = `${this.#state.seq}/${this.#said}`;
    const at = this.#deps.clock.now();
    this.#lines.push({ key, speaker, content, language, at, source: "menu" });
    this.#writing.ask();
  }

  /** Settles when all that was noted so far has been handed on. */
  async written(): Promise<void> {
    await this.#writing.idle();
  }

  #publish(event: CallEvent): void {
    this.#events.push(event);
    this.#deps.board.publish({ type: "call", event, state: this.#state });
    this.#writing.ask();
  }

  /** A process that was frozen writes nothing before it knows that the call is still its own. */
  async #drain(): Promise<void> {
    const { journal, lease, log } = this.#deps;
    const state = this.#state;
    const events = this.#events;
    const lines = this.#lines;
    this.#events = [];
    this.#lines = [];
    try {
      await lease.mayAct();
      if (lines.length > 0) void journal.keep({ type: "lines", call: state.id, lines });
      if (events.length === 0) return;
      // The journal first: whoever takes the call up goes by what is newer, and no fact may be missing from the log.
      await journal.keep({ type: "facts", events, state });
      await this.#saveLive(state);
    } catch (error) {
      log.error({ call: state.id, err: error }, "a call's record was not written");
    }
  }

  async #saveLive(state: CallState): Promise<void> {
    const { desk, owner, log } = this.#deps;
    if (await desk.saveCall(state, owner)) return;
    log.error({ call: state.id }, "another process holds a call whose flow runs here");
  }
}
