import type { Redis } from "ioredis";
import type { Agent, Device } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import type { OfferOutcome } from "../domain/call-fact.ts";
import type { Closing } from "../domain/closing.ts";
import { hasCode } from "../domain/errors.ts";
import type { AgentId, CallId } from "../domain/ids.ts";
import { asAgentId, asCallId } from "../domain/ids.ts";
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
import type { Log } from "../ports/log.ts";
import {
  abandon,
  answered,
  asFault,
  connectFirst,
  inTime,
  openConnection,
} from "../redis/connection.ts";
import { nothing, type Part, partText } from "./part.ts";
import { fencedOut } from "./peers.ts";
import { placeKey } from "./places.ts";
import {
  agentOf,
  type DeskRecords,
  markOf,
  waitingFrom,
  wellFormed,
  wellFormedClosing,
} from "./record.ts";
import { type Answer, type Keys, keysUnder, type Runner, teachVerbs, type Verb } from "./verbs.ts";
import {
  agentFrom,
  agentOrNull,
  liveCallFrom,
  liveCallOrNull,
  recordsFrom,
  type Snapshot,
} from "./wire.ts";

export interface RedisDeskOptions {
  readonly url: string;
  /** Everything is kept under this name, so that several installations can share one Redis. */
  readonly prefix: string;
  /** This life of this process: `name/life`. */
  readonly owner: string;
  readonly log: Log;
  /** How long the start waits for Redis, so that both can be started at the same time; 5 seconds when not given. */
  readonly startWithinMs?: number;
}

/** The desk in Redis, shared by every Kituo process that names the same Redis and prefix. */
export function openRedisDesk(options: RedisDeskOptions): RedisDesk {
  return new RedisDesk(options);
}

/**
 * Each verb that changes something is one command and one await deep, so answers come out here in the order in which
 * Redis gave them. While Redis is away every verb rejects with `desk_down`; so it does when Redis has lost the session
 * of this process, which then has to `restore` what it knows.
 */
export class RedisDesk implements Desk {
  readonly #redis: Redis;
  readonly #listener: Redis;
  readonly #keys: Keys;
  readonly #owner: string;
  #session = 0;
  #hears = false;
  readonly #run: (
    runner: Runner,
    verb: Verb,
    ...values: readonly (string | number)[]
  ) => Promise<Answer>;
  readonly #handlers: ((by: "us" | "others") => void)[] = [];
  readonly #log: Log;
  readonly #startWithinMs: number;

  constructor({ url, prefix, owner, log, startWithinMs = 5_000 }: RedisDeskOptions) {
    this.#startWithinMs = startWithinMs;
    this.#log = log;
    this.#keys = keysUnder(prefix);
    this.#owner = owner;
    this.#redis = openConnection(url, "desk-commands", log);
    this.#listener = openConnection(url, "desk-changes", log);
    this.#run = teachVerbs(this.#redis, this.#keys);
  }

  async start(): Promise<void> {
    this.#listener.on("message", (_channel: string, sender: string) => {
      if (sender !== this.#owner) this.#tell("others");
    });
    try {
      await Promise.all([
        connectFirst(this.#redis, this.#startWithinMs),
        connectFirst(this.#listener, this.#startWithinMs),
      ]);
      await answered(this.#listener.subscribe(this.#keys.channel));
      this.#hears = true;
      await this.restore(nothing);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#listener.on("close", () => {
      this.#hears = false;
    });
    // What changed while the listener was away was not heard: listen first, then everybody looks again.
    this.#listener.on("ready", () => {
      this.#listener.subscribe(this.#keys.channel).then(
        () => {
          this.#hears = true;
          this.#tell("others");
        },
        (error: unknown) => this.#log.warn({ error }, "desk changes cannot be heard yet"),
      );
    });
  }

  async stop(): Promise<void> {
    this.#listener.disconnect();
    try {
      // A process that stopped in order has no more to say; of one that did not, `fence` forgets the session.
      await this.#redis.hdel(this.#keys.sessions, this.#owner);
      await this.#redis.quit();
    } catch {
      // Redis is away: there is nobody to say goodbye to, and the connection must not go on looking.
      this.#redis.disconnect();
    }
  }

  async health(): Promise<"up" | "down"> {
    try {
      await inTime(this.#redis.ping());
      return "up";
    } catch {
      // Whatever keeps the answer away is what "down" means; the connection logs it.
      return "down";
    }
  }

  async enrol(agents: readonly EnrolledAgent[], now: number): Promise<void> {
    const marked = agents.map((agent) => {
      const { id, extension, queues } = agent;
      return { id, extension, queues, mark: markOf(agent) };
    });
    await this.#verb("enrol", now, JSON.stringify(marked));
  }

  async setDuties(id: AgentId, duties: Duties, now: number): Promise<Agent | null> {
    return agentOrNull(await this.#verb("setDuties", id, JSON.stringify(duties), now));
  }

  async agents(): Promise<readonly Agent[]> {
    return ((await this.#verb("read", "agents", "")) as string[]).map(agentFrom);
  }

  async agent(id: AgentId): Promise<Agent | null> {
    return agentOrNull(await this.#verb("read", "agents", id));
  }

  async agentByExtension(extension: string): Promise<Agent | null> {
    return agentOrNull(await this.#verb("agentByExtension", extension));
  }

  async setPresence(id: AgentId, wish: PresenceWish, now: number): Promise<Agent | null> {
    return agentOrNull(await this.#verb("setPresence", id, JSON.stringify(wellFormed(wish)), now));
  }

  async setDevice(extension: string, device: Device, now: number): Promise<Agent | null> {
    return agentOrNull(await this.#verb("setDevice", extension, device, now));
  }

  async join(entry: NewEntry, again?: Returning): Promise<KeptPlace | null> {
    const { call, queue } = entry;
    const text = JSON.stringify(waitingFrom(entry));
    const place = again === undefined ? "" : placeKey(queue, again.caller);
    const kept = await this.#verb("join", call, text, place, again?.now ?? 0);
    return kept === "" ? null : (JSON.parse(kept as string) as KeptPlace);
  }

  async keepPlace(place: KeptPlace, now: number): Promise<void> {
    const key = placeKey(place.queue, place.caller);
    await this.#verb("keepPlace", key, JSON.stringify(place), place.until, now);
  }

  async adjust(call: CallId, { priority, widened, alsoQueues = [] }: Asked): Promise<boolean> {
    const also = alsoQueues.length === 0 ? "" : JSON.stringify(alsoQueues);
    return (await this.#verb("adjust", call, priority, widened === true ? 1 : 0, also)) === 1;
  }

  async leave(call: CallId): Promise<boolean> {
    return (await this.#verb("leave", call)) === 1;
  }

  async snapshot(): Promise<QueueSnapshot> {
    const { waiting, agents } = await this.records();
    return { waiting, agents: agents.map(agentOf) };
  }

  view(): Promise<QueueSnapshot> {
    return this.snapshot();
  }

  async setClosing(closing: Closing): Promise<void> {
    await this.#verb("setClosing", closing.queue, JSON.stringify(wellFormedClosing(closing)));
  }

  async closings(): Promise<readonly Closing[]> {
    return (await this.records()).closings;
  }

  async reserve(
    call: CallId,
    agent: AgentId,
    until: number,
    beside = false,
  ): Promise<"reserved" | "call_gone" | "agent_gone"> {
    const answer = await this.#verb("reserve", call, agent, until, beside ? 1 : 0);
    return answer as "reserved" | "call_gone" | "agent_gone";
  }

  async reserveDirect(
    call: CallId,
    agent: AgentId,
    until: number,
  ): Promise<"reserved" | "agent_gone"> {
    return (await this.#verb("reserveDirect", call, agent, until)) as "reserved" | "agent_gone";
  }

  async release(
    call: CallId,
    agent: AgentId,
    outcome: OfferOutcome,
    restUntil: number,
    pauseAfter = 0,
  ): Promise<Released> {
    const became = await this.#verb("release", call, agent, outcome, restUntil, pauseAfter);
    return became === 0 ? false : (became as "released" | "paused");
  }

  async expire(
    now: number,
  ): Promise<readonly { readonly agent: AgentId; readonly call: CallId | null }[]> {
    const flat = (await this.#verb("expire", now)) as string[];
    const ended: { agent: AgentId; call: CallId | null }[] = [];
    for (let index = 0; index < flat.length; index += 2) {
      const call = flat[index + 1] ?? "";
      ended.push({
        agent: asAgentId(flat[index] ?? ""),
        call: call === "" ? null : asCallId(call),
      });
    }
    return ended;
  }

  async connect(call: CallId, agent: AgentId, now: number): Promise<boolean> {
    return (await this.#verb("connect", call, agent, now)) === 1;
  }

  async finish(call: CallId, agent: AgentId, wrapUpUntil: number, now: number): Promise<boolean> {
    return (await this.#verb("finish", call, agent, wrapUpUntil, now)) === 1;
  }

  async endWrapUp(agent: AgentId, now: number, dueBy = now): Promise<boolean> {
    return (await this.#verb("endWrapUp", agent, now, dueBy)) === 1;
  }

  async extendWrapUp(
    agent: AgentId,
    byMs: number,
    mostMs: number,
    now: number,
  ): Promise<Agent | null> {
    return agentOrNull(await this.#verb("extendWrapUp", agent, byMs, mostMs, now));
  }

  async saveCall(state: CallState, owner: string): Promise<boolean> {
    return (await this.#verb("saveCall", state.id, owner, JSON.stringify(state))) === 1;
  }

  async bookCallback(state: CallState, owner: string, by: CallId): Promise<CallId> {
    const text = JSON.stringify(state);
    const booked = await this.#verb("bookCallback", state.id, owner, text, state.caller, by);
    return asCallId(String(booked));
  }

  async takeOver(call: CallId, from: string, to: string): Promise<LiveCall | null> {
    return liveCallOrNull(await this.#verb("takeOver", call, from, to));
  }

  async liveCalls(): Promise<readonly LiveCall[]> {
    return ((await this.#verb("read", "calls", "")) as string[]).map(liveCallFrom);
  }

  async liveCall(id: CallId): Promise<LiveCall | null> {
    return liveCallOrNull(await this.#verb("read", "calls", id));
  }

  async removeCall(id: CallId): Promise<void> {
    await this.#verb("removeCall", id);
  }

  async beat(owner: string): Promise<boolean> {
    try {
      return (await this.#verb("beat", owner)) === 1;
    } catch (error) {
      if (hasCode(error, "fenced")) return false;
      throw error;
    }
  }

  async peers(): Promise<readonly Peer[]> {
    return (await this.records()).peers;
  }

  async retire(owner: string): Promise<void> {
    await this.#verb("retire", owner);
  }

  async fence(owner: string): Promise<void> {
    await this.#verb("fence", owner);
  }

  /** Every waiting call, agent and process, and what was said of each queue, at one moment. */
  async records(): Promise<DeskRecords> {
    return recordsFrom((await this.#verb("snapshot")) as Snapshot);
  }

  /** Begins a session with what this process knows; every verb that is sent after this belongs to it. */
  async restore(part: Part): Promise<void> {
    this.#session += 1;
    await this.#verb("restore", partText(part));
  }

  /** Whether a connection stands. */
  get connected(): boolean {
    return this.#redis.status === "ready";
  }

  /** Whether what other processes change is told just now. */
  get hears(): boolean {
    return this.#hears;
  }

  /** Calls back whenever the connection was lost: what Redis did in the last moment may be lost with it. */
  onLost(handler: () => void): void {
    this.#redis.on("close", handler);
  }

  /** Gives up the connection, and with it every command that has no answer yet, and opens another one. */
  reconnect(): void {
    if (this.connected) abandon(this.#redis);
  }

  onChange(handler: (by: "us" | "others") => void): void {
    this.#handlers.push(handler);
  }

  /** Runs a verb; when it changed something, this process hears of it before the caller goes on. */
  async #verb(verb: Verb, ...values: readonly (string | number)[]): Promise<unknown> {
    const runner: Runner = { owner: this.#owner, session: this.#session };
    const [changed, value] = await this.#answered(this.#run(runner, verb, ...values));
    if (changed === 1) this.#tell("us");
    return value;
  }

  async #answered(reply: Promise<Answer>): Promise<Answer> {
    try {
      return await inTime(reply);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("FENCED")) {
        throw fencedOut(this.#owner, error);
      }
      throw asFault(error);
    }
  }

  #tell(by: "us" | "others"): void {
    for (const handler of this.#handlers) {
      try {
        handler(by);
      } catch (error) {
        // The change is made: a listener that fails must not look like a desk that failed.
        this.#log.error({ error }, "desk change handler failed");
      }
    }
  }
}
