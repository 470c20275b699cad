import type { CallId } from "../domain/ids.ts";
import type { Asked, WaitingCall } from "../domain/queue.ts";
import { type AgentRecord, offeredIn, withAsked, withdrawn } from "./record.ts";

/** The waiting calls of a desk in memory. */
export class WaitingCalls {
  readonly #calls = new Map<CallId, WaitingCall>();

  get(call: CallId): WaitingCall | undefined {
    return this.#calls.get(call);
  }

  list(): readonly WaitingCall[] {
    return [...this.#calls.values()];
  }

  put(entry: WaitingCall): void {
    this.#calls.set(entry.call, entry);
  }

  /** `false` when it does not wait. */
  remove(call: CallId): boolean {
    return this.#calls.delete(call);
  }

  /** `false` when it does not wait. */
  adjust(call: CallId, asked: Asked): boolean {
    const entry = this.#calls.get(call);
    if (entry !== undefined) this.put(withAsked(entry, asked));
    return entry !== undefined;
  }

  /** A call that is offered to this agent is so no longer, and waits on. */
  withdrawFrom({ id, reservation }: AgentRecord): void {
    if (reservation.is !== "offered") return;
    const entry = this.#calls.get(reservation.call);
    if (entry !== undefined && offeredIn(entry).includes(id)) this.put(withdrawn(entry, id));
  }

  /** The process that has a call in hand is another one now. */
  handOver(call: CallId, owner: string): void {
    const entry = this.#calls.get(call);
    if (entry !== undefined) this.put({ ...entry, owner });
  }

  /** Knows these from now on, and no others. */
  load(calls: readonly WaitingCall[]): void {
    this.#calls.clear();
    for (const entry of calls) this.put(entry);
  }
}
