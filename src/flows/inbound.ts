import type { CallState } from "../domain/call.ts";
import type { Ending } from "../domain/call-fact.ts";
import { asQueueName } from "../domain/ids.ts";
import type { Exit } from "../domain/ivr.ts";
import { type Call, languageOf } from "./call.ts";
import { walkMenu } from "./menu.ts";
import { confirmCallback } from "./promise.ts";
import { playThrough } from "./speak.ts";
import { leaveVoicemail } from "./voicemail.ts";
import { waitForAgent } from "./wait.ts";

/** A call from outside: menus, queue, an agent, talk, end. One that was begun before goes on where it was. */
export async function inboundCall(call: Call): Promise<Ending> {
  if (call.record.state.calledBackBy !== null) return await confirmCallback(call);
  let exit = whereItWas(call.record.state) ?? entryOf(call);
  // A menu speaks; a queue rings a free agent first.
  if (!("queue" in exit)) await call.scope.wait(call.answer());
  for (;;) {
    const next = await follow(call, exit);
    if ("result" in next) return next;
    exit = next;
  }
}

/**
 * The stage at which a call is entered that was begun before; `null` for one that had not got anywhere. The stages
 * themselves look at the record, and at what was found, for how far they had come.
 */
function whereItWas({ stage, menu, queue }: CallState): Exit | null {
  switch (stage) {
    case "initiated":
    case "ended":
      return null;
    case "voicemail":
      return queue === null ? null : { voicemail: queue };
    case "menu":
    case "queued":
    case "ringing":
    case "in_progress":
    case "survey":
    case "fallback":
      return menu !== null ? { menu } : queue !== null ? { queue } : null;
    default:
      stage satisfies never;
      return null;
  }
}

/** Where the number that was dialled leads. */
function entryOf(call: Call): Exit {
  const { centre, e164 } = call.deps;
  const dialled = call.record.state.dialled;
  const line = centre.numbers.find(
    (entry) => entry.number === dialled || entry.number === e164(dialled),
  );
  if (line === undefined) return { menu: centre.entryMenu };
  return "queue" in line ? { queue: line.queue } : { menu: line.menu };
}

/** Takes one exit; the stage it leads to says where to go next, or how the call ended. */
async function follow(call: Call, exit: Exit): Promise<Exit | Ending> {
  if ("menu" in exit) {
    if (exit.language !== undefined) {
      call.record.note({ type: "language_chosen", language: exit.language });
    }
    return await walkMenu(call, exit.menu);
  }
  if ("queue" in exit) return await waitForAgent(call, asQueueName(exit.queue));
  if ("voicemail" in exit) return await leaveVoicemail(call, asQueueName(exit.voicemail), "chosen");
  await playThrough(call, [exit.hangup], languageOf(call));
  return { result: "completed", reason: "menu_said_goodbye", by: "system" };
}
