import type { Agent, Presence, Reservation } from "../domain/agent.ts";
import type { Closing } from "../domain/closing.ts";
import type { AgentId, CallId, QueueName } from "../domain/ids.ts";
import type { WaitingCall } from "../domain/queue.ts";
import type { NewEntry, Peer, PresenceWish } from "../ports/desk.ts";

/** What an agent can ask for during a call and gets when it ends. */
export type LaterPresence = Exclude<PresenceWish, { readonly is: "available" }>;

/**
 * An agent as a desk keeps her. What is pending is kept whole, with the reason of the pause, so that nothing is lost
 * between asking for a pause and getting it. The rest is for the day on which Redis was away, and what two memories
 * know of her has to become one again.
 */
export type AgentRecord = Omit<Agent, "pending"> & {
  readonly later: LaterPresence | null;
  /** The process whose call was offered to her last. */
  readonly by: string | null;
  /** Counts the changes of her reservation and activity. */
  readonly rev: number;
  /** When her presence was last asked for. */
  readonly wishedAt: number;
};

/** The agent that users of the desk see. */
export function agentOf(record: AgentRecord): Agent {
  const { later, by: _by, rev: _rev, wishedAt: _wishedAt, ...rest } = record;
  return { ...rest, pending: later === null ? null : later.is };
}

/** The wish with whole characters only: half of one, in a reason somebody typed, is no text that JSON readers take. */
export function wellFormed(wish: PresenceWish): PresenceWish {
  return wish.is === "paused" ? { is: "paused", reason: wish.reason.toWellFormed() } : wish;
}

/** The agent after she asked for a presence. A short break never improves her place: it starts the idle time anew. */
export function withPresence(before: AgentRecord, wish: PresenceWish, now: number): AgentRecord {
  const record: AgentRecord = { ...before, wishedAt: now };
  if (wish.is === "available") {
    if (record.presence.is === "available") return { ...record, later: null };
    // After-call work has counted as idle time since the call ended; a break and being away have not.
    const idleSince = record.presence.is === "after_call" ? record.idleSince : now;
    return { ...record, presence: { is: "available" }, later: null, idleSince };
  }
  if (record.activity.is === "talking") return { ...record, later: wish };
  return { ...record, presence: wish, later: null };
}

/**
 * The agent after her conversation ended. What she asked for meanwhile comes first. Somebody who was away or on a
 * break (and was called directly) is away or on a break again; work after an earlier call goes on unless a new one
 * takes its place.
 */
export function afterTalking(
  record: AgentRecord,
  call: CallId,
  wrapUpUntil: number,
  idleSince: number,
): AgentRecord {
  const rev = record.rev + 1;
  const since = record.activity.is === "talking" ? record.activity.since : idleSince;
  const tally = withTalk(record, since, idleSince);
  const quiet: AgentRecord = { ...record, activity: { is: "none" }, rev, idleSince, tally };
  if (record.later !== null) return { ...quiet, presence: record.later, later: null };
  if (record.presence.is === "offline" || record.presence.is === "paused") return quiet;
  if (wrapUpUntil === 0) return quiet;
  const presence: Presence = { is: "after_call", until: wrapUpUntil, call };
  return { ...quiet, presence };
}

/** The agent whom a queue has offered a call until `until`. */
export function withOffer(record: AgentRecord, queue: QueueName, until: number): AgentRecord {
  const { tally } = record;
  return { ...record, tally: { ...tally, offeredAt: { ...tally.offeredAt, [queue]: until } } };
}

/** The agent who has talked from `since` until `now`. */
function withTalk({ tally }: AgentRecord, since: number, now: number): AgentRecord["tally"] {
  const talkMs = tally.talkMs + Math.max(0, now - since);
  return { ...tally, calls: tally.calls + 1, talkMs };
}

/** A call as it waits at first: offered to nobody, and nobody has let it ring out. */
export function waitingFrom(entry: NewEntry): WaitingCall {
  const { call, queue, priority, language, enteredAt, owner, prefers } = entry;
  const preferred = prefers === undefined ? {} : { prefers };
  const about = { call, queue, priority, language, enteredAt, owner, ...preferred };
  return { ...about, offeredTo: null, passedBy: [] };
}

/** Every agent whom a waiting call is offered to. */
export function offeredIn({ offeredTo, also = [] }: WaitingCall): readonly AgentId[] {
  return offeredTo === null ? [] : [offeredTo, ...also];
}

/** The waiting call, offered to these agents and no others. */
export function offering(entry: WaitingCall, to: readonly AgentId[]): WaitingCall {
  const { also: _also, ...rest } = entry;
  const [offeredTo = null, ...also] = to;
  return also.length === 0 ? { ...rest, offeredTo } : { ...rest, offeredTo, also };
}

/** The waiting call, no longer offered to this agent. */
export function withdrawn(entry: WaitingCall, agent: AgentId): WaitingCall {
  return offering(
    entry,
    offeredIn(entry).filter((other) => other !== agent),
  );
}

/** Whether she can be reached by whoever dials her: available or not, her phone is free, and no call is on its way. */
export function callable({ reservation, activity, device }: AgentRecord): boolean {
  return reservation.is !== "offered" && activity.is === "none" && device === "idle";
}

/** The agent with another reservation. */
export function withReservation(record: AgentRecord, reservation: Reservation): AgentRecord {
  return { ...record, reservation, rev: record.rev + 1 };
}

/** Whether a call is offered to her just now. */
export function isOffered(record: AgentRecord, call: CallId): boolean {
  return record.reservation.is === "offered" && record.reservation.call === call;
}

/** Whether the call is hers when she answers: it is offered to her, and no other agent was quicker. */
export function mayAnswer(record: AgentRecord, call: CallId): boolean {
  const { reservation } = record;
  return reservation.is === "offered" && reservation.call === call && reservation.lost !== true;
}

/** Whether she talks in this call. */
export function isTalkingIn(record: AgentRecord, call: CallId): boolean {
  return record.activity.is === "talking" && record.activity.call === call;
}

/** The closing with whole characters only; see `wellFormed`. */
export function wellFormedClosing(closing: Closing): Closing {
  return { ...closing, reason: closing.reason.toWellFormed() };
}

/** All that a desk knows of agents, waiting calls, queues and processes at one moment. */
export interface DeskRecords {
  readonly closings: readonly Closing[];
  readonly waiting: readonly WaitingCall[];
  readonly agents: readonly AgentRecord[];
  readonly peers: readonly Peer[];
}
