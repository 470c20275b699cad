import { type AgentId, asAgentId, asQueueName, type QueueName } from "../../src/domain/ids.ts";
import { arrivalsOf } from "../../src/ops/simulate/arrivals.ts";
import { chance } from "../../src/ops/simulate/chance.ts";
import { expected, type Traffic } from "../../src/ops/simulate/erlang.ts";
import { Gauge } from "../../src/ops/simulate/gauge.ts";
import { type House, play } from "../../src/ops/simulate/play.ts";
import type { EnrolledAgent } from "../../src/ports/desk.ts";
import { rules } from "../domain/routing/staff.ts";
import { playThroughFlows } from "./flows.ts";

/** A queue of which theory knows everything. */
export interface Case {
  readonly name: string;
  readonly traffic: Traffic;
  readonly agents: number;
}

/** One measure of a case, by theory and as it was played. */
export interface Compared {
  readonly measure: "waits" | "inTime" | "abandons" | "answerMs";
  readonly theory: number;
  readonly mean: number;
  readonly error: number;
}

const withinMs = 20_000;
const batches = 50;
const handleMs = 180_000;
const queue = asQueueName("support");

/** Calls of three minutes that keep so many agents busy; `patienceMs` where callers hang up. */
export function caseOf(load: number, agents: number, patienceMs: number | null = null): Case {
  const kind = patienceMs === null ? "M/M/c" : "M/M/c+M";
  const patience = patienceMs === null ? "" : `, patience ${patienceMs / 1_000} s`;
  return {
    name: `${kind}: ${load} erlangs, ${agents} agents${patience}`,
    traffic: { callsPerHour: (load * 3_600_000) / handleMs, handleMs, patienceMs },
    agents,
  };
}

/** So many agents who serve these queues. */
export function staffOf(count: number, queues: readonly QueueName[], from = 0): EnrolledAgent[] {
  return Array.from({ length: count }, (_, index) => ({
    id: asAgentId(`AGT-${String(from + index).padStart(3, "0")}`),
    extension: String(10_000 + from + index),
    queues,
  }));
}

/** Plays a case through the desk's verbs and the assignment. */
export async function playedAtDesk(each: Case, calls: number, seed: number): Promise<Compared[]> {
  const { traffic, agents } = each;
  const gauge = new Gauge(traffic, withinMs, calls / batches);
  const house: House = { rules: rules(), agents: staffOf(agents, [queue]) };
  const arrivals = arrivalsOf([{ ...traffic, queue }], calls, seed);
  await play(house, arrivals, { ends: (outcome) => gauge.note(outcome) }, chance(seed, 99));
  return compared(each, gauge);
}

/**
 * Plays a case through whole flows. Houses of this many calls follow each other, because the fake world keeps all that
 * ever happened in it; what came first in each house, while it was filling, does not count.
 */
export async function playedInFlows(
  each: Case,
  calls: number,
  seed: number,
  houseCalls = 10_000,
): Promise<Compared[]> {
  const { traffic, agents } = each;
  const gauge = new Gauge(traffic, withinMs, Math.min(houseCalls, calls) / 20);
  for (let from = 0; from < calls; from += houseCalls) {
    const inHouse = Math.min(houseCalls, calls - from);
    const house = { traffic, agents, calls: inHouse, seed: seed + from };
    await playThroughFlows(house, (outcome) => {
      if (outcome.index >= inHouse / 20) gauge.note({ ...outcome, index: outcome.index + from });
    });
  }
  return compared(each, gauge);
}

function compared({ traffic, agents }: Case, gauge: Gauge): Compared[] {
  const theory = expected(traffic, agents, withinMs);
  const estimates = gauge.estimates();
  const measures = ["waits", "inTime", "answerMs"] as const;
  const all = traffic.patienceMs === null ? measures : ([...measures, "abandons"] as const);
  return all.map((measure) => ({ measure, theory: theory[measure], ...estimates[measure] }));
}

/** How far it is from theory, in standard errors. */
export const errorsOff = ({ theory, mean, error }: Compared): number =>
  Math.abs(mean - theory) / error;

/** How far it is from theory, as a share of what theory says. */
export const shareOff = ({ theory, mean }: Compared): number => Math.abs(mean / theory - 1);

/** How many conversations each agent had, fewest first. */
export const tallied = (agents: readonly AgentId[]): readonly number[] =>
  [...Map.groupBy(agents, (agent) => agent).values()]
    .map(({ length }) => length)
    .sort((left, right) => left - right);
