import { type CallState, isIn } from "./call.ts";
import type { Ending } from "./call-fact.ts";
import { isToBeCalled } from "./callback.ts";
import type { AgentId, QueueName } from "./ids.ts";

/**
 * What somebody who may asks of a live call: that it ends, or that its caller is taken to another queue, to one agent
 * first if need be. `by` is the user who asks.
 */
export type Order =
  | { readonly do: "end"; readonly by: string }
  | {
      readonly do: "move";
      /** `routed` by who looks after the callers, `transferred` by who talks to her. */
      readonly how: "routed" | "transferred";
      readonly queue: QueueName;
      /** Who is asked before all others; `null`: whose turn it is. */
      readonly agent: AgentId | null;
      readonly by: string;
    };

/** Why an order cannot be carried out in this state of the call; `null` when it can. */
export function refusalOf(state: CallState, order: Order): string | null {
  const { stage } = state;
  if (stage === "ended") return "the call has ended";
  if (stage === "fallback") return "the dialplan holds the caller until a server has her again";
  if (order.do === "end") return null;
  if (state.direction === "internal") return "a call between two extensions is in no queue";
  if (isToBeCalled(state)) return "nobody is on the line yet";
  if (stage === "voicemail") return "the caller is leaving a message";
  if (stage === "survey") return "the caller has been served, and is asked how it was";
  if (stage !== "in_progress" && order.agent === null && isIn(state, order.queue))
    return `the caller waits in ${order.queue} already`;
  return null;
}

/** How a call is over that somebody has ended: who talked, or was asked how it was, has been served. */
export function endingOnOrder({ stage }: Pick<CallState, "stage">): Ending {
  return stage === "in_progress" || stage === "survey"
    ? { result: "completed", reason: "talked", by: "agent" }
    : { result: "unserved", reason: "ended_on_order", by: "agent" };
}
