import { setImmediate as nextTurn } from "node:timers/promises";
import { openRedisDesk, type RedisDesk } from "../../src/desk/redis.ts";
import { openDesk } from "../../src/desk/steady.ts";
import { callOf } from "../../src/domain/agent.ts";
import { type AgentId, asAgentId, asCallId, type CallId } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import { compareWaiting } from "../../src/domain/routing/ranking.ts";
import { Dispatcher } from "../../src/flows/dispatch.ts";
import { openMemoryJobs } from "../../src/jobs/memory.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Desk, NewEntry } from "../../src/ports/desk.ts";
import type { Jobs } from "../../src/ports/jobs.ts";
import { rules as rulesWith, sales, support } from "../domain/routing/staff.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import { clear, freshPrefix, listeningLog } from "./redis-server.ts";
import { callState } from "./steps.ts";

const rules = rulesWith({ queues: { sales: { weight: 1 } } });

/** Who works here: in one queue, in the other, in both. */
const staff = [[support], [support, sales], [sales], [support, sales]].map((queues, index) => ({
  id: asAgentId(`AGT-00${index + 1}`),
  extension: `100${index + 1}`,
  queues,
}));

/** A life of a process: its way to Redis, its desk and its dispatcher. */
export interface Life {
  readonly owner: string;
  readonly proxy: Proxy;
  readonly desk: Desk;
  readonly dispatcher: Dispatcher;
  readonly jobs: Jobs;
  dead: boolean;
}

/** A call as its caller and the agents know it, whatever became of the process that held it. */
interface Known extends Omit<NewEntry, "owner"> {
  life: Life;
  /** The desk has said that it has her. */
  kept: boolean;
  /** Whose phone rings for her, or who talks to her. */
  agent: AgentId | null;
  talking: boolean;
  over: boolean;
  /** Something is being done to her; a call has one flow. */
  busy: boolean;
  stopListening: () => void;
}

/** One thing that happens, on whichever process or call the numbers fall. */
export type Action =
  | {
      readonly does: "arrive";
      readonly by: number;
      readonly priority: number;
      readonly sales: boolean;
      readonly helped: boolean;
      readonly later: boolean;
    }
  | { readonly does: "act"; readonly call: number; readonly how: number }
  | {
      readonly does: "presence";
      readonly by: number;
      readonly agent: number;
      readonly free: boolean;
    };

/** The end of a process: how many turns of the event loop after something began, and whether it goes on unaware. */
export interface Kill {
  readonly who: number;
  readonly turns: number;
  readonly unaware: boolean;
}

/** Two processes of one contact centre on one Redis, and somebody who remembers what was said to whom. */
export class House {
  /** What must never happen and did. */
  readonly faults: string[] = [];
  readonly #calls = new Map<CallId, Known>();
  readonly #url: string;
  readonly #prefix = freshPrefix();
  readonly #log = listeningLog();
  readonly #observer: RedisDesk;
  readonly #lives: Life[] = [];
  #now = 1_763_700_000_000;
  /** Nothing is waited for here: no deadline is near. */
  readonly #clock: Clock = {
    now: () => this.#now,
    sleep: (_ms, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };

  private constructor(url: string) {
    this.#url = url;
    const owner = "observer/1";
    this.#observer = openRedisDesk({ url, prefix: this.#prefix, owner, log: this.#log });
  }

  static async open(url: string): Promise<House> {
    const house = new House(url);
    await house.#observer.start();
    await house.#observer.enrol(staff, house.#now);
    for (const { id, extension } of staff) {
      await house.#observer.setDevice(extension, "idle", house.#now);
      await house.#observer.setPresence(id, { is: "available" }, house.#now);
    }
    for (const name of ["kituo-a", "kituo-b"]) await house.#begin(name);
    return house;
  }

  /** Does all of this at once, and ends a process in the middle of it; another life of it comes after. */
  async burst(actions: readonly Action[], kill: Kill | null): Promise<void> {
    const done = Promise.all(actions.map((action) => this.#do(action)));
    if (kill !== null) {
      for (let turn = 0; turn < kill.turns; turn += 1) await nextTurn();
      const dying = this.#living(kill.who);
      const heir = this.#living(kill.who + 1);
      dying.dead = true;
      if (!kill.unaware) dying.dispatcher.stop();
      await dying.proxy.cut();
      await this.#succeed(dying, heir);
      // It has a way to Redis again, and must find that it has lost its place.
      await dying.proxy.restore();
      await this.#begin(dying.owner.split("/")[0] ?? "");
    }
    await done;
    await Promise.all(this.#alive().map(({ dispatcher }) => dispatcher.look()));
    await this.#check();
  }

  /** Everybody works: answers what rings and ends each conversation. `true` when nobody is left. */
  async work(): Promise<boolean> {
    const open = [...this.#calls.values()].filter(({ over }) => !over);
    await Promise.all(open.map((call) => (call.talking ? this.#finish(call) : this.#answer(call))));
    return open.length === 0;
  }

  async signAllIn(): Promise<void> {
    for (const { id } of staff)
      await this.#living(0).desk.setPresence(id, { is: "available" }, this.#now);
  }

  /** What is left at the desk when nobody should be. */
  async left(): Promise<unknown> {
    const { waiting, agents } = await this.#observer.snapshot();
    const calls = await this.#observer.liveCalls();
    return { waiting, calls, busy: agents.filter((agent) => callOf(agent) !== null) };
  }

  /** The processes that were ended. */
  get dead(): readonly Life[] {
    return this.#lives.filter(({ dead }) => dead);
  }

  async close(): Promise<void> {
    for (const { dispatcher, jobs, desk, proxy } of this.#lives) {
      dispatcher.stop();
      await jobs.stop();
      await desk.stop();
      await proxy.close();
    }
    await this.#observer.stop();
    await clear(this.#url, this.#prefix);
  }

  #alive(): readonly Life[] {
    return this.#lives.filter(({ dead }) => !dead);
  }

  #living(index: number): Life {
    const alive = this.#alive();
    const life = alive[index % alive.length];
    if (life === undefined) throw new Error("nobody is alive");
    return life;
  }

  async #begin(name: string): Promise<void> {
    const proxy = await openProxy(this.#url);
    const life = this.#lives.filter(({ owner }) => owner.startsWith(`${name}/`)).length + 1;
    const owner = `${name}/${life}`;
    const desk = openDesk({ url: proxy.url, prefix: this.#prefix, owner, log: this.#log });
    const jobs = openMemoryJobs(this.#clock);
    const clock = this.#clock;
    const log = this.#log;
    const ringMs = () => 15_000;
    const chance = () => 0;
    const dispatcher = new Dispatcher({ desk, jobs, clock, log, rules, chance, owner, ringMs });
    desk.onChange(() => dispatcher.wake());
    await desk.start();
    await desk.beat(owner);
    this.#lives.push({ owner, proxy, desk, dispatcher, jobs, dead: false });
  }

  async #do(action: Action): Promise<void> {
    switch (action.does) {
      case "arrive":
        return await this.#arrive(action);
      case "act": {
        const open = [...this.#calls.values()].filter(
          ({ over, busy, kept, life }) => kept && !over && !busy && !life.dead,
        );
        const call = open[action.call % open.length];
        return call === undefined ? undefined : await this.#act(call, action.how);
      }
      case "presence": {
        const wish = action.free
          ? { is: "available" as const }
          : { is: "paused" as const, reason: "" };
        const agent = staff[action.agent % staff.length]?.id ?? asAgentId("AGT-001");
        await this.#living(action.by).desk.setPresence(agent, wish, this.#now);
        return;
      }
      default:
        action satisfies never;
    }
  }

  async #arrive(action: Action & { does: "arrive" }): Promise<void> {
    if (action.later) this.#now += 7;
    const life = this.#living(action.by);
    const call: Known = {
      call: asCallId(`CALL-${String(this.#calls.size).padStart(8, "0")}`),
      queue: action.sales ? sales : support,
      ...(action.helped ? { alsoQueues: [action.sales ? support : sales] } : {}),
      priority: action.priority,
      language: null,
      enteredAt: this.#now,
      life,
      kept: false,
      agent: null,
      talking: false,
      over: false,
      busy: false,
      stopListening: () => undefined,
    };
    this.#calls.set(call.call, call);
    this.#listen(call);
    const { desk, owner, dispatcher } = life;
    const saved = desk.saveCall(callState(call.call, call.enteredAt), owner);
    const joined = desk.join(entryOf(call));
    dispatcher.wake();
    await Promise.all([saved, joined]);
    if (!life.dead) call.kept = true;
  }

  #listen(call: Known): void {
    const { life } = call;
    call.stopListening = life.dispatcher.register(call.call, {
      notify: (notice) => {
        if (notice.type === "offer" && !life.dead)
          this.#offered(call, life, notice.assignment.agent);
      },
      place: () => undefined,
    });
  }

  #offered(call: Known, by: Life, agent: AgentId): void {
    const had = [...this.#calls.values()].filter((each) => !each.over && each.agent === agent);
    for (const other of had)
      this.faults.push(`${by.owner} gave ${agent} ${call.call}, and she had ${other.call}`);
    if (call.agent !== null)
      this.faults.push(`${by.owner} gave ${call.call} to ${agent}, and ${call.agent} had it`);
    if (call.life !== by)
      this.faults.push(`${by.owner} gave away ${call.call}, which ${call.life.owner} held`);
    call.agent = agent;
  }

  async #act(call: Known, how: number): Promise<void> {
    if (call.talking) return how === 0 ? await this.#finish(call) : undefined;
    if (how === 0) return await this.#hangUp(call);
    return how === 1 ? await this.#pass(call) : await this.#answer(call);
  }

  /** Her agent answers, if a phone rings for her. */
  async #answer(call: Known): Promise<void> {
    const { life, agent } = call;
    if (agent === null || call.busy) return;
    await this.#alone(call, async () => {
      const met = await life.desk.connect(call.call, agent, this.#now);
      if (life.dead) return;
      if (!met) this.faults.push(`${agent} answered ${call.call} and was not reserved for it`);
      call.talking = true;
    });
  }

  /** Her agent lets it ring. */
  async #pass(call: Known): Promise<void> {
    const { life, agent } = call;
    if (agent === null) return;
    await this.#alone(call, async () => {
      call.agent = null;
      const released = await life.desk.release(call.call, agent, "no_answer", 0);
      if (!released && !life.dead) this.faults.push(`${agent} was not reserved for ${call.call}`);
    });
  }

  async #finish(call: Known): Promise<void> {
    const { life, agent } = call;
    if (agent === null || call.busy) return;
    await this.#alone(call, async () => {
      this.#end(call);
      await life.desk.finish(call.call, agent, 0, this.#now);
      await life.desk.removeCall(call.call);
    });
  }

  async #hangUp(call: Known): Promise<void> {
    await this.#alone(call, async () => {
      this.#end(call);
      await call.life.desk.leave(call.call);
      await call.life.desk.removeCall(call.call);
    });
  }

  #end(call: Known): void {
    call.over = true;
    call.agent = null;
    call.stopListening();
  }

  async #alone(call: Known, work: () => Promise<void>): Promise<void> {
    call.busy = true;
    await work();
    call.busy = false;
  }

  /** What adoption does: fences the dead, takes over its calls one by one, and lets each go on where it was. */
  async #succeed(dead: Life, heir: Life): Promise<void> {
    await heir.desk.fence(dead.owner);
    const orphans = (await heir.desk.liveCalls()).filter(({ owner }) => owner === dead.owner);
    for (const { state } of orphans) {
      const taken = await heir.desk.takeOver(state.id, dead.owner, heir.owner);
      if (taken === null) this.faults.push(`${state.id} was not taken over`);
      const call = this.#calls.get(state.id);
      if (call === undefined || call.over) await heir.desk.removeCall(state.id);
      else await this.#takeUp(call, heir);
    }
    for (const call of this.#calls.values()) {
      if (call.life !== dead || call.over) continue;
      if (call.kept) this.faults.push(`${call.call} is not at the desk any more`);
      // She had just come, and nobody knew of her yet.
      this.#end(call);
    }
  }

  async #takeUp(call: Known, heir: Life): Promise<void> {
    call.stopListening();
    call.life = heir;
    call.kept = true;
    const { agents } = await this.#observer.snapshot();
    const hers = agents.find((agent) => callOf(agent) === call.call);
    call.talking = hers?.activity.is === "talking";
    const rings = hers !== undefined && hers.id === call.agent;
    if (call.talking) call.agent = hers?.id ?? null;
    else if (!rings) call.agent = null;
    this.#listen(call);
    if (call.agent === null) await heir.desk.join(entryOf(call));
  }

  async #check(): Promise<void> {
    const { waiting, agents } = await this.#observer.snapshot();
    const byCall = Map.groupBy(agents, callOf);
    for (const [call, all] of byCall)
      if (call !== null && all.length > 1)
        this.faults.push(`${call} is with ${all.map(({ id }) => id).join(" and ")}`);
    const places = new Map(waiting.map((entry) => [entry.call, entry]));
    for (const call of this.#calls.values()) {
      if (call.over || !call.kept || call.busy) continue;
      if (!places.has(call.call) && !call.talking)
        this.faults.push(`${call.call} neither waits nor talks`);
    }
    this.#checkOrder(waiting);
  }

  /** The order at the desk is total, and always that of the first entries, whoever holds the calls. */
  #checkOrder(waiting: readonly WaitingCall[]): void {
    for (const left of waiting)
      for (const right of waiting) {
        const order = compareWaiting(left, right, rules);
        const back = compareWaiting(right, left, rules);
        if (left !== right && !(order < 0 !== back < 0 && order !== 0 && back !== 0))
          this.faults.push(`${left.call} and ${right.call} have no order`);
      }
    const ranked = waiting.toSorted((left, right) => compareWaiting(left, right, rules));
    const served = ranked.map(({ call }) => call);
    const place = ({ queue, priority, enteredAt, call }: Known) =>
      [queue === sales ? 0 : 1, 9 - priority, enteredAt, call].join(" ");
    const entered = served
      .map((id) => this.#calls.get(id))
      .filter((call) => call !== undefined)
      .sort((left, right) => (place(left) < place(right) ? -1 : 1))
      .map(({ call }) => call);
    if (served.join() !== entered.join())
      this.faults.push(`the order is ${served.join()}, and was ${entered.join()}`);
  }
}

const entryOf = (known: Known): NewEntry => {
  const { call, queue, alsoQueues, priority, language, enteredAt, life } = known;
  const also = alsoQueues === undefined ? {} : { alsoQueues };
  return { call, queue, ...also, priority, language, enteredAt, owner: life.owner };
};
