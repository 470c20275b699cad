import { KituoError } from "../../domain/errors.ts";
import { asQueueName } from "../../domain/ids.ts";
import { arrivalsOf } from "./arrivals.ts";
import { chance } from "./chance.ts";
import { agentsFor, expected, loadOf, type Measures, type Target } from "./erlang.ts";
import type { Estimate } from "./estimate.ts";
import { Gauge } from "./gauge.ts";
import { play } from "./play.ts";
import { type Interval, intervalsOf, mixOf, type Pool, poolsOf, staffOf } from "./pools.ts";
import { mayTake, type QueueTraffic, type Scenario } from "./scenario.ts";

/** How a queue does with so many agents. */
export interface QueueFigures {
  readonly queue: string;
  readonly target: Target;
  readonly inTime: Estimate;
  readonly answerMs: Estimate;
  readonly abandons: Estimate;
  /** What Erlang C or A expects, where it applies: one queue, and agents who may all take its calls. */
  readonly theory: Measures | null;
}

/** How an interval would go with so many agents. */
export interface Row {
  readonly agents: number;
  /** By group, in the order of the pool. */
  readonly mix: readonly number[];
  /** The share of their time that agents talk and wrap up. */
  readonly occupancy: number;
  /** One for each queue that has calls; empty when more calls come than these agents could ever take. */
  readonly queues: readonly QueueFigures[];
  readonly meets: boolean;
}

/** An interval, with the agents it needs and what a few more or fewer would mean. */
export interface Staffing extends Interval {
  /** In erlangs. */
  readonly load: number;
  readonly needed: number;
  /** Whether theory says so, or the simulation does. */
  readonly by: "theory" | "simulation";
  readonly rows: readonly Row[];
}

export interface PoolStaffing extends Pool {
  readonly intervals: readonly Staffing[];
}

export interface Effort {
  /** Calls that are played for each line of a table. */
  readonly calls: number;
  readonly seed: number;
}

const fewer = 2;
const more = 3;
const batches = 20;
/** The fewest calls of a queue that its figures are made of. */
const leastCalls = 1_000;
/** With more agents than this and so many times the load, no target is met by more still: it is the mix that is wrong. */
const most = 20;
const mostTimes = 10;

/** Finds the agents that each interval of a scenario needs. The same scenario, effort and seed give the same answer. */
export async function staffingOf(
  scenario: Scenario,
  effort: Effort,
): Promise<readonly PoolStaffing[]> {
  const pools: PoolStaffing[] = [];
  for (const pool of poolsOf(scenario)) {
    const intervals: Staffing[] = [];
    for (const interval of intervalsOf(pool))
      intervals.push(await new Search(scenario, pool, interval, effort).staffing());
    pools.push({ ...pool, intervals });
  }
  return pools;
}

/** The search for the agents of one interval. Each number of agents meets the same calls. */
class Search {
  readonly #scenario: Scenario;
  readonly #pool: Pool;
  readonly #interval: Interval;
  readonly #effort: Effort;
  readonly #load: number;
  readonly #rows = new Map<number, Promise<Row>>();

  constructor(scenario: Scenario, pool: Pool, interval: Interval, effort: Effort) {
    this.#scenario = scenario;
    this.#pool = pool;
    this.#interval = interval;
    this.#effort = effort;
    this.#load = interval.loads.reduce((all, { traffic }) => all + loadOf(traffic), 0);
  }

  async staffing(): Promise<Staffing> {
    const alone = this.#alone();
    const needed = alone === null ? await this.#fewest() : alone;
    const from = Math.max(1, needed - fewer);
    const rows: Row[] = [];
    for (let agents = from; agents <= needed + more; agents += 1)
      rows.push(await this.#row(agents));
    const by = alone === null ? "simulation" : "theory";
    return { ...this.#interval, load: this.#load, needed, by, rows };
  }

  /** What theory says of a queue that has its agents for itself; `null` where it does not apply. */
  #alone(): number | null {
    const [only, ...others] = this.#interval.loads;
    if (only === undefined || others.length > 0 || !this.#isPlain(only.queue)) return null;
    return agentsFor(only.traffic, this.#targetOf(only.queue));
  }

  /** Theory knows no skills, no time to answer and no agents who serve other queues too. */
  #isPlain(queue: QueueTraffic): boolean {
    return (
      this.#pool.queues.length === 1 &&
      queue.skills.length === 0 &&
      this.#scenario.answerSeconds === 0
    );
  }

  /**
   * The fewest with whom every queue meets its target: from theory's guess for all calls together, in growing steps, then
   * by halves.
   */
  async #fewest(): Promise<number> {
    const meets = async (agents: number) => (await this.#row(agents)).meets;
    let met = Math.max(...this.#interval.loads.map((each) => this.#guess(each)));
    let missed = 0;
    if (await meets(met)) {
      for (let step = 1; met > step; step *= 2) {
        missed = met - step;
        if (!(await meets(missed))) break;
        met = missed;
        missed = 0;
      }
    } else {
      missed = met;
      for (let step = 1; ; step *= 2) {
        met = missed + step;
        if (await meets(met)) break;
        if (met > most + mostTimes * this.#load) throw this.#unreachable(met);
        missed = met;
      }
    }
    while (met - missed > 1) {
      const middle = (met + missed) >> 1;
      if (await meets(middle)) met = middle;
      else missed = middle;
    }
    return met;
  }

  #unreachable(agents: number): KituoError {
    const names = this.#interval.loads.map(({ queue }) => queue.name).join(", ");
    const { from, to } = this.#interval;
    return new KituoError(
      "config_invalid",
      `${names} from ${clock(from)} to ${clock(to)}: even with ${agents} agents in these proportions a target is missed.`,
    );
  }

  #guess({ queue, traffic }: Interval["loads"][number]): number {
    const callsPerHour = (this.#load * 3_600_000) / traffic.handleMs;
    return agentsFor({ ...traffic, callsPerHour }, this.#targetOf(queue));
  }

  #targetOf(queue: QueueTraffic): Target {
    const { percent, withinSeconds } = queue.target ?? this.#scenario.target;
    return { share: percent / 100, withinMs: withinSeconds * 1_000 };
  }

  /** Whether a queue has nobody, or callers who wait for ever come faster than they could be served. */
  #isHopeless(mix: readonly number[]): boolean {
    const { loads } = this.#interval;
    const able = (queues: readonly QueueTraffic[]) =>
      this.#pool.groups.reduce(
        (all, group, index) =>
          all + (queues.some((queue) => mayTake(group, queue)) ? (mix[index] ?? 0) : 0),
        0,
      );
    const patient = loads.filter(({ traffic }) => traffic.patienceMs === null);
    const load = patient.reduce((all, { traffic }) => all + loadOf(traffic), 0);
    return (
      loads.some(({ queue }) => able([queue]) === 0) ||
      patient.some(({ queue, traffic }) => loadOf(traffic) >= able([queue])) ||
      (patient.length > 0 && load >= able(patient.map(({ queue }) => queue)))
    );
  }

  #row(agents: number): Promise<Row> {
    const known = this.#rows.get(agents) ?? this.#play(agents);
    this.#rows.set(agents, known);
    return known;
  }

  async #play(agents: number): Promise<Row> {
    const mix = mixOf(this.#pool, agents);
    if (this.#isHopeless(mix)) return { agents, mix, occupancy: 1, queues: [], meets: false };
    const { loads } = this.#interval;
    const { seed } = this.#effort;
    const calls = callsFor(loads, this.#effort);
    const gauges = loads.map(({ queue, traffic }) => ({
      queue,
      traffic,
      gauge: new Gauge(traffic, this.#targetOf(queue).withinMs, calls / batches),
    }));
    const byName = new Map(gauges.map((each) => [each.queue.name, each] as const));
    const streams = gauges.map(({ queue, traffic }) => ({
      ...traffic,
      queue: asQueueName(queue.name),
      wrapUpMs: queue.wrapUpSeconds * 1_000,
    }));
    const house = {
      ...staffOf(this.#pool, mix),
      answerMs: this.#scenario.answerSeconds * 1_000,
      wrapUpMs: (queue: string) => (byName.get(queue)?.queue.wrapUpSeconds ?? 0) * 1_000,
    };
    await play(
      house,
      arrivalsOf(streams, calls, seed),
      { ends: (outcome) => byName.get(outcome.queue)?.gauge.note(outcome) },
      chance(seed, 1_000),
    );
    const queues = gauges.map(({ queue, traffic, gauge }): QueueFigures => {
      const target = this.#targetOf(queue);
      const { inTime, answerMs, abandons } = gauge.estimates();
      const theory = this.#isPlain(queue) ? expected(traffic, agents, target.withinMs) : null;
      return { queue: queue.name, target, inTime, answerMs, abandons, theory };
    });
    const busy = gauges.reduce(
      (all, { traffic }, index) =>
        all + loadOf(traffic) * (1 - (queues[index]?.abandons.mean ?? 0)),
      0,
    );
    const meets = queues.every(
      ({ theory, inTime, target }) => (theory ?? { inTime: inTime.mean }).inTime >= target.share,
    );
    return { agents, mix, occupancy: busy / agents, queues, meets };
  }
}

/** How many calls are played: more where a queue would have too few of them to tell anything. */
function callsFor(loads: Interval["loads"], { calls }: Effort): number {
  const rates = loads.map(({ traffic }) => traffic.callsPerHour);
  const all = rates.reduce((sum, rate) => sum + rate, 0);
  return Math.max(calls, Math.ceil((leastCalls * all) / Math.min(...rates)));
}

/** Minutes of the day, as clocks show them. */
export function clock(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
