import { asBridgeId, asChannelId } from "../../domain/ids.ts";
import type { FoundBridge, FoundChannel, Inventory, Survey } from "../../ports/telephony.ts";
import { extensionOf } from "./facts.ts";
import { labelsOf, rungContext } from "./labels.ts";
import { appPrefix, type Look } from "./look.ts";
import type { Context } from "./registry.ts";
import { isRoom } from "./room.ts";
import type { Channel } from "./wire.generated.ts";

/** Every channel and conversation that has to do with Kituo, whichever process holds it. */
export async function survey(context: Context): Promise<Survey> {
  const [look, bridges] = await Promise.all([context.look(), conversations(context)]);
  const channels = [...look.channels.values()].map((channel) => foundChannel(channel, look));
  return { channels: channels.filter((one) => concerns(look, one)), bridges };
}

/** What this process has, and what is labelled by any. */
export async function inventory(context: Context): Promise<Inventory> {
  const { ari, registry } = context;
  const [look, bridges] = await Promise.all([context.look(), conversations(context)]);
  const ours = (channel: Channel): boolean =>
    registry.legs.has(channel.id) ||
    labelsOf(channel).call !== null ||
    (look.holders.get(channel.id) ?? []).includes(ari.app);
  return {
    channels: [...look.channels.values()].filter(ours).map((channel) => asChannelId(channel.id)),
    bridges: bridges.filter(({ maker }) => maker === nameOf(ari.app)).map(({ id }) => id),
  };
}

async function conversations({ ari }: Context): Promise<readonly FoundBridge[]> {
  const bridges = (await ari.tell("GET /bridges", {}))?.value ?? [];
  return bridges
    .filter(({ name, id }) => name.startsWith(appPrefix) && !isRoom(id))
    .map(({ id, name, channels }) => ({
      id: asBridgeId(id),
      maker: nameOf(name),
      channels: channels.map(asChannelId),
    }));
}

const nameOf = (app: string): string => app.slice(appPrefix.length);

function foundChannel(channel: Channel, { holders }: Look): FoundChannel {
  const { call, role, app } = labelsOf(channel);
  // A phone that rings, or was answered and not fetched, is in the dialplan, but belongs to who has rung it.
  const isRung = channel.state !== "Up" || channel.dialplan.context === rungContext;
  const [holder = role === "agent" || isRung ? (app ?? undefined) : undefined] =
    holders.get(channel.id) ?? [];
  return {
    id: asChannelId(channel.id),
    holder: holder === undefined ? null : nameOf(holder),
    call,
    role,
    extension: role === "agent" ? extensionOf(channel) : null,
    answered: channel.state === "Up",
    since: Date.parse(channel.creationtime),
  };
}

/** Whether a channel is, was, or is about to be a server's: others, such as a phone that the native queue rings, are not. */
function concerns({ channels }: Look, { id, holder, call }: FoundChannel): boolean {
  const context = channels.get(id)?.dialplan.context ?? "";
  return holder !== null || call !== null || ["kituo-entry", "kituo-fallback"].includes(context);
}
