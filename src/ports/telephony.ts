import type { Device } from "../domain/agent.ts";
import type { Language } from "../domain/call-fact.ts";
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
  /** Sets what is told of each phone's state, once it is known, and of each change of it. Set before `start`. */
  onDevice(handler: (change: DeviceChange) => void): void;
  /** Begins to connect, where something else is to be done meanwhile; no call is taken before `start`. */
  connect(): void;
  /**
   * Connects, unless that has begun; settles when calls can be taken, with the moment (in milliseconds since 1970) until
   * which a server is known to have been there before, or `null`. `nativeCalls` tells of ends from a second after it on.
   */
  start(): Promise<number | null>;
  /** Claims no new call from now on; those it has go on. */
  drain(): void;
  /** Stops taking calls and closes the connections; channels stay as they are. */
  stop(): Promise<void>;
  /** Whether Asterisk can be talked to right now, in one word for `/health`. */
  health(): "up" | "down";
  /** Sets what is told each time that Asterisk can be talked to again after it could not; not of the first time. */
  onReturn(handler: (news: Returned) => void): void;
  /** Rings a phone of ours or somebody outside. The leg is returned at once; what becomes of it is in `leg.outcome`. */
  dial(request: DialRequest): DialledLeg;
  /** Makes a bridge in which everybody hears everybody. */
  createBridge(id: BridgeId): Promise<Bridge>;
  /** The room where callers of a queue wait and hear music; made on first use, kept. */
  waitingRoom(queue: QueueName): Promise<Room>;
  /** The bytes of a finished recording (a WAV file), or `null` when there is none of that name. */
  fetchRecording(name: string): Promise<Uint8Array | null>;
  /** Removes a finished recording from Asterisk's own disk. */
  deleteRecording(name: string): Promise<void>;
  /** What Asterisk says of each phone now, by extension; what it tells meanwhile is in it. */
  devices(): Promise<ReadonlyMap<string, Device>>;
  /** Asks whether a channel of ours is still there: one that went unheard has hung up from then on. */
  recheck(channel: ChannelId): Promise<void>;
  /** Everything of ours that exists in Asterisk now: what tests and adoption compare with. */
  inventory(): Promise<Inventory>;
  /** Every channel and every conversation that any Kituo process has, had, or was offered: what adoption goes by. */
  survey(): Promise<Survey>;
  /**
   * Takes a caller's channel up, whichever process held it: from now on its events come here. Settles when that
   * stands. A channel that is gone, or in the dialplan's hands, gives a leg whose `gone` is aborted already, so that a
   * call whose caller left unseen takes the same way as any other. Idempotent: a leg that is here already is returned.
   * `entry` is how she entered, where that is known; `null`: Asterisk is asked. What a dead process played to her is
   * stopped before anything else is done with her; one who `talks` is played nothing.
   */
  adopt(channel: ChannelId, entry: Entry | null, talks?: boolean): Promise<Leg>;
  /**
   * The same for a phone that was rung: it may be ringing still, may have been answered meanwhile, or be gone.
   * `extension` is `null` for somebody outside. What a dead process played to her is stopped as with `adopt`.
   */
  adoptDialled(channel: ChannelId, extension: string | null): Promise<DialledLeg>;
  /** A conversation that exists already; one that is gone behaves as any bridge that has gone. */
  adoptBridge(id: BridgeId): Bridge;
  /**
   * A recording of this name that goes on, or that ended unseen; `null` when there is none. `since` is when it began,
   * in milliseconds since 1970; `of` is the conversation that is recorded, `null` for what a caller says alone.
   */
  adoptRecording(name: string, since: number, of: BridgeId | null): Promise<Recording | null>;
  /** The calls that ended in the dialplan's own hands, or unseen, since they were last forgotten. */
  nativeCalls(): Promise<readonly NativeCall[]>;
  /** Forgets what `nativeCalls` told of this channel. */
  forgetNative(channel: ChannelId): Promise<void>;
  /** Sets what is told when a call has ended in the dialplan's own hands. */
  onNative(handler: () => void): void;
}

export interface Inventory {
  readonly channels: readonly ChannelId[];
  /** Conversations; waiting rooms are not counted. */
  readonly bridges: readonly BridgeId[];
}

/** Asterisk can be talked to again. `restarted`: it is another life of it, and no channel of before is left. */
export interface Returned {
  readonly restarted: boolean;
  /** When it was last heard of, in milliseconds since 1970. */
  readonly lostAt: number;
}

/** What exists in Asterisk at one moment. */
export interface Survey {
  readonly channels: readonly FoundChannel[];
  readonly bridges: readonly FoundBridge[];
}

export interface FoundChannel {
  readonly id: ChannelId;
  /** The process (`Deps.name`) whose application the channel is in; `null` when the dialplan has it, or nobody yet. */
  readonly holder: string | null;
  /** What `label` wrote on it. A caller has none before she first waits. */
  readonly call: CallId | null;
  readonly role: "caller" | "agent" | null;
  /** The extension that was rung, on a leg with the role `agent`; `null` for somebody outside. */
  readonly extension: string | null;
  readonly answered: boolean;
  /** When the channel came to be, in milliseconds since 1970. */
  readonly since: number;
}

/** A conversation. */
export interface FoundBridge {
  readonly id: BridgeId;
  /** The process that made it. */
  readonly maker: string;
  readonly channels: readonly ChannelId[];
}

/**
 * What the dialplan did with a caller while no server had her; each moment in milliseconds since 1970. It is written
 * when the channel ends. For a call that a server held all the time and that ended while none listened, all that is
 * told is when.
 */
export interface NativeCall {
  readonly channel: ChannelId;
  readonly entry: Entry | null;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly arrivedAt: number;
  readonly endedAt: number;
  /** When the dialplan took her; `null`: a server held her to the end. */
  readonly takenAt: number | null;
  /** When she entered the native queue, and which. */
  readonly queuedAt: number | null;
  readonly queue: QueueName | null;
  /** The extension that answered, and when. */
  readonly answeredBy: string | null;
  readonly connectedAt: number | null;
  /** The recording of a message she left, as `fetchRecording` finds it. */
  readonly message: string | null;
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
  | "failed"
  /** Not hung up: the dead-man's switch, or an admin, took the channel back into the dialplan. */
  | "released"
  /** Asterisk itself ended, and the channel with it. */
  | "asterisk_died";

/** What is known of when a leg ended; see {@link HungUp}. */
export interface LegEnd {
  readonly at?: number;
  readonly unseen?: boolean;
}

/** The reason with which `leg.gone` aborts. */
export class HungUp extends Error {
  override readonly name = "HungUp";
  readonly channel: ChannelId;
  readonly hangupCause: HangupCause;
  /** When it happened, in milliseconds since 1970; `null`: just now, or nobody knows. */
  readonly at: number | null;
  /** It happened while nobody listened, and was found out afterwards. */
  readonly unseen: boolean;
  constructor(channel: ChannelId, cause: HangupCause, when: LegEnd = {}) {
    super(`channel ${channel} hung up: ${cause}`);
    this.channel = channel;
    this.hangupCause = cause;
    this.at = when.at ?? null;
    this.unseen = when.unseen ?? false;
  }
}

/** Whether a leg ended though nobody hung up: its phone or its line broke. */
export function hasBroken({ gone }: Pick<Leg, "gone">): boolean {
  const reason: unknown = gone.reason;
  return reason instanceof HungUp && reason.hangupCause === "failed";
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
  /** When the channel came to be, in milliseconds since 1970: the dialplan may have held the caller for a while. */
  readonly arrivedAt: number;
  /** Whether some server may have begun her call before: the dialplan held her, or she was found. */
  readonly again: boolean;
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
  readonly to: Dialled;
  /** Shown on the phone; whoever is outside sees a number of ours. */
  readonly callerNumber: string;
  readonly callerName: string;
  /** The channel on whose behalf we ring; `null`: nobody is there yet. */
  readonly originator: ChannelId | null;
  /** How long Asterisk itself rings before it gives up: a bound beyond the flow's own deadline. */
  readonly timeoutMs: number;
}

/**
 * Who is rung: a phone of ours, or a number outside over a trunk of `kituo.yaml`. Somebody outside is to the call what
 * its agent is, or, where she is called back, its caller.
 */
export type Dialled =
  | { readonly extension: string }
  | { readonly number: string; readonly trunk: string; readonly role: "caller" | "agent" };

/** A leg that we ring. */
export interface DialledLeg extends Leg {
  /** Settles when the phone has been asked to ring, or it is certain that it will not. Never rejects. */
  readonly asked: Promise<void>;
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
