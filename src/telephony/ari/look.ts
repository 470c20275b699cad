import type { ChannelId } from "../../domain/ids.ts";
import type { AriClient } from "./client.ts";
import type { Context, Found } from "./registry.ts";
import { sharing } from "./sharing.ts";
import type { Channel } from "./wire.generated.ts";

/** What every process of Kituo calls its application: this, and its name. */
export const appPrefix = "kituo-";

/** The channels of Asterisk at one moment, and which application each is in. */
export interface Look {
  readonly channels: ReadonlyMap<string, Channel>;
  /** The applications of Kituo that have a channel; more than one only for a moment, as it is handed over. */
  readonly holders: ReadonlyMap<string, readonly string[]>;
}

/**
 * Applications that hold a channel. An ended Stasis can leave a subscription behind, so what the channel runs counts
 * too; a channel that was made by ARI runs nothing.
 */
const stasis: ReadonlySet<string> = new Set(["", "Stasis", "StasisBroadcast"]);

/** Who looks at Asterisk. Two hundred calls that are adopted at once cost a few requests. */
export interface Lookout {
  /** As it is now. */
  readonly look: () => Promise<Look>;
  /** As it was a moment ago, when somebody has looked then and seen this channel: good enough for what does not change. */
  readonly lately: (channel: ChannelId) => Promise<Look>;
}

/** So long a look is a moment ago. */
const LATELY_MS = 1_000;

/** Makes the one who looks. */
export function createLookout(ari: Pick<AriClient, "tell">): Lookout {
  let last: { readonly look: Look; readonly at: number } | null = null;
  const look = sharing(async () => {
    const at = performance.now();
    const [channels, applications] = await Promise.all([
      ari.tell("GET /channels", {}),
      ari.tell("GET /applications", {}),
    ]);
    const found = new Map((channels?.value ?? []).map((channel) => [channel.id, channel]));
    const holders = new Map<string, string[]>();
    for (const { name, channel_ids } of applications?.value ?? []) {
      if (!name.startsWith(appPrefix)) continue;
      for (const id of channel_ids) {
        if (!stasis.has(found.get(id)?.dialplan.app_name ?? "none")) continue;
        holders.set(id, [...(holders.get(id) ?? []), name]);
      }
    }
    last = { look: { channels: found, holders }, at };
    return last.look;
  });
  return {
    look,
    async lately(channel) {
      if (last === null || performance.now() - last.at > LATELY_MS) return await look();
      return last.look.channels.has(channel) ? last.look : await look();
    },
  };
}

/** How a channel stands, seen from the application `app`. */
export function foundIn({ channels, holders }: Look, id: string, app: string): Found {
  const channel = channels.get(id);
  if (channel === undefined) return { is: "gone" };
  const held = holders.get(id) ?? [];
  if (held.includes(app)) return { is: channel.state === "Up" ? "up" : "down" };
  return { is: held.length > 0 ? "taken" : "released" };
}

/** Looks where a channel is that was ours a moment ago and left without a word. */
export async function whereabouts(context: Context, id: ChannelId): Promise<Found> {
  const look = await context.look();
  // What is left of our subscriptions says nothing: that it left is certain.
  const others = (look.holders.get(id) ?? []).filter((name) => name !== context.ari.app);
  if (!look.channels.has(id)) return { is: "gone" };
  return { is: others.length > 0 ? "taken" : "released" };
}
