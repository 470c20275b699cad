import { isIn } from "../domain/call.ts";
import type { Ending } from "../domain/call-fact.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { asQueueName } from "../domain/ids.ts";
import type { Exit } from "../domain/ivr.ts";
import type { Outside, Way } from "../domain/waiting.ts";
import { type Call, languageOf } from "./call.ts";
import { callOutside } from "./outside.ts";
import { promiseCallback } from "./promise.ts";
import type { Scope } from "./scope.ts";
import { playThrough } from "./speak.ts";
import { leaveVoicemail } from "./voicemail.ts";

/** Why a caller leaves a queue without an agent, and where she is taken. */
export interface Leaving {
  readonly to: Way | Outside;
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
  readonly #tell: (by: "rule" | "key") => void;

  /** `tell` is called when a way was taken, and when she pressed a key that leads out. */
  constructor(tell: (by: "rule" | "key") => void) {
    this.#tell = tell;
  }

  get taken(): Leaving | null {
    return this.#taken;
  }

  /** Settles when she has pressed a key that leads out: nobody's phone is to ring for her any more. */
  get pressed(): Promise<"caller_left"> {
    return this.#pressed.promise;
  }

  /** A rule takes her away: no phone begins to ring for her any more, but one that rings may still be answered. */
  take(leaving: Leaving): void {
    if (this.#taken !== null) return;
    this.#taken = leaving;
    this.#tell("rule");
  }

  /** She takes herself away, so that what rings for her is taken back, too. */
  press(leaving: Leaving): void {
    this.#taken ??= leaving;
    this.#pressed.resolve("caller_left");
    this.#tell("key");
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
  settings: QueueSettings,
  { to, why, prompt }: Leaving,
): Promise<Exit | Ending> {
  const { record, deps, leg, scope } = call;
  const queue = asQueueName(settings.name);
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
  if ("number" in to) return await putThrough(call, settings, to);
  if (prompt !== undefined) await playThrough(call, [prompt], languageOf(call));
  if ("callback" in to) return await promiseCallback(call, queue, why);
  return "menu" in to ? { menu: to.menu } : await leaveVoicemail(call, queue, why);
}

/**
 * Puts her through to somebody outside, or goes on with that (`null`); whom nobody answers there is taken where the queue
 * says, which is never to a number again.
 */
export async function putThrough(
  call: Call,
  settings: QueueSettings,
  to: Outside | null,
): Promise<Exit | Ending> {
  const came = await callOutside(call, settings, to);
  if (typeof came !== "string") return came;
  return await leaveQueue(call, settings, { to: settings.otherwise, why: `number_${came}` });
}
