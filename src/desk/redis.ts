import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Agent, Device } from "../domain/agent.ts";
import type { CallState, OfferOutcome } from "../domain/call.ts";
import type { AgentId, CallId } from "../domain/ids.ts";
import { asAgentId, asCallId } from "../domain/ids.ts";
import type { QueueSnapshot, WaitingCall } from "../domain/queue.ts";
import type { Desk, EnrolledAgent, LiveCall, PresenceWish } from "../ports/desk.ts";
import type { Log } from "../ports/log.ts";
import { answered, connectFirst, openConnection } from "../redis/connection.ts";
import { type AgentRecord, agentOf, wellFormed } from "./record.ts";
import { type Answer, type Keys, keysUnder, teachVerbs, type Verb } from "./verbs.ts";

export interface RedisDeskOptions {
  readonly url: string;
  /** Everything is kept under this name, so that several installations can share one Redis. */
  readonly prefix: string;
  /** The name of this process, for people who watch the change channel. */
  readonly owner: string;
  readonly log: Log;
  /** How long the start waits for Redis, so that both can be started at the same time; 5 seconds when not given. */
  readonly startWithinMs?: number;
}

/** The desk in Redis, shared by every Kituo process that names the same Redis and prefix. */
export function openRedisDesk(options: RedisDeskOptions): Desk {
  return new RedisDesk(options);
}

class RedisDesk implements Desk {
  readonly #redis: Redis;
  readonly #listener: Redis;
  readonly #keys: Keys;
  readonly #sender: string;
  readonly #run: (verb: Verb, ...values: readonly (string | number)[]) => Promise<Answer>;
  readonly #handlers: (() => void)[] = [];
  readonly #log: Log;
  readonly #startWithinMs: number;

  constructor({ url, prefix, owner, log, startWithinMs = 5_000 }: RedisDeskOptions) {
    this.#startWithinMs = startWithinMs;
    this.#log = log;
    this.#keys = keysUnder(prefix);
    // Two lives of one owner are two senders: the new one must hear what the old one still sent.
    this.#sender = `${owner}/${randomUUID()}`;
    this.#redis = openConnection(url, "desk-commands", log);
    this.#listener = openConnection(url, "desk-changes", log);
    this.#run = teachVerbs(this.#redis, this.#keys, this.#sender);
  }

  async start(): Promise<void> {
    this.#listener.on("message", (_channel: string, sender: string) => {
      if (sender !== this.#sender) this.#tell();
    });
    try {
      await Promise.all([
        connectFirst(this.#redis, this.#startWithinMs),
        connectFirst(this.#listener, this.#startWithinMs),
      ]);
      await answered(this.#listener.subscribe(this.#keys.channel));
    } catch (error) {
      await this.stop();
      throw error;
    }
    // What changed while the listener was away was not heard: listen first, then everybody looks again.
    this.#listener.on("ready", () => {
      this.#listener.subscribe(this.#keys.channel).then(
        () => this.#tell(),
        (error: unknown) => this.#log.warn({ error }, "desk changes cannot be heard yet"),
      );
    });
  }

  async stop(): Promise<void> {
    this.#listener.disconnect();
    try {
      await this.#redis.quit();
    } catch {
      // Redis is away: there is nobody to say goodbye to, and the connection must not go on looking.
      this.#redis.disconnect();
    }
  }

  async health(): Promise<"up" | "down"> {
    try {
      await this.#redis.ping();
      return "up";
    } catch {
      // Whatever keeps the answer away is what "down" means; the connection logs it.
      return "down";
    }
  }

  async enrol(agents: readonly EnrolledAgent[], now: number): Promise<void> {
    await this.#verb("enrol", now, JSON.stringify(agents));
  }

  async agents(): Promise<readonly Agent[]> {
    return (await answered(this.#redis.hvals(this.#keys.agents))).map(agentFrom);
  }

  async agent(id: AgentId): Promise<Agent | null> {
    return agentOrNull(await answered(this.#redis.hget(this.#keys.agents, id)));
  }

  async agentByExtension(extension: string): Promise<Agent | null> {
    return agentOrNull(await this.#verb("agentByExtension", extension));
  }

  async setPresence(id: AgentId, wish: PresenceWish, now: number): Promise<Agent | null> {
    return agentOrNull(await this.#verb("setPresence", id, JSON.stringify(wellFormed(wish)), now));
  }

  async setDevice(extension: string, device: Device, _now: number): Promise<Agent | null> {
    return agentOrNull(await this.#verb("setDevice", extension, device));
  }

  async join(entry: Omit<WaitingCall, "offeredTo" | "passedBy">): Promise<void> {
    const { call, queue, priority, enteredAt, owner } = entry;
    const waiting: WaitingCall = {
      call,
      queue,
      priority,
      enteredAt,
      owner,
      offeredTo: null,
      passedBy: [],
    };
    await this.#verb("join", call, JSON.stringify(waiting));
  }

  async leave(call: CallId): Promise<boolean> {
    return (await this.#verb("leave", call)) === 1;
  }

  async snapshot(): Promise<QueueSnapshot> {
    const [waiting, agents] = (await this.#verb("snapshot")) as [string, string];
    return {
      waiting: (JSON.parse(waiting) as WaitingCall[]).map(entryOf),
      agents: (JSON.parse(agents) as AgentRecord[]).map(agentOfRecord),
    };
  }

  async reserve(
    call: CallId,
    agent: AgentId,
    until: number,
  ): Promise<"reserved" | "call_gone" | "agent_gone"> {
    const answer = await this.#verb("reserve", call, agent, until);
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
  ): Promise<boolean> {
    return (await this.#verb("release", call, agent, outcome, restUntil)) === 1;
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

  async endWrapUp(agent: AgentId, now: number): Promise<boolean> {
    return (await this.#verb("endWrapUp", agent, now)) === 1;
  }

  async saveCall(state: CallState, owner: string): Promise<void> {
    const live: LiveCall = { state, owner };
    await answered(this.#redis.hset(this.#keys.calls, state.id, JSON.stringify(live)));
  }

  async liveCalls(): Promise<readonly LiveCall[]> {
    const texts = await answered(this.#redis.hvals(this.#keys.calls));
    return texts.map((text) => JSON.parse(text) as LiveCall);
  }

  async liveCall(id: CallId): Promise<LiveCall | null> {
    const text = await answered(this.#redis.hget(this.#keys.calls, id));
    return text === null ? null : (JSON.parse(text) as LiveCall);
  }

  async removeCall(id: CallId): Promise<void> {
    await this.#verb("removeCall", id);
  }

  async holdLease(owner: string, until: number): Promise<void> {
    await this.#verb("holdLease", owner, until);
  }

  async dropLease(owner: string): Promise<void> {
    await answered(this.#redis.zrem(this.#keys.leases, owner));
  }

  async leases(now: number): Promise<readonly string[]> {
    return await answered(this.#redis.zrangebyscore(this.#keys.leases, `(${now}`, "+inf"));
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  /** Runs a verb; when it changed something, this process hears of it before the caller goes on. */
  async #verb(verb: Verb, ...values: readonly (string | number)[]): Promise<unknown> {
    const [changed, value] = await answered(this.#run(verb, ...values));
    if (changed === 1) this.#tell();
    return value;
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

/** A list as Lua's JSON writes it: an empty one comes back as an empty object. */
function listOf<Item>(list: readonly Item[]): readonly Item[] {
  return Array.isArray(list) ? list : [];
}

function agentOfRecord(record: AgentRecord): Agent {
  return agentOf({ ...record, queues: listOf(record.queues) });
}

function agentFrom(text: string): Agent {
  return agentOfRecord(JSON.parse(text) as AgentRecord);
}

function agentOrNull(text: unknown): Agent | null {
  return typeof text === "string" ? agentFrom(text) : null;
}

function entryOf(entry: WaitingCall): WaitingCall {
  return { ...entry, passedBy: listOf(entry.passedBy) };
}
