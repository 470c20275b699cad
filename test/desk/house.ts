import { setImmediate as nextTurn } from "node:timers/promises";
import { openRedisDesk, type RedisDesk } from "../../src/desk/redis.ts";
import { openDesk } from "../../src/desk/steady.ts";
import { callOf } from "../../src/domain/agent.ts";
import { type AgentId, asAgentId, asCallId, type CallId } from "../../src/domain/ids.ts";
import type { KeptPlace } from "../../src/domain/queue.ts";
import { Dispatcher } from "../../src/flows/dispatch.ts";
import { openMemoryJobs } from "../../src/jobs/memory.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { sales, support } from "../domain/routing/staff.ts";
import {
  type Action,
  entryOf,
  isWith,
  type Kill,
  type Known,
  type Life,
  orderFaults,
  rules,
  staff,
} from "./household.ts";
import { openProxy } from "./proxy.ts";
import { clear, freshPrefix, listeningLog } from "./redis-server.ts";
import { callState } from "./steps.ts";

const agentAt = (index: number): AgentId => staff[index % staff.length]?.id ?? asAgentId("AGT-001");

/** Two processes of one contact centre on one Redis, and somebody who remembers what was said to whom. */
export class House {
  /** What must never happen and did. */
  readonly faults: string[] = [];
  readonly #calls = new Map<CallId, Known>();
  /** The places that may be kept, each for whoever is the first to come again. */
  readonly #places: KeptPlace[] = [];
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
  async burst(actions: readonly Action[], kill: Kill | null, passes: boolean): Promise<void> {
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
    await this.#look();
    await this.#check();
    if (!passes) return;
    await this.passTime();
    await this.#check();
  }

  /** So much time that every phone has rung out, every rest and all after-call work is over. */
  async passTime(): Promise<void> {
    this.#now += 20_000;
    const { desk } = this.#living(0);
    await desk.expire(this.#now);
    for (const { id } of staff) await desk.endWrapUp(id, this.#now);
    await this.#look();
  }

  /** Everybody works: answers what rings and ends each conversation. `true` when nobody is left. */
  async work(): Promise<boolean> {
    const open = [...this.#calls.values()].filter(({ over }) => !over);
    await Promise.all(open.map((call) => (call.talking ? this.#finish(call) : this.#answer(call))));
    return open.length === 0;
  }

  /** Everybody works again where she did at first. */
  async signAllIn(): Promise<void> {
    const { desk } = this.#living(0);
    for (const { id, queues } of staff) {
      await desk.setDuties(id, { queues }, this.#now);
      await desk.setPresence(id, { is: "available" }, this.#now);
    }
    await this.passTime();
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

  async #look(): Promise<void> {
    await Promise.all(this.#alive().map(({ dispatcher }) => dispatcher.look()));
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
        const call = this.#oneOf(action.call);
        return call === null ? undefined : await this.#act(call, action.how);
      }
      case "adjust": {
        const call = this.#oneOf(action.call);
        return call === null ? undefined : await this.#adjust(call, action.priority);
      }
      case "presence": {
        const wish = action.free
          ? { is: "available" as const }
          : { is: "paused" as const, reason: "" };
        await this.#living(action.by).desk.setPresence(agentAt(action.agent), wish, this.#now);
        return;
      }
      case "duties": {
        const { by, agent, queues } = action;
        await this.#living(by).desk.setDuties(agentAt(agent), { queues }, this.#now);
        return;
      }
      default:
        action satisfies never;
    }
  }

  /** A call that somebody may do something with. */
  #oneOf(index: number): Known | null {
    const open = [...this.#calls.values()].filter(
      ({ over, busy, kept, life }) => kept && !over && !busy && !life.dead,
    );
    return open[index % open.length] ?? null;
  }

  async #arrive(action: Action & { does: "arrive" }): Promise<void> {
    if (action.later) this.#now += 7;
    const life = this.#living(action.by);
    const call: Known = {
      call: asCallId(`CALL-${String(this.#calls.size).padStart(8, "0")}`),
      queue: action.sales ? sales : support,
      alsoQueues: action.helped ? [action.sales ? support : sales] : [],
      caller: `+25470000000${action.caller}`,
      priority: action.priority,
      language: null,
      enteredAt: this.#now,
      life,
      kept: false,
      agent: null,
      until: 0,
      talking: false,
      over: false,
      busy: false,
      stopListening: () => undefined,
    };
    this.#calls.set(call.call, call);
    this.#listen(call);
    const { desk, owner, dispatcher } = life;
    const saved = desk.saveCall(callState(call.call, call.enteredAt), owner);
    const joined = desk.join(entryOf(call), { caller: call.caller, now: this.#now });
    dispatcher.wake();
    const [, place] = await Promise.all([saved, joined]);
    if (life.dead) return;
    call.kept = true;
    if (place !== null) this.#takePlace(call, place.enteredAt);
  }

  /** She waits since then: since she came, or in a place that was kept for her and that nobody has taken up. */
  #takePlace(call: Known, since: number): void {
    if (since === call.enteredAt) return;
    const at = this.#places.findIndex(
      ({ queue, caller, enteredAt }) =>
        queue === call.queue && caller === call.caller && enteredAt === since,
    );
    const [place] = at < 0 ? [] : this.#places.splice(at, 1);
    if (place === undefined) this.faults.push(`${call.call} has a place that was not kept for her`);
    call.enteredAt = since;
    call.priority = place?.asked.priority ?? call.priority;
    call.alsoQueues = place?.asked.alsoQueues ?? call.alsoQueues;
  }

  #listen(call: Known): void {
    const { life } = call;
    call.stopListening = life.dispatcher.register(call.call, {
      notify: (notice) => {
        if (notice.type === "offer" && !life.dead)
          this.#offered(call, life, notice.assignment.agent, notice.until);
      },
      place: () => undefined,
    });
  }

  #offered(call: Known, by: Life, agent: AgentId, until: number): void {
    const had = [...this.#calls.values()].filter((each) => isWith(each, this.#now));
    for (const other of had.filter((each) => each.agent === agent))
      this.faults.push(`${by.owner} gave ${agent} ${call.call}, and she had ${other.call}`);
    if (had.includes(call))
      this.faults.push(`${by.owner} gave ${call.call} to ${agent}, and ${call.agent} had it`);
    if (call.life !== by)
      this.faults.push(`${by.owner} gave away ${call.call}, which ${call.life.owner} held`);
    call.agent = agent;
    call.until = until;
  }

  async #act(call: Known, how: number): Promise<void> {
    if (call.talking) return how === 0 ? await this.#finish(call) : undefined;
    if (how === 0) return await this.#hangUp(call);
    return how === 1 ? await this.#pass(call) : await this.#answer(call);
  }

  /** Her agent answers, if a phone rings for her. */
  async #answer(call: Known): Promise<void> {
    const { life, agent } = call;
    if (agent === null || call.busy || !isWith(call, this.#now)) return;
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
    if (agent === null || !isWith(call, this.#now)) return;
    await this.#alone(call, async () => {
      call.agent = null;
      const rest = this.#now + 5_000;
      const released = await life.desk.release(call.call, agent, "no_answer", rest);
      if (!released && !life.dead) this.faults.push(`${agent} was not reserved for ${call.call}`);
    });
  }

  async #finish(call: Known): Promise<void> {
    const { life, agent } = call;
    if (agent === null || call.busy) return;
    await this.#alone(call, async () => {
      this.#end(call);
      await life.desk.finish(call.call, agent, this.#now + 5_000, this.#now);
      await life.desk.removeCall(call.call);
    });
  }

  async #hangUp(call: Known): Promise<void> {
    await this.#alone(call, async () => {
      this.#end(call);
      const { life, queue, caller, enteredAt, priority, alsoQueues } = call;
      const until = this.#now + 60_000;
      const asked = { priority, ...(alsoQueues.length === 0 ? {} : { alsoQueues }) };
      const place: KeptPlace = { queue, caller, enteredAt, until, asked, overflowed: [] };
      this.#places.push(place);
      await life.desk.leave(call.call);
      await life.desk.keepPlace(place, this.#now);
      await life.desk.removeCall(call.call);
    });
  }

  async #adjust(call: Known, priority: number): Promise<void> {
    if (call.talking) return;
    await this.#alone(call, async () => {
      const waits = await call.life.desk.adjust(call.call, { priority });
      if (call.life.dead) return;
      if (!waits) this.faults.push(`${call.call} was adjusted and did not wait`);
      call.priority = priority;
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
    const { waiting, agents } = await this.#observer.snapshot();
    // What was asked for her in the last moment may have been done, though nobody was told.
    const entry = waiting.find((each) => each.call === call.call);
    if (entry !== undefined) {
      this.#takePlace(call, entry.enteredAt);
      call.priority = entry.priority;
    }
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
    this.faults.push(...orderFaults(waiting, this.#calls));
  }
}
