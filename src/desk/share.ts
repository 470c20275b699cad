import { createHash } from "node:crypto";
import { callOf } from "../domain/agent.ts";
import type { AgentId } from "../domain/ids.ts";
import type { Peer } from "../ports/desk.ts";
import type { AgentRecord } from "./record.ts";

/** Without a beat for so long a process counts as dead when the agents are shared out. */
const DEAD_AFTER_MS = 2_000;

/**
 * Which agents each process gives calls to while the processes cannot hear of each other. Each works it out for
 * itself at the moment of the loss, from what all of them knew then, and keeps to it until Redis is back: an agent
 * with a call belongs to the process that holds the call, every other one to the process that her id falls to.
 */
export class Shares {
  readonly #owners: readonly string[];
  readonly #holders: ReadonlyMap<AgentId, string>;

  constructor(agents: readonly AgentRecord[], owners: readonly string[]) {
    this.#owners = owners;
    this.#holders = new Map(
      agents
        .filter(({ by }) => by !== null && owners.includes(by))
        .filter((record) => callOf(record) !== null)
        .map((record) => [record.id, record.by ?? ""]),
    );
  }

  /** Whether there is anybody to share with. */
  get shared(): boolean {
    return this.#owners.length > 1;
  }

  holderOf(agent: AgentId): string {
    return this.#holders.get(agent) ?? chosen(agent, this.#owners);
  }
}

/** Rendezvous hashing: when a process comes or goes, only its own agents change hands. */
function chosen(agent: AgentId, owners: readonly string[]): string {
  let best = "";
  let highest = "";
  for (const owner of owners) {
    const weight = createHash("sha256").update(`${agent} ${owner}`).digest("hex");
    if (weight > highest) [best, highest] = [owner, weight];
  }
  return best;
}

/** Watches the beats of the processes, by this process's own time, to know at the moment of a loss who was alive. */
export class Watch {
  readonly #moved = new Map<string, { readonly beats: number; readonly at: number }>();
  #lookedAt = 0;

  see(peers: readonly Peer[], now: number): void {
    this.#lookedAt = now;
    const owners = new Set(peers.map(({ owner }) => owner));
    for (const owner of this.#moved.keys()) if (!owners.has(owner)) this.#moved.delete(owner);
    for (const { owner, beats } of peers) {
      if (this.#moved.get(owner)?.beats !== beats) this.#moved.set(owner, { beats, at: now });
    }
  }

  alive(): readonly string[] {
    return [...this.#moved]
      .filter(([, { at }]) => this.#lookedAt - at < DEAD_AFTER_MS)
      .map(([owner]) => owner);
  }
}
