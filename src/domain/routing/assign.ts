import { type Agent, routable } from "../agent.ts";
import type { AgentId, CallId, QueueName } from "../ids.ts";
import { type QueueSnapshot, servedThrough, type WaitingCall } from "../queue.ts";
import { Matcher } from "./matcher.ts";
import { compareWaiting, needsOf } from "./ranking.ts";
import { queueRules, type RoutingRules, skillsOf } from "./rules.ts";
import { nextOfferAt, ringsAll } from "./several.ts";
import { fitness, lacking, levelAfter } from "./skills.ts";
import { reasonOf } from "./strategy.ts";

/** One decision: this call to this agent, and why in sentences for people. */
export interface Assignment {
  readonly call: CallId;
  readonly queue: QueueName;
  readonly owner: string;
  readonly agent: AgentId;
  readonly extension: string;
  readonly reasons: readonly string[];
}

/** What one look at the desk comes to. */
export interface Assigned {
  readonly assignments: readonly Assignment[];
  /** When somebody who waits asks for less, so that it is to be looked again though nothing has changed. */
  readonly againAt: number | null;
}

/**
 * Pairs waiting calls with free agents: calls in the order of their rank, each to the agent of its queue who suits best
 * and, among those who suit equally, is first by the queue's strategy; if there is none, to one of a queue that was added
 * for it, by the strategy of that. A call that nobody free may take blocks nobody
 * behind it. An agent who let this very call ring out is asked again only when no other agent of the queue could be.
 */
export function assign(
  snapshot: QueueSnapshot,
  rules: RoutingRules,
  now: number,
  random: () => number,
): Assigned {
  const { waiting, laterAt } = offerable(snapshot, rules, now);
  const free = snapshot.agents.filter(routable);
  // When an agent becomes free it is looked again anyway, so nobody need be ordered for nothing.
  if (free.length === 0) return { assignments: [], againAt: null };
  if (waiting.length === 0) return { assignments: [], againAt: laterAt };
  const matcher = new Matcher(rules, random);
  for (const agent of free) matcher.addAgent(agent);
  for (const call of waiting) matcher.addCall(call, now);
  const assignments: Assignment[] = [];
  for (let match = matcher.next(now); match !== null; match = matcher.next(now)) {
    const { call, agent } = match;
    if (!ringsAll(call, rules)) matcher.removeCall(call.call);
    matcher.removeAgent(agent.id);
    assignments.push({
      call: call.call,
      queue: call.queue,
      owner: call.owner,
      agent: agent.id,
      extension: agent.extension,
      reasons: reasonsOf(call, agent, { waiting, agents: free }, rules, now),
    });
  }
  return { assignments, againAt: earlier(matcher.nextStepAt(), laterAt) };
}

/** The calls that may be offered to somebody now, and when the next of the others may. */
function offerable(
  { waiting, agents }: QueueSnapshot,
  rules: RoutingRules,
  now: number,
): { readonly waiting: readonly WaitingCall[]; readonly laterAt: number | null } {
  let laterAt: number | null = null;
  const due = waiting.filter((call) => {
    const at = nextOfferAt(call, agents, rules);
    if (at === null || at <= now) return at !== null;
    laterAt = earlier(laterAt, at);
    return false;
  });
  return { waiting: due, laterAt };
}

function earlier(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.min(left, right);
}

/** Why this call, and why this agent: two sentences, and one for each thing that was asked of her. */
export function reasonsOf(
  call: WaitingCall,
  agent: Agent,
  { waiting, agents }: QueueSnapshot,
  rules: RoutingRules,
  now: number,
): readonly string[] {
  const waitedMs = now - call.enteredAt;
  const needs = needsOf(call, rules);
  const before = waiting.filter((other) => compareWaiting(other, call, rules) < 0).length;
  const through = servedThrough(call, agent) ?? call.queue;
  const able = agents.filter(
    (other) =>
      servedThrough(call, other) === through &&
      lacking(skillsOf(rules, other), needs, waitedMs) === null,
  );
  const skills = skillsOf(rules, agent);
  const suits = fitness(skills, needs, waitedMs);
  const alike = able.filter((other) => fitness(skillsOf(rules, other), needs, waitedMs) === suits);
  const { weight } = queueRules(rules, call.queue);
  return [
    `${call.call} was number ${before + 1} of ${waiting.length} to be served: queue ${call.queue} of weight ${weight}, priority ${call.priority}, waiting ${waitedMs} ms`,
    `${agent.id} ${reasonOf(agent, through, rules, now)} of ${alike.length} who suited equally, of ${able.length} free agents of ${through}`,
    ...needs.map((need) => {
      const level = levelAfter(need, waitedMs);
      const has = skills[need.skill] ?? 0;
      const asked =
        level === 0
          ? "was not asked for any more"
          : `was ${need.required ? "required" : "preferred"} at ${level}`;
      return `${need.skill} ${asked}; ${agent.id} has ${has}`;
    }),
    ...(call.alsoQueues === undefined
      ? []
      : [`its caller had waited until agents of ${call.alsoQueues.join(", ")} may take it too`]),
    ...(call.widened === true ? ["its caller had waited until no skill was required"] : []),
    ...(call.prefers === undefined ? [] : [`${call.prefers} had served the caller last`]),
    ...(call.passedBy.length === 0 ? [] : [`${call.passedBy.join(", ")} had not answered it`]),
  ];
}

/** The place (from 1) of every waiting call among those of its own queue. */
export function placesOf(
  waiting: readonly WaitingCall[],
  rules: RoutingRules,
): ReadonlyMap<CallId, number> {
  const counts = new Map<QueueName, number>();
  const places = new Map<CallId, number>();
  for (const { call, queue } of waiting.toSorted((left, right) =>
    compareWaiting(left, right, rules),
  )) {
    const place = (counts.get(queue) ?? 0) + 1;
    counts.set(queue, place);
    places.set(call, place);
  }
  return places;
}
