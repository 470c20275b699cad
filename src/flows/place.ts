import type { QueueSettings } from "../domain/centre.ts";
import { asQueueName } from "../domain/ids.ts";
import { lastNumberedPlace } from "../domain/prompt.ts";
import type { Inbox } from "../ports/inbox.ts";
import { type Call, languageOf } from "./call.ts";
import { insist } from "./outage.ts";
import type { Scope } from "./scope.ts";
import { playThrough } from "./speak.ts";

/** The dead-man's switch of a waiting call, and how often it is wound. */
export const WAIT_LEASE_MS = 20_000;
const WIND_EVERY_MS = 6_000;

/**
 * Keeps company with a waiting caller: tells the place in the queue on entry and when it changed, not too often, and
 * winds the dead-man's switch, which must not be done while a prompt is played. Ends with the scope.
 */
export async function attend(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
  places: Inbox<number>,
): Promise<void> {
  const queue = asQueueName(settings.name);
  const { clock } = call.deps;
  // Who was told her place before the call was taken up here is not told again that she waits.
  let told = call.record.state.position;
  let toldAt = told === null ? Number.NEGATIVE_INFINITY : clock.now();
  let woundAt = Number.NEGATIVE_INFINITY;
  let place: number | null = null;
  for (;;) {
    const due = place !== told && clock.now() - toldAt >= settings.announceEveryMs;
    if (place !== null && due) {
      await playThrough(call, promptsFor(place, told === null), languageOf(call), scope);
      told = place;
      toldAt = clock.now();
      call.record.note({ type: "position_told", queue, position: place });
    }
    // In a long queue places change all the time; a request to Asterisk for each would drown everything else.
    if (clock.now() - woundAt >= WIND_EVERY_MS) {
      await insist(scope, () => scope.wait(call.leg.wind(WAIT_LEASE_MS)), call.deps);
      woundAt = clock.now();
    }
    place = await scope.within(
      Math.max(0, woundAt + WIND_EVERY_MS - clock.now()),
      (waiting) => places.next(waiting.signal),
      () => place,
    );
  }
}

function promptsFor(place: number, first: boolean): string[] {
  const told = place <= lastNumberedPlace ? `position-${place}` : "position-many";
  return first ? ["please-wait", told] : [told];
}
