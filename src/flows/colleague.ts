import { randomUUID } from "node:crypto";
import type { Agent } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import { KituoError } from "../domain/errors.ts";
import { type AgentId, asChannelId } from "../domain/ids.ts";
import type { Desk } from "../ports/desk.ts";
import type { DialledLeg } from "../ports/telephony.ts";
import { endCall, runCall } from "./call.ts";
import type { Deps } from "./deps.ts";
import { directCall } from "./direct.ts";
import { callOn } from "./identity.ts";
import { outcomeOf } from "./offer.ts";
import type { Origination } from "./originate.ts";
import { atMost } from "./patience.ts";
import { CallRecord } from "./record.ts";

/** How long an agent's own telephone rings when a call was ordered for her. */
const RING_MS = 30_000;

/**
 * A call from one extension to another that somebody orders: the agent's own telephone rings, and when she is on it, it
 * is as if she had dialled. Settles with its first state when it has begun.
 */
export async function callColleague(wish: Origination, deps: Deps): Promise<CallState> {
  const { number: dialled, agent } = wish;
  if (agent === null) throw unfit("agent_id: is needed for a call to an extension");
  const { extension: caller } = await telephoneOf(agent, "agent_id", deps);
  if (caller === dialled) throw unfit(`phone_number: ${dialled} is the agent's own extension`);
  const callee = await deps.desk.agentByExtension(dialled);
  if (callee === null) throw unfit(`phone_number: nobody has the extension ${dialled}`);
  await telephoneOf(callee.id, "phone_number", deps);
  const channel = asChannelId(`order-${randomUUID()}`);
  const id = callOn(channel);
  const direction = "internal";
  const started = { type: "started", direction, caller, callerName: "", dialled, channel } as const;
  const record = CallRecord.open(deps, id, started, deps.clock.now());
  const begun = record.state;
  const leg = deps.telephony.dial({
    id: channel,
    call: id,
    to: { extension: caller },
    callerNumber: dialled,
    callerName: "Call to",
    originator: null,
    timeoutMs: RING_MS + 5_000,
  });
  void deps.running.handle(leg, () => deps.running.run(id, () => goOn(leg, record, deps)));
  return begun;
}

/** Waits for her to answer her own telephone, and lets her call. */
async function goOn(leg: DialledLeg, record: CallRecord, deps: Deps): Promise<void> {
  const heard = (await atMost(RING_MS, leg.outcome, deps.clock)) ?? "no_answer";
  const outcome = outcomeOf(heard);
  if (outcome === "answered") {
    record.note({ type: "answered" });
    return await runCall({ leg, record, found: null }, deps, directCall);
  }
  const ending = { result: "refused", reason: `agent_${outcome}`, by: "agent" } as const;
  await endCall(record, ending, deps, { leg });
}

const unfit = (fault: string): KituoError =>
  new KituoError("bad_request", "This call cannot be made.", [fault]);

/** An agent whose telephone can ring now; rejects with the reason when it cannot. `field` named her. */
export async function telephoneOf(
  id: AgentId,
  field: string,
  { desk }: { readonly desk: Pick<Desk, "agent"> },
): Promise<Agent> {
  const agent = await desk.agent(id);
  if (agent === null) throw unfit(`${field}: there is no such agent`);
  const { device, activity, reservation, extension } = agent;
  if (device === "unreachable")
    throw new KituoError("agent_busy", `The telephone ${extension} is not registered.`);
  if (device !== "idle" || activity.is !== "none" || reservation.is === "offered")
    throw new KituoError("agent_busy", `Somebody is on the telephone ${extension}.`);
  return agent;
}
