import { asAgentId, asQueueName } from "../../domain/ids.ts";
import type { RoutingRules } from "../../domain/routing/rules.ts";
import type { EnrolledAgent } from "../../ports/desk.ts";
import type { Traffic } from "./erlang.ts";
import { type Group, type QueueTraffic, type Scenario, serves } from "./scenario.ts";

/** Queues and agents that have to do with each other, and with no others. */
export interface Pool {
  readonly queues: readonly QueueTraffic[];
  readonly groups: readonly Group[];
}

/** The calls of a pool from one time of the day to another, in which nothing about them changes. */
export interface Interval {
  /** Minutes of the day. */
  readonly from: number;
  readonly to: number;
  readonly loads: readonly { readonly queue: QueueTraffic; readonly traffic: Traffic }[];
}

/** Parts a scenario into pools: who shares a queue or an agent is in one. */
export function poolsOf({ queues, agents }: Scenario): readonly Pool[] {
  let left: readonly QueueTraffic[] = queues;
  const pools: Pool[] = [];
  for (let [first] = left; first !== undefined; [first] = left) {
    let pool: Pool = { queues: [first], groups: [] };
    for (let size = -1; size !== pool.queues.length + pool.groups.length; ) {
      size = pool.queues.length + pool.groups.length;
      const within: readonly QueueTraffic[] = pool.queues;
      const groups = agents.filter((group) => within.some((queue) => serves(group, queue)));
      pool = {
        groups,
        queues: queues.filter((queue) => groups.some((group) => serves(group, queue))),
      };
    }
    pools.push(pool);
    left = left.filter((queue) => !pool.queues.includes(queue));
  }
  return pools;
}

/** The day of a pool, cut wherever the calls of one of its queues change; times without calls are left out. */
export function intervalsOf({ queues }: Pool): readonly Interval[] {
  const cuts = new Set(
    queues.flatMap(({ arrivals }) => arrivals.flatMap(({ from, to }) => [from, to])),
  );
  const times = [...cuts].sort((left, right) => left - right);
  return times.slice(0, -1).flatMap((from, index) => {
    const to = times[index + 1] ?? from;
    const loads = queues.flatMap((queue) => {
      const now = queue.arrivals.find((each) => each.from <= from && to <= each.to);
      return now === undefined ? [] : [{ queue, traffic: trafficOf(queue, now.perHour) }];
    });
    return loads.length === 0 ? [] : [{ from, to, loads }];
  });
}

function trafficOf(queue: QueueTraffic, callsPerHour: number): Traffic {
  const { handleSeconds, patienceSeconds } = queue;
  return {
    callsPerHour,
    handleMs: handleSeconds * 1_000,
    patienceMs: patienceSeconds === null ? null : patienceSeconds * 1_000,
  };
}

/**
 * So many agents of a pool, by group, in the proportions that are planned; what does not come out even goes to the
 * largest remainders.
 */
export function mixOf({ groups }: Pool, agents: number): readonly number[] {
  const planned = groups.reduce((all, { count }) => all + count, 0);
  const exact = groups.map(({ count }) => (agents * count) / planned);
  const mix = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((left, right) => right.rest - left.rest || left.index - right.index);
  const over = agents - mix.reduce((all, count) => all + count, 0);
  for (const { index } of byRemainder.slice(0, over)) mix[index] = (mix[index] ?? 0) + 1;
  return mix;
}

/** The agents that a mix is made of, and the rules they work by, as a centre's settings would give them. */
export function staffOf(
  pool: Pool,
  mix: readonly number[],
): { readonly agents: readonly EnrolledAgent[]; readonly rules: RoutingRules } {
  const staff = pool.groups.flatMap((group, index) =>
    Array.from({ length: mix[index] ?? 0 }, () => group),
  );
  const agents = staff.map((group, index) => ({
    id: asAgentId(`AGT-${String(index + 1).padStart(4, "0")}`),
    extension: String(10_000 + index),
    queues: pool.queues
      .filter((queue) => serves(group, queue))
      .map((queue) => asQueueName(queue.name)),
  }));
  const rules: RoutingRules = {
    priority: "strict",
    queues: new Map(
      pool.queues.map(({ name, weight, strategy, skills }) => [
        asQueueName(name),
        { weight, strategy, needs: skills, languageNeeds: {} },
      ]),
    ),
    agents: new Map(
      agents.map(({ id }, position) => [
        id,
        { skills: staff[position]?.skills ?? {}, position, share: 1 },
      ]),
    ),
  };
  return { agents, rules };
}
