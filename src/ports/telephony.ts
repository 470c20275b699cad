import type { Device } from "../domain/agent.ts";
import type { Language } from "../domain/call.ts";
import type { BridgeId, CallId, ChannelId, QueueName } from "../domain/ids.ts";

/**
 * The telephone side: channels ("legs"), bridges, prompts, recordings. One adapter speaks ARI and AMI to Asterisk,
 * one (`telephony/fake`) keeps everything in memory on virtual time; both pass `test/conformance/telephony.ts`.
 *
 * Every operation on something that has just gone (a hung-up channel, a deleted bridge) succeeds silently or, where
 * a value is needed, says so in its result: gone is ordinary, not an error. What does reject is a fault: Asterisk
 * unreachable, a request past its deadline (`KituoError` code `telephony_down`).
 *
 * Not here: agents, queues, menus, calls. This port knows channels and media only.
 */
export interface Telephony {
  /** Sets what is run for each new call that this process has claimed. Set before `start`. */
  onCall(handler: (leg: Leg) => void): void;
  /** Sets what is told of each change of a phone's state; all phones are told once after `start`. */
  onDevice(handler: (change: DeviceChange) => void): void;
  /** Connects; settles when calls can be taken. */
  start(): Promise<void>;
  /** Stops taking calls and closes the connections; channels stay as they are. */
  stop(): Promise<void>;
  /** Whether Asterisk can be talked to right now, in one word for `/health`. */
  health(): "up" | "down";
  /** Rings a phone. The leg is returned at once; what becomes of it is in `leg.outcome`. */
  dial(request: DialRequest): DialledLeg;
  /** Makes a bridge in which everybody hears everybody. */
  createBridge(id: BridgeId): Promise<Bridge>;
  /** The room where callers of a queue wait and hear music; made on first use, kept. */
  waitingRoom(queue: QueueName): Promise<Room>;
  /** The bytes of a finished recording (a WAV file), or `null` when there is none of that name. */
  fetchRecording(name: string): Promise<Uint8Array | null>;
  /** Removes a finished recording from Asterisk's own disk. */
  deleteRecording(name: string): Promise<void>;
  /** Everything of ours that exists in Asterisk now: what tests and adoption compare with. */
  inventory(): Promise<Inventory>;
}

export interface Inventory {
  readonly channels: readonly ChannelId[];
  /** Conversations; waiting rooms are not counted. */
  readonly bridges: readonly BridgeId[];
}

export interface DeviceChange {
  readonly extension: string;
  readonly device: Device;
}

/** Why a leg ended, in the terms that matter to a caller. */
export type HangupCause =
  | "normal"
  | "busy"
  | "no_answer"
  | "declined"
  | "unreachable"
  | "answered_elsewhere"
  | "failed";

/** The reason with which `leg.gone` aborts. */
export class HungUp extends Error {
  override readonly name = "HungUp";
  readonly channel: ChannelId;
  readonly hangupCause: HangupCause;
  constructor(channel: ChannelId, cause: HangupCause) {
    super(`channel ${channel} hung up: ${cause}`);
    this.channel = channel;
    this.hangupCause = cause;
  }
}

/** How a new call entered: from outside through a trunk or from one of our own phones. */
export type Entry =
  | { readonly from: "outside"; readonly dialled: string }
  | { readonly from: "extension"; readonly extension: string; readonly dialled: string };

/** One channel. */
export interface Leg {
  readonly id: ChannelId;
  readonly entry: Entry;
  /** The caller's number as SIP told it, cleaned of all but `+` and digits; empty when withheld or absurd. */
  readonly callerNumber: string;
  readonly callerName: string;
  /** Aborts, with a `HungUp`, when the channel is gone. */
  readonly gone: AbortSignal;
  /** Keys pressed since the channel came up. Nothing is lost between two readers. */
  readonly keys: Keys;
  answer(): Promise<void>;
  /** Tells the caller that the other side's phone is ringing; before `answer`. */
  ring(): Promise<void>;
  /** Hangs up; idempotent. */
  hangup(cause?: HangupCause): Promise<void>;
  /** Starts playing prompts, one after another, in a language. */
  play(prompts: readonly string[], language: Language): Promise<Playback>;
  /** Records what the caller says until silence, `#`, `maxMs`, `stop` or hangup. */
  record(name: string, limits: { maxMs: number; silenceMs: number }): Promise<Recording>;
  /** Writes ids onto the channel, where they travel with it and outlive this process. */
  label(labels: { call: CallId; role: "caller" | "agent"; queue?: QueueName }): Promise<void>;
  /**
   * Winds the dead-man's switch: if it is not wound again within `ms`, Asterisk takes the caller to the native
   * fallback queue. 0 switches it off. Never while a prompt is being played.
   */
  wind(ms: number): Promise<void>;
  /** Takes the channel out of our hands and on to the native fallback in the dialplan. */
  toFallback(): Promise<void>;
}

export interface Keys {
  /** The next key, the oldest that was not taken yet; rejects with the signal's reason when that aborts first. */
  next(signal: AbortSignal): Promise<string>;
  /** Forgets the keys that were pressed and not taken. */
  flush(): void;
  /** How many keys lie ready. */
  readonly ready: number;
}

export interface Playback {
  /** `played` to the end, `stopped` (by us or by the channel's end), or `failed` (a prompt is missing). Never rejects. */
  readonly finished: Promise<"played" | "stopped" | "failed">;
  stop(): Promise<void>;
}

export interface DialRequest {
  readonly id: ChannelId;
  readonly call: CallId;
  readonly extension: string;
  /** Shown on the phone. */
  readonly callerNumber: string;
  readonly callerName: string;
  /** The channel on whose behalf we ring. */
  readonly originator: ChannelId;
  /** How long Asterisk itself rings before it gives up: a bound beyond the flow's own deadline. */
  readonly timeoutMs: number;
}

/** A leg that we ring. */
export interface DialledLeg extends Leg {
  /** Settles once: `answered`, or why not. Never rejects. */
  readonly outcome: Promise<"answered" | HangupCause>;
}

export interface Bridge {
  readonly id: BridgeId;
  /** Puts channels in, taking each out of wherever it was. Channels that are gone are left out; says who is in. */
  add(...legs: readonly Leg[]): Promise<readonly ChannelId[]>;
  remove(leg: Leg): Promise<void>;
  /** Records what everybody says, mixed, until `stop` or the bridge's end. */
  record(name: string): Promise<Recording>;
  destroy(): Promise<void>;
}

export interface Recording {
  readonly name: string;
  /** Settles when the file is complete. `durationMs` is 0 when nothing was recorded. Never rejects. */
  readonly finished: Promise<{ readonly durationMs: number; readonly failed: boolean }>;
  stop(): Promise<void>;
}

/** A holding bridge with music. */
export interface Room {
  readonly id: BridgeId;
  /** `false` when the channel has gone meanwhile. */
  enter(leg: Leg): Promise<boolean>;
  leave(leg: Leg): Promise<void>;
}
