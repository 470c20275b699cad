import type { Leg } from "../../ports/telephony.ts";
import { entryFrom, isAgain } from "./entry.ts";
import { factsOf } from "./facts.ts";
import { rungContext } from "./labels.ts";
import { AsteriskLeg } from "./leg.ts";
import type { Context, RecordingNews } from "./registry.ts";
import type { AriEvent, Channel } from "./wire.generated.ts";

/** What the events of ARI lead to outside of the registry. */
export interface EventSinks {
  /** A call is offered to whoever claims it first. */
  readonly onOffer: (channel: string) => void;
  /** A call that we claimed is ours. */
  readonly onCall: (leg: Leg) => void;
}

/** A channel that was moved to us has this argument; one that is a call has those of the dialplan. */
export const adoptedArgument = "adopted";

/** Every caller is; of whom others have rung, those that we took over. */
function isOurs({ registry }: Context, channel: Channel): boolean {
  return channel.dialplan.context !== rungContext || registry.legs.has(channel.id);
}

function receiveStart(
  context: Context,
  channel: Channel,
  args: readonly string[],
  sinks: EventSinks,
): void {
  const known = context.registry.legs.get(channel.id);
  const entry = entryFrom(args);
  if (entry === null) {
    if (args[0] === adoptedArgument) unsubscribe(context, channel.id);
    if (known !== undefined) known.onStart();
    else context.log.warn({ channel: channel.id }, "call: entered, and nobody waits for it");
    return;
  }
  // Offered again: it has been in the dialplan meanwhile, and we have not heard that.
  known?.onFound({ is: "released" });
  sinks.onCall(new AsteriskLeg(context, factsOf(channel, entry, isAgain(args))));
}

/**
 * A channel that was moved to us is heard of from now on; what made that sure before is taken back, or it would count
 * as ours when it is no more.
 */
function unsubscribe({ ari, log }: Context, channel: string): void {
  ari
    .tell("DELETE /applications/{applicationName}/subscription", {
      path: { applicationName: ari.app },
      query: { eventSource: [`channel:${channel}`] },
    })
    .catch((error: unknown) => log.warn({ error, channel }, "leg: a subscription was left behind"));
}

function tellRecording(context: Context, name: string, news: RecordingNews): void {
  context.registry.recordings.get(name)?.(news);
}

/** Hands one event to whoever waits for it. The order of events across channels, bridges and recordings is not fixed. */
export function route(context: Context, event: AriEvent, sinks: EventSinks): void {
  const { legs, playbacks } = context.registry;
  switch (event.type) {
    case "CallBroadcast":
      if (isOurs(context, event.channel)) sinks.onOffer(event.channel.id);
      return;
    case "StasisStart":
      receiveStart(context, event.channel, event.args, sinks);
      return;
    case "ChannelDtmfReceived":
      legs.get(event.channel.id)?.onKey(event.digit);
      return;
    case "ChannelHangupRequest":
      legs
        .get(event.channel.id)
        ?.onHangup(event.cause, Date.parse(event.timestamp), event.soft === true);
      return;
    case "StasisEnd":
      legs.get(event.channel.id)?.onLeft();
      return;
    case "ChannelDestroyed":
      legs.get(event.channel.id)?.onDestroyed(event.cause, Date.parse(event.timestamp));
      return;
    case "PlaybackFinished":
      playbacks.get(event.playback.id)?.(event.playback.state);
      return;
    case "RecordingStarted":
      tellRecording(context, event.recording.name, {
        is: "started",
        at: Date.parse(event.timestamp),
      });
      return;
    case "RecordingFinished":
      tellRecording(context, event.recording.name, {
        is: "finished",
        at: Date.parse(event.timestamp),
        talkingS: event.recording.talking_duration ?? null,
      });
      return;
    case "RecordingFailed":
      tellRecording(context, event.recording.name, { is: "failed" });
      return;
    default:
      context.log.debug({ type: event.type }, "event of asterisk: not used, ignored");
  }
}
