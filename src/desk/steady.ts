import type { Agent, Device } from "../domain/agent.ts";
import type { CallState, OfferOutcome } from "../domain/call.ts";
import { KituoError } from "../domain/errors.ts";
import type { AgentId, CallId } from "../domain/ids.ts";
import type { QueueSnapshot, WaitingCall } from "../domain/queue.ts";
import type { Desk, EnrolledAgent, LiveCall, Peer, PresenceWish } from "../ports/desk.ts";
import type { Log } from "../ports/log.ts";
import { redisDown } from "../redis/connection.ts";
import { type MemoryDesk, openMemoryDesk } from "./memory.ts";
import { agentOf, callOf, type DeskRecords } from "./record.ts";
import { openRedisDesk, type RedisDesk, type RedisDeskOptions } from "./redis.ts";
import { Shares, Watch } from "./share.ts";

/** How often it is looked whether Redis is back. */
const PROBE_EVERY_MS = 100;
/**
 * How long after the loss an agent without a call is left alone when there are other processes: one of them may have
 * rung her in the very last moment, and then her phone says so by now.
 */
const SETTLE_MS = 250;

/**
 * The desk as the server uses it: in Redis, and, while Redis is away, in the memory of this process. Memory is kept
 * up to date all the time: each verb that Redis has run is run there too, in the same order. When Redis comes back,
 * however much it has forgotten, this process puts back its part in one step and goes on there.
 */
export function openDesk(options: RedisDeskOptions): Desk {
  return new SteadyDesk(options);
}

/** A time without Redis. */
interface Outage {
  readonly shares: Shares;
  readonly since: number;
  /** How often somebody asked for the peers meanwhile. */
  looks: number;
}

class SteadyDesk implements Desk {
  readonly #owner: string;
  readonly #log: Log;
  readonly #redis: RedisDesk;
  readonly #mirror: MemoryDesk;
  readonly #watch = new Watch();
  readonly #handlers: (() => void)[] = [];
  /** Set while memory answers. */
  #outage: Outage | null = null;
  /** The outage that is over if what is being put back arrives. */
  #ending: Outage | null = null;
  #fenced: KituoError | null = null;
  #inFlight = 0;
  /** Another process changed something that memory has not got yet. */
  #behind = false;
  #isPeer = false;
  #stopping = false;
  #probe: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout | undefined;

  constructor(options: RedisDeskOptions) {
    this.#owner = options.owner;
    this.#log = options.log;
    this.#redis = openRedisDesk(options);
    this.#mirror = openMemoryDesk(options.owner);
  }

  async start(): Promise<void> {
    await this.#redis.start();
    this.#know(await this.#redis.records());
    this.#mirror.loadCalls(await this.#redis.liveCalls());
    this.#redis.onChange((by) => {
      this.#tell();
      if (by === "others") this.#catchUp();
    });
    this.#redis.onLost(() => {
      if (this.#stopping || this.#outage !== null) return;
      this.#lose(redisDown(new Error("the connection was lost")));
    });
    this.#mirror.onChange(() => {
      if (this.#outage !== null) this.#tell();
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#probe);
    clearTimeout(this.#settle);
    await this.#redis.stop();
  }

  async health(): Promise<"up" | "down"> {
    return this.#outage === null && this.#ending === null ? await this.#redis.health() : "down";
  }

  async enrol(agents: readonly EnrolledAgent[], now: number): Promise<void> {
    await this.#change((desk) => desk.enrol(agents, now));
  }

  agents(): Promise<readonly Agent[]> {
    return this.#ask((desk) => desk.agents());
  }

  agent(id: AgentId): Promise<Agent | null> {
    return this.#ask((desk) => desk.agent(id));
  }

  agentByExtension(extension: string): Promise<Agent | null> {
    return this.#ask((desk) => desk.agentByExtension(extension));
  }

  setPresence(id: AgentId, wish: PresenceWish, now: number): Promise<Agent | null> {
    return this.#change((desk) => desk.setPresence(id, wish, now));
  }

  setDevice(extension: string, device: Device, now: number): Promise<Agent | null> {
    return this.#change((desk) => desk.setDevice(extension, device, now));
  }

  join(entry: Omit<WaitingCall, "offeredTo" | "passedBy">): Promise<void> {
    return this.#change((desk) => desk.join(entry));
  }

  leave(call: CallId): Promise<boolean> {
    return this.#change((desk) => desk.leave(call));
  }

  async snapshot(): Promise<QueueSnapshot> {
    const { waiting, agents } = await this.#ask(
      async () => await this.#look(),
      async (outage) => this.#ownPart(outage),
    );
    return { waiting, agents: agents.map(agentOf) };
  }

  reserve(
    call: CallId,
    agent: AgentId,
    until: number,
  ): Promise<"reserved" | "call_gone" | "agent_gone"> {
    return this.#change(
      (desk) => desk.reserve(call, agent, until),
      async ({ shares }) =>
        shares.holderOf(agent) === this.#owner
          ? await this.#mirror.reserve(call, agent, until)
          : "agent_gone",
    );
  }

  reserveDirect(call: CallId, agent: AgentId, until: number): Promise<"reserved" | "agent_gone"> {
    return this.#change(
      (desk) => desk.reserveDirect(call, agent, until),
      async ({ shares }) =>
        shares.holderOf(agent) === this.#owner
          ? await this.#mirror.reserveDirect(call, agent, until)
          : "agent_gone",
    );
  }

  release(
    call: CallId,
    agent: AgentId,
    outcome: OfferOutcome,
    restUntil: number,
  ): Promise<boolean> {
    return this.#change((desk) => desk.release(call, agent, outcome, restUntil));
  }

  expire(
    now: number,
  ): Promise<readonly { readonly agent: AgentId; readonly call: CallId | null }[]> {
    return this.#change(
      (desk) => desk.expire(now),
      ({ shares }) => this.#mirror.expire(now, (agent) => shares.holderOf(agent) === this.#owner),
    );
  }

  connect(call: CallId, agent: AgentId, now: number): Promise<boolean> {
    return this.#change((desk) => desk.connect(call, agent, now));
  }

  finish(call: CallId, agent: AgentId, wrapUpUntil: number, now: number): Promise<boolean> {
    return this.#change((desk) => desk.finish(call, agent, wrapUpUntil, now));
  }

  endWrapUp(agent: AgentId, now: number): Promise<boolean> {
    return this.#change((desk) => desk.endWrapUp(agent, now));
  }

  saveCall(state: CallState, owner: string): Promise<boolean> {
    return this.#change((desk) => desk.saveCall(state, owner));
  }

  /** Nobody can be known to hold nothing any more while Redis is away, so then nothing is taken over. */
  takeOver(call: CallId, from: string, to: string): Promise<LiveCall | null> {
    return this.#ask(
      async () => {
        const taken = await this.#redis.takeOver(call, from, to);
        if (taken === null) return null;
        this.#mirror.keep({ state: taken.state, owner: from });
        return await this.#mirror.takeOver(call, from, to);
      },
      async () => null,
    );
  }

  liveCalls(): Promise<readonly LiveCall[]> {
    return this.#ask(
      async () => {
        const calls = await this.#redis.liveCalls();
        this.#mirror.loadCalls(calls);
        return calls;
      },
      () => this.#mirror.liveCalls(),
    );
  }

  liveCall(id: CallId): Promise<LiveCall | null> {
    return this.#ask((desk) => desk.liveCall(id));
  }

  removeCall(id: CallId): Promise<void> {
    return this.#change((desk) => desk.removeCall(id));
  }

  async beat(owner: string): Promise<boolean> {
    if (this.#fenced !== null) return false;
    if (owner === this.#owner) this.#isPeer = true;
    return await this.#change((desk) => desk.beat(owner));
  }

  /** While Redis is away nobody can be seen to die: all who were alive count as alive. */
  peers(): Promise<readonly Peer[]> {
    return this.#ask(
      async () => (await this.#look()).peers,
      async (outage) => {
        outage.looks += 1;
        const known = await this.#mirror.peers();
        return known.map(({ owner, beats }) => ({ owner, beats: beats + outage.looks }));
      },
    );
  }

  async retire(owner: string): Promise<void> {
    if (owner === this.#owner) this.#isPeer = false;
    await this.#change((desk) => desk.retire(owner));
  }

  /** Rejects with `desk_down` while Redis is away: nobody can be shut out there. */
  fence(owner: string): Promise<void> {
    return this.#change(
      (desk) => desk.fence(owner),
      async () => {
        throw new KituoError("desk_down", "Nobody can be shut out of a Redis that is away.");
      },
    );
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  /** A verb that changes something: what Redis did, memory does too; what Redis refused changed nothing. */
  async #change<Value>(
    verb: (desk: Desk) => Promise<Value>,
    alone: (outage: Outage) => Promise<Value> = () => verb(this.#mirror),
  ): Promise<Value> {
    return await this.#ask(async () => {
      const value = await verb(this.#redis);
      if (!refused(value)) await verb(this.#mirror);
      return value;
    }, alone);
  }

  /** Asks Redis; while it is away, or when it goes away over this, `alone` says what memory answers. */
  async #ask<Value>(
    verb: (desk: Desk) => Promise<Value>,
    alone: (outage: Outage) => Promise<Value> = () => verb(this.#mirror),
  ): Promise<Value> {
    if (this.#fenced !== null) throw this.#fenced;
    if (this.#outage !== null) return await alone(this.#outage);
    this.#inFlight += 1;
    try {
      return await verb(this.#redis);
    } catch (error) {
      if (!(error instanceof KituoError) || error.code !== "desk_down") throw error;
      return await alone(this.#lose(error));
    } finally {
      this.#inFlight -= 1;
    }
  }

  #lose(error: KituoError): Outage {
    if (this.#outage !== null) return this.#outage;
    if (this.#ending === null) {
      this.#log.warn({ error }, "the desk goes on in memory: Redis is away");
      // Nothing that was sent may run behind our back; and all that waits for an answer need wait no longer.
      this.#redis.reconnect();
    }
    const owners = new Set([...this.#watch.alive(), this.#owner]);
    const shares = new Shares(this.#mirror.records().agents, [...owners]);
    this.#outage = this.#ending ?? { shares, since: performance.now(), looks: 0 };
    this.#ending = null;
    this.#probe = setInterval(() => this.#comeBack(), PROBE_EVERY_MS);
    if (shares.shared) this.#settle = setTimeout(() => this.#tell(), SETTLE_MS);
    return this.#outage;
  }

  /**
   * Puts back what this process knows, when a connection stands. What is asked for from here on is sent behind that,
   * and fails with it if it fails.
   */
  #comeBack(): void {
    if (this.#outage === null || this.#inFlight > 0 || !this.#redis.connected) return;
    clearInterval(this.#probe);
    clearTimeout(this.#settle);
    this.#ending = this.#outage;
    this.#outage = null;
    void this.#putBack();
  }

  async #putBack(): Promise<void> {
    const { waiting, agents } = this.#mirror.records();
    this.#inFlight += 1;
    try {
      await this.#redis.restore({
        calls: this.#mirror.callsOf(this.#owner),
        waiting: waiting.filter(({ owner }) => owner === this.#owner),
        agents,
        peer: this.#isPeer,
        fenced: this.#mirror.fenced(),
      });
      this.#ending = null;
      this.#log.info({}, "the desk is in Redis again");
      this.#catchUp();
    } catch (error) {
      if (!(error instanceof KituoError)) throw error;
      if (error.code === "fenced") this.#fenced = error;
      else this.#lose(error);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** What this process may give calls to, and to whom, without any other process. */
  #ownPart({ shares, since }: Outage): DeskRecords {
    const { waiting, agents, peers } = this.#mirror.records();
    const settling = shares.shared && performance.now() - since < SETTLE_MS;
    return {
      waiting: waiting.filter(({ owner }) => owner === this.#owner),
      agents: agents.filter((record) => {
        if (shares.holderOf(record.id) !== this.#owner) return false;
        return !settling || callOf(record) !== null;
      }),
      peers,
    };
  }

  async #look(): Promise<DeskRecords> {
    this.#behind = false;
    const records = await this.#redis.records();
    if (this.#outage === null) this.#know(records);
    return records;
  }

  #know(records: DeskRecords): void {
    this.#mirror.load(records);
    this.#watch.see(records.peers, performance.now());
  }

  /** Another process changed something: memory has to know it too, unless somebody looks at the desk just now. */
  #catchUp(): void {
    if (this.#behind) return;
    this.#behind = true;
    setImmediate(() => {
      if (!this.#behind) return;
      this.#ask<unknown>(
        () => this.#look(),
        async () => {
          this.#behind = false; // What others do now is told when Redis is back.
        },
      ).catch((error: unknown) => this.#log.error({ error }, "the desk was not read again"));
    });
  }

  #tell(): void {
    for (const handler of this.#handlers) {
      try {
        handler();
      } catch (error) {
        // The change is made: a listener that fails must not look like a desk that failed.
        this.#log.error({ error }, "desk change handler failed");
      }
    }
  }
}

/** Whether a verb's answer says that it changed nothing. */
function refused(value: unknown): boolean {
  return value === false || value === null || value === "agent_gone" || value === "call_gone";
}
