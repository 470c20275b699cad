import { routable } from "../agent.ts";
import type { AgentId, CallId, QueueName } from "../ids.ts";
import type { QueueSnapshot, WaitingCall } from "../queue.ts";
import { Matcher } from "./matcher.ts";
import { compareWaiting } from "./ranking.ts";
import { reasonsOf } from "./reasons.ts";
import type { RoutingRules } from "./rules.ts";
import { nextOfferAt, ringsAll } from "./several.ts";

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
  const left = new Map(free.map((agent) => [agent.id, agent]));
  const assignments: Assignment[] = [];
  for (let match = matcher.next(now); match !== null; match = matcher.next(now)) {
    const { placed, agent } = match;
    const { call } = placed;
    const reasons = reasonsOf(call, agent, matcher.standing(placed), left.values(), rules, now);
    left.delete(agent.id);
    if (!ringsAll(call, rules)) matcher.removeCall(placed);
    matcher.removeAgent(agent.id);
    assignments.push({
      call: call.call,
      queue: call.queue,
      owner: call.owner,
      agent: agent.id,
      extension: agent.extension,
      reasons,
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
