import type { Agent } from "../agent.ts";
import type { WaitingCall } from "../queue.ts";
import { queueRules, type RoutingRules } from "./rules.ts";

/**
 * From when on a call may be offered to one more agent: at once when its phones ring all together, when the newest has
 * rung for a while where they ring progressively. `null`: not before the offer that there is has ended.
 */
export function nextOfferAt(
  { call, queue, offeredTo }: WaitingCall,
  agents: readonly Agent[],
  rules: RoutingRules,
): number | null {
  if (offeredTo === null) return Number.NEGATIVE_INFINITY;
  const { several } = queueRules(rules, queue);
  if (several === undefined) return null;
  if (several.everyMs === 0) return Number.NEGATIVE_INFINITY;
  const begun = agents.map(({ reservation }) =>
    reservation.is === "offered" && reservation.call === call
      ? reservation.until - several.leaseMs
      : Number.NEGATIVE_INFINITY,
  );
  return Math.max(...begun) + several.everyMs;
}

/** Whether a call that was just given to one agent goes on to be given to others. */
export function ringsAll({ queue }: Pick<WaitingCall, "queue">, rules: RoutingRules): boolean {
  return queueRules(rules, queue).several?.everyMs === 0;
}
