import { openMemoryDesk } from "../../desk/memory.ts";
import { type AgentId, asCallId, type CallId, type QueueName } from "../../domain/ids.ts";
import { assign } from "../../domain/routing/assign.ts";
import { Heap } from "../../domain/routing/heap.ts";
import type { RoutingRules } from "../../domain/routing/rules.ts";
import type { Desk, EnrolledAgent } from "../../ports/desk.ts";
import type { Arrival } from "./arrivals.ts";

/** Who serves whom, by which rules. */
export interface House {
  readonly rules: RoutingRules;
  readonly agents: readonly EnrolledAgent[];
  /** How long an agent takes to answer her phone. */
  readonly answerMs?: number;
  /** The part of a call's `handleMs` that comes after the conversation, by its queue. */
  readonly wrapUpMs?: (queue: QueueName) => number;
}

/** What became of a call. */
export interface Outcome extends Arrival {
  readonly call: CallId;
  /** Its number among all calls, from 0. */
  readonly index: number;
  /** From its arrival until an agent answered or the caller hung up. */
  readonly waitedMs: number;
  /** Who answered; `null`: the caller hung up. */
  readonly agent: AgentId | null;
}

/** Who watches a simulation. */
export interface Watcher {
  /** A call begins to wait. */
  comes?(call: CallId, arrival: Arrival): void;
  /** An agent is reserved for a call. */
  reserves?(call: CallId, agent: AgentId): void;
  ends?(outcome: Outcome): void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  happen(): Promise<void>;
}

/** An offer at the desk outlives the ring by this much. */
const GRACE_MS = 3_000;

/**
 * Plays calls on virtual time through a real desk: the verbs of the desk in memory, which does what the one in Redis
 * does, and the assignment of `domain/routing`, asked as the dispatcher asks it, after each change. What is left out is
 * the flow of each call: menus, prompts, channels. Nothing is random here but what `random` draws for queues that draw
 * their agents.
 */
export async function play(
  house: House,
  arrivals: Iterable<Arrival>,
  watcher: Watcher,
  random: () => number,
): Promise<void> {
  const simulation = new Simulation(house, arrivals[Symbol.iterator](), watcher, random);
  await simulation.run();
}

class Simulation {
  readonly #house: House;
  readonly #arrivals: Iterator<Arrival>;
  readonly #watcher: Watcher;
  readonly #random: () => number;
  readonly #desk: Desk = openMemoryDesk();
  readonly #agenda = new Heap<Event>(
    (left, right) => left.at < right.at || (left.at === right.at && left.order < right.order),
  );
  /** Whoever waits or rings. */
  readonly #waiting = new Map<CallId, Omit<Outcome, "waitedMs" | "agent">>();
  #now = 0;
  #order = 0;
  #count = 0;
  /** When it is looked again though nothing has changed. */
  #againAt: number | null = null;

  constructor(house: House, arrivals: Iterator<Arrival>, watcher: Watcher, random: () => number) {
    this.#house = house;
    this.#arrivals = arrivals;
    this.#watcher = watcher;
    this.#random = random;
  }

  async run(): Promise<void> {
    const { agents } = this.#house;
    await this.#desk.enrol(agents, 0);
    for (const { id, extension } of agents) {
      await this.#desk.setDevice(extension, "idle", 0);
      await this.#desk.setPresence(id, { is: "available" }, 0);
    }
    this.#awaitCaller();
    for (let event = this.#agenda.pop(); event !== undefined; event = this.#agenda.pop()) {
      this.#now = event.at;
      await event.happen();
      await this.#look();
    }
  }

  #at(at: number, happen: () => Promise<void>): void {
    this.#agenda.push({ at, order: this.#order++, happen });
  }

  #awaitCaller(): void {
    const { done, value } = this.#arrivals.next();
    if (done !== true) this.#at(value.at, () => this.#come(value));
  }

  async #come(arrival: Arrival): Promise<void> {
    const index = this.#count++;
    const call = asCallId(`CALL-${index.toString(16).toUpperCase().padStart(8, "0")}`);
    this.#waiting.set(call, { ...arrival, call, index });
    const { queue, priority, at, patienceMs } = arrival;
    await this.#desk.join({
      call,
      queue,
      priority,
      language: null,
      enteredAt: at,
      owner: "simulation",
    });
    this.#watcher.comes?.(call, arrival);
    if (Number.isFinite(patienceMs)) this.#at(at + patienceMs, () => this.#hangUp(call));
    this.#awaitCaller();
  }

  async #hangUp(call: CallId): Promise<void> {
    if (this.#waiting.has(call) && (await this.#desk.leave(call))) this.#end(call, null);
  }

  /** As the dispatcher does: assigns from what the desk knows, and commits each assignment there. */
  async #look(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { rules, answerMs = 0 } = this.#house;
    const { assignments, againAt } = assign(
      await this.#desk.view(),
      rules,
      this.#now,
      this.#random,
    );
    if (againAt !== null && againAt !== this.#againAt) this.#at(againAt, async () => undefined);
    this.#againAt = againAt;
    for (const { call, agent } of assignments) {
      const until = this.#now + answerMs + GRACE_MS;
      if ((await this.#desk.reserve(call, agent, until)) !== "reserved")
        throw new Error(`${agent} was assigned to ${call} and could not be reserved`);
      this.#watcher.reserves?.(call, agent);
      if (answerMs === 0) await this.#answer(call, agent);
      else this.#at(this.#now + answerMs, () => this.#answer(call, agent));
    }
  }

  async #answer(call: CallId, agent: AgentId): Promise<void> {
    if (!(await this.#desk.connect(call, agent, this.#now))) return; // The caller had hung up.
    const { queue, handleMs } = this.#end(call, agent);
    const wrapUpMs = this.#house.wrapUpMs?.(queue) ?? 0;
    const over = this.#now + handleMs - wrapUpMs;
    this.#at(over, async () => {
      await this.#desk.finish(call, agent, wrapUpMs === 0 ? 0 : over + wrapUpMs, over);
    });
    if (wrapUpMs > 0)
      this.#at(over + wrapUpMs, async () => void (await this.#desk.endWrapUp(agent, this.#now)));
  }

  #end(call: CallId, agent: AgentId | null): Arrival {
    const waiting = this.#waiting.get(call);
    if (waiting === undefined) throw new Error(`${call} ended twice`);
    this.#waiting.delete(call);
    this.#watcher.ends?.({ ...waiting, waitedMs: this.#now - waiting.at, agent });
    return waiting;
  }
}
