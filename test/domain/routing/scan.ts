import { type Agent, routable } from "../../../src/domain/agent.ts";
import type { AgentId, CallId } from "../../../src/domain/ids.ts";
import type { QueueSnapshot } from "../../../src/domain/queue.ts";
import { compareWaiting, needsOf } from "../../../src/domain/routing/ranking.ts";
import { agentRules, type RoutingRules } from "../../../src/domain/routing/rules.ts";
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
    .filter((call) => call.offeredTo === null)
    .toSorted((left, right) => compareWaiting(left, right, rules));
  for (const call of calls) {
    const needs = needsOf(call, rules);
    const waitedMs = now - call.enteredAt;
    const skills = ({ id }: Agent) => agentRules(rules, id).skills;
    const queues = [call.queue, ...(call.alsoQueues ?? [])];
    const through = (agent: Agent) => queues.findIndex((queue) => agent.queues.includes(queue));
    const key = (agent: Agent): readonly number[] => [
      call.passedBy.includes(agent.id) ? 1 : 0,
      through(agent),
      -fitness(skills(agent), needs, waitedMs),
      measureOf(agent, queues[through(agent)] ?? call.queue, rules, () => 0),
      Number(agent.extension),
    ];
    const [best] = free
      .filter((agent) => through(agent) >= 0)
      .filter((agent) => lacking(skills(agent), needs, waitedMs) === null)
      .toSorted((left, right) => compareKeys(key(left), key(right)));
    if (best === undefined) continue;
    free.splice(free.indexOf(best), 1);
    made.push([call.call, best.id]);
  }
  return made;
}

function compareKeys(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((value, index) => value !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
