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

/** The place of a caller whose wait was cut short, kept for when she dials again. */
export interface KeptPlace {
  readonly queue: QueueName;
  /** Her number, as E.164. */
  readonly caller: string;
  /** Since when she had waited. Milliseconds since 1970. */
  readonly enteredAt: number;
  /** It is nobody's any more from then on. */
  readonly until: number;
}

/** All that an assignment needs to know, read in one step. */
export interface QueueSnapshot {
  readonly waiting: readonly WaitingCall[];
  readonly agents: readonly Agent[];
}
