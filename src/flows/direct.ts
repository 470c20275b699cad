import type { Ending } from "../domain/call-fact.ts";
import type { AgentId } from "../domain/ids.ts";
import { OFFER_GRACE_MS } from "../domain/routing/rules.ts";
import { type Call, languageOf } from "./call.ts";
import { meet, metBefore, type Offer, ring } from "./offer.ts";
import { playThrough } from "./speak.ts";
import { talk } from "./talk.ts";

/** How long a colleague's phone rings. */
const RING_MS = 30_000;

/** A call from one extension to another. It waits in no queue and no after-call work follows. */
export async function directCall(call: Call): Promise<Ending> {
  const { record } = call;
  const { stage, agent, extension } = record.state;
  if (agent !== null && extension !== null && stage === "in_progress") {
    return await talk(call, metBefore(call, offerTo(agent, extension)), { record: false });
  }
  const offer =
    agent !== null && extension !== null && stage === "ringing"
      ? offerTo(agent, extension)
      : await reach(call);
  if ("result" in offer) return offer;
  const met = await ring(call, call.scope, offer);
  if (typeof met === "string") return await refuse(call, "not-available", met);
  await call.scope.wait(call.answer());
  if (!(await meet(call, call.scope, met))) {
    return { result: "refused", reason: "no_answer", by: "agent" };
  }
  return await talk(call, met, { record: false });
}

function offerTo(agent: AgentId, extension: string): Offer {
  return { agent, extension, ringMs: RING_MS, wrapUpMs: 0 };
}

/** Reserves whoever has the extension that was dialled; tells the caller why, when that cannot be. */
async function reach(call: Call): Promise<Offer | Ending> {
  const { leg, record, deps, scope } = call;
  const { id, dialled } = record.state;
  const callee = await scope.wait(deps.desk.agentByExtension(dialled));
  if (callee === null || (leg.entry.from === "extension" && leg.entry.extension === dialled)) {
    return await refuse(call, "unknown-extension", "unknown_extension");
  }
  if (callee.device === "unreachable") return await refuse(call, "not-available", "unreachable");
  if (callee.device !== "idle") return await refuse(call, "not-available", "busy");
  const until = deps.clock.now() + RING_MS + OFFER_GRACE_MS;
  if ((await scope.wait(deps.desk.reserveDirect(id, callee.id, until))) !== "reserved") {
    return await refuse(call, "not-available", "busy");
  }
  scope.defer("give the reservation back", () =>
    deps.desk.release(id, callee.id, "caller_left", 0),
  );
  const deadline = { type: "offer_due", call: id, agent: callee.id } as const;
  await scope.wait(deps.jobs.ask(deadline, RING_MS + OFFER_GRACE_MS));
  record.note({
    type: "offered",
    agent: callee.id,
    extension: dialled,
    reasons: [`${dialled} was dialled`],
  });
  // Who is on the line already (her call was ordered) would hear the tone over whoever answers.
  if (record.state.answeredAt === null) await scope.wait(leg.ring());
  return offerTo(callee.id, dialled);
}

/** Says why nobody is reached, and ends the call. */
async function refuse(call: Call, prompt: string, reason: string): Promise<Ending> {
  await playThrough(call, [prompt], languageOf(call));
  return { result: "refused", reason, by: "agent" };
}
