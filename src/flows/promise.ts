import { randomUUID } from "node:crypto";
import type { CallFact, Ending } from "../domain/call-fact.ts";
import { callsBack, numberDialled } from "../domain/callback.ts";
import { asChannelId, type CallId, type QueueName } from "../domain/ids.ts";
import { overflowedIn } from "../domain/queue.ts";
import { bookCall } from "./booking.ts";
import { type Call, languageOf, settingsOf } from "./call.ts";
import { priorityOf } from "./regulars.ts";
import { playThrough } from "./speak.ts";
import { leaveVoicemail } from "./voicemail.ts";

/** So long after her promise her line counts as free, should she not have hung up. */
const LINE_FREE_MS = 15_000;

/**
 * The caller leaves, and her place waits on until she is called back. One whose number is hidden, or is none that the
 * queue calls, is asked for a message.
 */
export async function promiseCallback(call: Call, queue: QueueName, why: string): Promise<Ending> {
  const { record, deps } = call;
  const { caller, direction } = record.state;
  const number = direction === "internal" ? null : deps.e164(caller);
  if (number === null || !callsBack(settingsOf(call, queue).callback, number)) {
    await playThrough(call, ["callback-no-number"], languageOf(call));
    return await leaveVoicemail(call, queue, why);
  }
  const by = await book(call, queue, number);
  record.note({ type: "callback_requested", queue, by });
  return await confirmCallback(call);
}

/** Tells her that she is called back. It is so whether she hears it or not. */
export async function confirmCallback(call: Call): Promise<Ending> {
  const heard = await playThrough(call, ["callback-confirmed"], languageOf(call));
  // It stops by itself when she hangs up, which may be told a moment later.
  const by = heard === "stopped" ? "caller" : "system";
  return { result: "completed", reason: "callback_requested", by };
}

/**
 * Begins the call by which she is called back, with her place: since when she waits, her priority and her language. Gives
 * the call that does so; when there was one for her number already, that one has the older place.
 */
async function book(call: Call, queue: QueueName, number: string): Promise<CallId> {
  const { record, deps } = call;
  const { state } = record;
  const { id: of, callerName, language, queuedAt, widened, overflowed } = state;
  const started = {
    type: "started",
    direction: "outbound",
    caller: number,
    callerName,
    dialled: number,
    channel: asChannelId(`callback-${randomUUID()}`),
    callback: { of, from: numberDialled(state) },
  } as const;
  const place: readonly CallFact[] = [
    ...(language === null ? [] : [{ type: "language_chosen", language } as const]),
    {
      type: "queued",
      queue,
      priority: priorityOf(call),
      ...(queuedAt === null ? {} : { since: queuedAt }),
      // What another queue had done for her before, this one has not.
      ...(state.queue === queue && overflowed.length > 0
        ? { done: { ...overflowedIn(state), widened, overflowed } }
        : {}),
    },
  ];
  const { flow } = call;
  return await bookCall({ started, place, askedIn: of, lineFree: lineFree(call), flow }, deps);
}

/** Settles when she has hung up: until then she cannot be called. Never rejects. */
async function lineFree({ leg, deps }: Call): Promise<void> {
  try {
    await deps.clock.sleep(LINE_FREE_MS, leg.gone);
  } catch {
    // The sleep rejects because she has hung up, which is what is waited for.
  }
}
