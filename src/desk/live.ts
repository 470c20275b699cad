import type { CallState } from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import type { LiveCall } from "../ports/desk.ts";

/** The live calls of a desk in memory, each with the process that holds it. */
export class LiveCalls {
  readonly #calls = new Map<CallId, LiveCall>();

  get(id: CallId): LiveCall | null {
    return this.#calls.get(id) ?? null;
  }

  list(): readonly LiveCall[] {
    return [...this.#calls.values()];
  }

  ofOwner(owner: string): readonly LiveCall[] {
    return this.list().filter((live) => live.owner === owner);
  }

  /** `false`, and nothing is kept, when another process holds the call. */
  save(state: CallState, owner: string): boolean {
    if ((this.#calls.get(state.id)?.owner ?? owner) !== owner) return false;
    this.keep({ state, owner });
    return true;
  }

  /** As it stands, whoever held it so far. */
  keep(live: LiveCall): void {
    this.#calls.set(live.state.id, live);
  }

  remove(id: CallId): void {
    this.#calls.delete(id);
  }

  /** Knows these calls of other processes than `owner` from now on, and no others of theirs. */
  load(calls: readonly LiveCall[], owner: string): void {
    for (const [id, live] of this.#calls) if (live.owner !== owner) this.#calls.delete(id);
    for (const live of calls) if (live.owner !== owner) this.keep(live);
  }
}
