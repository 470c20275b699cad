import type { WaitingCall } from "../queue.ts";
import { queueRules, type RoutingRules } from "./rules.ts";
import type { SkillNeed } from "./skills.ts";

const MINUTE_MS = 60_000;

/** What decides when a call is served: the earlier of two by these, in this order, comes first. */
export interface Rank {
  /** Of the queue; the heavier first. */
  readonly weight: number;
  /** The higher first; always 0 where priority counts as minutes. */
  readonly priority: number;
  /** The original entry, moved back by a minute for each point where priority counts as minutes. The earlier first. */
  readonly since: number;
  /** The call's, so that no two are equal. */
  readonly id: string;
}

/** The rank of a waiting call. It is the same for every agent, and no wait changes the order of two calls. */
export function rankOf(call: WaitingCall, rules: RoutingRules): Rank {
  const { weight } = queueRules(rules, call.queue);
  return rules.priority === "minutes"
    ? { weight, priority: 0, since: call.enteredAt - call.priority * MINUTE_MS, id: call.call }
    : { weight, priority: call.priority, since: call.enteredAt, id: call.call };
}

/** Negative when the left one is served first; never 0 for two calls. */
export function compareRanks(left: Rank, right: Rank): number {
  return (
    right.weight - left.weight ||
    right.priority - left.priority ||
    left.since - right.since ||
    (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)
  );
}

/** The order in which calls are served, over every queue. */
export function compareWaiting(left: WaitingCall, right: WaitingCall, rules: RoutingRules): number {
  return compareRanks(rankOf(left, rules), rankOf(right, rules));
}

/** Everything that a call asks of an agent: what its queue does, and its caller's language. */
export function needsOf(
  { queue, language, widened }: Pick<WaitingCall, "queue" | "language" | "widened">,
  rules: RoutingRules,
): readonly SkillNeed[] {
  const { needs, languageNeeds } = queueRules(rules, queue);
  const spoken = language === null ? undefined : languageNeeds[language];
  const all = spoken === undefined ? needs : [...needs, spoken];
  return widened === true ? all.map((need) => ({ ...need, required: false })) : all;
}
