import type { Agent } from "../agent.ts";
import type { QueueName } from "../ids.ts";
import { type AgentRules, agentRules, queueRules, type RoutingRules } from "./rules.ts";
import type { Strategy } from "./strategies.ts";

/** What an agent brings to the choice among those who are free. */
type Candidate = Pick<Agent, "id" | "extension" | "idleSince" | "tally">;

/**
 * Each strategy as a number: of two free agents the one with the smaller is asked first. Within one look at the desk it
 * does not change, so that agents can be kept in order. A break never improves it: nothing here is set back by one.
 */
const measures: Readonly<
  Record<
    Strategy,
    (agent: Candidate, rules: AgentRules, queue: QueueName, random: () => number) => number
  >
> = {
  /** Since her last conversation ended, of a queue or direct, or she signed in or came back from a break, whichever was last. */
  "longest-idle": ({ idleSince }) => idleSince,
  /** Whom this queue offered a call longest ago, answered or not; those whom it never offered one come first. */
  "round-robin": ({ tally }, _rules, queue) => tally.offeredAt[queue] ?? 0,
  /** Conversations that came from queues, whichever, since she was enrolled. */
  "fewest-calls": ({ tally }) => tally.calls,
  /** The time that she talked in them, in milliseconds. */
  "least-talk-time": ({ tally }) => tally.talkMs,
  /** Always the first in the list of agents who is free. */
  linear: (_agent, { position }) => position,
  /** Drawn anew at every look at the desk, all alike. */
  random: (_agent, _rules, _queue, random) => random(),
  /** Drawn anew at every look: who has twice the share comes first twice as often. Efraimidis, Spirakis 2006. */
  "weighted-random": (_agent, { share }, _queue, random) => -Math.log(1 - random()) / share,
};

/**
 * How far back an agent stands in the order of a queue: the smaller comes first. `own`: what the rules say of her, where
 * that is at hand.
 */
export function measureOf(
  agent: Candidate,
  queue: QueueName,
  rules: RoutingRules,
  random: () => number,
  own = agentRules(rules, agent.id),
): number {
  const { strategy } = queueRules(rules, queue);
  return measures[strategy](agent, own, queue, random);
}

/** Whether it draws agents, so that no two of them ever stand level. */
export const drawn = (strategy: Strategy): boolean =>
  strategy === "random" || strategy === "weighted-random";

/** Why she was chosen by it, for people. */
export function reasonOf(
  agent: Candidate,
  queue: QueueName,
  rules: RoutingRules,
  now: number,
): string {
  const { strategy } = queueRules(rules, queue);
  const { tally, idleSince } = agent;
  switch (strategy) {
    case "longest-idle":
      return `was idle longest (${now - idleSince} ms)`;
    case "round-robin":
      return tally.offeredAt[queue] === undefined
        ? `had never been offered a call by ${queue}`
        : `was the one whom ${queue} had offered a call longest ago`;
    case "fewest-calls":
      return `had the fewest calls (${tally.calls})`;
    case "least-talk-time":
      return `had talked least (${tally.talkMs} ms)`;
    case "linear":
      return "came first in the list";
    case "random":
    case "weighted-random":
      return "was drawn";
    default:
      strategy satisfies never;
      return "";
  }
}
