import { type Agent, awayFrom } from "../agent.ts";
import type { QueueName } from "../ids.ts";
import { type QueueSnapshot, type Reach, servedThrough } from "../queue.ts";
import type { Staffing } from "../waiting.ts";
import type { Handled } from "./estimate.ts";
import { queueRules, type RoutingRules, skillsOf } from "./rules.ts";
import { lacking } from "./skills.ts";

/** How a queue stands at one moment for somebody who waits in it. */
export interface QueueLoad {
  /**
   * The agents who may take her, are signed in and whose phones are there, on a break or not: its own, and those of
   * queues that were added.
   */
  readonly signedIn: number;
  /** Those of them who are not on a break: free, talking, in after-call work. */
  readonly available: number;
  /**
   * Those of them whom its skills let take its calls, each by the part of her that this queue has. An agent of a queue
   * that was added counts as if she served this one as well.
   */
  readonly effective: number;
  /** What its calls took each agent who serves it, signed in or not. */
  readonly handled: readonly Handled[];
}

/** Works out how queues stand for those who wait, each at most once. */
export function loadsOf(
  snapshot: QueueSnapshot,
  rules: RoutingRules,
  now: number,
): (waiting: Reach) => QueueLoad {
  const known = new Map<string, QueueLoad>();
  return (waiting) => {
    const key = [waiting.queue, ...(waiting.alsoQueues ?? [])].join();
    const load = known.get(key) ?? loadOf(waiting, snapshot, rules, now);
    known.set(key, load);
    return load;
  };
}

export function loadOf(
  waiting: Reach,
  { agents }: Pick<QueueSnapshot, "agents">,
  rules: RoutingRules,
  now: number,
): QueueLoad {
  const { queue } = waiting;
  const serving = agents.filter((agent) => servedThrough(waiting, agent) !== null);
  const signedIn = serving.filter((agent) => isSignedIn(agent, now));
  const available = signedIn.filter(isAvailable);
  return {
    signedIn: signedIn.length,
    available: available.length,
    effective: available
      .filter((agent) => mayTake(agent, queue, rules))
      .reduce((sum, { queues }) => sum + 1 / new Set([queue, ...queues]).size, 0),
    handled: serving.flatMap(({ tally }) => tally.handled?.[queue] ?? []),
  };
}

/** Whether those of a queue's agents are there whom a rule asks for. */
export function isStaffed(
  rule: Staffing,
  queue: QueueName,
  agents: readonly Agent[],
  now: number,
): boolean {
  if (rule === "always") return true;
  return agents.some(
    (agent) =>
      agent.queues.includes(queue) &&
      isSignedIn(agent, now) &&
      (rule === "signed-in" || isAvailable(agent)),
  );
}

/** When the next of these agents counts as away because her phone is lost; `null` when none will. */
export function nextAwayAt(agents: readonly Agent[], now: number): number | null {
  const coming = agents.map((agent) => awayFrom(agent) ?? now).filter((at) => at > now);
  return coming.length === 0 ? null : Math.min(...coming);
}

const isSignedIn = (agent: Agent, now: number): boolean =>
  agent.presence.is !== "offline" && now < (awayFrom(agent) ?? Infinity);

const isAvailable = ({ presence }: Agent): boolean =>
  presence.is === "available" || presence.is === "after_call";

/** Whether she has what the queue asks for when a caller has waited long. */
const mayTake = (agent: Agent, queue: QueueName, rules: RoutingRules): boolean =>
  lacking(skillsOf(rules, agent), queueRules(rules, queue).needs, Infinity) === null;
