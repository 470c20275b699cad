import { type Agent, routable } from "../../../src/domain/agent.ts";
import type { AgentId, CallId } from "../../../src/domain/ids.ts";
import type { QueueSnapshot, WaitingCall } from "../../../src/domain/queue.ts";
import { compareWaiting, needsOf } from "../../../src/domain/routing/ranking.ts";
import { queueRules, type RoutingRules, skillsOf } from "../../../src/domain/routing/rules.ts";
import { fitness, lacking } from "../../../src/domain/routing/skills.ts";
import { measureOf } from "../../../src/domain/routing/strategy.ts";

/** What `assign` promises, said in the simplest way: every call in order looks at every agent. */
export function assignByScan(
  { waiting, agents }: QueueSnapshot,
  rules: RoutingRules,
  now: number,
): readonly (readonly [CallId, AgentId])[] {
  const free = agents.filter(routable);
  const made: (readonly [CallId, AgentId])[] = [];
  const calls = waiting
    .filter((call) => isDue(call, agents, rules, now))
    .toSorted((left, right) => compareWaiting(left, right, rules));
  for (const call of calls) {
    const { several } = queueRules(rules, call.queue);
    const able = agentsFor(call, free, rules, now);
    for (const { id } of several?.everyMs === 0 ? able : able.slice(0, 1)) {
      made.push([call.call, id]);
      free.splice(
        free.findIndex((agent) => agent.id === id),
        1,
      );
    }
  }
  return made;
}

/** The free agents who may take a call, whoever is asked first in front. */
export function agentsFor(
  call: WaitingCall,
  free: readonly Agent[],
  rules: RoutingRules,
  now: number,
): readonly Agent[] {
  const needs = needsOf(call, rules);
  const waitedMs = now - call.enteredAt;
  const queues = [call.queue, ...(call.alsoQueues ?? [])];
  const through = (agent: Agent) => queues.findIndex((queue) => agent.queues.includes(queue));
  const key = (agent: Agent): readonly number[] => {
    const passed = call.passedBy.includes(agent.id);
    return [
      call.prefers === agent.id && !passed ? 0 : 1,
      passed ? 1 : 0,
      through(agent),
      -fitness(skillsOf(rules, agent), needs, waitedMs),
      measureOf(agent, queues[through(agent)] ?? call.queue, rules, () => 0),
      Number(agent.extension),
    ];
  };
  return free
    .filter((agent) => through(agent) >= 0)
    .filter((agent) => lacking(skillsOf(rules, agent), needs, waitedMs) === null)
    .toSorted((left, right) => compareKeys(key(left), key(right)));
}

/** Whether a phone may begin to ring for a call now. */
function isDue(
  { call, queue, alsoQueues = [], enteredAt, offeredTo, prefers, passedBy }: WaitingCall,
  agents: readonly Agent[],
  rules: RoutingRules,
  now: number,
): boolean {
  const { several, graceMs = 0 } = queueRules(rules, queue);
  if (offeredTo !== null) {
    if (several === undefined) return false;
    const begun = agents.flatMap(({ reservation }) =>
      reservation.is === "offered" && reservation.call === call
        ? [reservation.until - several.leaseMs]
        : [],
    );
    return several.everyMs === 0 || Math.max(...begun) + several.everyMs <= now;
  }
  const last = agents.find(({ id }) => id === prefers);
  if (last === undefined || passedBy.includes(last.id) || routable(last)) return true;
  const comesBack =
    [queue, ...alsoQueues].some((each) => last.queues.includes(each)) &&
    last.pending === null &&
    last.device !== "unreachable" &&
    (last.presence.is === "available" || last.presence.is === "after_call");
  return !comesBack || now >= enteredAt + graceMs;
}

function compareKeys(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((value, index) => value !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
