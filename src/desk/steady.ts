import type { Agent, Device } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import type { OfferOutcome } from "../domain/call-fact.ts";
import type { Closing } from "../domain/closing.ts";
import { KituoError } from "../domain/errors.ts";
import type { AgentId, CallId } from "../domain/ids.ts";
import type { Asked, KeptPlace, QueueSnapshot } from "../domain/queue.ts";
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
import { MirroredDesk } from "./mirrored.ts";
import {
  type AgentRecord,
  agentOf,
  isTalkingIn,
  type TalkEnd,
  talkOver,
  waitingFrom,
  withDevice,
} from "./record.ts";
import type { RedisDeskOptions } from "./redis.ts";

/**
 * The desk as the server uses it: in Redis, and, while Redis is away, in the memory of this process. Memory is kept
 * up to date all the time: each verb that Redis has run is run there too, in the same order. When Redis comes back,
 * however much it has forgotten, this process puts back its part in one step and goes on there.
 */
export function openDesk(options: RedisDeskOptions): Desk {
  return new SteadyDesk(options);
}

/** What Asterisk says of a phone, and when. */
interface Seen {
  readonly device: Device;
  readonly now: number;
}

class SteadyDesk implements Desk {
  readonly #owner: string;
  readonly #desk: MirroredDesk;
  /** What the desk is just being told: whatever is asked of it next it does behind that. */
  readonly #coming = {
    calls: new Map<CallId, NewEntry>(),
    devices: new Map<string, Seen>(),
    ends: new Map<AgentId, TalkEnd>(),
  };

  constructor(options: RedisDeskOptions) {
    this.#owner = options.owner;
    this.#desk = new MirroredDesk(options);
  }

  start(): Promise<void> {
    return this.#desk.start();
  }

  stop(): Promise<void> {
    return this.#desk.stop();
  }

  health(): Promise<"up" | "down"> {
    return this.#desk.health();
  }

  async enrol(agents: readonly EnrolledAgent[], now: number): Promise<void> {
    await this.#desk.change((desk) => desk.enrol(agents, now));
  }

  setDuties(id: AgentId, duties: Duties, now: number): Promise<Agent | null> {
    return this.#desk.change((desk) => desk.setDuties(id, duties, now));
  }

  agents(): Promise<readonly Agent[]> {
    return this.#desk.ask(
      async () => (await this.#desk.known()).agents.map(agentOf),
      () => this.#desk.memory.agents(),
    );
  }

  agent(id: AgentId): Promise<Agent | null> {
    return this.#desk.ask((desk) => desk.agent(id));
  }

  agentByExtension(extension: string): Promise<Agent | null> {
    return this.#desk.ask((desk) => desk.agentByExtension(extension));
  }

  setPresence(id: AgentId, wish: PresenceWish, now: number): Promise<Agent | null> {
    return this.#desk.change((desk) => desk.setPresence(id, wish, now));
  }

  async setDevice(extension: string, device: Device, now: number): Promise<Agent | null> {
    const { devices } = this.#coming;
    const seen = { device, now };
    devices.set(extension, seen);
    try {
      return await this.#desk.change((desk) => desk.setDevice(extension, device, now));
    } finally {
      if (devices.get(extension) === seen) devices.delete(extension);
    }
  }

  async join(entry: NewEntry, again?: Returning): Promise<KeptPlace | null> {
    const { calls } = this.#coming;
    const { redis, memory } = this.#desk;
    calls.set(entry.call, entry);
    try {
      return await this.#desk.ask(
        async () => {
          const kept = await redis.join(entry, again);
          // The place may have been kept by another process, of which memory does not know.
          return await memory.join(entry, again, kept);
        },
        () => memory.join(entry, again),
      );
    } finally {
      if (calls.get(entry.call) === entry) calls.delete(entry.call);
    }
  }

  adjust(call: CallId, asked: Asked): Promise<boolean> {
    return this.#desk.change((desk) => desk.adjust(call, asked));
  }

  async keepPlace(place: KeptPlace, now: number): Promise<void> {
    await this.#desk.change((desk) => desk.keepPlace(place, now));
  }

  leave(call: CallId): Promise<boolean> {
    return this.#desk.change((desk) => desk.leave(call));
  }

  async snapshot(): Promise<QueueSnapshot> {
    const { waiting, agents } = await this.#desk.ask(
      async () => await this.#desk.look(),
      async (outage) => this.#desk.ownPart(outage),
    );
    return { waiting, agents: agents.map(agentOf) };
  }

  async view(): Promise<QueueSnapshot> {
    const { waiting, agents } = await this.#desk.ask(
      () => this.#desk.known(),
      async (outage) => this.#desk.ownPart(outage),
    );
    const { calls } = this.#coming;
    const others = waiting.filter(({ call }) => !calls.has(call));
    return {
      waiting: [...others, ...Array.from(calls.values(), waitingFrom)],
      agents: agents.map((record) => agentOf(this.#soon(record))),
    };
  }

  setClosing(closing: Closing): Promise<void> {
    return this.#desk.change((desk) => desk.setClosing(closing));
  }

  /** Out of memory at once: who comes in the moment in which another process is told may still be let in. */
  closings(): Promise<readonly Closing[]> {
    return this.#desk.ask(() => this.#desk.memory.closings());
  }

  reserve(
    call: CallId,
    agent: AgentId,
    until: number,
    beside = false,
  ): Promise<"reserved" | "call_gone" | "agent_gone"> {
    return this.#desk.change(
      (desk) => desk.reserve(call, agent, until, beside),
      async ({ shares }) =>
        shares.holderOf(agent) === this.#owner
          ? await this.#desk.memory.reserve(call, agent, until, beside)
          : "agent_gone",
    );
  }

  reserveDirect(call: CallId, agent: AgentId, until: number): Promise<"reserved" | "agent_gone"> {
    return this.#desk.change(
      (desk) => desk.reserveDirect(call, agent, until),
      async ({ shares }) =>
        shares.holderOf(agent) === this.#owner
          ? await this.#desk.memory.reserveDirect(call, agent, until)
          : "agent_gone",
    );
  }

  release(
    call: CallId,
    agent: AgentId,
    outcome: OfferOutcome,
    restUntil: number,
    pauseAfter = 0,
  ): Promise<Released> {
    return this.#desk.change((desk) => desk.release(call, agent, outcome, restUntil, pauseAfter));
  }

  expire(
    now: number,
  ): Promise<readonly { readonly agent: AgentId; readonly call: CallId | null }[]> {
    return this.#desk.change(
      (desk) => desk.expire(now),
      ({ shares }) =>
        this.#desk.memory.expire(now, (agent) => shares.holderOf(agent) === this.#owner),
    );
  }

  connect(call: CallId, agent: AgentId, now: number): Promise<boolean> {
    return this.#desk.change((desk) => desk.connect(call, agent, now));
  }

  async finish(call: CallId, agent: AgentId, wrapUpUntil: number, now: number): Promise<boolean> {
    const { ends } = this.#coming;
    const end = { call, wrapUpUntil, now };
    ends.set(agent, end);
    try {
      return await this.#desk.change((desk) => desk.finish(call, agent, wrapUpUntil, now));
    } finally {
      if (ends.get(agent) === end) ends.delete(agent);
    }
  }

  endWrapUp(agent: AgentId, now: number, dueBy = now): Promise<boolean> {
    return this.#desk.change((desk) => desk.endWrapUp(agent, now, dueBy));
  }

  extendWrapUp(agent: AgentId, byMs: number, mostMs: number, now: number): Promise<Agent | null> {
    return this.#desk.change((desk) => desk.extendWrapUp(agent, byMs, mostMs, now));
  }

  saveCall(state: CallState, owner: string): Promise<boolean> {
    return this.#desk.change((desk) => desk.saveCall(state, owner));
  }

  /** What another process has booked, memory learns with its live calls. */
  bookCallback(state: CallState, owner: string, by: CallId): Promise<CallId> {
    return this.#desk.ask(
      async () => {
        const booked = await this.#desk.redis.bookCallback(state, owner, by);
        if (booked === state.id) this.#desk.memory.calls.keep({ state, owner });
        return booked;
      },
      () => this.#desk.memory.bookCallback(state, owner, by),
    );
  }

  /** Nobody can be known to hold nothing any more while Redis is away, so then nothing is taken over. */
  takeOver(call: CallId, from: string, to: string): Promise<LiveCall | null> {
    return this.#desk.ask(
      async () => {
        const taken = await this.#desk.redis.takeOver(call, from, to);
        if (taken === null) return null;
        this.#desk.memory.calls.keep({ state: taken.state, owner: from });
        return await this.#desk.memory.takeOver(call, from, to);
      },
      async () => null,
    );
  }

  liveCalls(): Promise<readonly LiveCall[]> {
    return this.#desk.ask(
      async () => {
        const calls = await this.#desk.redis.liveCalls();
        this.#desk.memory.calls.load(calls, this.#owner);
        return calls;
      },
      () => this.#desk.memory.liveCalls(),
    );
  }

  liveCall(id: CallId): Promise<LiveCall | null> {
    return this.#desk.ask((desk) => desk.liveCall(id));
  }

  removeCall(id: CallId): Promise<void> {
    return this.#desk.change((desk) => desk.removeCall(id));
  }

  async beat(owner: string): Promise<boolean> {
    if (this.#desk.isFenced) return false;
    if (owner === this.#owner) this.#desk.isPeer = true;
    return await this.#desk.change((desk) => desk.beat(owner));
  }

  /** While Redis is away nobody can be seen to die: all who were alive count as alive. */
  peers(): Promise<readonly Peer[]> {
    return this.#desk.ask(
      async () => (await this.#desk.look()).peers,
      async (outage) => {
        outage.looks += 1;
        const known = await this.#desk.memory.peers();
        return known.map(({ owner, beats }) => ({ owner, beats: beats + outage.looks }));
      },
    );
  }

  async retire(owner: string): Promise<void> {
    if (owner === this.#owner) this.#desk.isPeer = false;
    await this.#desk.change((desk) => desk.retire(owner));
  }

  /** Rejects with `desk_down` while Redis is away: nobody can be shut out there. */
  fence(owner: string): Promise<void> {
    return this.#desk.change(
      (desk) => desk.fence(owner),
      async () => {
        throw new KituoError("desk_down", "Nobody can be shut out of a Redis that is away.");
      },
    );
  }

  onChange(handler: () => void): void {
    this.#desk.onChange(handler);
  }

  /** The agent with what the desk is just being told of her. */
  #soon(record: AgentRecord): AgentRecord {
    const { devices, ends } = this.#coming;
    const end = ends.get(record.id);
    const free =
      end !== undefined && isTalkingIn(record, end.call) ? talkOver(record, end) : record;
    const seen = devices.get(record.extension);
    return seen === undefined ? free : withDevice(free, seen.device, seen.now);
  }
}
