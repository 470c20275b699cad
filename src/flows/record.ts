import {
  apply,
  begin,
  type CallEvent,
  type CallFact,
  type CallState,
  type Language,
} from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import type { TranscriptLine } from "../ports/store.ts";
import type { Deps } from "./deps.ts";
import { Rerun } from "./rerun.ts";

type Line = Omit<TranscriptLine, "call" | "seq">;
type RecordDeps = Pick<Deps, "board" | "clock" | "desk" | "log" | "owner" | "store">;

/**
 * The record of one live call: facts are noted here as they happen and go, in order, to those who watch (at once), to
 * the desk and to the store (behind the call's back: a slow disk must not slow a caller). The state is their fold.
 */
export class CallRecord {
  readonly #deps: RecordDeps;
  #state: CallState;
  #events: CallEvent[] = [];
  #lines: Line[] = [];
  readonly #writing = new Rerun(() => this.#drain());

  constructor(deps: RecordDeps, id: CallId, started: CallFact & { type: "started" }) {
    this.#deps = deps;
    const event: CallEvent = { ...started, call: id, seq: 1, at: deps.clock.now() };
    this.#state = begin(event);
    this.#publish(event);
  }

  get state(): CallState {
    return this.#state;
  }

  /** Notes a fact. Throws when it does not follow from what is known (a fault of the flow). */
  note(fact: CallFact): void {
    const event: CallEvent = {
      ...fact,
      call: this.#state.id,
      seq: this.#state.seq + 1,
      at: this.#deps.clock.now(),
    };
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
  say(speaker: Line["speaker"], content: string, language: Language | null): void {
    this.#lines.push({ speaker, content, language, at: this.#deps.clock.now(), source: "menu" });
    this.#writing.ask();
  }

  /** Settles when all that was noted so far has been written, or could not be and was logged. */
  async written(): Promise<void> {
    await this.#writing.idle();
  }

  #publish(event: CallEvent): void {
    this.#events.push(event);
    this.#deps.board.publish({ type: "call", event, state: this.#state });
    this.#writing.ask();
  }

  async #drain(): Promise<void> {
    const events = this.#events;
    const lines = this.#lines;
    const state = this.#state;
    this.#events = [];
    this.#lines = [];
    await Promise.all([
      this.#try("desk", events.length === 0 ? null : () => this.#saveLive(state)),
      this.#try("store", events.length === 0 ? null : () => this.#saveLog(events, state)),
      this.#try("store", lines.length === 0 ? null : () => this.#saveLines(lines)),
    ]);
  }

  async #saveLive(state: CallState): Promise<void> {
    if (state.stage !== "ended") await this.#deps.desk.saveCall(state, this.#deps.owner);
  }

  async #saveLog(events: readonly CallEvent[], state: CallState): Promise<void> {
    await this.#deps.store.calls.append(events);
    await this.#deps.store.calls.save(state);
  }

  async #saveLines(lines: readonly Line[]): Promise<void> {
    const call = this.#state.id;
    for (const line of await this.#deps.store.transcripts.append(call, lines)) {
      this.#deps.board.publish({ type: "transcript", call, line, at: line.at });
    }
  }

  /** A call goes on when its record cannot be written; the loss is told in the log. */
  async #try(where: string, write: (() => Promise<void>) | null): Promise<void> {
    if (write === null) return;
    try {
      await write();
    } catch (error) {
      this.#deps.log.error(
        { call: this.#state.id, where, err: error },
        "a call's record was not written",
      );
    }
  }
}
