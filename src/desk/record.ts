import {
  type Agent,
  type Device,
  notAnswering,
  type Presence,
  type Reservation,
} from "../domain/agent.ts";
import type { OfferOutcome } from "../domain/call-fact.ts";
import type { Closing } from "../domain/closing.ts";
import type { AgentId, CallId, QueueName } from "../domain/ids.ts";
import type { Asked, WaitingCall } from "../domain/queue.ts";
import { afterHandling } from "../domain/routing/estimate.ts";
import type { Duties, EnrolledAgent, NewEntry, Peer, PresenceWish } from "../ports/desk.ts";

/** What an agent can ask for during a call and gets when it, and the work after it, has ended. */
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
  /** What `enrol` brought last of her queues and skills, as `markOf` writes it. */
  readonly mark: string;
  /** When her queues or skills were last changed. */
  readonly movedAt: number;
  /** How many offers in a row she has let ring out or declined. */
  readonly unanswered: number;
};

/** The agents that users of the desk see, by their records, which never change: a desk is looked at all the time. */
const seen = new WeakMap<AgentRecord, Agent>();

/** The agent that users of the desk see; the same for the same record. */
export function agentOf(record: AgentRecord): Agent {
  const known = seen.get(record);
  if (known !== undefined) return known;
  const agent = strip(record);
  seen.set(record, agent);
  return agent;
}

function strip(record: AgentRecord): Agent {
  const {
    later,
    by: _by,
    rev: _rev,
    wishedAt: _wishedAt,
    mark: _mark,
    movedAt: _movedAt,
    unanswered: _unanswered,
    ...rest
  } = record;
  return { ...rest, pending: later === null ? null : later.is };
}

/** Two enrolments of an agent bring the same queues and skills when their marks are the same. */
export function markOf({ queues, skills = {} }: EnrolledAgent): string {
  const able = Object.entries(skills).sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify([[...queues].sort(), able]);
}

/** The known agent as she is enrolled again: what she serves and can do changes only when the enrolment has. */
export function withEnrolment(
  known: AgentRecord,
  enrolled: EnrolledAgent,
  now: number,
): AgentRecord {
  const { extension, queues } = enrolled;
  const mark = markOf(enrolled);
  // What is known of a phone may be old: who enrols has yet to ask Asterisk.
  const seen = known.device === "unreachable" ? { ...known, lostAt: now } : known;
  if (known.mark === mark) return { ...seen, extension };
  const { skills: _skills, ...rest } = seen;
  return { ...rest, extension, queues: [...queues], mark, movedAt: now };
}

/** The agent with what Asterisk says of her phone now. */
export function withDevice(record: AgentRecord, device: Device, now: number): AgentRecord {
  const { lostAt = now, ...rest } = record;
  return { ...rest, device, ...(device === "unreachable" ? { lostAt } : {}) };
}

/** The agent with other queues or other skills. */
export function withDuties(record: AgentRecord, duties: Duties, now: number): AgentRecord {
  return { ...record, ...duties, movedAt: now };
}

/** The wish with whole characters only: half of one, in a reason somebody typed, is no text that JSON readers take. */
export function wellFormed(wish: PresenceWish): PresenceWish {
  return wish.is === "paused" ? { is: "paused", reason: wish.reason.toWellFormed() } : wish;
}

/** The agent after she asked for a presence. A short break never improves her place: it starts the idle time anew. */
export function withPresence(before: AgentRecord, wish: PresenceWish, now: number): AgentRecord {
  const record: AgentRecord = { ...before, wishedAt: now };
  if (wish.is === "available") {
    if (record.presence.is === "available") return { ...record, later: null, unanswered: 0 };
    // After-call work has counted as idle time since the call ended; a break and being away have not.
    const idleSince = record.presence.is === "after_call" ? record.idleSince : now;
    return { ...record, presence: { is: "available" }, later: null, idleSince, unanswered: 0 };
  }
  const isBusy = record.activity.is === "talking" || record.presence.is === "after_call";
  return isBusy ? { ...record, later: wish } : { ...record, presence: wish, later: null };
}

/**
 * The agent after her conversation ended. Her after-call work comes first, then what she asked for meanwhile. Somebody
 * who was away or on a break is so again after it; work after an earlier call goes on unless a new one takes its place.
 */
function afterTalking(
  record: AgentRecord,
  call: CallId,
  wrapUpUntil: number,
  idleSince: number,
): AgentRecord {
  const rev = record.rev + 1;
  const tally = withTalk(record, idleSince);
  const quiet: AgentRecord = { ...record, activity: { is: "none" }, rev, idleSince, tally };
  const { presence } = quiet;
  if (wrapUpUntil === 0) return presence.is === "after_call" ? quiet : asAskedFor(quiet, presence);
  const isAway = presence.is === "offline" || presence.is === "paused";
  const later = quiet.later ?? (isAway ? presence : null);
  return { ...quiet, presence: { is: "after_call", until: wrapUpUntil, call }, later };
}

/** The end of an agent's conversation, and of the after-call work that follows (0: none does). */
export interface TalkEnd {
  readonly call: CallId;
  readonly wrapUpUntil: number;
  readonly now: number;
}

/** The agent whose conversation has ended. */
export function talkOver(record: AgentRecord, { call, wrapUpUntil, now }: TalkEnd): AgentRecord {
  return afterTalking(withHandled(record, wrapUpUntil, now), call, wrapUpUntil, now);
}

/**
 * The agent at the end of a conversation that came from a queue: it, and the after-call work until `wrapUpUntil`, count
 * towards how long such calls take.
 */
function withHandled(record: AgentRecord, wrapUpUntil: number, now: number): AgentRecord {
  const { activity, tally } = record;
  if (activity.is !== "talking" || activity.queue === undefined) return record;
  const tookMs = Math.max(0, Math.max(now, wrapUpUntil) - activity.since);
  const handled = afterHandling(tally.handled?.[activity.queue], tookMs);
  return {
    ...record,
    tally: { ...tally, handled: { ...tally.handled, [activity.queue]: handled } },
  };
}

/** The agent whom a queue has offered a call until `until`. */
export function withOffer(record: AgentRecord, queue: QueueName, until: number): AgentRecord {
  const { tally } = record;
  return { ...record, tally: { ...tally, offeredAt: { ...tally.offeredAt, [queue]: until } } };
}

/** The agent with more time for her after-call work; `null` when she has none at `now`. */
export function withLongerWrapUp(
  record: AgentRecord,
  byMs: number,
  mostMs: number,
  now: number,
): AgentRecord | null {
  const { presence, idleSince } = record;
  if (presence.is !== "after_call" || presence.until <= now) return null;
  const until = Math.max(presence.until, Math.min(presence.until + byMs, idleSince + mostMs));
  return { ...record, presence: { ...presence, until }, wishedAt: now };
}

/** The agent after an offer of a queue that she did not answer; so many in a row pause her (0: none do). */
export function withUnanswered(
  record: AgentRecord,
  outcome: OfferOutcome,
  pauseAfter: number,
): AgentRecord {
  if (outcome !== "no_answer" && outcome !== "declined") return record;
  const unanswered = record.unanswered + 1;
  const isTooMany = pauseAfter > 0 && unanswered >= pauseAfter;
  if (!isTooMany || record.presence.is !== "available") return { ...record, unanswered };
  return { ...record, unanswered, presence: { is: "paused", reason: notAnswering } };
}

/** Her tally with the conversation that ended at `now`. A direct call counts for nothing: no queue has given her it. */
function withTalk({ activity, tally }: AgentRecord, now: number): AgentRecord["tally"] {
  if (activity.is !== "talking" || activity.queue === undefined) return tally;
  const talkMs = tally.talkMs + Math.max(0, now - activity.since);
  return { ...tally, calls: tally.calls + 1, talkMs };
}

/** A call as it waits at first: offered to nobody, and nobody has let it ring out. */
export function waitingFrom(entry: NewEntry): WaitingCall {
  const { call, queue, priority, language, enteredAt, owner, prefers } = entry;
  const preferred = prefers === undefined ? {} : { prefers };
  const about = { call, queue, priority, language, enteredAt, owner, ...preferred };
  const toBeCalled = entry.callback === true ? { callback: true as const } : {};
  return withAsked({ ...about, ...toBeCalled, offeredTo: null, passedBy: [] }, entry);
}

/** The waiting call with another priority, what it asks of agents, and whose agents it may go to. */
export function withAsked(
  entry: WaitingCall,
  { priority, widened, alsoQueues = [] }: Asked,
): WaitingCall {
  return {
    ...entry,
    priority,
    ...(widened === true ? { widened } : {}),
    ...(alsoQueues.length === 0 ? {} : { alsoQueues: [...alsoQueues] }),
  };
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

/** The waiting call, no longer offered to this agent, who counts as passed unless the caller left. */
export function passedOver(entry: WaitingCall, agent: AgentId, outcome: OfferOutcome): WaitingCall {
  const passed = outcome !== "caller_left" && !entry.passedBy.includes(agent);
  const passedBy = passed ? [...entry.passedBy, agent] : entry.passedBy;
  return { ...withdrawn(entry, agent), passedBy };
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

/** The agent, kept for this call until then by the process `owner`. */
export function reservedFor(
  record: AgentRecord,
  call: CallId,
  until: number,
  owner: string,
): AgentRecord {
  return { ...withReservation(record, { is: "offered", call, until }), by: owner };
}

/** The agent, from now on in this call, which came out of a queue or was a direct one (`null`). */
export function talkingIn(
  record: AgentRecord,
  call: CallId,
  queue: QueueName | null,
  now: number,
  owner: string,
): AgentRecord {
  const from = queue === null ? {} : { queue };
  const activity = { is: "talking", call, since: now, ...from } as const;
  return { ...withReservation(record, { is: "none" }), activity, unanswered: 0, by: owner };
}

/** The agent when this call is no more, of whose end nobody told her; `null` when she had nothing to do with it. */
export function without(record: AgentRecord, call: CallId): AgentRecord | null {
  if (isOffered(record, call)) return withReservation(record, { is: "none" });
  if (record.activity.is !== "talking" || record.activity.call !== call) return null;
  // Nobody said when the call ended; its start is the last moment known of it.
  return afterTalking(record, call, 0, record.activity.since);
}

/** The agent after her after-call work; `null` when she has none that is due by `dueBy`. */
export function wrappedUp(record: AgentRecord, now: number, dueBy: number): AgentRecord | null {
  if (record.presence.is !== "after_call" || record.presence.until > dueBy) return null;
  return { ...asAskedFor(record, { is: "available" }), wishedAt: now };
}

/** The agent with the presence that she has asked for meanwhile, else with this one. */
function asAskedFor(record: AgentRecord, presence: Presence): AgentRecord {
  return { ...record, presence: record.later ?? presence, later: null };
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
