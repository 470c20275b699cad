import { type Agent, routable } from "./agent.ts";
import type { AgentId, CallId, QueueName } from "./ids.ts";
import type { QueueSnapshot, WaitingCall } from "./queue.ts";

/** One decision: this call to this agent, and why in sentences for people. */
export interface Assignment {
  readonly call: CallId;
  readonly queue: QueueName;
  readonly owner: string;
  readonly agent: AgentId;
  readonly extension: string;
  readonly reasons: readonly string[];
}

/** A queue's weight by its name; an unknown queue weighs nothing. */
export type Weights = ReadonlyMap<QueueName, number>;

/**
 * The order in which calls are served, over every queue: queue weight, then priority (a higher number strictly
 * first), then the original entry, then the id, so that the order is total.
 */
export function compareWaiting(left: WaitingCall, right: WaitingCall, weights: Weights): number {
  return (
    (weights.get(right.queue) ?? 0) - (weights.get(left.queue) ?? 0) ||
    right.priority - left.priority ||
    left.enteredAt - right.enteredAt ||
    (left.call < right.call ? -1 : left.call > right.call ? 1 : 0)
  );
}

function longestIdleFirst(left: Agent, right: Agent): number {
  return left.idleSince - right.idleSince || (left.extension < right.extension ? -1 : 1);
}

/**
 * Pairs waiting calls with free agents: calls in serving order, each to the agent of its queue who has been idle
 * longest. A call whose agents are all taken blocks nobody behind it. An agent who let this very call ring out is
 * asked again only when no other agent of the queue could be.
 */
export function assign(snapshot: QueueSnapshot, weights: Weights, now: number): Assignment[] {
  const free = snapshot.agents.filter(routable).sort(longestIdleFirst);
  if (free.length === 0) return [];
  const waiting = snapshot.waiting
    .filter((call) => call.offeredTo === null)
    .sort((left, right) => compareWaiting(left, right, weights));
  const taken = new Set<AgentId>();
  const assignments: Assignment[] = [];
  for (const [place, call] of waiting.entries()) {
    if (taken.size === free.length) break;
    const able = free.filter((agent) => !taken.has(agent.id) && agent.queues.includes(call.queue));
    const fresh = able.filter((agent) => !call.passedBy.includes(agent.id));
    const agent = fresh[0] ?? able[0];
    if (agent === undefined) continue;
    taken.add(agent.id);
    assignments.push({
      call: call.call,
      queue: call.queue,
      owner: call.owner,
      agent: agent.id,
      extension: agent.extension,
      reasons: [
        `${call.call} was number ${place + 1} of ${waiting.length} to be served, waiting ${now - call.enteredAt} ms in ${call.queue}`,
        `${agent.id} was idle longest (${now - agent.idleSince} ms) of ${able.length} free agents of ${call.queue}`,
      ],
    });
  }
  return assignments;
}

/** The place (from 1) of every waiting call among those of its own queue. */
export function placesOf(
  waiting: readonly WaitingCall[],
  weights: Weights,
): ReadonlyMap<CallId, number> {
  const counts = new Map<QueueName, number>();
  const places = new Map<CallId, number>();
  for (const { call, queue } of waiting.toSorted((left, right) =>
    compareWaiting(left, right, weights),
  )) {
    const place = (counts.get(queue) ?? 0) + 1;
    counts.set(queue, place);
    places.set(call, place);
  }
  return places;
}
