import type { Direction, Ending, Language } from "../domain/call.ts";
import { callIdFrom } from "../domain/ids.ts";
import type { Menus } from "../domain/ivr.ts";
import { HungUp, type Leg } from "../ports/telephony.ts";
import type { Deps } from "./deps.ts";
import { CallRecord } from "./record.ts";
import { inScope, type Scope } from "./scope.ts";

/** A live call as its flow sees it: the caller's leg, the record, the scope that owns all it acquires. */
export interface Call {
  readonly leg: Leg;
  readonly record: CallRecord;
  readonly scope: Scope;
  readonly deps: Deps;
  readonly menus: Menus;
}

/** The language to speak to this caller: what was chosen, else the centre's first. */
export function languageOf(call: Call): Language {
  return call.record.state.language ?? call.deps.centre.languages[0] ?? "en";
}

/**
 * Runs `body` as the flow of a new call and sees to its end: whatever happens there is one ending, everything that was
 * acquired is given back, the caller's channel is gone, and the work that follows a call is asked for.
 */
export async function runCall(
  leg: Leg,
  direction: Direction,
  deps: Deps,
  body: (call: Call) => Promise<Ending>,
): Promise<void> {
  const id = callIdFrom(deps.random(4));
  const record = new CallRecord(deps, id, {
    type: "started",
    direction,
    caller: leg.entry.from === "extension" ? leg.entry.extension : leg.callerNumber,
    callerName: leg.callerName,
    dialled: leg.entry.dialled,
    channel: leg.id,
  });
  const log = deps.log.child({ call: id });
  let ending: Ending;
  try {
    ending = await inScope({ ...deps, log }, { endsWith: [leg.gone] }, async (scope) => {
      return await body({ leg, record, scope, deps, menus: deps.menus() });
    });
  } catch (error) {
    ending = endingAfter(error, record);
    if (ending.result === "failed") log.error({ err: error }, "a call's flow failed");
  }
  record.note({ type: "ended", ending });
  try {
    await Promise.all([leg.hangup(), record.written()]);
    await deps.desk.removeCall(id);
    await deps.jobs.ask({ type: "post_call", call: id });
  } catch (error) {
    log.error({ err: error }, "the end of a call was not cleared away");
  }
}

/** What it means that the flow was cut off where it was. */
function endingAfter(error: unknown, record: CallRecord): Ending {
  if (!(error instanceof HungUp)) {
    return { result: "failed", reason: "internal_error", by: "system" };
  }
  const { stage } = record.state;
  // The channel broke, or the dead-man's switch took it to the native queue: the caller did not give up.
  if (error.hangupCause === "failed") {
    return { result: "failed", reason: "channel_lost", by: "system" };
  }
  switch (stage) {
    case "initiated":
      return { result: "abandoned", reason: "hung_up_early", by: "caller" };
    case "menu":
      return { result: "abandoned", reason: "hung_up_in_menu", by: "caller" };
    case "queued":
      return { result: "abandoned", reason: "hung_up_waiting", by: "caller" };
    case "ringing":
      return { result: "abandoned", reason: "hung_up_ringing", by: "caller" };
    case "in_progress":
      return { result: "completed", reason: "talked", by: "caller" };
    case "voicemail":
      return { result: "unserved", reason: "hung_up_in_voicemail", by: "caller" };
    case "ended":
      return { result: "failed", reason: "ended_twice", by: "system" };
    default:
      stage satisfies never;
      return { result: "failed", reason: "internal_error", by: "system" };
  }
}
