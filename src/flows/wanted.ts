import type { QueueSettings } from "../domain/centre.ts";
import { type AgentId, asQueueName } from "../domain/ids.ts";
import { OFFER_GRACE_MS } from "../domain/routing/rules.ts";
import type { Call } from "./call.ts";
import { holdWithMusic } from "./music.ts";
import { type Met, meet, ring } from "./offer.ts";
import type { Scope } from "./scope.ts";

/**
 * Rings the agent whom a caller was sent to, while she hears the music of the queue; `null` where that agent cannot be
 * had, and then the queue has her.
 */
export async function askWanted(call: Call, settings: QueueSettings): Promise<Met | null> {
  const { wanted } = call.record.state;
  // A call that an earlier version began has no such field.
  if (wanted == null) return null;
  return await call.scope.child((scope) => askFor(call, scope, wanted, settings));
}

async function askFor(
  call: Call,
  scope: Scope,
  agent: AgentId,
  { name, ringMs, wrapUpMs }: QueueSettings,
): Promise<Met | null> {
  const { record, deps } = call;
  const { id } = record.state;
  const queue = asQueueName(name);
  const extension = deps.centre.agents.find((each) => each.id === agent)?.extension;
  if (extension === undefined) return null;
  const until = deps.clock.now() + ringMs + OFFER_GRACE_MS;
  if ((await scope.wait(deps.desk.reserveDirect(id, agent, until))) !== "reserved") return null;
  scope.defer("give the reservation back", () => deps.desk.release(id, agent, "caller_left", 0));
  await scope.wait(deps.jobs.ask({ type: "offer_due", call: id, agent }, until - deps.clock.now()));
  const reasons = [`the caller was sent to ${extension}`];
  record.note({ type: "offered", agent, extension, queue, reasons });
  const settled = holdWithMusic(call, scope, queue);
  settled.catch(() => undefined); // Looked at when the phone has rung.
  const met = await ring(call, scope, { agent, extension, ringMs, wrapUpMs });
  await scope.wait(settled);
  if (typeof met !== "string" && (await meet(call, scope, met))) return met;
  // She is taken to the queue's music anew, or hears what is said there.
  const room = await scope.wait(deps.telephony.waitingRoom(queue));
  await scope.wait(room.leave(call.leg));
  return null;
}
