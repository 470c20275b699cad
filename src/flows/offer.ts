import { randomUUID } from "node:crypto";
import type { CallState } from "../domain/call.ts";
import type { OfferOutcome } from "../domain/call-fact.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { type AgentId, asBridgeId, asChannelId, type BridgeId } from "../domain/ids.ts";
import { restAfter } from "../domain/rest.ts";
import type { Assignment } from "../domain/routing/assign.ts";
import type { Bridge, DialledLeg, HangupCause } from "../ports/telephony.ts";
import type { Call, Unmet } from "./call.ts";
import { insist } from "./outage.ts";
import type { Scope } from "./scope.ts";
import type { Conversation } from "./talk.ts";

/** An agent and a caller in one bridge. */
export interface Met extends Conversation {
  readonly agent: AgentId;
  readonly extension: string;
}

/** Whom to ring, and what it means at the desk. */
export interface Offer {
  readonly agent: AgentId;
  readonly extension: string;
  readonly ringMs: number;
  readonly wrapUpMs: number;
}

/** What the caller does while an agent's phone rings for her. */
export interface Meanwhile {
  /** Settles when she can be brought together with who has answered. */
  ready(): Promise<void>;
  /** Settles when she wants to wait no longer: the phone is rung no more, unless it was answered before. */
  readonly left: Promise<"caller_left">;
}

/**
 * Rings the agent whom the dispatcher reserved. `not_answered`: the call waits on in its old place. `lost`: she
 * answered, but was gone before they met, so the call has to be queued again.
 */
export async function offerCall(
  call: Call,
  scope: Scope,
  assignment: Assignment,
  settings: QueueSettings,
  caller: Meanwhile,
): Promise<Met | "not_answered" | "lost"> {
  const { agent, extension, queue, reasons } = assignment;
  call.record.note({ type: "offered", agent, extension, queue, reasons });
  const { ringMs, wrapUpMs } = settings;
  const rung = await ring(call, scope, { agent, extension, ringMs, wrapUpMs }, caller.left);
  if (typeof rung === "string") return "not_answered";
  await scope.wait(caller.ready());
  return (await meet(call, scope, rung)) ? rung : "lost";
}

/** Goes on with an offer that an earlier life of the call had begun; its answers are those of `offerCall`. */
export async function offerAgain(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
  caller: Meanwhile,
): Promise<Met | "not_answered" | "lost"> {
  const offer = offerOf(call, settings);
  if (call.found === null) {
    // Her phone has given up, or was let go when the flow of before was cut off.
    await freeAgent(call, offer, "no_answer");
    call.record.note({ type: "offer_ended", agent: offer.agent, outcome: "no_answer" });
    return "lost";
  }
  const rung = await ring(call, scope, offer, caller.left);
  if (typeof rung === "string") return "lost";
  await scope.wait(caller.ready());
  return (await meet(call, scope, rung)) ? rung : "lost";
}

/** The offer that the record says was under way, or led to the conversation. */
export function offerOf(call: Pick<Call, "record">, { ringMs, wrapUpMs }: QueueSettings): Offer {
  const { agent, extension, id } = call.record.state;
  if (agent === null || extension === null) throw new Error(`${id} is with no agent`);
  return { agent, extension, ringMs, wrapUpMs };
}

/** An agent's phone that rings, and what ends that. */
export interface Rung {
  readonly offer: Offer;
  readonly leg: DialledLeg;
  /** How long it has got. */
  readonly leftMs: number;
  /** She answered: what a conversation with her needs. */
  meets(scope: Scope): Promise<Met>;
  /** She will not: her phone is quiet, she is free, and that is noted. */
  end(outcome: OfferOutcome): Promise<void>;
}

/**
 * Rings a reserved agent's phone until she answers or will not. What was begun is taken back unless she answered. A
 * phone that an earlier life of the call rang is not rung again: it is waited for as long as it has still got. `left`
 * takes it back before.
 */
export async function ring(
  call: Unmet,
  scope: Scope,
  offer: Offer,
  left?: Promise<"caller_left">,
): Promise<Met | OfferOutcome> {
  const rung = startRinging(call, offer, "at once");
  const told = rung.leg.outcome;
  const heard = await scope.within(
    rung.leftMs,
    (ringing) => ringing.wait(left === undefined ? told : Promise.race([told, left])),
    () => "no_answer" as const,
  );
  const outcome = outcomeOf(heard);
  if (outcome === "answered") return await rung.meets(scope);
  await rung.end(outcome);
  return outcome;
}

/**
 * Begins to ring. The bridge is made `at once`, so that it is there when she answers, or `then`, where most phones that
 * ring are not answered. Whatever cuts the flow off, all of it is given back.
 */
export function startRinging(call: Unmet, offer: Offer, bridge: "at once" | "then"): Rung {
  const { deps, record } = call;
  const { agent, extension, ringMs } = offer;
  let outcome: OfferOutcome = "caller_left";
  const found = takeFound(call, extension);
  const leg = found ?? dialAgent(call, offer);
  let bridging: Promise<Bridge> | null = null;
  const makeBridge = (): Promise<Bridge> => {
    // Until her phone has been asked to ring, nothing else is asked of Asterisk.
    bridging ??= leg.asked.then(() => deps.telephony.createBridge(bridgeOf(leg)));
    bridging.catch(() => undefined); // Looked at when she answers, and when the bridge is given back.
    return bridging;
  };
  if (bridge === "at once") void makeBridge();
  const letGo = call.scope.defer("let the agent go", async () => {
    const cause = outcome === "answered_elsewhere" ? outcome : "normal";
    await Promise.all([freeAgent(call, offer, outcome), leg.hangup(cause)]);
    await deps.dispatcher.looked();
    await bridging?.then(
      (made) => made.destroy(),
      () => undefined, // One that was not made need not be given back.
    );
  });
  const rungMs = found === null ? 0 : deps.clock.now() - rungSince(record.state, agent);
  return {
    offer,
    leg,
    leftMs: Math.max(0, ringMs - rungMs),
    async meets(scope) {
      outcome = "answered";
      return { agent, extension, leg, bridge: await scope.wait(makeBridge()), letGo };
    },
    async end(how) {
      outcome = how;
      await letGo.now();
      record.note({ type: "offer_ended", agent, outcome });
    },
  };
}

/** Since when the phone of this agent rings. */
function rungSince({ ringing, offeredAt }: CallState, agent: AgentId): number {
  return ringing.find((phone) => phone.agent === agent)?.at ?? offeredAt ?? 0;
}

/** The agent's phone that an earlier life of the call left, once. */
function takeFound(call: Unmet, extension: string): DialledLeg | null {
  const { found } = call;
  if (found !== null && extensionOf(found) === extension) {
    call.found = null;
    return found;
  }
  const at = call.others.findIndex((leg) => extensionOf(leg) === extension);
  return at < 0 ? null : (call.others.splice(at, 1)[0] ?? null);
}

const extensionOf = ({ entry }: DialledLeg): string | null =>
  entry.from === "extension" ? entry.extension : null;

/** Ends the phones that an earlier life of the call rang, when nobody has taken them up: its caller has left. */
export async function letGoOfFound(call: Unmet): Promise<void> {
  const left = [...(call.found === null ? [] : [call.found]), ...call.others.splice(0)];
  call.found = null;
  await Promise.all(
    left.flatMap((leg) => [leg.hangup(), call.deps.telephony.adoptBridge(bridgeOf(leg)).destroy()]),
  );
}

function dialAgent(call: Unmet, { extension, ringMs }: Offer): DialledLeg {
  const { id, caller, callerName, callback } = call.record.state;
  return call.deps.telephony.dial({
    id: asChannelId(`${id}-${extension}-${randomUUID().slice(0, 8)}`),
    call: id,
    to: { extension },
    callerNumber: caller,
    // She sees that it is she who is going to call.
    callerName:
      callback === null
        ? callerName
        : `${callback.of === null ? "Call to" : "Call back"} ${callerName}`.trim(),
    originator: call.leg?.id ?? null,
    timeoutMs: ringMs + 5_000,
  });
}

/** The bridge that an agent's channel and the caller meet in: one follows from the other. */
export const bridgeOf = (leg: DialledLeg): BridgeId => asBridgeId(`c-${leg.id}`);

/** The conversation that an earlier life of the call was in, with nothing to wait for: its caller may have left. */
export function metBefore(call: Call, offer: Offer): Met {
  const leg = takeFound(call, offer.extension);
  if (leg === null) throw new Error("a conversation was taken up without its agent's leg");
  const bridge = call.deps.telephony.adoptBridge(bridgeOf(leg));
  const letGo = call.scope.defer("let the agent go", async () => {
    await Promise.all([freeAgent(call, offer, "answered"), leg.hangup()]);
    await call.deps.dispatcher.looked();
    await bridge.destroy();
  });
  return { agent: offer.agent, extension: offer.extension, leg, bridge, letGo };
}

/** Brings both into the bridge. `false` when she has hung up in the very moment. */
export async function meet(
  call: Pick<Call, "leg" | "record" | "deps">,
  scope: Scope,
  met: Met,
): Promise<boolean> {
  const { deps, record } = call;
  const [present, connected] = await scope.wait(
    Promise.all([
      // Both are there: an Asterisk that does not answer for a moment is no reason to hang up on them.
      insist(scope, () => met.bridge.add(call.leg, met.leg), deps),
      deps.desk.connect(record.state.id, met.agent, deps.clock.now()),
    ]),
  );
  if (!connected || !present.includes(met.leg.id)) {
    await met.letGo.now();
    record.note({ type: "offer_ended", agent: met.agent, outcome: "no_answer" });
    return false;
  }
  forgetDeadline(call, met.agent);
  record.note({ type: "offer_ended", agent: met.agent, outcome: "answered" });
  record.note({
    type: "connected",
    agent: met.agent,
    extension: met.extension,
    bridge: met.bridge.id,
    channel: met.leg.id,
  });
  return true;
}

/** Ends the agent's part at the desk: of a conversation (after-call work follows), else of an offer. */
export async function freeAgent(
  call: Pick<Call, "record" | "deps">,
  offer: Offer,
  outcome: OfferOutcome,
): Promise<void> {
  const { desk, jobs, clock, centre, log } = call.deps;
  const { id, connectedAt, queue } = call.record.state;
  const { agent } = offer;
  const now = clock.now();
  const wrapUpMs = connectedAt === null ? 0 : offer.wrapUpMs;
  if (await desk.finish(id, agent, wrapUpMs === 0 ? 0 : now + wrapUpMs, now)) {
    if (wrapUpMs > 0) await jobs.ask({ type: "wrap_up_due", agent }, wrapUpMs);
    return;
  }
  const restMs = restAfter(outcome, queue, centre);
  const { pauseAfter } = centre.routing;
  const restUntil = restMs === 0 ? 0 : now + restMs;
  const released = await desk.release(id, agent, outcome, restUntil, pauseAfter);
  forgetDeadline(call, agent);
  if (released === "paused")
    log.warn(
      { agent, call: id, unanswered: pauseAfter },
      "an agent does not answer and was paused",
    );
  if (released !== false && restMs > 0) await jobs.ask({ type: "rest_due", agent }, restMs);
}

/** The offer is over: nobody need be reminded to end it. A reminder that is left finds nothing to do. */
function forgetDeadline({ record, deps }: Pick<Call, "record" | "deps">, agent: AgentId): void {
  const { id } = record.state;
  deps.jobs.cancel({ type: "offer_due", call: id, agent }).catch((error: unknown) => {
    deps.log.warn({ call: id, agent, err: error }, "a reminder of an offer was left behind");
  });
}

export function outcomeOf(heard: "answered" | "caller_left" | HangupCause): OfferOutcome {
  switch (heard) {
    case "answered":
    case "caller_left":
    case "busy":
    case "declined":
    case "unreachable":
    case "no_answer":
      return heard;
    case "normal":
    case "answered_elsewhere":
      return "no_answer";
    case "failed":
    case "released":
    case "asterisk_died":
      return "unreachable";
    default:
      heard satisfies never;
      return "unreachable";
  }
}
