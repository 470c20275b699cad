import type { ChannelId } from "../../domain/ids.ts";
import type { DialledLeg, Entry, Leg } from "../../ports/telephony.ts";
import { PhoneLeg } from "./dialled.ts";
import { entryFrom } from "./entry.ts";
import { adoptedArgument } from "./events.ts";
import { factsOf } from "./facts.ts";
import { AsteriskLeg, type LegFacts } from "./leg.ts";
import { foundIn, type Look } from "./look.ts";
import { playbackIds } from "./playback.ts";
import type { Context } from "./registry.ts";

/** Takes a caller's channel up, whichever process held it; `entry` is how she entered, where that is known. */
export async function adoptCaller(
  context: Context,
  id: ChannelId,
  entry: Entry | null,
  talks = false,
): Promise<Leg> {
  const known = context.registry.legs.get(id);
  if (known instanceof AsteriskLeg) return known;
  const look = await context.lately(id);
  // Asterisk reads no variable of a channel on which something plays.
  const playedLast = entry === null ? await stopPrompts(context, id) : null;
  const entered = entry ?? (await entryOf(context, id));
  const claimed = context.registry.legs.get(id);
  if (claimed instanceof AsteriskLeg) return claimed;
  const leg = new AsteriskLeg(context, {
    ...factsAt(look, id, entered),
    ...(playedLast === null ? {} : { playedLast }),
  });
  if (playedLast === null && !talks) leg.hush(() => stopPrompts(context, id));
  await takeUp(context, leg, look);
  return leg;
}

/** Takes the channel of a phone up that another process has rung. */
export async function adoptPhone(
  context: Context,
  id: ChannelId,
  extension: string | null,
): Promise<DialledLeg> {
  const { legs } = context.registry;
  const known = legs.get(id);
  if (known instanceof PhoneLeg) return known;
  const look = await context.lately(id);
  const taken = legs.get(id);
  if (taken instanceof PhoneLeg) return taken;
  const entry: Entry =
    extension === null
      ? { from: "outside", dialled: "" }
      : { from: "extension", extension, dialled: "" };
  const facts = factsAt(look, id, entry);
  const leg = new PhoneLeg(context, { ...facts, callerNumber: extension ?? "", callerName: "" });
  // Who waits for somebody else to answer may be told so.
  if (look.channels.get(id)?.state === "Up") leg.hush(() => stopPrompts(context, id));
  await takeUp(context, leg, look);
  return leg;
}

/** What is known of a channel; little of one that has gone. */
function factsAt({ channels }: Look, id: ChannelId, entry: Entry): LegFacts {
  const channel = channels.get(id);
  if (channel !== undefined) return factsOf(channel, entry, true);
  return { id, entry, callerNumber: "", callerName: "", arrivedAt: Date.now(), again: true };
}

/** How she entered, from the variables that the dialplan has set before it offered her. */
async function entryOf({ ari }: Context, id: ChannelId): Promise<Entry> {
  const found = await ari.tell("GET /channels/{channelId}/variables", {
    path: { channelId: id },
    query: { variables: ["KITUO_ENTRY", "KITUO_DIALLED"] },
  });
  const { KITUO_ENTRY, KITUO_DIALLED } = found?.value.variables ?? {};
  const told = [KITUO_ENTRY, KITUO_DIALLED].map(String).join(":").split(":");
  return entryFrom(told) ?? { from: "outside", dialled: "" };
}

/**
 * From here on the leg hears of its channel: it is in the registry already, its channel is subscribed, and only then it
 * is looked at again, so that whatever happens is either told or seen. The channel is moved to our application as well,
 * which need not be waited for: Asterisk does that when nothing plays or records on it any more.
 */
async function takeUp(context: Context, leg: AsteriskLeg, seen: Look): Promise<void> {
  const { ari } = context;
  if (foundIn(seen, leg.id, ari.app).is === "taken") {
    await context.subscribe(`channel:${leg.id}`);
    move(context, leg.id);
  }
  const found = foundIn(await context.look(), leg.id, ari.app);
  leg.onFound(found.is === "taken" ? { is: "released" } : found);
}

/** Until it is done, or where it fails, we hear of the channel by what we subscribed to. */
function move({ ari, log }: Context, channel: ChannelId): void {
  ari
    .tell("POST /channels/{channelId}/move", {
      path: { channelId: channel },
      query: { app: ari.app, appArgs: adoptedArgument },
    })
    .catch((error: unknown) => log.warn({ error, channel }, "leg: it stays where it was"));
}

/**
 * Whoever played something to her is dead, and no command may wait for its end. Says which of the two it was, for its
 * end is told a moment later and must not be taken for that of the next.
 */
async function stopPrompts({ ari }: Context, id: ChannelId): Promise<number> {
  const stopped = await Promise.all(
    playbackIds(id).map((playbackId) =>
      ari.tell("DELETE /playbacks/{playbackId}", { path: { playbackId } }),
    ),
  );
  return Math.max(
    0,
    stopped.findLastIndex((answer) => answer !== null),
  );
}
