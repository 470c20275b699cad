import { offeredIn } from "../../src/desk/record.ts";
import type { CallId } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import type { NamedStep } from "./steps.ts";

/** Who must be waiting, kept beside a desk: who joined, but for those who left, were removed or met an agent. */
export class Ledger {
  readonly #waiting = new Set<CallId>();

  /** The calls that must be waiting, in no order of theirs. */
  get calls(): readonly CallId[] {
    return [...this.#waiting].sort();
  }

  /** A step was taken, with this answer, at a desk at which these were waiting. */
  enter({ verb, given }: NamedStep, answer: unknown, before: readonly WaitingCall[]): void {
    const call = given[0] as CallId;
    if (verb === "join") this.#waiting.add(call);
    if (verb === "removeCall" || (verb === "leave" && answer === true)) this.#waiting.delete(call);
    if (verb !== "connect" || answer !== true) return;
    // Who is reserved for a call as if it were a direct one answers that, and leaves the queue alone.
    const entry = before.find((each) => each.call === call);
    if (entry !== undefined && offeredIn(entry).some((agent) => agent === given[1]))
      this.#waiting.delete(call);
  }

  /** All but these calls were in the hands of processes that are to put them back themselves. */
  keepOnly(calls: readonly WaitingCall[]): void {
    this.#waiting.clear();
    for (const { call } of calls) this.#waiting.add(call);
  }
}
