import { type Agent, routable } from "../agent.ts";
import { servedThrough, type WaitingCall } from "../queue.ts";
import { queueRules, type RoutingRules } from "./rules.ts";

/**
 * From when on a call may be offered to one more agent: at once when nobody has it, or, for a short while, when the
 * agent who served the caller last is free; with one already at once when its phones ring all together, when the newest has
 * rung for a while where they ring progressively. `null`: not before the offer that there is has ended.
 */
export function nextOfferAt(
  waiting: WaitingCall,
  agents: readonly Agent[],
  rules: RoutingRules,
): number | null {
  const { call, queue, offeredTo, callback } = waiting;
  if (offeredTo === null) return graceOf(waiting, agents, rules);
  const { several } = queueRules(rules, queue);
  if (several === undefined || callback === true) return null;
  if (several.everyMs === 0) return Number.NEGATIVE_INFINITY;
  const begun = agents.map(({ reservation }) =>
    reservation.is === "offered" && reservation.call === call
      ? reservation.until - several.leaseMs
      : Number.NEGATIVE_INFINITY,
  );
  return Math.max(...begun) + several.everyMs;
}

/** Until when a call waits for the agent whom it prefers: while she is busy, and will be free again. */
function graceOf(waiting: WaitingCall, agents: readonly Agent[], rules: RoutingRules): number {
  const { queue, prefers, enteredAt, passedBy } = waiting;
  const { graceMs = 0 } = queueRules(rules, queue);
  if (prefers === undefined || graceMs === 0 || passedBy.includes(prefers)) {
    return Number.NEGATIVE_INFINITY;
  }
  const preferred = agents.find(({ id }) => id === prefers);
  return preferred !== undefined && isBusyAWhile(preferred, waiting)
    ? enteredAt + graceMs
    : Number.NEGATIVE_INFINITY;
}

/** Whether an agent who may take it is with a caller, or at her after-call work, and takes calls after it. */
function isBusyAWhile(agent: Agent, waiting: WaitingCall): boolean {
  const { presence, pending, device } = agent;
  const takesCalls = presence.is === "available" || presence.is === "after_call";
  return (
    takesCalls &&
    pending === null &&
    device !== "unreachable" &&
    servedThrough(waiting, agent) !== null &&
    !routable(agent)
  );
}

/** Whether a call that was just given to one agent goes on to be given to others. */
export function ringsAll(
  { queue, callback }: Pick<WaitingCall, "queue" | "callback">,
  rules: RoutingRules,
): boolean {
  return callback !== true && queueRules(rules, queue).several?.everyMs === 0;
}
