import type { Agent, Device } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import type { OfferOutcome } from "../domain/call-fact.ts";
import type { Closing } from "../domain/closing.ts";
import type { AgentId, CallId, QueueName } from "../domain/ids.ts";
import type { Asked, KeptPlace, QueueSnapshot, WaitingCall } from "../domain/queue.ts";
import type { Skills } from "../domain/routing/skills.ts";

/**
 * The desk is the live state that must outlive a Kituo process: who waits, who is reserved for whom, what each agent
 * is doing, which process holds which call. Each method is one atomic step that either happens whole or reports why
 * not; two processes can call any of them at the same time. Times are milliseconds since 1970 and come from the
 * caller.
 *
 * While the desk itself is away (Redis is), each process goes on with what it knows: every verb is answered out of its
 * own memory, which is put back when the desk returns, however empty it comes back. No two processes then give calls
 * to the same agent: `snapshot` shows each process only the agents of its own share.
 *
 * Not here: keys, scripts, connections, transactions, subscriptions to anything but changes of a queue. Deadlines are
 * in `ports/jobs.ts`; history is in `ports/store.ts`. Rejects only with `fenced`, when another process has
 * taken this one's place (see `fence`), and before the first `start` with `desk_down`.
 */
export interface Desk {
  /** Connects and settles when the desk answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): Promise<"up" | "down">;

  /**
   * Makes the agents known. New ones are offline; known ones keep their state and get their extension. Their queues and
   * skills they get when those are others than `enrol` brought the last time; else what `setDuties` made of them stays.
   */
  enrol(agents: readonly EnrolledAgent[], now: number): Promise<void>;
  /** Changes which queues she serves and what she can do. Returns the agent after the step, `null` for an unknown id. */
  setDuties(id: AgentId, duties: Duties, now: number): Promise<Agent | null>;
  agents(): Promise<readonly Agent[]>;
  agent(id: AgentId): Promise<Agent | null>;
  agentByExtension(extension: string): Promise<Agent | null>;

  /**
   * Sets presence. `available` while in after-call work ends it early. `offline` and `paused` during a call or the work
   * after it become `pending` and take effect when both have ended; `available` clears what is pending. An offer under
   * way is not taken back here. Returns the agent after the step, `null` for an unknown id.
   */
  setPresence(id: AgentId, wish: PresenceWish, now: number): Promise<Agent | null>;
  /** Sets what Asterisk says of a phone. Returns the agent, `null` when nobody has that extension. */
  setDevice(extension: string, device: Device, now: number): Promise<Agent | null>;

  /**
   * Adds a waiting call; a call that already waits somewhere is moved, with `enteredAt` as given. A caller who comes
   * `again` and whose place in this queue is kept waits with the time of that and with what was asked for her, and it is
   * used up. Returns the place that counts so, `null` where there was none.
   */
  join(entry: NewEntry, again?: Returning): Promise<KeptPlace | null>;
  /** Keeps a caller's place in a queue, one at most, for when she dials again; places that are over are forgotten. */
  keepPlace(place: KeptPlace, now: number): Promise<void>;
  /**
   * Gives a waiting call another priority, lets agents take it who lack a skill that its queue requires, and agents of
   * other queues. It keeps its place among its equals and the offer that is under way. `false` when it does not wait.
   */
  adjust(call: CallId, asked: Asked): Promise<boolean>;
  /** Takes a call out of its queue and frees an agent reserved for it. `false` when it did not wait. */
  leave(call: CallId): Promise<boolean>;
  /** Every waiting call and every agent, read at one moment. */
  snapshot(): Promise<QueueSnapshot>;
  /**
   * The same as this process knows it, which costs no way to the desk: what it did itself is in it, even a `join` or a
   * `setDevice` that is still on its way; what another process did is in it when `onChange` tells of it, or a moment
   * later. Good enough to choose by, since `reserve` is what decides.
   */
  view(): Promise<QueueSnapshot>;

  /** Keeps what was said last of whether a queue is closed; every process is told. */
  setClosing(closing: Closing): Promise<void>;
  /** What was said last of each queue, as this process knows it: like `view`, it costs no way to the desk. */
  closings(): Promise<readonly Closing[]>;

  /**
   * Reserves an agent for a waiting call until `until`. `reserved` only if, at this moment, the call waits and is
   * offered to nobody and the agent is routable; otherwise nothing is changed and the answer says which was in the way.
   * With `beside` the call may be offered to others already: then several phones ring for it.
   */
  reserve(
    call: CallId,
    agent: AgentId,
    until: number,
    beside?: boolean,
  ): Promise<"reserved" | "call_gone" | "agent_gone">;
  /** The same for a direct call, which does not wait: only the agent is looked at, and need not be available. */
  reserveDirect(call: CallId, agent: AgentId, until: number): Promise<"reserved" | "agent_gone">;
  /**
   * Ends a reservation without an answer. The call waits on in its old place and remembers that this agent passed
   * (not after `caller_left`); the agent rests until `restUntil` (0: free at once). `false` when there was no such
   * reservation. Offers of a queue that rang out or were declined are counted, until she answers one or says that she
   * is available; with the `pauseAfter`th in a row (0: never) an agent who is available is `paused`.
   */
  release(
    call: CallId,
    agent: AgentId,
    outcome: OfferOutcome,
    restUntil: number,
    pauseAfter?: number,
  ): Promise<Released>;
  /** Ends every reservation and rest that was due by `now`. Returns what was ended, for the record. */
  expire(
    now: number,
  ): Promise<readonly { readonly agent: AgentId; readonly call: CallId | null }[]>;
  /**
   * The reserved agent answered: the call leaves its queue and she is talking. Of several for whom it rang the first
   * gets it: the others stay reserved until they are released, and can connect no more. `false` when not reserved for
   * it.
   */
  connect(call: CallId, agent: AgentId, now: number): Promise<boolean>;
  /**
   * The conversation ended for her: after-call work until `wrapUpUntil`, or none (0), and then she is available, or what
   * was pending, or away or on a break as she was. Idempotent: `false` when she was not in that call.
   */
  finish(call: CallId, agent: AgentId, wrapUpUntil: number, now: number): Promise<boolean>;
  /**
   * Ends after-call work that is due by `dueBy`; by `now`, unless told. `true` when by it she is available, or what was
   * pending.
   */
  endWrapUp(agent: AgentId, now: number, dueBy?: number): Promise<boolean>;
  /**
   * After-call work that goes on at `now` lasts longer, at most until `mostMs` after the conversation; it is never
   * shortened. Returns the agent after the step, `null` when she has no after-call work.
   */
  extendWrapUp(agent: AgentId, byMs: number, mostMs: number, now: number): Promise<Agent | null>;

  /**
   * Keeps the state of a live call, whole, with the process that holds it. `false`, and nothing is kept, when another
   * process holds the call.
   */
  saveCall(state: CallState, owner: string): Promise<boolean>;
  /**
   * Keeps the state of a call by which somebody is called back, like `saveCall`, unless a live call is there to call the
   * same number (its `caller`) already: then nothing is kept. Returns the call by which she is called back. `by`: the
   * call in which she asks; one by which she was called back gives way to the new one.
   */
  bookCallback(state: CallState, owner: string, by: CallId): Promise<CallId>;
  /**
   * Gives a live call, and its place in a queue, to another owner, if `from` holds it at this moment. Returns the call
   * as it stands, `null` when somebody else was quicker or it is over.
   */
  takeOver(call: CallId, from: string, to: string): Promise<LiveCall | null>;
  liveCalls(): Promise<readonly LiveCall[]>;
  liveCall(id: CallId): Promise<LiveCall | null>;
  /** Forgets a live call, and with it any waiting entry and any reservation or conversation of it that is left. */
  removeCall(id: CallId): Promise<void>;

  /**
   * Says that this process is alive. It is a count, not a time, so that a clock that is set does no harm: who watches
   * a process sees whether its count moves. `false`: it was fenced, and must end without touching anything more.
   */
  beat(owner: string): Promise<boolean>;
  /** Every process that has beaten and was neither retired nor fenced. */
  peers(): Promise<readonly Peer[]>;
  /** This process leaves in order: it is no peer any more, and what it holds can be taken over at once. */
  retire(owner: string): Promise<void>;
  /**
   * Shuts a dead process out before its calls are taken over: it is no peer any more, and should it come back to life,
   * each of its verbs rejects with `fenced`. Idempotent.
   */
  fence(owner: string): Promise<void>;

  /** Tells every process, this one included, that something about waiting calls or agents changed. */
  onChange(handler: () => void): void;
}

/** A call that begins to wait. */
export type NewEntry = Omit<WaitingCall, "offeredTo" | "passedBy">;

/** A caller who may have been cut off, by her number, and the moment that counts. */
export interface Returning {
  readonly caller: string;
  readonly now: number;
}

export interface EnrolledAgent {
  readonly id: AgentId;
  readonly extension: string;
  readonly queues: readonly QueueName[];
  /** What the centre's settings say that she can do; whoever routes knows them, so the desk only sees them change. */
  readonly skills?: Skills;
}

/** What an agent is there for; what is not named stays as it is. */
export interface Duties {
  readonly queues?: readonly QueueName[];
  readonly skills?: Skills;
}

export type PresenceWish =
  | { readonly is: "offline" }
  | { readonly is: "available" }
  | { readonly is: "paused"; readonly reason: string };

/** What became of an agent whose offer ended without an answer; `false`: there was no such offer. */
export type Released = "released" | "paused" | false;

export interface Peer {
  readonly owner: string;
  /** Grows with each `beat`. */
  readonly beats: number;
}

export interface LiveCall {
  readonly state: CallState;
  readonly owner: string;
}
