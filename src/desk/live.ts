import type { CallState } from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import type { LiveCall } from "../ports/desk.ts";

/** The live calls of a desk in memory, each with the process that holds it. */
export class LiveCalls {
  readonly #calls = new Map<CallId, LiveCall>();
  /** By which call a number is called back; one that is over counts no more. */
  readonly #callbacks = new Map<string, CallId>();

  get(id: CallId): LiveCall | null {
    return this.#calls.get(id) ?? null;
  }

  list(): readonly LiveCall[] {
    return [...this.#calls.values()];
  }

  ofOwner(owner: string): readonly LiveCall[] {
    return this.list().filter((live) => live.owner === owner);
  }

  /** Keeps the call that is to call its caller back, unless a live one other than `by` does so; gives that which does. */
  book(state: CallState, owner: string, by: CallId): CallId {
    const other = this.#callbacks.get(state.caller);
    if (other !== undefined && other !== by && this.#calls.has(other)) return other;
    this.#callbacks.set(state.caller, state.id);
    this.keep({ state, owner });
    return state.id;
  }

  /** `false`, and nothing is kept, when another process holds the call. */
  save(state: CallState, owner: string): boolean {
    if ((this.#calls.get(state.id)?.owner ?? owner) !== owner) return false;
    this.keep({ state, owner });
    return true;
  }

  /** As it stands, whoever held it so far. */
  keep(live: LiveCall): void {
    const { id, callback, caller } = live.state;
    this.#calls.set(id, live);
    const other = this.#callbacks.get(caller);
    if (callback !== null && (other === undefined || !this.#calls.has(other)))
      this.#callbacks.set(caller, id);
  }

  /** Gives it to another process; `null` when `from` does not hold it. */
  handOver(id: CallId, from: string, to: string): LiveCall | null {
    const live = this.get(id);
    if (live?.owner !== from) return null;
    const taken = { ...live, owner: to };
    this.keep(taken);
    return taken;
  }

  remove(id: CallId): void {
    const caller = this.#calls.get(id)?.state.caller ?? "";
    if (this.#callbacks.get(caller) === id) this.#callbacks.delete(caller);
    this.#calls.delete(id);
  }

  /** Knows these calls of other processes than `owner` from now on, and no others of theirs. */
  load(calls: readonly LiveCall[], owner: string): void {
    for (const [id, live] of this.#calls) if (live.owner !== owner) this.#calls.delete(id);
    for (const live of calls) if (live.owner !== owner) this.keep(live);
  }
}
