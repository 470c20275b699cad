import type { Ending } from "../domain/call-fact.ts";
import type { QueueName } from "../domain/ids.ts";
import { type Call, languageOf } from "./call.ts";
import { playThrough } from "./speak.ts";

/** The longest message, and the silence that ends one. */
const MESSAGE_MS = 120_000;
const SILENCE_MS = 5_000;
/** A shorter one is no message. */
const SHORTEST_MS = 1_000;

type Message = { readonly durationMs: number };

/** Asks for a message and records it; a message opens a ticket (see `post-call.ts`). */
export async function leaveVoicemail(call: Call, queue: QueueName, why: string): Promise<Ending> {
  const { record, leg } = call;
  const name = `${record.state.id}/message`;
  const message =
    (await messageBefore(call, name)) ?? (await askForMessage(call, queue, why, name));
  const noted = message.durationMs >= SHORTEST_MS;
  if (noted && record.state.recording !== name) {
    record.note({ type: "voicemail_left", queue, recording: name, durationMs: message.durationMs });
  }
  if (leg.gone.aborted) {
    return noted
      ? { result: "completed", reason: "left_message", by: "caller" }
      : { result: "unserved", reason: "hung_up_in_voicemail", by: "caller" };
  }
  await playThrough(call, [noted ? "message-thanks" : "goodbye"], languageOf(call));
  return noted
    ? { result: "completed", reason: "left_message", by: "system" }
    : { result: "unserved", reason: "no_message_left", by: "system" };
}

/** The message that she was leaving, or had left, when an earlier life of the call ended; `null` when there is none. */
async function messageBefore(call: Call, name: string): Promise<Message | null> {
  const { record, deps } = call;
  if (record.state.stage !== "voicemail") return null;
  const found = await deps.telephony.adoptRecording(name, deps.clock.now(), null);
  return found === null ? null : await found.finished;
}

/** Records until the caller is done. Hanging up is the usual way to end a message, so it does not cut this off. */
async function askForMessage(
  call: Call,
  queue: QueueName,
  why: string,
  name: string,
): Promise<Message> {
  const { record, leg } = call;
  if (record.state.stage !== "voicemail") record.note({ type: "voicemail_started", queue, why });
  await playThrough(call, ["leave-message", "beep"], languageOf(call));
  await call.scope.wait(leg.wind(MESSAGE_MS + 30_000));
  const recording = await leg.record(name, { maxMs: MESSAGE_MS, silenceMs: SILENCE_MS });
  return await recording.finished;
}
