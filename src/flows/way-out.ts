import { isIn } from "../domain/call.ts";
import type { Ending } from "../domain/call-fact.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { asQueueName, type QueueName } from "../domain/ids.ts";
import type { Exit } from "../domain/ivr.ts";
import type { Way } from "../domain/waiting.ts";
import { type Call, languageOf } from "./call.ts";
import { promiseCallback } from "./promise.ts";
import type { Scope } from "./scope.ts";
import { playThrough } from "./speak.ts";
import { leaveVoicemail } from "./voicemail.ts";

/** Why a caller leaves a queue without an agent, and where she is taken. */
export interface Leaving {
  readonly to: Way;
  readonly why: string;
  /** What she is told before, where it is not another queue that she is taken to. */
  readonly prompt?: string;
}

/** A caller who was taken from queue to queue, or through menus, more often than this is asked for a message. */
const MOST_MOVES = 10;

/** The way out of a queue that is taken first, by whoever finds one: a key, a rule of the queue. */
export class WayOut {
  #taken: Leaving | null = null;
  readonly #pressed = Promise.withResolvers<"caller_left">();
  readonly #tell: () => void;

  /** `tell` is called once, when a way was taken. */
  constructor(tell: () => void) {
    this.#tell = tell;
  }

  get taken(): Leaving | null {
    return this.#taken;
  }

  /** Settles when she has pressed a key that leads out: nobody's phone is to ring for her any more. */
  get pressed(): Promise<"caller_left"> {
    return this.#pressed.promise;
  }

  take(leaving: Leaving): void {
    if (this.#taken !== null) return;
    this.#taken = leaving;
    this.#tell();
  }

  /** The same by her own wish, so an offer that is under way is taken back; a rule lets it go on. */
  press(leaving: Leaving): void {
    this.take(leaving);
    this.#pressed.resolve("caller_left");
  }
}

/** Takes the keys that are pressed while she waits, until one leads out of the queue. */
export async function heedKeys(
  call: Call,
  scope: Scope,
  { exits }: QueueSettings,
  wayOut: WayOut,
): Promise<void> {
  // What she pressed before she waited was not meant for this.
  call.leg.keys.flush();
  for (;;) {
    const key = await call.leg.keys.next(scope.signal);
    const to = exits[key];
    if (to === undefined) continue;
    call.record.say("customer", key, languageOf(call));
    wayOut.press({ to, why: `key_${key}` });
    return;
  }
}

/** Takes her out of the queue; says where she goes next, or how the call ended. */
export async function leaveQueue(
  call: Call,
  queue: QueueName,
  { to, why, prompt }: Leaving,
): Promise<Exit | Ending> {
  const { record, deps, leg, scope } = call;
  const wasIn = isIn(record.state, queue);
  // Of somebody who was not let in and is asked for a message, that tells all.
  if (wasIn || !("voicemail" in to)) record.note({ type: "left_queue", queue, why });
  if (wasIn) {
    const room = await scope.wait(deps.telephony.waitingRoom(queue));
    await scope.wait(room.leave(leg));
  }
  // What she pressed in vain must not be taken for an answer to what she is asked next.
  leg.keys.flush();
  if (record.state.moves > MOST_MOVES) return await leaveVoicemail(call, queue, "moved_too_often");
  if ("queue" in to) return { queue: asQueueName(to.queue) };
  if (prompt !== undefined) await playThrough(call, [prompt], languageOf(call));
  if ("callback" in to) return await promiseCallback(call, queue, why);
  return "menu" in to ? { menu: to.menu } : await leaveVoicemail(call, queue, why);
}
