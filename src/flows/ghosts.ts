import { type Agent, callOf } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import { queueRules } from "../domain/routing/rules.ts";
import type { LiveCall } from "../ports/desk.ts";
import type { FoundChannel, Leg, NativeCall, Survey } from "../ports/telephony.ts";
import { clearAway, endCall } from "./call.ts";
import type { Deps } from "./deps.ts";
import { notLiving } from "./lease.ts";
import { CallRecord } from "./record.ts";
import { isFeature, takeCall } from "./take.ts";

/**
 * Ends what belongs to no live call: phones that ring or hold for nobody, conversations that nobody is in for a call,
 * agents who are kept for a call that is over. A caller whom a dead process had claimed and not written down yet
 * becomes a new call. What living processes hold is theirs.
 */
export async function freeWhatNobodyHolds(
  survey: Survey,
  natives: readonly NativeCall[],
  alive: ReadonlySet<string>,
  deps: Deps,
): Promise<number> {
  const { desk, telephony, owner, log } = deps;
  // Read after the survey: whatever is in it belongs to a call that was written down before, or to none. For the same
  // reason the agents are read before the calls.
  const { agents } = await desk.snapshot();
  const live = new Map((await desk.liveCalls()).map((each) => [each.state.id, each]));
  const callers = new Set([...live.values()].map((each) => each.state.channel));
  const ours = notLiving(alive, owner);

  const channels = survey.channels.filter(({ holder }) => ours(holder));
  const phones = channels
    .filter((channel) => channel.role === "agent" && !isWanted(channel, live, deps))
    .map(async ({ id, extension }) => {
      await (await telephony.adoptDialled(id, extension ?? "")).hangup();
    });
  const strays = channels
    .filter((channel) => channel.role !== "agent" && !callers.has(channel.id))
    .map(async ({ id }) => takeStray(await telephony.adopt(id, null), deps));
  const bridges = survey.bridges
    .filter(({ id, maker }) => ours(maker) && ![...live.keys()].some((call) => id.includes(call)))
    .map(({ id }) => telephony.adoptBridge(id).destroy());
  await Promise.all([...phones, ...bridges, ...strays]);
  // Only now: an agent who is free is rung, and her phone must be quiet by then.
  const kept = agents.map(async (agent) => {
    const held = callOf(agent);
    if (held === null || live.has(held) || deps.running.has(held)) return [];
    log.warn({ agent: agent.id, call: held }, "an agent was kept for a call that is over");
    await desk.removeCall(held);
    return [agent];
  });
  const freed = (await Promise.all(kept)).flat();
  await closeForgotten(survey, natives, live, deps);
  await remind(agents, deps);
  return phones.length + bridges.length + freed.length;
}

/** Ends what Asterisk still has of a call that is over: who noted that may have died before it could. */
export async function endWhatIsLeft(
  { id: call, channel: caller }: CallState,
  { channels, bridges }: Survey,
  { telephony }: Pick<Deps, "telephony">,
): Promise<void> {
  const legs = channels
    .filter((channel) => channel.call === call || channel.id === caller)
    .filter(({ holder }) => holder !== null)
    .map(async ({ id, role, extension }) => {
      const phone = role === "agent";
      const leg = await (phone ? telephony.adoptDialled(id, extension) : telephony.adopt(id, null));
      await leg.hangup();
    });
  const talks = bridges
    .filter(({ id }) => id.includes(call))
    .map(({ id }) => telephony.adoptBridge(id).destroy());
  await Promise.all([...legs, ...talks]);
}

/** Whoever died may have been about to ask for what ends an agent's rest or her after-call work. */
async function remind(agents: readonly Agent[], { clock, jobs }: Deps): Promise<void> {
  const now = clock.now();
  await Promise.all(
    agents.map(async ({ id, reservation, presence }) => {
      if (reservation.is === "resting")
        await jobs.ask({ type: "rest_due", agent: id }, Math.max(0, reservation.until - now));
      if (presence.is === "after_call")
        await jobs.ask({ type: "wrap_up_due", agent: id }, Math.max(0, presence.until - now));
    }),
  );
}

/** Whether a phone belongs to what its call is doing now: one flow of it has it in hand. */
function isWanted(
  channel: FoundChannel,
  live: ReadonlyMap<CallId, LiveCall>,
  { running, rules }: Deps,
): boolean {
  const call = channel.call === null ? undefined : live.get(channel.call);
  if (call === undefined) return false;
  const { stage, extension, queue } = call.state;
  const several = queue !== null && queueRules(rules, queue).several !== undefined;
  const named = stage === "in_progress" || (stage === "ringing" && !several);
  if (named) return extension === channel.extension;
  // Its flow may just be ringing her, a moment before that is written down.
  return running.has(call.state.id);
}

/** A caller in a dead process's hands of whom nothing was written down: nothing has happened yet, so she is new. */
async function takeStray(leg: Leg, deps: Deps): Promise<void> {
  if (leg.gone.aborted) return;
  // What she had dialled was perhaps done already, and doing it again would undo it.
  if (isFeature(leg) && !deps.running.handles(leg)) await leg.hangup();
  else void takeCall(leg, deps); // It never rejects.
}

/** Calls of ours that no flow holds, whose caller is nowhere and of whose end nobody will tell. */
async function closeForgotten(
  survey: Survey,
  natives: readonly NativeCall[],
  live: ReadonlyMap<CallId, LiveCall>,
  deps: Deps,
): Promise<void> {
  const { desk, owner, running } = deps;
  const somewhere = new Set<string>([
    ...survey.channels.map((channel) => channel.id),
    ...natives.map((native) => native.channel),
  ]);
  for (const { state, owner: holder } of live.values()) {
    if (holder !== owner || running.has(state.id) || somewhere.has(state.channel)) continue;
    await running.run(state.id, async () => {
      // Its flow may have ended it since it was looked who lives.
      const now = await desk.liveCall(state.id);
      if (now === null || now.owner !== owner) return;
      if (now.state.stage === "ended") return await clearAway(state.id, deps);
      const record = CallRecord.resume(deps, now.state);
      const ending = { result: "failed", reason: "asterisk_died", by: "system" } as const;
      await endCall(record, ending, deps, {});
    });
  }
}
