import { callOf, noTally } from "../domain/agent.ts";
import type { AgentId, CallId } from "../domain/ids.ts";
import type { EnrolledAgent } from "../ports/desk.ts";
import { type AgentRecord, withEnrolment } from "./record.ts";

/** The agents of a desk in memory, by id and by extension. */
export class Roster {
  readonly #records = new Map<AgentId, AgentRecord>();
  readonly #extensions = new Map<string, AgentId>();

  get(id: AgentId): AgentRecord | undefined {
    return this.#records.get(id);
  }

  byExtension(extension: string): AgentRecord | undefined {
    const id = this.#extensions.get(extension);
    return id === undefined ? undefined : this.get(id);
  }

  values(): Iterable<AgentRecord> {
    return this.#records.values();
  }

  put(record: AgentRecord): void {
    this.#records.set(record.id, record);
  }

  /** Whose reservation or rest was due by `now`, and for which call; the longest due first. */
  due(now: number): readonly { readonly agent: AgentId; readonly call: CallId | null }[] {
    const due: { agent: AgentId; call: CallId | null; until: number }[] = [];
    for (const { id, reservation } of this.values()) {
      if (reservation.is === "none" || reservation.until > now) continue;
      const call = reservation.is === "offered" ? reservation.call : null;
      due.push({ agent: id, call, until: reservation.until });
    }
    due.sort((left, right) => left.until - right.until || (left.agent < right.agent ? -1 : 1));
    return due.map(({ agent, call }) => ({ agent, call }));
  }

  /** Makes agents known. Gives those that are forgotten over it: their extension is somebody else's now. */
  enrol(agents: readonly EnrolledAgent[], now: number): readonly AgentRecord[] {
    for (const agent of agents) {
      const known = this.get(agent.id);
      if (known !== undefined && this.#extensions.get(known.extension) === agent.id) {
        this.#extensions.delete(known.extension);
      }
      this.put(withEnrolment(known ?? newAgent(agent.id, now), agent, now));
    }
    for (const { id, extension } of agents) this.#extensions.set(extension, id);
    // No call could ever reach them.
    const forgotten = [...this.values()].filter(
      ({ id, extension }) => this.#extensions.get(extension) !== id,
    );
    for (const { id } of forgotten) this.#records.delete(id);
    return forgotten;
  }

  /** The process that has a call in hand is another one now; who is offered it, or talks in it, is with that. */
  handOver(call: CallId, to: string): void {
    for (const record of this.values())
      if (callOf(record) === call) this.put({ ...record, by: to });
  }

  /** Knows these agents from now on, and no others. */
  load(agents: readonly AgentRecord[]): void {
    this.#records.clear();
    this.#extensions.clear();
    for (const record of agents) {
      this.put(record);
      this.#extensions.set(record.extension, record.id);
    }
  }
}

function newAgent(id: AgentId, now: number): AgentRecord {
  return {
    id,
    extension: "",
    queues: [],
    mark: "",
    movedAt: now,
    presence: { is: "offline" },
    reservation: { is: "none" },
    activity: { is: "none" },
    device: "unreachable",
    later: null,
    idleSince: now,
    by: null,
    rev: 0,
    wishedAt: now,
    unanswered: 0,
    tally: noTally,
  };
}
