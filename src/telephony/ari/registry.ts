import type { ChannelId } from "../../domain/ids.ts";
import type { Log } from "../../ports/log.ts";
import type { AriClient } from "./client.ts";
import type { CommandQueue } from "./commands.ts";
import type { Playback } from "./wire.generated.ts";

/** A leg as the rest of the adapter sees it: what it is told, and the order of its commands. */
export interface LiveLeg {
  readonly id: ChannelId;
  readonly gone: AbortSignal;
  readonly commands: CommandQueue;
  /** Stops what plays or records on the channel, so that the next command is not blocked by it. */
  stopMedia(): Promise<void>;
  onKey(key: string): void;
  /** The channel entered our application. */
  onStart(): void;
  /** A hangup is under way. */
  onHangup(cause: number | undefined): void;
  /** The channel left our application, hung up or not. */
  onLeft(): void;
  onDestroyed(cause: number): void;
  /** The events were lost for a while; this is how the channel stands now, `null` when it is gone. */
  onFound(state: { readonly up: boolean } | null): void;
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
}
