import { randomUUID } from "node:crypto";
import type { OfferOutcome } from "../domain/call.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { type AgentId, asBridgeId, asChannelId } from "../domain/ids.ts";
import type { Assignment } from "../domain/routing.ts";
import type { Bridge, DialledLeg, HangupCause } from "../ports/telephony.ts";
import type { Call } from "./call.ts";
import { restAfter } from "./dispatch.ts";
import type { Deferred, Scope } from "./scope.ts";

/** An agent and a caller in one bridge. */
export interface Met {
  readonly agent: AgentId;
  readonly extension: string;
  readonly leg: DialledLeg;
  readonly bridge: Bridge;
  /** Lets the agent go: her phone, the bridge, her place at the desk. It is also deferred on the call's scope. */
  readonly letGo: Deferred;
}

/** Whom to ring, and what it means at the desk. */
export interface Offer {
  readonly agent: AgentId;
  readonly extension: string;
  readonly ringMs: number;
  readonly wrapUpMs: number;
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
  settled: Promise<void>,
): Promise<Met | "not_answered" | "lost"> {
  const { agent, extension, queue, reasons } = assignment;
  call.record.note({ type: "offered", agent, extension, queue, reasons });
  const { ringMs, wrapUpMs } = settings;
  const rung = await ring(call, scope, { agent, extension, ringMs, wrapUpMs });
  if (typeof rung === "string") return "not_answered";
  await scope.wait(settled);
  return (await meet(call, scope, rung)) ? rung : "lost";
}

/** Rings a reserved agent's phone until she answers or will not. What was begun is taken back unless she answered. */
export async function ring(call: Call, scope: Scope, offer: Offer): Promise<Met | OfferOutcome> {
  const { deps, record, leg: caller } = call;
  const { agent, extension } = offer;
  let outcome: OfferOutcome = "caller_left";
  const leg = deps.telephony.dial({
    id: asChannelId(`${record.state.id}-${extension}-${randomUUID().slice(0, 8)}`),
    call: record.state.id,
    extension,
    callerNumber: record.state.caller,
    callerName: record.state.callerName,
    originator: caller.id,
    timeoutMs: offer.ringMs + 5_000,
  });
  const bridging = deps.telephony.createBridge(asBridgeId(`c-${leg.id}`));
  bridging.catch(() => undefined); // Looked at when she answers, and when the bridge is given back.
  const letGo = call.scope.defer("let the agent go", async () => {
    await Promise.all([
      freeAgent(call, offer, outcome),
      leg.hangup(),
      bridging.then((bridge) => bridge.destroy()),
    ]);
  });
  const heard = await scope.within(
    offer.ringMs,
    (ringing) => ringing.wait(leg.outcome),
    () => "no_answer" as const,
  );
  outcome = outcomeOf(heard);
  if (outcome === "answered") {
    return { agent, extension, leg, bridge: await scope.wait(bridging), letGo };
  }
  await letGo.now();
  record.note({ type: "offer_ended", agent, outcome });
  return outcome;
}

/** Brings both into the bridge. `false` when she has hung up in the very moment. */
export async function meet(call: Call, scope: Scope, met: Met): Promise<boolean> {
  const { deps, record } = call;
  const [present, connected] = await scope.wait(
    Promise.all([
      met.bridge.add(call.leg, met.leg),
      deps.desk.connect(record.state.id, met.agent, deps.clock.now()),
    ]),
  );
  if (!connected || !present.includes(met.leg.id)) {
    await met.letGo.now();
    record.note({ type: "offer_ended", agent: met.agent, outcome: "no_answer" });
    return false;
  }
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
async function freeAgent(call: Call, offer: Offer, outcome: OfferOutcome): Promise<void> {
  const { desk, jobs, clock } = call.deps;
  const { id, connectedAt } = call.record.state;
  const { agent } = offer;
  const now = clock.now();
  const wrapUpMs = connectedAt === null ? 0 : offer.wrapUpMs;
  if (await desk.finish(id, agent, wrapUpMs === 0 ? 0 : now + wrapUpMs, now)) {
    if (wrapUpMs > 0) await jobs.ask({ type: "wrap_up_due", agent }, wrapUpMs);
    return;
  }
  const restMs = restAfter(outcome);
  const released = await desk.release(id, agent, outcome, restMs === 0 ? 0 : now + restMs);
  if (released && restMs > 0) await jobs.ask({ type: "rest_due", agent }, restMs);
}

function outcomeOf(heard: "answered" | HangupCause): OfferOutcome {
  switch (heard) {
    case "answered":
    case "busy":
    case "declined":
    case "unreachable":
    case "no_answer":
      return heard;
    case "normal":
    case "answered_elsewhere":
      return "no_answer";
    case "failed":
      return "unreachable";
    default:
      heard satisfies never;
      return "unreachable";
  }
}
