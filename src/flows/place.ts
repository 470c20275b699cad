import type { QueueSettings } from "../domain/centre.ts";
import { hasCode } from "../domain/errors.ts";
import { asQueueName } from "../domain/ids.ts";
import { lastNumberedEstimate, lastNumberedPlace } from "../domain/prompt.ts";
import { estimateWait, worthTelling } from "../domain/routing/estimate.ts";
import { offersOf } from "../domain/waiting.ts";
import type { Inbox } from "../ports/inbox.ts";
import { type Call, languageOf } from "./call.ts";
import { WIND_EVERY_MS, windSwitch } from "./music.ts";
import type { Watched } from "./overflow.ts";
import type { Scope } from "./scope.ts";
import { playThrough } from "./speak.ts";

const MINUTE_MS = 60_000;
/** So long nothing is told while a phone rings for her: she would be cut off in the middle of it. */
const RING_QUIET_MS = 4_000;

/**
 * Keeps company with a waiting caller: tells her why she was called back; tells the place in the queue, and how long it
 * may take, on entry, when the place changed, not too often, and again after a while; in between, messages in turn, with
 * the keys that lead out. It winds the dead-man's switch, which must not be done while a prompt is played. Ends with the
 * scope.
 */
export async function attend(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
  places: Inbox<number>,
  watched: Watched,
): Promise<void> {
  const { clock } = call.deps;
  const { announce } = settings;
  // Who was told her place before the call was taken up here is not told again that she waits.
  let told = call.record.state.position;
  let toldAt = told === null ? Number.NEGATIVE_INFINITY : clock.now();
  // Whether or not there was anything to tell.
  let triedAt = toldAt;
  const repeatMs = repeatAfter(settings);
  let woundAt = clock.now();
  let place: number | null = null;
  if (isCalledBack(call))
    await unlessAway(call, () => playThrough(call, ["callback-greeting"], languageOf(call), scope));
  const messages = messagesOf(settings);
  let turn = 0;
  let messageAt = messages.length === 0 ? Infinity : clock.now() + announce.messagesEveryMs;
  for (;;) {
    const quietMs = quietFor(call);
    const isNews = place !== told && clock.now() - toldAt >= settings.announceEveryMs;
    const isDue = isNews || clock.now() - triedAt >= repeatMs;
    if (place !== null && isDue && quietMs === 0) {
      const current = place;
      const heard = await unlessAway(call, () => tell(call, scope, settings, current, watched));
      if (heard === true) toldAt = clock.now();
      if (heard !== "away") told = current;
      triedAt = clock.now();
    }
    if (clock.now() >= messageAt && quietMs === 0) {
      for (const prompts of messages[turn % messages.length] ?? [])
        await unlessAway(call, () => playThrough(call, prompts, languageOf(call), scope));
      turn += 1;
      messageAt = clock.now() + announce.messagesEveryMs;
    }
    // In a long queue places change all the time; a request to Asterisk for each would drown everything else.
    if (clock.now() - woundAt >= WIND_EVERY_MS) {
      await windSwitch(call, scope);
      woundAt = clock.now();
    }
    const repeatAt: number = place === null ? Infinity : triedAt + repeatMs;
    place = await scope.within(
      quietMs > 0
        ? quietMs
        : Math.max(0, Math.min(woundAt + WIND_EVERY_MS, messageAt, repeatAt) - clock.now()),
      (waiting) => places.next(waiting.signal),
      () => place,
    );
  }
}

/** Whoever answers a call from outside has to hear who calls, though an agent's phone rings for her already. */
const isCalledBack = ({ record: { state } }: Call): boolean =>
  state.callback !== null && state.position === null;

/** How long after they were told the place and the estimate are told again. */
function repeatAfter({ announce, announceEveryMs }: QueueSettings): number {
  return announce.position || announce.estimate
    ? Math.max(announce.repeatEveryMs, announceEveryMs)
    : Infinity;
}

/** That Asterisk does not answer an announcement is no reason to let go of a phone that rings for her. */
async function unlessAway<Heard>(
  { deps }: Call,
  announce: () => Promise<Heard>,
): Promise<Heard | "away"> {
  try {
    return await announce();
  } catch (error) {
    if (!hasCode(error, "telephony_down")) throw error;
    deps.log.warn({ err: error }, "Asterisk did not answer; an announcement is left out");
    return "away";
  }
}

/** How long yet nothing is told, for a phone rings that may be answered any moment. */
function quietFor({ record, deps }: Call): number {
  const { stage, offeredAt } = record.state;
  if (stage !== "ringing" || offeredAt === null) return 0;
  return Math.max(0, offeredAt + RING_QUIET_MS - deps.clock.now());
}

/** Tells the place and how long it may take, each where it is wanted and there is news; `false` when there is none. */
async function tell(
  call: Call,
  scope: Scope,
  { name, announce, estimate }: QueueSettings,
  place: number,
  { outlook }: Watched,
): Promise<boolean> {
  const { record, deps } = call;
  const queue = asQueueName(name);
  const { position, promisedBy } = record.state;
  const estimateMs =
    announce.estimate && outlook !== null
      ? worthTelling(estimateWait(place, outlook.load, estimate), promisedBy, deps.clock.now())
      : null;
  const news = [
    ...(announce.position ? [placePrompt(place)] : []),
    ...(estimateMs === null ? [] : [estimatePrompt(estimateMs)]),
  ];
  if (news.length === 0) return false;
  const first = position === null && promisedBy === null;
  await playThrough(call, first ? ["please-wait", ...news] : news, languageOf(call), scope);
  if (announce.position) record.note({ type: "position_told", queue, position: place });
  if (estimateMs !== null) record.note({ type: "estimate_told", queue, estimateMs });
  return true;
}

/**
 * What is told in turn: each message with the keys that lead out, or those alone. One after the other, so that the
 * dead-man's switch is wound in between.
 */
function messagesOf({ announce, exits }: QueueSettings): (readonly string[])[][] {
  const offers = offersOf(exits);
  const offered = offers.length === 0 ? [] : [offers];
  if (announce.messages.length > 0) return announce.messages.map((each) => [[each], ...offered]);
  return offers.length === 0 ? [] : [offered];
}

const placePrompt = (place: number): string =>
  place <= lastNumberedPlace ? `position-${place}` : "position-many";

function estimatePrompt(estimateMs: number): string {
  const minutes = Math.ceil(estimateMs / MINUTE_MS);
  return minutes <= lastNumberedEstimate ? `estimate-${minutes}` : "estimate-many";
}
