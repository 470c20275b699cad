import { type Agent, type Device, routable } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import type { OfferOutcome } from "../domain/call-fact.ts";
import type { Closing } from "../domain/closing.ts";
import type { AgentId, CallId, QueueName } from "../domain/ids.ts";
import { type Asked, type KeptPlace, type QueueSnapshot, servedThrough } from "../domain/queue.ts";
import type {
  Desk,
  Duties,
  EnrolledAgent,
  LiveCall,
  NewEntry,
  Peer,
  PresenceWish,
  Released,
  Returning,
} from "../ports/desk.ts";
import { LiveCalls } from "./live.ts";
import { Peers } from "./peers.ts";
import { type Kept, Places, withPlace } from "./places.ts";
import {
  type AgentRecord,
  agentOf,
  callable,
  type DeskRecords,
  isOffered,
  isTalkingIn,
  mayAnswer,
  offeredIn,
  offering,
  passedOver,
  reservedFor,
  talkingIn,
  talkOver,
  waitingFrom,
  wellFormed,
  wellFormedClosing,
  withDevice,
  withDuties,
  withLongerWrapUp,
  withOffer,
  without,
  withPresence,
  withReservation,
  withUnanswered,
  wrappedUp,
} from "./record.ts";
import { Roster } from "./roster.ts";
import { WaitingCalls } from "./waiting.ts";

/**
 * A desk in the memory of this process: for tests, `explain`, simulations, and while Redis is away. It keeps every
 * promise of the port but one, outliving the process. Each verb changes everything before its first await, so none is
 * seen half done. `owner` is whose desk it is: once that process is fenced, its verbs reject.
 */
export function openMemoryDesk(owner = "memory"): MemoryDesk {
  return new MemoryDesk(owner);
}

const free = { is: "none" } as const;
const agentOrNull = (record: AgentRecord | undefined): Agent | null =>
  record === undefined ? null : agentOf(record);

export class MemoryDesk implements Desk {
  /** Whoever mirrors another desk here sees to these himself. */
  readonly calls = new LiveCalls();
  readonly places = new Places();
  readonly #owner: string;
  readonly #agents = new Roster();
  readonly #waiting = new WaitingCalls();
  readonly #peers = new Peers();
  readonly #closings = new Map<QueueName, Closing>();
  readonly #handlers: (() => void)[] = [];

  constructor(owner: string) {
    this.#owner = owner;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async health(): Promise<"up" | "down"> {
    return "up";
  }

  async enrol(agents: readonly EnrolledAgent[], now: number): Promise<void> {
    this.#peers.admit(this.#owner);
    for (const gone of this.#agents.enrol(agents, now)) this.#waiting.withdrawFrom(gone);
    this.#tell();
  }

  async setDuties(id: AgentId, duties: Duties, now: number): Promise<Agent | null> {
    return this.#change(id, (record) => withDuties(record, duties, now));
  }

  async agents(): Promise<readonly Agent[]> {
    return Array.from(this.#agents.values(), agentOf);
  }

  async agent(id: AgentId): Promise<Agent | null> {
    return agentOrNull(this.#agents.get(id));
  }

  async agentByExtension(extension: string): Promise<Agent | null> {
    return agentOrNull(this.#agents.byExtension(extension));
  }

  async setPresence(id: AgentId, wish: PresenceWish, now: number): Promise<Agent | null> {
    return this.#change(id, (record) => withPresence(record, wellFormed(wish), now));
  }

  async setDevice(extension: string, device: Device, now: number): Promise<Agent | null> {
    this.#peers.admit(this.#owner);
    const record = this.#agents.byExtension(extension);
    if (record === undefined || record.device === device) return agentOrNull(record);
    return this.#change(record.id, () => withDevice(record, device, now));
  }

  /** With the place that the desk in Redis has `said`, where it was asked. */
  async join(entry: NewEntry, again?: Returning, said?: Kept): Promise<Kept> {
    this.#peers.admit(this.#owner);
    this.#takeOut(entry.call);
    const known = again === undefined ? null : this.places.take(entry, again);
    const place = said === undefined ? known : said;
    this.#waiting.put(waitingFrom(withPlace(entry, place)));
    this.#tell();
    return place;
  }

  async keepPlace(place: KeptPlace, now: number): Promise<void> {
    this.#peers.admit(this.#owner);
    this.places.keep(place, now);
  }

  async adjust(call: CallId, asked: Asked): Promise<boolean> {
    this.#peers.admit(this.#owner);
    const isThere = this.#waiting.adjust(call, asked);
    if (isThere) this.#tell();
    return isThere;
  }

  async leave(call: CallId): Promise<boolean> {
    this.#peers.admit(this.#owner);
    if (!this.#takeOut(call)) return false;
    this.#tell();
    return true;
  }

  async snapshot(): Promise<QueueSnapshot> {
    const agents = Array.from(this.#agents.values(), agentOf);
    return { waiting: this.#waiting.list(), agents };
  }

  view(): Promise<QueueSnapshot> {
    return this.snapshot();
  }

  async setClosing(closing: Closing): Promise<void> {
    this.#peers.admit(this.#owner);
    this.#closings.set(closing.queue, wellFormedClosing(closing));
    this.#tell();
  }

  async closings(): Promise<readonly Closing[]> {
    return [...this.#closings.values()];
  }

  async reserve(
    call: CallId,
    agent: AgentId,
    until: number,
    beside = false,
  ): Promise<"reserved" | "call_gone" | "agent_gone"> {
    this.#peers.admit(this.#owner);
    const entry = this.#waiting.get(call);
    if (entry === undefined || (entry.offeredTo !== null && !beside)) return "call_gone";
    const record = this.#agents.get(agent);
    if (record === undefined || !routable(agentOf(record))) return "agent_gone";
    const through = servedThrough(entry, record) ?? entry.queue;
    this.#agents.put(reservedFor(withOffer(record, through, until), call, until, this.#owner));
    this.#waiting.put(offering(entry, [...offeredIn(entry), agent]));
    this.#tell();
    return "reserved";
  }

  async reserveDirect(
    call: CallId,
    agent: AgentId,
    until: number,
  ): Promise<"reserved" | "agent_gone"> {
    this.#peers.admit(this.#owner);
    const record = this.#agents.get(agent);
    if (record === undefined || !callable(record)) return "agent_gone";
    this.#agents.put(reservedFor(record, call, until, this.#owner));
    this.#tell();
    return "reserved";
  }

  async release(
    call: CallId,
    agent: AgentId,
    outcome: OfferOutcome,
    restUntil: number,
    pauseAfter = 0,
  ): Promise<Released> {
    this.#peers.admit(this.#owner);
    const record = this.#agents.get(agent);
    if (record === undefined || !isOffered(record, call)) return false;
    const rest = restUntil === 0 ? free : ({ is: "resting", until: restUntil } as const);
    let next = withReservation(record, rest);
    const entry = this.#waiting.get(call);
    if (entry !== undefined && offeredIn(entry).includes(agent)) {
      next = withUnanswered(next, outcome, pauseAfter);
      this.#waiting.put(passedOver(entry, agent, outcome));
    }
    this.#agents.put(next);
    this.#tell();
    return next.presence === record.presence ? "released" : "paused";
  }

  /** Of the agents that `which` picks, where it is given. */
  async expire(
    now: number,
    which: (agent: AgentId) => boolean = () => true,
  ): Promise<readonly { readonly agent: AgentId; readonly call: CallId | null }[]> {
    this.#peers.admit(this.#owner);
    const due = this.#agents.due(now).filter(({ agent }) => which(agent));
    for (const { agent } of due) this.#unreserve(agent);
    if (due.length > 0) this.#tell();
    return due;
  }

  async connect(call: CallId, agent: AgentId, now: number): Promise<boolean> {
    this.#peers.admit(this.#owner);
    const record = this.#agents.get(agent);
    if (record === undefined) return false;
    if (isTalkingIn(record, call)) return true;
    if (!mayAnswer(record, call)) return false;
    const entry = this.#waiting.get(call);
    const isHers = entry !== undefined && offeredIn(entry).includes(agent);
    this.#agents.put(talkingIn(record, call, isHers ? entry.queue : null, now, this.#owner));
    if (isHers) {
      for (const other of offeredIn(entry)) if (other !== agent) this.#lose(other);
      this.#waiting.remove(call);
    }
    this.#tell();
    return true;
  }

  async finish(call: CallId, agent: AgentId, wrapUpUntil: number, now: number): Promise<boolean> {
    const quiet = this.#change(agent, (record) =>
      isTalkingIn(record, call) ? talkOver(record, { call, wrapUpUntil, now }) : null,
    );
    return quiet !== null;
  }

  async endWrapUp(agent: AgentId, now: number, dueBy = now): Promise<boolean> {
    return this.#change(agent, (record) => wrappedUp(record, now, dueBy)) !== null;
  }

  async extendWrapUp(
    agent: AgentId,
    byMs: number,
    mostMs: number,
    now: number,
  ): Promise<Agent | null> {
    return this.#change(agent, (record) => withLongerWrapUp(record, byMs, mostMs, now));
  }

  async saveCall(state: CallState, owner: string): Promise<boolean> {
    this.#peers.admit(this.#owner);
    return this.calls.save(state, owner);
  }

  async bookCallback(state: CallState, owner: string, by: CallId): Promise<CallId> {
    this.#peers.admit(this.#owner);
    return this.calls.book(state, owner, by);
  }

  async takeOver(call: CallId, from: string, to: string): Promise<LiveCall | null> {
    this.#peers.admit(this.#owner);
    const taken = this.calls.handOver(call, from, to);
    if (taken === null) return null;
    this.#waiting.handOver(call, to);
    this.#agents.handOver(call, to);
    this.#tell();
    return taken;
  }

  async liveCalls(): Promise<readonly LiveCall[]> {
    return this.calls.list();
  }

  async liveCall(id: CallId): Promise<LiveCall | null> {
    return this.calls.get(id);
  }

  async removeCall(id: CallId): Promise<void> {
    this.#peers.admit(this.#owner);
    this.calls.remove(id);
    let changed = this.#takeOut(id);
    for (const record of this.#agents.values()) {
      const quiet = without(record, id);
      if (quiet === null) continue;
      this.#agents.put(quiet);
      changed = true;
    }
    if (changed) this.#tell();
  }

  async beat(owner: string): Promise<boolean> {
    const sign = this.#peers.beat(owner);
    if (sign === "new") this.#tell();
    return sign !== "fenced";
  }

  async peers(): Promise<readonly Peer[]> {
    return this.#peers.list();
  }

  async retire(owner: string): Promise<void> {
    this.#peers.admit(this.#owner);
    if (this.#peers.forget(owner)) this.#tell();
  }

  async fence(owner: string): Promise<void> {
    this.#peers.admit(this.#owner);
    if (this.#peers.fence(owner)) this.#tell();
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  /** All it knows of agents, waiting calls, queues and processes. */
  records(): DeskRecords {
    return {
      waiting: this.#waiting.list(),
      agents: [...this.#agents.values()],
      peers: this.#peers.list(),
      closings: [...this.#closings.values()],
    };
  }

  /** Every process that was fenced here. */
  fenced(): readonly string[] {
    return this.#peers.fenced();
  }

  /** Knows these agents, waiting calls, queues and processes from now on, and no others. Nobody is told. */
  load({ waiting, agents, peers, closings }: DeskRecords): void {
    this.#closings.clear();
    for (const closing of closings) this.#closings.set(closing.queue, closing);
    this.#waiting.load(waiting);
    this.#agents.load(agents);
    this.#peers.load(peers);
  }

  /** Changes an agent and tells everybody; `null` when she is not known, or there is nothing to change. */
  #change(id: AgentId, change: (record: AgentRecord) => AgentRecord | null): Agent | null {
    this.#peers.admit(this.#owner);
    const record = this.#agents.get(id);
    const next = record === undefined ? null : change(record);
    if (next === null) return null;
    this.#agents.put(next);
    this.#tell();
    return agentOf(next);
  }

  /** Takes a call out of its queue and frees the agent it is offered to. */
  #takeOut(call: CallId): boolean {
    const entry = this.#waiting.get(call);
    if (entry === undefined) return false;
    for (const agent of offeredIn(entry)) this.#unreserve(agent);
    return this.#waiting.remove(call);
  }

  /** Ends an agent's reservation or rest. */
  #unreserve(agent: AgentId): void {
    const record = this.#agents.get(agent);
    if (record === undefined) return;
    this.#waiting.withdrawFrom(record);
    this.#agents.put(withReservation(record, free));
  }

  /** Another agent has answered the call that she is offered. */
  #lose(agent: AgentId): void {
    const record = this.#agents.get(agent);
    if (record?.reservation.is !== "offered") return;
    this.#agents.put(withReservation(record, { ...record.reservation, lost: true }));
  }

  #tell(): void {
    for (const handler of this.#handlers) handler();
  }
}
