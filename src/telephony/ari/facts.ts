import { asChannelId } from "../../domain/ids.ts";
import type { Entry } from "../../ports/telephony.ts";
import { cleanName, cleanNumber } from "./entry.ts";
import type { LegFacts } from "./leg.ts";
import type { Channel } from "./wire.generated.ts";

/** What is known of a caller's channel, from what Asterisk tells of it. */
export function factsOf(channel: Channel, entry: Entry, again: boolean): LegFacts {
  return {
    id: asChannelId(channel.id),
    entry,
    callerNumber: cleanNumber(channel.caller.number),
    callerName: cleanName(channel.caller.name),
    arrivedAt: Date.parse(channel.creationtime),
    again,
    variables: channel.channelvars,
  };
}

/** The extension that a phone's channel rings, from its name `PJSIP/EXTENSION-NUMBER`; `null` on any other channel. */
export function extensionOf(channel: Pick<Channel, "name">): string | null {
  return /^PJSIP\/(\d{4})-/.exec(channel.name)?.[1] ?? null;
}
