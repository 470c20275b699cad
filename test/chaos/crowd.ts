import { setTimeout as pause } from "node:timers/promises";
import { unregister } from "../../src/ops/phones/agents.ts";
import type { Sipp } from "../../src/ops/phones/sipp.ts";
import type { Client } from "../lab/client.ts";
import type { Lab } from "../lab/lab.ts";
import { until } from "../lab/until.ts";
import { lines, phonesOf, type QueueOfTests, queues, type Seats } from "./centre.ts";
import { agentPhones, type CallerGroup, callers } from "./phones.ts";
import { type SeenCall, seenBy } from "./seen.ts";

/** How many callers stand in each stage, and how many come and go beside them. */
export interface Load {
  readonly talking: number;
  readonly waiting: number;
  readonly ringing: number;
  readonly menu: number;
  /** Callers who come, are served at once, and go. */
  readonly perSecond: number;
}

/** How further callers call. */
export type Joining = Partial<Pick<CallerGroup, "perSecond" | "stay" | "silent">>;

export type Group = "talk" | "ring" | "wait" | "menu" | "brisk";

/** The API's word for the stage that each group stands in. */
export const stageOf = {
  talk: "in_progress",
  ring: "ringing",
  wait: "queued",
  menu: "menu",
} as const;

let crowds = 0;

/** What SIPp says of its own work, and of what a row does on purpose. */
const noComplaint =
  /chaos \+|Aborted call|Resolving remote host|more errors, see|following events|out-of-call INVITE/;

/** What a group's phones say themselves, when something is wrong with them. */
async function tellOf([group, phones]: readonly [string, Sipp]): Promise<string> {
  const calls = await phones.trace();
  return `${group}: ${calls.length} messages, "${(await phones.errors()).slice(-300)}"`;
}

/** Callers of one crowd; no other crowd of this process has the same numbers. */
function numbersOf(code: number, count: number): readonly string[] {
  const first = (crowds % 100) * 10_000;
  return Array.from(
    { length: count },
    (_, index) => `+254${700 + code}${String(first + index).padStart(6, "0")}`,
  );
}

/**
 * The people of a test: agents at their phones, callers in every stage. They know nothing of the server's life; what
 * they saw is what the server is judged by.
 */
export class Crowd {
  readonly numbers: Readonly<Record<Group, readonly string[]>>;
  readonly #lab: Lab;
  readonly #seats: Seats;
  readonly #agents = new Map<QueueOfTests, Sipp>();
  readonly #callers = new Map<string, Sipp>();
  readonly #joiners = new Map<string, readonly string[]>();
  /** Whose agents' phones no trace is kept of. */
  readonly excused = new Set<string>();

  constructor(lab: Lab, seats: Seats, load: Load) {
    crowds += 1;
    this.#lab = lab;
    this.#seats = seats;
    this.numbers = {
      talk: numbersOf(0, load.talking),
      ring: numbersOf(1, load.ringing),
      wait: numbersOf(2, load.waiting),
      menu: numbersOf(3, load.menu),
      // More than ever come.
      brisk: numbersOf(4, load.perSecond === 0 ? 0 : 9_000),
    };
  }

  /** The agents sit down. Those of `wait` go on a break, so that callers do wait. */
  async seat(api: Client): Promise<void> {
    const plans = {
      talk: { ring: 50, then: "answer" },
      ring: { ring: 50, then: "ignore" },
      wait: { ring: 100, then: "answer", talk: 400 },
      brisk: { ring: { from: 30, to: 200 }, then: "answer", talk: { from: 200, to: 900 } },
    } as const;
    const seated = (Object.keys(plans) as (keyof typeof plans)[]).filter(
      (queue) => this.phones(queue).length > 0,
    );
    await Promise.all(
      seated.map(async (queue) => {
        const accounts = this.phones(queue).map((extension) => this.#lab.account(extension));
        this.#agents.set(queue, await agentPhones(this.#lab.site, accounts, plans[queue]));
      }),
    );
    await this.signIn(api);
    const ready = new Set(seated.flatMap((queue) => this.phones(queue)));
    let missing: readonly string[] = [];
    await until("every agent at her phone", async () => {
      missing = (await api.agents())
        .filter((agent) => ready.has(agent.extension))
        .filter((agent) => agent.device !== "idle" || agent.reservation !== "none")
        .map(({ extension, device, reservation }) => `${extension} is ${device}, ${reservation}`);
      return missing.length === 0;
    }).catch((error: unknown) => {
      throw new Error(`not every agent is at her phone: ${missing.join("; ")}`, { cause: error });
    });
  }

  /** Everybody is there; those of `wait` have their break. */
  async signIn(api: Client): Promise<void> {
    await Promise.all(
      queues.map((queue) => this.send(api, queue, queue === "wait" ? "on_break" : "available")),
    );
  }

  /** The extensions of a queue's agents. */
  phones(queue: QueueOfTests): readonly string[] {
    return phonesOf(this.#seats, queue);
  }

  /** Sends all agents of a queue to work, or on a break. */
  async send(api: Client, queue: QueueOfTests, status: "available" | "on_break"): Promise<void> {
    for (const extension of this.phones(queue))
      await api.setAgent(this.#lab.agentId(extension), status);
  }

  /** Everybody calls; settles when each stands where she should. */
  async call(api: Client, load: Load): Promise<void> {
    const perSecond = 15;
    const groups = ["talk", "ring", "menu", "wait"] as const;
    for (const group of groups)
      await this.#dial(group, lines[group], this.numbers[group], {
        perSecond,
        silent: group !== "talk",
      });
    await this.#dial("brisk", lines.brisk, this.numbers.brisk, { ...load, silent: true });
    let missing: readonly string[] = [];
    await until(
      "everybody in her stage",
      async () => {
        missing = await this.strayed(api);
        return missing.length === 0;
      },
      45_000,
    ).catch(async (error: unknown) => {
      const said = await Promise.all(Array.from(this.#callers, tellOf));
      const who = missing.slice(0, 10).join("; ");
      throw new Error(`not everybody came to her stage: ${who}; ${said.join("; ")}`, {
        cause: error,
      });
    });
  }

  /** Further callers, as a group of their own that hangs up together. */
  async join(
    name: string,
    called: string,
    count: number,
    more: Joining = {},
  ): Promise<readonly string[]> {
    this.#joined += 1;
    const numbers = numbersOf(100 + this.#joined, count);
    this.#joiners.set(name, numbers);
    await this.#dial(name, called, numbers, { perSecond: 10, silent: true, ...more });
    return numbers;
  }

  /** Settles when all of those who joined under this name are in a stage. */
  async everyOne(api: Client, name: string, status: string): Promise<void> {
    const numbers = this.#joiners.get(name) ?? [];
    await until(`${name} in ${status}`, async () => {
      const live = new Map((await api.liveCalls()).map((call) => [call.phone_number, call.status]));
      return numbers.every((number) => live.get(number) === status);
    });
  }

  #joined = 0;
  /** What phones saw that are not there any more. */
  readonly #left: (readonly SeenCall[])[] = [];

  async #dial(
    name: string,
    called: string,
    numbers: readonly string[],
    how: Joining & { readonly perSecond: number },
  ): Promise<void> {
    if (numbers.length === 0) return;
    this.#callers.set(name, await callers(this.#lab.site, { ...how, called, numbers }));
  }

  /** Who of the standing callers is not, or not any more, in the stage she should be in. */
  async strayed(api: Client): Promise<readonly string[]> {
    const live = new Map((await api.liveCalls()).map((call) => [call.phone_number, call.status]));
    return (["talk", "ring", "wait", "menu"] as const).flatMap((group) =>
      this.numbers[group]
        .filter((number) => live.get(number) !== stageOf[group])
        .map((number) => `${number} of ${group} is ${live.get(number) ?? "not there"}`),
    );
  }

  /** What the callers of these groups saw. */
  async callersSaw(...groups: readonly string[]): Promise<readonly SeenCall[]> {
    const wanted = groups.length === 0 ? [...this.#callers.keys()] : groups;
    return seenBy(...wanted.flatMap((group) => this.#callers.get(group) ?? []));
  }

  /** What the phones complain of: one that could not send its sound says so here. */
  async phonesComplain(): Promise<readonly string[]> {
    const told = await this.#phonesSay();
    return told.flatMap(([group, lines]) =>
      lines.slice(-3).map((line) => `${group}: ${line.slice(0, 300)}`),
    );
  }

  /** How long one of SIPp's processes stood still, at most, in milliseconds; it says so from half a second on. */
  async longestStall(): Promise<number> {
    const lines = (await this.#phonesSay()).flatMap(([, each]) => each);
    const stalls = lines.map((line) => line.match(/watchdog timer .*tripped \((\d+)\)/)?.[1] ?? 0);
    return Math.max(0, ...stalls.map(Number));
  }

  async #phonesSay(): Promise<readonly (readonly [string, readonly string[]])[]> {
    const all = [
      ...this.#callers,
      ...Array.from(this.#agents, ([queue, phones]) => [`agents of ${queue}`, phones] as const),
    ];
    return await Promise.all(
      all.map(async ([group, phones]) => {
        const lines = (await phones.errors()).split("\n");
        const own = lines.filter((line) => line.trim() !== "" && !noComplaint.test(line));
        return [group, own] as const;
      }),
    );
  }

  /** What the agents' phones of these queues saw. */
  async agentsSaw(...queues: readonly QueueOfTests[]): Promise<readonly SeenCall[]> {
    const wanted = queues.length === 0 ? [...this.#agents.keys()] : queues;
    const now = await seenBy(...wanted.flatMap((queue) => this.#agents.get(queue) ?? []));
    return [...this.#left.flat(), ...now];
  }

  /** All of a group hang up, or give up. */
  async hangUp(group: string): Promise<void> {
    const phones = this.#callers.get(group);
    if (phones === undefined) return;
    await Promise.race([phones.hangup(), pause(5_000)]);
  }

  /** Settles when all of a group have ended their calls, or were ended. */
  async gone(group: string, withinMs: number): Promise<void> {
    const gone = await Promise.race([
      this.#callers.get(group)?.exit,
      pause(withinMs, "late" as const),
    ]);
    if (gone === "late") throw new Error(`${group} did not end within ${withinMs} ms`);
  }

  /** Every agent takes her phone off the net. */
  async leaveDesks(): Promise<void> {
    const accounts = queues.flatMap((queue) =>
      this.phones(queue).map((extension) => this.#lab.account(extension)),
    );
    this.#left.push(await seenBy(...this.#agents.values()));
    await Promise.all([...this.#agents.values()].map((phones) => phones.stop()));
    this.#agents.clear();
    await unregister(this.#lab.site, accounts);
  }

  /** No more callers come; settles when those that are there have been served. */
  async finishArrivals(withinMs = 20_000): Promise<void> {
    const phones = this.#callers.get("brisk");
    if (phones === undefined) return;
    const served = await Promise.race([phones.finish(), pause(withinMs, "late" as const)]);
    if (served === "late") throw new Error("callers of brisk were not served in time");
  }

  /** The waiting callers are served, one after the other; settles when all have been. */
  async serveWaiting(api: Client, withinMs = 60_000): Promise<void> {
    await this.send(api, "wait", "available");
    const phones = this.#callers.get("wait");
    if (phones === undefined) return;
    const served = await Promise.race([phones.exit, pause(withinMs, "late" as const)]);
    if (served === "late") throw new Error("callers of wait were not served in time");
  }

  async stop(): Promise<void> {
    const all = [...this.#callers.values(), ...this.#agents.values()];
    await Promise.all(all.map((phones) => phones.stop()));
  }
}
