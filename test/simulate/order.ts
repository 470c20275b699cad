import type { AgentId, CallId } from "../../src/domain/ids.ts";
import { compareRanks, type Rank } from "../../src/domain/routing/ranking.ts";
import type { Arrival } from "../../src/ops/simulate/arrivals.ts";
import type { Outcome, Watcher } from "../../src/ops/simulate/play.ts";

/**
 * Watches that no agent is reserved for a call while one of higher rank waits that she could have had. The rank is
 * reckoned from when the caller came, not from what the desk noted.
 */
export class Order implements Watcher {
  readonly #mayTake: (agent: AgentId, arrival: Arrival) => boolean;
  readonly #waiting = new Map<CallId, Arrival>();
  readonly #overtaken: string[] = [];
  #looks = 0;

  constructor(mayTake: (agent: AgentId, arrival: Arrival) => boolean) {
    this.#mayTake = mayTake;
  }

  /** Who was overtaken, in sentences. */
  get overtaken(): readonly string[] {
    return this.#overtaken;
  }

  /** How often there was somebody whom the agent could have had instead. */
  get looks(): number {
    return this.#looks;
  }

  comes(call: CallId, arrival: Arrival): void {
    this.#waiting.set(call, arrival);
  }

  reserves(call: CallId, agent: AgentId): void {
    const arrival = this.#waiting.get(call);
    if (arrival === undefined) throw new Error(`${call} does not wait`);
    this.#waiting.delete(call);
    const rank = rankOf(call, arrival);
    for (const [other, each] of this.#waiting) {
      if (!this.#mayTake(agent, each)) continue;
      this.#looks += 1;
      if (compareRanks(rankOf(other, each), rank) < 0)
        this.#overtaken.push(`${call} was served by ${agent} before ${other}`);
    }
  }

  ends({ call }: Outcome): void {
    this.#waiting.delete(call);
  }
}

const rankOf = (call: CallId, { priority, at }: Arrival): Rank => ({
  weight: 0,
  priority,
  since: at,
  id: call,
});
