import { randomUUID } from "node:crypto";
import type { Ending, Forward, OfferOutcome } from "../domain/call-fact.ts";
import { numberDialled } from "../domain/callback.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { asChannelId, asQueueName, type QueueName } from "../domain/ids.ts";
import { type Outside, trunkFor } from "../domain/waiting.ts";
import type { DialledLeg } from "../ports/telephony.ts";
import type { Call } from "./call.ts";
import { holdWithMusic } from "./music.ts";
import { bridgeOf, letGoOfFound, outcomeOf } from "./offer.ts";
import type { Scope } from "./scope.ts";
import { type Conversation, talk } from "./talk.ts";

/** How long a telephone outside rings. */
const RING_MS = 30_000;

/**
 * Rings somebody outside for a caller who has left her queue, with its music, and lets them talk; why not, where nobody
 * answers. `null`: what an earlier life of the call had begun goes on.
 */
export async function callOutside(
  call: Call,
  settings: QueueSettings,
  to: Outside | null,
): Promise<Ending | OfferOutcome> {
  const met =
    to === null && call.record.state.stage === "in_progress"
      ? metBefore(call)
      : await call.scope.child((scope) => reach(call, scope, settings, to));
  if (typeof met !== "string") return await talk(call, met, settings);
  // She is taken elsewhere, and has to hear what is said there.
  const room = await call.scope.wait(call.deps.telephony.waitingRoom(asQueueName(settings.name)));
  await call.scope.wait(room.leave(call.leg));
  return met;
}

/** Rings, or goes on with it, until they meet or it is certain that they will not. */
async function reach(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
  to: Outside | null,
): Promise<Conversation | OfferOutcome> {
  const { record, deps } = call;
  const queue = asQueueName(settings.name);
  scope.defer("let go of a phone that was found", () => letGoOfFound(call));
  const before = record.state.outside?.outcome ?? null;
  if (to === null && before !== null) return before;
  await holdWithMusic(call, scope, queue);
  if (to !== null) await forward(call, scope, queue, to);
  const { outside, offeredAt } = record.state;
  const leftMs = Math.max(0, (offeredAt ?? 0) + RING_MS - deps.clock.now());
  // Whoever is found to be rung no more is rung again: she may not have been reached yet when the server died.
  const leg = takeFound(call) ?? (outside === null || leftMs === 0 ? null : dial(call, outside));
  if (leg === null) return notAnswered(call, "no_answer");
  const bridging = leg.asked.then(() => deps.telephony.createBridge(bridgeOf(leg)));
  bridging.catch(() => undefined); // Looked at when she answers, and when the bridge is given back.
  const letGo = call.scope.defer("let go of somebody outside", async () => {
    await Promise.all([leg.hangup(), bridging.then((made) => made.destroy())]);
  });
  const heard = await scope.within(
    leftMs,
    (ringing) => ringing.wait(leg.outcome),
    () => "no_answer" as const,
  );
  const outcome = outcomeOf(heard);
  if (outcome === "answered") {
    const bridge = await scope.wait(bridging);
    const present = await scope.wait(bridge.add(call.leg, leg));
    if (present.includes(leg.id)) {
      record.note({ type: "connected_outside", bridge: bridge.id, channel: leg.id });
      return { leg, bridge, letGo };
    }
  }
  await letGo.now();
  // Who had hung up before they met has not answered.
  return notAnswered(call, outcome === "answered" ? "no_answer" : outcome);
}

function notAnswered({ record }: Call, outcome: OfferOutcome): OfferOutcome {
  if (record.state.outside !== null) record.note({ type: "forward_ended", outcome });
  return outcome;
}

/** Notes whom she goes on to; nobody, where there is no trunk for it any more. */
async function forward(
  { record, deps }: Call,
  scope: Scope,
  queue: QueueName,
  to: Outside,
): Promise<void> {
  const trunk = trunkFor(to, deps.centre.trunks);
  if (trunk === undefined) return;
  record.note({ type: "forwarded", queue, number: to.number, trunk: trunk.name });
  // Whoever takes the call up must know of it, or somebody outside would be rung for nobody.
  await scope.wait(record.written());
}

function dial({ record, deps, leg }: Call, { number, trunk }: Forward): DialledLeg {
  const { id, caller, callerName } = record.state;
  const dialled = numberDialled(record.state);
  const { centre, e164, telephony } = deps;
  const { showsCallers } = trunkFor({ trunk }, centre.trunks) ?? {};
  const shows = showsCallers === true && caller !== "";
  return telephony.dial({
    id: asChannelId(`${id}-outside-${randomUUID().slice(0, 8)}`),
    call: id,
    to: { number, trunk, role: "agent" },
    callerNumber: shows ? caller : (e164(dialled) ?? dialled),
    callerName: shows ? callerName : centre.name,
    originator: leg.id,
    timeoutMs: RING_MS + 5_000,
  });
}

/** The telephone outside that an earlier life of the call left, once. */
function takeFound(call: Call): DialledLeg | null {
  const { found } = call;
  if (found?.entry.from !== "outside") return null;
  call.found = null;
  return found;
}

/** The conversation that an earlier life of the call was in, with nothing to wait for: its caller may have left. */
function metBefore(call: Call): Conversation {
  const leg = takeFound(call);
  if (leg === null) throw new Error("a conversation was taken up without its other side's leg");
  const bridge = call.deps.telephony.adoptBridge(bridgeOf(leg));
  const letGo = call.scope.defer("let go of somebody outside", async () => {
    await Promise.all([leg.hangup(), bridge.destroy()]);
  });
  return { leg, bridge, letGo };
}
