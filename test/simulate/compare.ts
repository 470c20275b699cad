import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { asQueueName } from "../../src/domain/ids.ts";
import { expected, type Traffic } from "../../src/ops/simulate/erlang.ts";
import { Gauge } from "../../src/ops/simulate/gauge.ts";
import { batchOf, counts, type Level, playAt } from "./levels.ts";

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

/** Plays a case at one of the levels. */
export async function comparedAt(
  level: Level,
  each: Case,
  calls: number,
  seed: number,
): Promise<Compared[]> {
  const { traffic, agents } = each;
  const gauge = new Gauge(traffic, withinMs, batchOf(level, calls));
  const given = { centre: centreOf(agents), streams: [{ ...traffic, queue }] };
  await playAt(level, given, calls, seed, {
    ends: (outcome) => {
      if (counts(level, outcome.index)) gauge.note(outcome);
    },
  });
  return compared(each, gauge);
}

/** One queue, without after-call work, in which callers may wait for as long as they like. */
function centreOf(agents: number): Centre {
  return centreSchema.parse({
    numbers: [{ number: "+254711000002", queue }],
    queues: [{ name: queue, title: "Support", wrapUpMs: 0, maxWaitMs: 7_200_000 }],
    agents: Array.from({ length: agents }, (_, index) => ({
      id: `AGT-${String(index + 1).padStart(3, "0")}`,
      name: `Agent ${index + 1}`,
      extension: String(1_001 + index),
      queues: [queue],
    })),
  });
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
