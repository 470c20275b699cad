import { createHash } from "node:crypto";
import { type CallId, type ChannelId, callIdFrom } from "../domain/ids.ts";

/**
 * The call of the caller who came in on this channel. It follows from the channel alone: whoever finds her there knows
 * which call is hers, though the server that began it had no time to write anything down, or to label the channel.
 */
export function callOn(channel: ChannelId): CallId {
  return callIdFrom(createHash("sha256").update(channel).digest());
}
