import type { Ending } from "../domain/call.ts";
import type { Leg } from "../ports/telephony.ts";
import { type Call, languageOf, runCall } from "./call.ts";
import type { Deps } from "./deps.ts";
import { OFFER_GRACE_MS } from "./dispatch.ts";
import { meet, ring } from "./offer.ts";
import { playThrough } from "./speak.ts";
import { talk } from "./talk.ts";

/** How long a colleague's phone rings. */
const RING_MS = 30_000;

/** A call from one extension to another. It waits in no queue and no after-call work follows. */
export async function directCall(leg: Leg, deps: Deps): Promise<void> {
  await runCall(leg, "internal", deps, async (call) => {
    const extension = leg.entry.dialled;
    const callee = await call.scope.wait(deps.desk.agentByExtension(extension));
    if (callee === null || (leg.entry.from === "extension" && leg.entry.extension === extension)) {
      return await refuse(call, "unknown-extension", "unknown_extension");
    }
    if (callee.device === "unreachable") return await refuse(call, "not-available", "unreachable");
    if (callee.device !== "idle") return await refuse(call, "not-available", "busy");
    const until = deps.clock.now() + RING_MS + OFFER_GRACE_MS;
    const { id } = call.record.state;
    if ((await call.scope.wait(deps.desk.reserveDirect(id, callee.id, until))) !== "reserved") {
      return await refuse(call, "not-available", "busy");
    }
    call.scope.defer("give the reservation back", () =>
      deps.desk.release(id, callee.id, "caller_left", 0),
    );
    const deadline = { type: "offer_due", call: id, agent: callee.id } as const;
    await call.scope.wait(deps.jobs.ask(deadline, RING_MS + OFFER_GRACE_MS));
    call.record.note({
      type: "offered",
      agent: callee.id,
      extension,
      reasons: [`${extension} was dialled`],
    });
    await call.scope.wait(leg.ring());
    const offer = { agent: callee.id, extension, ringMs: RING_MS, wrapUpMs: 0 };
    const met = await ring(call, call.scope, offer);
    if (typeof met === "string") return await refuse(call, "not-available", met);
    await call.scope.wait(leg.answer());
    call.record.note({ type: "answered" });
    if (!(await meet(call, call.scope, met))) {
      return { result: "refused", reason: "no_answer", by: "agent" };
    }
    return await talk(call, met, { record: false });
  });
}

/** Says why nobody is reached, and ends the call. */
async function refuse(call: Call, prompt: string, reason: string): Promise<Ending> {
  if (call.record.state.answeredAt === null) {
    await call.scope.wait(call.leg.answer());
    call.record.note({ type: "answered" });
  }
  await playThrough(call, [prompt], languageOf(call));
  return { result: "refused", reason, by: "agent" };
}
