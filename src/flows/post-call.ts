import { KituoError } from "../domain/errors.ts";
import type { AgentId, CallId, QueueName } from "../domain/ids.ts";
import { wavDurationMs } from "../domain/record.ts";
import type { CallLog, NewTicket } from "../ports/store.ts";
import type { Deps } from "./deps.ts";

type PostCallDeps = Pick<
  Deps,
  "archive" | "board" | "centre" | "clock" | "e164" | "log" | "store" | "telephony"
>;

/**
 * What is done with a call once it is over: its recordings are fetched and kept, the caller is made a customer, a
 * ticket is opened where somebody has to call back. Doing it twice changes nothing.
 */
export async function finishCall(id: CallId, deps: PostCallDeps): Promise<void> {
  const log = await deps.store.calls.get(id);
  if (log === null) throw new KituoError("not_found", `call ${id} has no log yet`);
  if (log.state.stage !== "ended") {
    throw new KituoError("not_found", `the log of call ${id} has no end yet`);
  }
  // A store that was away may have its state a moment before its events.
  if (log.events.length < log.state.seq) {
    throw new KituoError("not_found", `the log of call ${id} has not all its events yet`);
  }
  for (const told of recordingsIn(log)) await keepRecording(log, told, deps);
  const { state } = log;
  const phone = state.direction === "internal" ? null : deps.e164(state.caller);
  if (phone !== null) {
    await deps.store.customers.ensure(phone, state.callerName, deps.clock.now());
  }
  const ticket = ticketFor(log, phone ?? state.caller, deps);
  if (ticket !== null) {
    const now = deps.clock.now();
    const opened = await deps.store.tickets.open(ticket, now);
    if (opened.createdAt === now) {
      deps.board.publish({ type: "ticket", ticket: opened, change: "created", at: now });
    }
  }
}

/** What a call's log tells of one of its recordings. */
interface Told {
  readonly name: string;
  readonly kind: "conversation" | "voicemail";
  /** When it ended or, where nobody was told, began. */
  readonly at: number;
  /** 0 where its end was not told. */
  readonly durationMs: number;
}

function recordingsIn({ events }: CallLog): readonly Told[] {
  const told = new Map<string, Told>();
  for (const event of events) {
    if (event.type === "recording_started") {
      const { recording: name, at } = event;
      told.set(name, { name, kind: "conversation", at, durationMs: 0 });
    } else if (event.type === "recording_ended" || event.type === "voicemail_left") {
      const { recording: name, at, durationMs } = event;
      const kind = event.type === "voicemail_left" ? "voicemail" : "conversation";
      told.set(name, { name, kind, at, durationMs });
    }
  }
  return [...told.values()];
}

async function keepRecording(log: CallLog, told: Told, deps: PostCallDeps): Promise<void> {
  const { store, archive, telephony } = deps;
  const call = log.state.id;
  const { name, kind, at, durationMs } = told;
  if ((await store.recordings.get(name)) !== null) return;
  const audio = await telephony.fetchRecording(name);
  if (audio === null) {
    // Nothing was recorded, as far as its end was told; where that was lost with a connection, there may be a file.
    if (durationMs > 0) deps.log.error({ call }, "a recording is not on Asterisk's disk any more");
    return;
  }
  const day = new Date(at).toISOString().slice(0, 10).replaceAll("-", "/");
  const file = `${day}/${name.replaceAll("/", "-")}.wav`;
  const kept = await archive.keep(file, audio);
  await store.recordings.save({
    name,
    call,
    kind,
    file,
    bytes: kept.bytes,
    durationMs: durationMs > 0 ? durationMs : wavDurationMs(audio),
    sha256: kept.sha256,
    at,
    queue: lastQueueOf(log),
    agents: agentsIn(log),
  });
  await telephony.deleteRecording(name);
}

/** The queue that the call was in, or led to, last. */
function lastQueueOf({ events }: CallLog): QueueName | null {
  const last = events.findLast((event) => "queue" in event && event.queue !== undefined);
  return last !== undefined && "queue" in last ? (last.queue ?? null) : null;
}

function agentsIn({ events }: CallLog): readonly AgentId[] {
  const talked = events.flatMap((event) => (event.type === "connected" ? [event.agent] : []));
  return [...new Set(talked)].sort();
}

/** A message left, a caller who gave up waiting or was cut off: all want to be called back. */
function ticketFor(log: CallLog, phone: string, deps: PostCallDeps): NewTicket | null {
  const { state, events } = log;
  const department = lastQueueOf(log);
  const title = deps.centre.queues.find((each) => each.name === department)?.title ?? "the centre";
  const common = {
    department,
    assignee: null,
    customerName: state.callerName,
    customerPhone: phone,
    call: state.id,
    recording: null,
  };
  if (state.ending?.reason === "left_message") {
    const message = events.findLast((event) => event.type === "voicemail_left");
    return {
      ...common,
      recording: message?.recording ?? null,
      subject: `Message for ${title}`,
      description: `A caller left a message in call ${state.id}.`,
      priority: "high",
      source: "voicemail",
    };
  }
  if (state.ending?.reason === "asterisk_died" && state.connectedAt === null) {
    return {
      ...common,
      subject: `Call back: cut off on the way to ${title}`,
      description: `The telephone exchange failed while a caller waited in call ${state.id}.`,
      priority: "high",
      source: "outage",
    };
  }
  const isCancelled = state.ending?.reason === "callback_cancelled";
  const askedIn = state.callback?.of ?? null;
  if (askedIn !== null && state.connectedAt === null && !isCancelled) {
    return {
      ...common,
      subject: `Call back: not reached for ${title}`,
      description: `A caller asked in call ${askedIn} to be called back and was not reached by call ${state.id}.`,
      priority: "high",
      source: "callback",
    };
  }
  const waited = state.queuedAt !== null || state.ending?.reason === "hung_up_waiting";
  if (state.ending?.result === "abandoned" && waited) {
    return {
      ...common,
      subject: `Missed call to ${title}`,
      description: `A caller hung up after waiting in call ${state.id}.`,
      priority: "medium",
      source: "abandoned",
    };
  }
  return null;
}
