import type { Agent } from "./agent.ts";
import type { Language } from "./call-fact.ts";
import type { AgentId, CallId, QueueName } from "./ids.ts";

/** A call that waits in one queue. */
export interface WaitingCall {
  readonly call: CallId;
  readonly queue: QueueName;
  /** A higher number is served first, or counts like so many minutes waited, as the centre says. */
  readonly priority: number;
  /** The caller's, where the queue asks for it; `null` when it is not known. */
  readonly language: Language | null;
  /** The original entry: kept when the call comes back from an unanswered offer. Milliseconds since 1970. */
  readonly enteredAt: number;
  /** The skills that the queue requires are only preferred for it. */
  readonly widened?: true;
  /** Further queues whose agents may take it too, where there are any; it waits in its own all the same. */
  readonly alsoQueues?: readonly QueueName[];
  /** Nobody is on the line: the caller is to be called back. One agent at a time is kept for it, however many ring. */
  readonly callback?: true;
  /** The process that holds the call's flow. */
  readonly owner: string;
  /** The agent the call is offered to just now. */
  readonly offeredTo: AgentId | null;
  /** Further agents whose phones ring for it at the same time, where there are any. */
  readonly also?: readonly AgentId[];
  /** The agent who served the caller last, where the queue asks for that. */
  readonly prefers?: AgentId;
  /** Agents who let this call ring out: asked again only when nobody else is left. */
  readonly passedBy: readonly AgentId[];
}

/** What can become of a waiting call while it waits; what is not named stays as it is, but for the priority. */
export type Asked = Pick<WaitingCall, "priority" | "widened" | "alsoQueues">;

/** What the overflow of the queue that she is in has done for a caller, beside her priority. */
export const overflowedIn = ({
  widened,
  alsoQueues,
}: {
  readonly widened: boolean;
  readonly alsoQueues: readonly QueueName[];
}): Pick<Asked, "widened" | "alsoQueues"> => ({
  ...(widened ? { widened } : {}),
  ...(alsoQueues.length === 0 ? {} : { alsoQueues }),
});

/** The queues whose agents may take a call: its own first. */
export type Reach = Pick<WaitingCall, "queue" | "alsoQueues">;

/** The first of a call's queues that an agent serves, which is how she comes to take it; `null` when she may not. */
export function servedThrough(
  { queue, alsoQueues }: Reach,
  { queues }: Pick<Agent, "queues">,
): QueueName | null {
  if (queues.includes(queue)) return queue;
  return alsoQueues?.find((each) => queues.includes(each)) ?? null;
}

/** The place of a caller whose wait was cut short, kept for when she dials again. */
export interface KeptPlace {
  readonly queue: QueueName;
  /** Her number, as E.164. */
  readonly caller: string;
  /** Since when she had waited. Milliseconds since 1970. */
  readonly enteredAt: number;
  /** It is nobody's any more from then on. */
  readonly until: number;
  /** With what she had waited at last. */
  readonly asked: Asked;
  /** The steps of the queue's overflow that were taken for her, by their places in the list. */
  readonly overflowed: readonly number[];
}

/** All that an assignment needs to know, read in one step. */
export interface QueueSnapshot {
  readonly waiting: readonly WaitingCall[];
  readonly agents: readonly Agent[];
}
