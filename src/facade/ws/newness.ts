import { isDeepStrictEqual } from "node:util";
import type { Agent } from "../../domain/agent.ts";
import type { AgentId, CallId, TicketId } from "../../domain/ids.ts";
import type { Ticket } from "../../domain/ticket.ts";
import type { LiveState } from "./live-state.ts";
import type { Entry } from "./stream.ts";

/** After so long the desk and the board know the same of whatever a snapshot has. */
const settledMs = 10_000;

/**
 * Which messages of the stream tell more than a snapshot does and the messages before them did: nothing is missing
 * between the two and nothing of the snapshot is told again, whether the desk or the board heard of it first. Whoever
 * begins with the same snapshot asks the same one of these, for each message from `from` on.
 */
export class Newness {
  readonly #from: number;
  /** The position of the stream at which the snapshot was complete. */
  readonly #until: number;
  readonly #overAt: number;
  readonly #calls: Map<CallId, number>;
  readonly #agents: Map<AgentId, Agent>;
  readonly #tickets: Map<TicketId, Ticket>;
  /** Of each agent the last of the messages that came while the state was read. */
  readonly #lastOf = new Map<AgentId, number>();
  /** What was said of each message, since the first who asks settles it for all. */
  readonly #said: boolean[] = [];

  constructor(
    state: LiveState,
    from: number,
    until: number,
    meanwhile: readonly Entry[],
    now: number,
  ) {
    this.#from = from;
    this.#until = until;
    this.#overAt = now + settledMs;
    this.#calls = new Map(state.calls.map((call) => [call.id, call.seq]));
    this.#agents = new Map(state.agents.map((agent) => [agent.id, agent]));
    this.#tickets = new Map(state.tickets.map((ticket) => [ticket.id, ticket]));
    for (const { agent, position } of meanwhile)
      if (agent !== null) this.#lastOf.set(agent.now.id, position);
  }

  /** Whether nobody need ask any more. */
  isOver(now: number): boolean {
    return now >= this.#overAt;
  }

  of(entry: Entry): boolean {
    const index = entry.position - this.#from - 1;
    if (index === this.#said.length) this.#said.push(this.#isNews(entry));
    return this.#said[index] ?? true;
  }

  #isNews({ event, position }: Entry): boolean {
    // What the board told while the state was read, the snapshot has of calls and parts; older states of an agent
    // would lead back in time.
    const isBygone = position <= this.#until;
    switch (event.type) {
      case "call": {
        const { call, seq, type } = event.event;
        if (isBygone || seq <= (this.#calls.get(call) ?? 0)) return false;
        if (type === "ended") this.#calls.delete(call);
        return true;
      }
      case "agent": {
        const { id } = event.agent;
        if (isBygone && this.#lastOf.get(id) !== position) return false;
        const known = this.#agents.get(id);
        this.#agents.delete(id);
        return known === undefined || !isDeepStrictEqual(known, event.agent);
      }
      case "ticket": {
        const known = this.#tickets.get(event.ticket.id);
        if (known === undefined) return true;
        if (event.ticket.updatedAt < known.updatedAt) return false;
        this.#tickets.delete(event.ticket.id);
        return !isDeepStrictEqual(known, event.ticket);
      }
      case "health":
        return !isBygone;
      case "transcript":
        return true;
      default:
        return event satisfies never;
    }
  }
}
