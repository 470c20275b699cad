import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { type AgentId, asQueueName } from "../../src/domain/ids.ts";
import type { Estimate } from "../../src/ops/simulate/estimate.ts";
import { Gauge } from "../../src/ops/simulate/gauge.ts";
import { batchOf, counts, type Level, type Played, playAt } from "./levels.ts";
import { Order } from "./order.ts";

const [support, sales] = [asQueueName("support"), asQueueName("sales")];
const wrapUpMs = 10_000;
const stream = { handleMs: 60_000, patienceMs: 90_000, wrapUpMs };

/** Who can do what: so many agents, their queues, and whether they have the skill that sales asks for. */
interface Group {
  readonly count: number;
  readonly queues: readonly string[];
  readonly able: boolean;
}

function centreOf(groups: readonly Group[], isSkilled: boolean): Centre {
  const agents = groups.flatMap(({ count, queues, able }) =>
    Array.from({ length: count }, () => ({ queues, skills: able ? { cards: 4 } : {} })),
  );
  const needs = isSkilled ? [{ skill: "cards", level: 3 }] : [];
  return centreSchema.parse({
    numbers: [
      { number: "+254711000001", queue: support },
      { number: "+254711000002", queue: sales },
    ],
    queues: [
      { name: support, title: "Support", wrapUpMs },
      { name: sales, title: "Sales", wrapUpMs, skills: needs },
    ],
    agents: agents.map((agent, index) => ({
      id: `AGT-${String(index + 1).padStart(3, "0")}`,
      name: `Agent ${index + 1}`,
      extension: String(1_001 + index),
      ...agent,
    })),
  });
}

/** What became of the order of calls. */
export interface OrderKept {
  /** How often there was somebody to overtake. */
  readonly looks: number;
  readonly overtaken: readonly string[];
}

/** Two queues, one of which asks for a skill that some have; callers hang up, agents have after-call work. */
export async function orderAt(level: Level, calls: number, seed: number): Promise<OrderKept> {
  const groups = [
    { count: 3, queues: [support], able: false },
    { count: 3, queues: [support, sales], able: true },
    { count: 2, queues: [support, sales], able: false },
  ];
  const given: Played = {
    centre: centreOf(groups, true),
    streams: [
      { ...stream, queue: support, callsPerHour: 360 },
      { ...stream, queue: sales, callsPerHour: 180 },
    ],
  };
  const able = new Map(given.centre.agents.map(({ id, skills }) => [id, "cards" in skills]));
  const serves = new Map(given.centre.agents.map(({ id, queues }) => [id, queues]));
  const order = new Order(
    (agent, { queue }) =>
      (serves.get(agent)?.includes(queue) ?? false) &&
      (queue === support || (able.get(agent) ?? false)),
  );
  await playAt(level, given, calls, seed, order);
  return { looks: order.looks, overtaken: order.overtaken };
}

/** How two queues of equal weight fared that share their agents. */
export interface Fairness {
  /** The mean wait of each, of those who were answered. */
  readonly busy: Estimate;
  readonly quiet: Estimate;
  /** How far these are apart, in standard errors of both. */
  readonly errorsApart: number;
  /** How many calls the agent who had most had for each of the one who had fewest. */
  readonly mostByFewest: number;
}

/** Plays two queues of which one is called nearly seven times as often. */
export async function fairnessAt(level: Level, calls: number, seed: number): Promise<Fairness> {
  const streams = [
    { ...stream, queue: support, callsPerHour: 400 },
    { ...stream, queue: sales, callsPerHour: 60 },
  ] as const;
  const centre = centreOf([{ count: 8, queues: [support, sales], able: false }], false);
  const [busy, quiet] = streams.map((each) => new Gauge(each, 20_000, batchOf(level, calls)));
  if (busy === undefined || quiet === undefined) throw new Error("there are two queues");
  const answered: AgentId[] = [];
  await playAt(level, { centre, streams }, calls, seed, {
    ends: (outcome) => {
      if (outcome.agent !== null) answered.push(outcome.agent);
      if (counts(level, outcome.index)) (outcome.queue === support ? busy : quiet).note(outcome);
    },
  });
  const waits = { busy: busy.estimates().answerMs, quiet: quiet.estimates().answerMs };
  const apart = Math.abs(waits.busy.mean - waits.quiet.mean);
  const shares = tallied(answered);
  return {
    ...waits,
    errorsApart: apart / Math.hypot(waits.busy.error, waits.quiet.error),
    // An agent who had no call at all is not in the list.
    mostByFewest:
      (shares.at(-1) ?? 0) / (shares.length < centre.agents.length ? 0 : (shares[0] ?? 0)),
  };
}

/** How many conversations each agent had, fewest first. */
export const tallied = (agents: readonly AgentId[]): readonly number[] =>
  [...Map.groupBy(agents, (agent) => agent).values()]
    .map(({ length }) => length)
    .sort((left, right) => left - right);
