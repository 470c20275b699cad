import type { Language } from "./call-fact.ts";
import type { AgentId, CallId, QueueName } from "./ids.ts";

/** One thing said in a call: by the menu, by the caller (keys included), by the agent. */
export interface TranscriptLine {
  readonly call: CallId;
  /** From 1 within the call; chosen by the store. */
  readonly seq: number;
  /** Names the line within its call, chosen by whoever says it: keeping a line twice changes nothing. */
  readonly key: string;
  readonly speaker: "bot" | "customer" | "agent";
  readonly content: string;
  readonly language: Language | null;
  readonly at: number;
  /** Where it comes from: `menu`, `speech`, `api`. */
  readonly source: string;
}

/** A line that the store has not numbered yet. */
export type NewLine = Omit<TranscriptLine, "call" | "seq">;

/** How long a WAV file plays, from its size and the bytes a second that its head tells; 0 when it is no such file. */
export function wavDurationMs(bytes: Uint8Array): number {
  const headBytes = 44;
  if (bytes.length <= headBytes) return 0;
  const perSecond = new DataView(bytes.buffer, bytes.byteOffset).getUint32(28, true);
  return perSecond === 0 ? 0 : Math.round(((bytes.length - headBytes) * 1_000) / perSecond);
}

/** What came of a conversation, as its agent says; it may be said when the call has long ended. */
export interface WrapUp {
  readonly call: CallId;
  /** Whose conversation it was. */
  readonly agent: AgentId;
  /** One of the codes of the call's queue. */
  readonly code: string;
  /** What else there is to say; empty: nothing. */
  readonly note: string;
  /** The user who said so. */
  readonly author: string;
  readonly at: number;
}

export const recordingKinds = ["conversation", "voicemail"] as const;
export type RecordingKind = (typeof recordingKinds)[number];

/** One finished audio file of a call; what is known of it stays when the audio is deleted. */
export interface RecordingEntry {
  /** As the call's facts name it. */
  readonly name: string;
  readonly call: CallId;
  readonly kind: RecordingKind;
  /** Where the file lies, relative to the recordings folder. */
  readonly file: string;
  readonly bytes: number;
  readonly durationMs: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  readonly at: number;
  /** The queue that the call was in last. */
  readonly queue: QueueName | null;
  /** Who talked in the call, by id. */
  readonly agents: readonly AgentId[];
  /** When its audio was deleted, and the user who did it. */
  readonly deleted: { readonly at: number; readonly by: string } | null;
}

/** An entry as it begins; of what is not said of its call nothing is known. */
export type NewRecording = Omit<RecordingEntry, "queue" | "agents" | "deleted"> &
  Partial<Pick<RecordingEntry, "queue" | "agents">>;
