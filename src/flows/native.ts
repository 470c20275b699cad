import { apply, begin, type CallState } from "../domain/call.ts";
import type { CallEvent, CallFact, Ending } from "../domain/call-fact.ts";
import type { Centre } from "../domain/centre.ts";
import { asAgentId, asQueueName, type CallId, type QueueName } from "../domain/ids.ts";
import { wavDurationMs } from "../domain/record.ts";
import type { LiveCall } from "../ports/desk.ts";
import type { NativeCall } from "../ports/telephony.ts";
import { keepPlace } from "./again.ts";
import { clearAway } from "./call.ts";
import type { Deps } from "./deps.ts";
import { isFeatureCode } from "./feature.ts";
import { callOn } from "./identity.ts";

type NativeDeps = Pick<
  Deps,
  | "board"
  | "centre"
  | "clock"
  | "desk"
  | "e164"
  | "jobs"
  | "journal"
  | "lease"
  | "log"
  | "owner"
  | "running"
  | "store"
  | "telephony"
>;

/** A shorter one is no message. */
const SHORTEST_MS = 1_000;

/**
 * Brings what the dialplan did with callers while no server had them into the call log, at the times at which it
 * happened. Killed in the middle, the next one does it: the same facts come of it, under the same numbers. A row is
 * forgotten when its call is closed, by this or by its own flow; until then it is left for the next time.
 */
export async function importNativeCalls(
  natives: readonly NativeCall[],
  deps: NativeDeps,
): Promise<void> {
  if (natives.length === 0) return;
  await deps.lease.mayAct();
  // What is still on its way to the store would be taken for missing there.
  await deps.journal.written();
  const live = await deps.desk.liveCalls();
  for (const native of natives) {
    try {
      if (await isClosed(native, live, deps)) await deps.telephony.forgetNative(native.channel);
    } catch (error) {
      const { channel } = native;
      deps.log.error({ channel, err: error }, "a call was not imported from the dialplan");
    }
  }
}

/** Whether the call of this row is closed now; a call that somebody holds is his to close. */
async function isClosed(
  native: NativeCall,
  live: readonly LiveCall[],
  deps: NativeDeps,
): Promise<boolean> {
  const { owner, running } = deps;
  const held = live.find(({ state }) => state.channel === native.channel);
  if (held === undefined) return await closeUnheld(native, deps);
  const { state } = held;
  if (running.has(state.id)) return false;
  if (held.owner !== owner && state.stage !== "fallback") return false;
  // A server held her to the end: adoption closes the call, and needs the time.
  if (native.takenAt === null) return false;
  return await closeHeld(native, state.id, deps);
}

/** Closes a call of ours that no flow holds, unless its flow has just done so. */
async function closeHeld(native: NativeCall, id: CallId, deps: NativeDeps): Promise<boolean> {
  const { desk, journal, running, store } = deps;
  let isClosed = false;
  await running.run(id, async () => {
    await journal.written();
    const [live, logged] = await Promise.all([desk.liveCall(id), store.calls.state(id)]);
    if (live === null) return;
    if ([live.state.stage, logged?.stage].includes("ended")) await clearAway(id, deps);
    else await close(native, id, live.state, deps);
    isClosed = true;
  });
  return isClosed;
}

/** A call that no desk knows: it is over, or no server has ever heard of it. */
async function closeUnheld(native: NativeCall, deps: NativeDeps): Promise<boolean> {
  const { entry } = native;
  // Nothing is logged of feature codes; and what came in no way of ours is no call of ours.
  if (entry === null) return true;
  if (entry.from === "extension" && isFeatureCode(entry.dialled)) return true;
  const id = callOn(native.channel);
  let isClosed = true;
  // Behind its own flow, which may just be ending it, or may not have come to the desk yet.
  await deps.running.run(id, async () => {
    await deps.journal.written();
    const logged = await deps.store.calls.state(id);
    if (logged?.stage === "ended") return;
    // What is behind may hold the end of it.
    isClosed = deps.journal.health().state === "up";
    if (isClosed) await close(native, id, logged, deps);
  });
  return isClosed;
}

/** Notes what is missing of a call up to its end, and clears it away as the end of any call is. */
async function close(
  native: NativeCall,
  id: CallId,
  known: CallState | null,
  deps: NativeDeps,
): Promise<void> {
  const { board, journal } = deps;
  const messageMs = await lengthOf(native.message, deps);
  const events: CallEvent[] = [];
  let state = known;
  for (const [noted, fact] of factsOf(native, known, messageMs, deps.centre)) {
    const at = Math.max(noted, state?.lastAt ?? 0);
    const event: CallEvent = { ...fact, call: id, seq: (state?.seq ?? 0) + 1, at };
    state = state === null ? begin(event) : apply(state, event);
    events.push(event);
    board.publish({ type: "call", event, state });
  }
  if (state !== null) {
    await journal.keep({ type: "facts", events, state });
    await keepPlace(state, deps);
  }
  await clearAway(id, deps);
}

/** How long the message is that she left; 0 when there is none. */
async function lengthOf(message: string | null, { telephony }: NativeDeps): Promise<number> {
  const audio = message === null ? null : await telephony.fetchRecording(message);
  return audio === null ? 0 : wavDurationMs(audio);
}

/** What happened, and when, in order: from the beginning when nothing is known, else from where the record stands. */
export function factsOf(
  native: NativeCall,
  known: CallState | null,
  messageMs: number,
  centre: Centre,
): readonly (readonly [at: number, fact: CallFact])[] {
  const { takenAt, queuedAt, connectedAt, answeredBy, message, endedAt } = native;
  const queue = centre.queues.some(({ name }) => name === native.queue) ? native.queue : null;
  const facts: [number, CallFact][] = [];
  if (known === null) facts.push([native.arrivedAt, startedFrom(native)]);
  if (takenAt !== null && known?.stage !== "fallback") facts.push([takenAt, { type: "released" }]);
  if (queuedAt !== null && queue !== null && known?.queue !== queue) {
    facts.push([queuedAt, { type: "queued", queue, priority: 0, since: takenAt ?? queuedAt }]);
  }
  if (connectedAt !== null && answeredBy !== null) {
    const agent = centre.agents.find(({ extension }) => extension === answeredBy);
    facts.push([
      connectedAt,
      {
        type: "answered_natively",
        agent: agent === undefined ? null : asAgentId(agent.id),
        extension: answeredBy,
      },
    ]);
  }
  if (message !== null) {
    const department = queue ?? known?.queue ?? firstQueue(centre);
    const startedAt = Math.max(takenAt ?? 0, endedAt - messageMs);
    facts.push([
      startedAt,
      { type: "voicemail_started", queue: department, why: "nobody_answered" },
    ]);
    if (messageMs >= SHORTEST_MS) {
      facts.push([
        endedAt,
        {
          type: "voicemail_left",
          queue: department,
          recording: message,
          durationMs: messageMs,
        },
      ]);
    }
  }
  facts.push([endedAt, { type: "ended", ending: endingOf(native, messageMs, centre) }]);
  return facts;
}

function startedFrom(native: NativeCall): CallFact & { type: "started" } {
  const { entry, channel, callerName } = native;
  const inside = entry?.from === "extension";
  return {
    type: "started",
    direction: inside ? "internal" : "inbound",
    caller: inside ? entry.extension : native.callerNumber,
    callerName,
    dialled: entry?.dialled ?? "",
    channel,
  };
}

function firstQueue(centre: Centre): QueueName {
  return asQueueName(centre.queues[0]?.name ?? "");
}

/** How it ended, as far as the dialplan can tell: it does not see which side hung up first. */
function endingOf(native: NativeCall, messageMs: number, centre: Centre): Ending {
  const { entry, connectedAt, message, takenAt } = native;
  if (connectedAt !== null) return { result: "completed", reason: "talked_natively", by: "caller" };
  if (message !== null) {
    return messageMs >= SHORTEST_MS
      ? { result: "completed", reason: "left_message", by: "caller" }
      : { result: "unserved", reason: "hung_up_in_voicemail", by: "caller" };
  }
  if (takenAt === null) return { result: "abandoned", reason: "hung_up_early", by: "caller" };
  if (entry?.from !== "extension") {
    return { result: "abandoned", reason: "hung_up_waiting", by: "caller" };
  }
  const exists = centre.agents.some(({ extension }) => extension === entry.dialled);
  const reason = exists ? "no_answer" : "unknown_extension";
  return { result: "refused", reason, by: "agent" };
}
