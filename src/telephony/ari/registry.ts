import type { ChannelId } from "../../domain/ids.ts";
import type { Log } from "../../ports/log.ts";
import type { Entry } from "../../ports/telephony.ts";
import type { AriClient } from "./client.ts";
import type { CommandQueue } from "./commands.ts";
import type { Lookout } from "./look.ts";
import type { Owed } from "./owed.ts";
import type { RingTurns } from "./turns.ts";
import type { Playback } from "./wire.generated.ts";

/** A leg as the rest of the adapter sees it: what it is told, and the order of its commands. */
export interface LiveLeg {
  readonly id: ChannelId;
  readonly entry: Entry;
  readonly gone: AbortSignal;
  /** Whether its channel is known to have been made: until then, that it is not found says nothing. */
  readonly exists: boolean;
  readonly commands: CommandQueue;
  /** Stops what plays or records on the channel, so that the next command is not blocked by it. */
  stopMedia(): Promise<void>;
  onKey(key: string): void;
  /** The channel entered our application: made or moved by us. */
  onStart(): void;
  /**
   * A hangup is under way since `at`, by Asterisk's clock in milliseconds since 1970: of the far end, or `asked` for on
   * this side.
   */
  onHangup(cause: number | undefined, at: number, asked: boolean): void;
  /** The channel left our application, hung up or not. */
  onLeft(): void;
  onDestroyed(cause: number, at: number): void;
  /** A channel has ended that may never have entered our application: a phone that did not answer. */
  onUnanswered(cause: number): void;
  /** The events were lost for a while; this is how the channel stands now. */
  onFound(found: Found): void;
  /** Something that plays or records on the channel, and was not begun by this leg. */
  track(media: Media): void;
}

/** How a channel is found: `up` and `down` in our application, `released` in the dialplan, `taken` by another process. */
export type Found =
  | { readonly is: "up" | "down" | "released" | "taken" }
  /** `at`, in milliseconds since 1970, where the dialplan has kept when. */
  | { readonly is: "gone"; readonly at?: number }
  /** Gone with Asterisk itself, which was last heard of `at`, in milliseconds since 1970. */
  | { readonly is: "asterisk_died"; readonly at: number };

/** Something that plays or records on a channel. */
export interface Media {
  readonly finished: Promise<unknown>;
  stop(): Promise<void>;
}

/** What a recording is told by events. Times are milliseconds since 1970, as Asterisk stamped them. */
export type RecordingNews =
  | { readonly is: "started"; readonly at: number }
  | { readonly is: "finished"; readonly at: number; readonly talkingS: number | null }
  | { readonly is: "failed" };

/**
 * Everything of ours that waits for events, by the id that we chose for it. An entry is made before the request that
 * causes the event is sent, and is removed by whoever made it.
 */
export interface Registry {
  readonly legs: Map<string, LiveLeg>;
  readonly playbacks: Map<string, (state: Playback["state"]) => void>;
  readonly recordings: Map<string, (news: RecordingNews) => void>;
}

/** What every part of the adapter works with. */
export interface Context {
  readonly ari: AriClient;
  readonly registry: Registry;
  readonly log: Log;
  readonly look: Lookout["look"];
  readonly lately: Lookout["lately"];
  /** Lets us hear of a channel or a bridge that another process has made: `channel:ID`, `bridge:ID`. */
  readonly subscribe: (source: string) => Promise<void>;
  /** When channels ended that ended unseen, in milliseconds since 1970, as far as the dialplan has kept it. */
  readonly ends: () => Promise<ReadonlyMap<string, number>>;
  readonly owed: Owed;
  readonly turns: RingTurns;
  /** Somebody has hung up her phone, which has nothing else to do. */
  readonly onPhoneFree: (extension: string) => void;
  /** Another process has taken a channel of ours: it has taken our place. */
  readonly onTaken: (channel: ChannelId) => void;
}
