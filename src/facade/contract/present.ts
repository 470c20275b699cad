import { type Agent, statusOf } from "../../domain/agent.ts";
import type { CallState } from "../../domain/call.ts";
import type { CallEvent } from "../../domain/call-fact.ts";
import type { AgentSettings } from "../../domain/centre.ts";
import type { Closing } from "../../domain/closing.ts";
import { type PartHealth, type Parts, parts } from "../../domain/health.ts";
import type { Hours, Opening } from "../../domain/hours.ts";
import type { WaitingCall } from "../../domain/queue.ts";
import type { RecordingEntry, TranscriptLine, WrapUp } from "../../domain/record.ts";
import { abilitiesOf } from "../../domain/routing/rules.ts";
import type { Ticket, TicketActivity, TicketField, TicketValue } from "../../domain/ticket.ts";
import type { WireAgent } from "./agent.ts";
import type { Call, CallDetail, WireCallEvent, WireWaitingCall } from "./call.ts";
import type { WireOpening } from "./queue.ts";
import type { Recording } from "./recording.ts";
import { segmentsOf } from "./segments.ts";
import type { WirePart, WireParts } from "./session.ts";
import type { WireActivity, WireTicket } from "./ticket.ts";
import type { Message } from "./transcript.ts";
import { toMaybeTime, toSeconds, toTime } from "./words.ts";
import type { WireWrapUp } from "./wrap-up.ts";

/** From domain values to the words of the public API. Pure; the only place where the two vocabularies meet. */
export function presentCall(state: CallState): Call {
  return {
    call_id: state.id,
    status: state.stage,
    direction: state.direction,
    phone_number: state.direction === "outbound" ? state.dialled : state.caller,
    customer_name: state.callerName,
    dialled: state.dialled,
    language: state.language,
    menu: state.menu,
    queue: state.queue,
    department: state.queue,
    priority: state.priority,
    agent_id: state.agent,
    extension: state.extension,
    callback_of: state.callback?.of ?? null,
    called_back_by: state.calledBackBy,
    // A call that an earlier version began has neither.
    forwarded_to: state.outside?.number ?? null,
    rating: state.rating ?? null,
    started_at: toTime(state.startedAt),
    answered_at: toMaybeTime(state.answeredAt),
    queued_at: toMaybeTime(state.queuedAt),
    offered_at: toMaybeTime(state.offeredAt),
    connected_at: toMaybeTime(state.connectedAt),
    ended_at: toMaybeTime(state.endedAt),
    duration: state.endedAt === null ? null : toSeconds(state.endedAt - state.startedAt),
    ending: state.ending === null ? null : { ...state.ending },
  };
}

/** One call with everything that is known of it. */
export function presentCallDetail(
  state: CallState,
  events: readonly CallEvent[],
  recordings: readonly RecordingEntry[],
  wrapUps: readonly WireWrapUp[] = [],
): CallDetail {
  return {
    ...presentCall(state),
    segments: segmentsOf(events),
    events: events.map(presentCallEvent),
    recordings: recordings.map(presentRecording),
    wrap_ups: [...wrapUps],
  };
}

/** What came of a conversation; `title` is what the code is called now. */
export function presentWrapUp(
  { agent, code, note, author, at }: WrapUp,
  title: string | null,
): WireWrapUp {
  return { agent_id: agent, code, title, note, by: author, at: toTime(at) };
}

/** A fact with its own fields; names of Asterisk's objects are nobody's business outside. */
function presentCallEvent(event: CallEvent): WireCallEvent {
  const { call: _call, seq, at, type, ...about } = event;
  const known = Object.fromEntries(
    Object.entries(about)
      .filter(([key]) => key !== "channel" && key !== "bridge")
      .map(([key, value]) => wireField(key, value)),
  );
  return { seq, type, at: toTime(at), ...known };
}

function wireField(key: string, value: unknown): [string, unknown] {
  switch (key) {
    case "since":
      return [key, toTime(Number(value))];
    case "agent":
      return ["agent_id", value];
    case "caller":
      return ["phone_number", value];
    case "callerName":
      return ["customer_name", value];
    case "durationMs":
      return ["duration_seconds", typeof value === "number" ? value / 1000 : null];
    default:
      return [key, value];
  }
}

export function presentRecording(entry: RecordingEntry): Recording {
  return {
    name: entry.name,
    call_id: entry.call,
    kind: entry.kind,
    bytes: entry.bytes,
    duration_seconds: entry.durationMs / 1000,
    sha256: entry.sha256,
    recorded_at: toTime(entry.at),
    queue: entry.queue,
    agent_ids: [...entry.agents],
    url: recordingUrl(entry.name),
    deleted_at: toMaybeTime(entry.deleted?.at ?? null),
    deleted_by: entry.deleted?.by ?? null,
  };
}

/** Where the audio of a recording is, on this server. */
export const recordingUrl = (name: string): string => `/api/recordings/${encodeURIComponent(name)}`;

/** A waiting call. `call` is its live state, which may just have gone: then only the queue's own knowledge is told. */
export function presentWaiting(
  entry: WaitingCall,
  position: number,
  call: CallState | null,
  now: number,
): WireWaitingCall {
  return {
    call_id: entry.call,
    phone_number: call?.caller ?? "",
    customer_name: call?.callerName ?? "",
    queue: entry.queue,
    department: entry.queue,
    priority: entry.priority,
    position,
    entered_at: toTime(entry.enteredAt),
    waited_seconds: toSeconds(now - entry.enteredAt),
    estimated_seconds: null,
    callback: entry.callback === true,
    offered_to: entry.offeredTo,
  };
}

/** Whether a queue takes calls at a moment. `closing`: what somebody said of it, where that is what decides. */
export function presentOpening(
  queue: string,
  hours: Hours | null,
  at: number,
  { open, by, until }: Opening,
  closing: Closing | null,
): WireOpening {
  return {
    queue,
    at: toTime(at),
    open,
    by,
    until: toMaybeTime(until),
    zone: hours?.zone ?? null,
    closing:
      closing === null
        ? null
        : {
            since: toTime(closing.at),
            until: toMaybeTime(closing.until),
            reason: closing.reason === "" ? null : closing.reason,
            by: closing.by,
          },
  };
}

/** An agent at the desk, with what her settings say of her. A break taken as `busy` is told as `busy`. */
export function presentAgent(agent: Agent, record: AgentSettings | null): WireAgent {
  const { skills, speaks } = abilitiesOf(agent, record);
  const { presence, reservation, activity } = agent;
  const status = statusOf(agent);
  const reason = presence.is === "paused" ? presence.reason : null;
  const call =
    activity.is === "talking"
      ? activity.call
      : reservation.is === "offered"
        ? reservation.call
        : null;
  return {
    agent_id: agent.id,
    name: record?.name ?? agent.id,
    extension: agent.extension,
    queues: [...agent.queues],
    skills: { ...skills },
    speaks: { ...speaks },
    status: status === "on_break" && reason === "busy" ? "busy" : status,
    presence: presence.is,
    reason,
    after_call_until: presence.is === "after_call" ? toTime(presence.until) : null,
    reservation: reservation.is,
    activity: activity.is,
    device: agent.device,
    call_id: call,
    talking_since: activity.is === "talking" ? toTime(activity.since) : null,
    pending: agent.pending,
    idle_since: toTime(agent.idleSince),
  };
}

export function presentTicket(ticket: Ticket): WireTicket {
  return {
    ticket_id: ticket.id,
    subject: ticket.subject,
    description: ticket.description,
    status: ticket.status,
    priority: ticket.priority,
    department: ticket.department,
    assigned_to: ticket.assignee,
    customer_name: ticket.customerName,
    customer_phone: ticket.customerPhone,
    call_id: ticket.call,
    recording: ticket.recording,
    recording_url: ticket.recording === null ? null : recordingUrl(ticket.recording),
    source: ticket.source,
    tags: [...ticket.tags],
    linked_calls:
      ticket.call === null ? [...ticket.linkedCalls] : [ticket.call, ...ticket.linkedCalls],
    due_at: toMaybeTime(ticket.dueAt),
    notes: ticket.notes.map((note) => ({ ...note, at: toTime(note.at) })),
    created_at: toTime(ticket.createdAt),
    updated_at: toTime(ticket.updatedAt),
    resolved_at: toMaybeTime(ticket.resolvedAt),
    closed_at: toMaybeTime(ticket.closedAt),
  };
}

const wireFields = {
  status: "status",
  priority: "priority",
  assignee: "assigned_to",
  department: "department",
  dueAt: "due_at",
  tags: "tags",
  linkedCalls: "linked_calls",
  notes: "notes",
} as const satisfies Record<TicketField, WireActivity["field"]>;

/** One change of a ticket; the only values that are numbers are times. */
export function presentActivity({ seq, at, by, field, from, to }: TicketActivity): WireActivity {
  const wire = (value: TicketValue) =>
    typeof value === "number"
      ? toTime(value)
      : typeof value === "object" && value !== null
        ? [...value]
        : value;
  return { seq, at: toTime(at), by, field: wireFields[field], from: wire(from), to: wire(to) };
}

export function presentMessage(line: TranscriptLine): Message {
  return {
    call_id: line.call,
    seq: line.seq,
    speaker: line.speaker,
    content: line.content,
    language: line.language,
    time: toTime(line.at),
    source: line.source,
  };
}

export function presentPart({ state, since }: PartHealth): WirePart {
  return { state, since: toTime(since) };
}

export function presentParts(health: Parts): WireParts {
  const entries = parts.map((part) => [part, presentPart(health[part])] as const);
  return Object.fromEntries(entries) as WireParts;
}
