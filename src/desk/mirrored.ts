import { callOf } from "../domain/agent.ts";
import { hasCode, KituoError } from "../domain/errors.ts";
import type { Desk } from "../ports/desk.ts";
import type { Log } from "../ports/log.ts";
import { redisDown } from "../redis/connection.ts";
import { type MemoryDesk, openMemoryDesk } from "./memory.ts";
import type { DeskRecords } from "./record.ts";
import { openRedisDesk, type RedisDesk, type RedisDeskOptions } from "./redis.ts";
import { Shares, Watch } from "./share.ts";

/** How often it is looked whether Redis is back. */
const PROBE_EVERY_MS = 100;
/**
 * How long after the loss an agent without a call is left alone when there are other processes: one of them may have
 * rung her in the very last moment, and then her phone says so by now.
 */
const SETTLE_MS = 250;

/** A time without Redis. */
export interface Outage {
  readonly shares: Shares;
  readonly since: number;
  /** How often somebody asked for the peers meanwhile. */
  looks: number;
}

/**
 * A desk in Redis and the same desk in memory, which answers while Redis is away. Each verb that Redis has run is run
 * in memory too, in the same order; what other processes change there is read again.
 */
export class MirroredDesk {
  readonly redis: RedisDesk;
  readonly memory: MemoryDesk;
  readonly #owner: string;
  readonly #log: Log;
  readonly #watch = new Watch();
  readonly #handlers: (() => void)[] = [];
  /** Whether this process has said that it is alive, and not that it leaves. */
  isPeer = false;
  /** Set while memory answers. */
  #outage: Outage | null = null;
  /** The outage that is over if what is being put back arrives. */
  #ending: Outage | null = null;
  #fenced: KituoError | null = null;
  #inFlight = 0;
  /** Another process changed something that memory has not got yet. */
  #behind = false;
  /** The look that was begun last, while it is under way. */
  #looking: Promise<unknown> | null = null;
  #stopping = false;
  #probe: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout | undefined;

  constructor(options: RedisDeskOptions) {
    this.#owner = options.owner;
    this.#log = options.log;
    this.redis = openRedisDesk(options);
    this.memory = openMemoryDesk(options.owner);
  }

  async start(): Promise<void> {
    await this.redis.start();
    this.#know(await this.redis.records());
    this.memory.calls.load(await this.redis.liveCalls(), this.#owner);
    this.redis.onChange((by) => {
      // What we changed ourselves is told when memory knows it, for whoever is told looks there.
      if (by === "us") return;
      this.#catchUp();
      this.#tell();
    });
    this.redis.onLost(() => {
      if (this.#stopping || this.#outage !== null) return;
      this.#lose(redisDown(new Error("the connection was lost")));
    });
    this.memory.onChange(() => this.#tell());
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#probe);
    clearTimeout(this.#settle);
    await this.redis.stop();
  }

  async health(): Promise<"up" | "down"> {
    return this.#outage === null && this.#ending === null ? await this.redis.health() : "down";
  }

  /** Another process has taken this one's place. */
  get isFenced(): boolean {
    return this.#fenced !== null;
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  /** A verb that changes something: what Redis did, memory does too; what Redis refused changed nothing. */
  async change<Value>(
    verb: (desk: Desk) => Promise<Value>,
    alone: (outage: Outage) => Promise<Value> = () => verb(this.memory),
  ): Promise<Value> {
    return await this.ask(async () => {
      const value = await verb(this.redis);
      if (!refused(value)) await verb(this.memory);
      return value;
    }, alone);
  }

  /** Asks Redis; while it is away, or when it goes away over this, `alone` says what memory answers. */
  async ask<Value>(
    verb: (desk: Desk) => Promise<Value>,
    alone: (outage: Outage) => Promise<Value> = () => verb(this.memory),
  ): Promise<Value> {
    if (this.#fenced !== null) throw this.#fenced;
    if (this.#outage !== null) return await alone(this.#outage);
    this.#inFlight += 1;
    try {
      return await verb(this.redis);
    } catch (error) {
      if (!hasCode(error, "desk_down")) throw error;
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
      this.redis.reconnect();
    }
    const owners = new Set([...this.#watch.alive(), this.#owner]);
    const shares = new Shares(this.memory.records().agents, [...owners]);
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
    if (this.#outage === null || this.#inFlight > 0 || !this.redis.connected) return;
    clearInterval(this.#probe);
    clearTimeout(this.#settle);
    this.#ending = this.#outage;
    this.#outage = null;
    void this.#putBack();
  }

  async #putBack(): Promise<void> {
    const { waiting, agents, peers, closings } = this.memory.records();
    this.#inFlight += 1;
    try {
      await this.redis.restore({
        calls: this.memory.calls.ofOwner(this.#owner),
        waiting: waiting.filter(({ owner }) => owner === this.#owner),
        agents,
        peer: this.isPeer,
        peers: peers.filter(({ owner }) => owner !== this.#owner),
        fenced: this.memory.fenced(),
        places: this.memory.places.list(),
        closings,
      });
      this.#ending = null;
      this.#log.info({}, "the desk is in Redis again");
      this.#catchUp();
      this.#tell();
    } catch (error) {
      if (!(error instanceof KituoError)) throw error;
      if (error.code === "fenced") this.#fenced = error;
      else this.#lose(error);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** What this process may give calls to, and to whom, without any other process. */
  ownPart({ shares, since }: Outage): DeskRecords {
    const { waiting, agents, ...others } = this.memory.records();
    const settling = shares.shared && performance.now() - since < SETTLE_MS;
    return {
      waiting: waiting.filter(({ owner }) => owner === this.#owner),
      agents: agents.filter((record) => {
        if (shares.holderOf(record.id) !== this.#owner) return false;
        return !settling || callOf(record) !== null;
      }),
      ...others,
    };
  }

  async look(): Promise<DeskRecords> {
    this.#behind = false;
    const looking = this.redis.records().then((records) => {
      if (this.#outage === null) this.#know(records);
      return records;
    });
    this.#looking = looking;
    const over = (): void => {
      if (this.#looking === looking) this.#looking = null;
    };
    looking.then(over, over);
    return await looking;
  }

  /** What memory knows, once it knows all that was told of other processes. */
  async known(): Promise<DeskRecords> {
    if (this.#behind || !this.redis.hears) return await this.look();
    await this.#looking;
    return this.memory.records();
  }

  #know(records: DeskRecords): void {
    this.memory.load(records);
    this.#watch.see(records.peers, performance.now());
  }

  /** Another process changed something: memory has to know it too, unless somebody looks at the desk just now. */
  #catchUp(): void {
    if (this.#behind) return;
    this.#behind = true;
    setImmediate(() => {
      if (!this.#behind) return;
      this.ask<unknown>(
        () => this.look(),
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
