import type { CallState } from "./call.ts";
import type { Centre, QueueSettings } from "./centre.ts";
import type { AgentId } from "./ids.ts";

/** Who served a caller last, and when. */
export interface Served {
  readonly agent: AgentId;
  readonly at: number;
}

/** What is added to the priority of a caller's calls; 0 for one who is no VIP, or who withheld her number. */
export function addedPriority({ routing }: Pick<Centre, "routing">, caller: string | null): number {
  return routing.vip.find(({ number }) => number === caller)?.priority ?? 0;
}

/** Who talked with the caller last, by her calls of before, the newest first; `null` when nobody did. */
export function servedLast(calls: readonly CallState[]): Served | null {
  const talked = calls.find(({ agent, connectedAt }) => agent !== null && connectedAt !== null);
  if (talked === undefined || talked.agent === null || talked.connectedAt === null) return null;
  return { agent: talked.agent, at: talked.connectedAt };
}

/** Whom a queue prefers for a caller, by who served her last; `null`: nobody. */
export function preferredBy(
  { lastAgent }: Pick<QueueSettings, "lastAgent">,
  served: Served | null,
  now: number,
): AgentId | null {
  if (lastAgent === null || served === null) return null;
  return now - served.at <= lastAgent.withinDays * 86_400_000 ? served.agent : null;
}
