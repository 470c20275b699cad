import { type Agent, callOf } from "../domain/agent.ts";
import { type CallState, isOutside } from "../domain/call.ts";
import { isToBeCalled } from "../domain/callback.ts";
import type { CallId } from "../domain/ids.ts";
import { queueRules } from "../domain/routing/rules.ts";
import type { LiveCall } from "../ports/desk.ts";
import type {
  DialledLeg,
  Entry,
  FoundChannel,
  Leg,
  NativeCall,
  Survey,
} from "../ports/telephony.ts";
import { clearAway, endCall } from "./call.ts";
import type { Deps } from "./deps.ts";
import { nameOf, notLiving } from "./lease.ts";
import { importNativeCalls } from "./native.ts";
import { bridgeOf } from "./offer.ts";
import { atMost } from "./patience.ts";
import { CallRecord } from "./record.ts";
import { newerStates, restoreLost } from "./restore.ts";
import { isFeature, takeCall, takeUp, takeUpUncalled } from "./take.ts";

/** What an adoption came to. */
export interface Adopted {
  /** Calls that go on, by the stage they were found in. */
  readonly calls: number;
  /** Calls whose caller had gone. */
  readonly over: number;
  /** Phones, callers and conversations that belonged to no call, and agents who were kept for none. */
  readonly ghosts: number;
}

/** How long the journals of the dead may keep us from callers. */
export const JOURNAL_WITHIN_MS = 500;

/** What Asterisk has, and what its dialplan tells of who left. */
interface Found {
  readonly survey: Survey;
  readonly natives: readonly NativeCall[];
  /** The states that the store knows and the desk does not. */
  readonly newer: ReadonlyMap<CallId, CallState>;
  /** Until when a server was there: of whoever left within a second of that, the dialplan tells nothing. */
  readonly servedUntil: number | null;
}

/** Calls that were taken up, and what Asterisk had when they were. */
interface Taken extends Omit<Found, "newer" | "servedUntil"> {
  readonly orphans: number;
  /** Of each, what says whether its caller has gone. */
  readonly legs: readonly Pick<Leg, "gone">[];
}

/** A call that is ours now, with all of its parties, and that nobody serves before it goes on. */
interface Adoptee {
  readonly leg: Pick<Leg, "gone">;
  /** Lets its flow run; settles when that has ended, and never rejects. */
  goOn(): Promise<void>;
}

/**
 * Takes up the calls of processes that are dead: on the start, when another process's life has ended, and when Asterisk
 * is back. What the desk believes and what Asterisk has are compared; each call goes on in the stage that its record
 * says, through the flow that a new call runs; what nobody holds is freed. Killed in the middle, the next one does it:
 * each call is taken over in one step, and until then it is the dead process's.
 */
export async function adoptCalls(alive: ReadonlySet<string>, deps: Deps): Promise<Adopted> {
  return await tidyUp(await takeOrphans(alive, deps), alive, deps);
}

/** The half that callers feel: when it settles, every call that goes on has its flow again. */
export async function takeOrphans(
  alive: ReadonlySet<string>,
  deps: Deps,
  servedUntil: number | null = null,
): Promise<Taken> {
  const { clock, desk, journal, telephony } = deps;
  const live = await desk.liveCalls();
  const orphans = live.filter((each) => !alive.has(each.owner));
  for (const dead of new Set(orphans.map((orphan) => orphan.owner))) {
    await desk.fence(dead);
    // What it had noted and not brought to the store would be missing from the logs of its calls.
    await atMost(JOURNAL_WITHIN_MS, journal.inherit(nameOf(dead)), clock);
  }
  const [survey, natives, newer] = await Promise.all([
    telephony.survey(),
    telephony.nativeCalls(),
    newerOf(orphans, deps),
  ]);
  const lost = await restoreLost(survey, live, alive, deps);
  const found = { survey, natives, newer, servedUntil };
  const all = [...orphans, ...lost].toSorted((left, right) => arrival(left) - arrival(right));
  const legs = await takeAll(all, found, deps);
  return { survey, natives, orphans: all.length, legs };
}

/**
 * Takes calls over, all of them before the first is looked for in Asterisk, so that one look does for all; and lets them
 * go on when all are adopted, for the first thing that most flows do is to ask Asterisk for something, and what the last
 * call needs to be adopted would have to wait behind that. Those that can go on do so though another cannot.
 */
async function takeAll(
  orphans: readonly LiveCall[],
  found: Found,
  deps: Deps,
): Promise<readonly Pick<Leg, "gone">[]> {
  const { desk, dispatcher, owner } = deps;
  const begun = orphans.map(({ state, owner: from }) => ({
    from,
    unexpect: dispatcher.expect(state.id),
    taking: desk.takeOver(state.id, from, owner),
  }));
  await Promise.allSettled(begun.map(({ taking }) => taking));
  const adoptions = begun.map(async ({ from, unexpect, taking }) => {
    try {
      const live = await taking;
      const adoptee = live === null ? null : await adoptOne(live, from, found, deps);
      if (adoptee === null) unexpect();
      return adoptee === null ? [] : [{ adoptee, unexpect }];
    } catch (error) {
      unexpect();
      throw error;
    }
  });
  const settled = await Promise.allSettled(adoptions);
  const adopted = settled.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  for (const { adoptee, unexpect } of adopted) void adoptee.goOn().then(unexpect);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return adopted.map(({ adoptee }) => adoptee.leg);
}

/** The other half: the log is brought up to date, and what nobody holds is freed. */
export async function tidyUp(
  { survey, natives, orphans, legs }: Taken,
  alive: ReadonlySet<string>,
  deps: Deps,
): Promise<Adopted> {
  await importNativeCalls(natives, deps);
  const ghosts = await freeWhatNobodyHolds(survey, natives, alive, deps);
  const over = legs.filter((leg) => leg.gone.aborted).length;
  const adopted = { calls: legs.length - over, over, ghosts };
  if (orphans + ghosts > 0) deps.log.info({ owner: deps.owner, ...adopted }, "calls were adopted");
  return adopted;
}

const arrival = ({ state }: LiveCall): number => state.queuedAt ?? state.startedAt;

/** Adopts a call that is ours now; `null` when it is over, or the dialplan has the caller. */
async function adoptOne(
  live: LiveCall,
  from: string,
  { survey, natives, newer, servedUntil }: Found,
  deps: Deps,
): Promise<Adoptee | null> {
  const { telephony } = deps;
  const stored = newer.get(live.state.id);
  const state = stored !== undefined && stored.seq > live.state.seq ? stored : live.state;
  if (state.stage === "ended") {
    // Behind its back: what it asks for may have to wait for the queue of jobs, and callers must not. Until then it runs
    // here, so that nobody takes it for forgotten.
    deps.running
      .run(state.id, () => clearAway(state.id, deps))
      .catch((error: unknown) =>
        deps.log.error({ call: state.id, err: error }, "the end of a call was not cleared away"),
      );
    return null;
  }
  const caller = survey.channels.find((channel) => channel.id === state.channel);
  const native = natives.find((each) => each.channel === state.channel);
  // The dialplan has her, and offers her again; or it had her to the end, and tells of that.
  if (state.stage === "fallback" && (caller === undefined || caller.holder === null)) return null;
  if (native !== undefined && native.takenAt !== null) return null;
  if (isToBeCalled(state)) return await adoptUncalled(state, from, survey, deps);
  const [leg, agent, others] = await Promise.all([
    telephony.adopt(state.channel, entryOf(state), state.stage === "in_progress"),
    agentLegOf(state, survey, deps),
    otherLegsOf(state, survey, deps),
  ]);
  await destroyStale(state, agent, survey, deps);
  const hers = natives.find((each) => each.channel === state.agentChannel);
  const leftAt = native?.endedAt ?? hers?.endedAt ?? servedUntil;
  const unfinished = { leg, state, from, agent, others, leftAt };
  return { leg, goOn: () => takeUp(unfinished, deps) };
}

/** A call that nobody is on yet: what may be there are an agent's phone, and that of who is called back. */
async function adoptUncalled(
  state: CallState,
  from: string,
  survey: Survey,
  deps: Deps,
): Promise<Adoptee> {
  const rings = survey.channels.some(({ id }) => id === state.channel);
  const [agent, customer] = await Promise.all([
    agentLegOf(state, survey, deps),
    rings ? deps.telephony.adoptDialled(state.channel, null) : null,
  ]);
  await destroyStale(state, agent, survey, deps);
  return {
    leg: customer ?? { gone: new AbortController().signal },
    goOn: () => takeUpUncalled({ state, from, agent, customer }, deps),
  };
}

/** Of an offer that ended unseen the bridge is left, and no flow knows of it. */
async function destroyStale(
  { id: call }: CallState,
  agent: DialledLeg | null,
  { bridges }: Survey,
  { telephony }: Deps,
): Promise<void> {
  const stale = bridges.filter(
    ({ id }) => id.includes(call) && (agent === null || id !== bridgeOf(agent)),
  );
  await Promise.all(stale.map(({ id }) => telephony.adoptBridge(id).destroy()));
}

/** How she entered, as the record tells it: Asterisk may not say before her message or a prompt has ended. */
function entryOf({ direction, caller, dialled }: CallState): Entry {
  return direction === "internal"
    ? { from: "extension", extension: caller, dialled }
    : { from: "outside", dialled };
}

/** What the store knows of calls that the desk does not, which may have lost its last second. */
async function newerOf(
  orphans: readonly LiveCall[],
  deps: Deps,
): Promise<ReadonlyMap<CallId, CallState>> {
  const newer = await newerStates(
    orphans.map(({ state }) => state),
    deps,
  );
  return new Map(newer.map((state) => [state.id, state]));
}

/**
 * The phone of the agent whom the record names, or of somebody outside: as it is found, or as one that has gone. A call
 * that waits may have one too: a phone is rung a moment before that is written down.
 */
async function agentLegOf(
  state: CallState,
  survey: Survey,
  { telephony }: Deps,
): Promise<DialledLeg | null> {
  const { stage, agentChannel } = state;
  if (stage !== "queued" && stage !== "ringing" && stage !== "in_progress") return null;
  if (isOutside(state)) {
    const phones = survey.channels.filter((each) => isAgentOf(each, state.id));
    const hers = newest(phones.filter((each) => each.extension === null));
    const there = stage === "in_progress" ? agentChannel : (hers?.id ?? null);
    return there === null ? null : await telephony.adoptDialled(there, null);
  }
  const hers = newest(
    survey.channels
      .filter((each) => isAgentOf(each, state.id) && each.extension !== null)
      .filter((each) => stage === "queued" || each.extension === state.extension),
  );
  const channel = stage === "in_progress" ? (agentChannel ?? hers?.id) : hers?.id;
  const extension = state.extension ?? hers?.extension;
  if (channel === undefined || extension === undefined || extension === null) return null;
  return await telephony.adoptDialled(channel, extension);
}

/** The other phones that ring for a call of a queue that rings several. */
async function otherLegsOf(
  state: CallState,
  survey: Survey,
  { telephony, rules }: Deps,
): Promise<readonly DialledLeg[]> {
  const { stage, queue } = state;
  if (queue === null || queueRules(rules, queue).several === undefined) return [];
  if (stage !== "queued" && stage !== "ringing") return [];
  const phones = survey.channels.filter(
    (each) => isAgentOf(each, state.id) && each.extension !== null,
  );
  const first = stage === "queued" ? (newest(phones)?.extension ?? null) : state.extension;
  const others = new Set(phones.map(({ extension }) => extension));
  others.delete(null);
  others.delete(first);
  return await Promise.all(
    [...others].flatMap((extension) => {
      const channel = newest(phones.filter((each) => each.extension === extension));
      if (channel === null || extension === null) return [];
      return [telephony.adoptDialled(channel.id, extension)];
    }),
  );
}

function newest(channels: readonly FoundChannel[]): FoundChannel | null {
  return channels.reduce<FoundChannel | null>(
    (newer, each) => (newer === null || each.since > newer.since ? each : newer),
    null,
  );
}

const isAgentOf = (channel: FoundChannel, call: CallId): boolean =>
  channel.role === "agent" && channel.call === call;

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
  const { owner, running } = deps;
  const somewhere = new Set<string>([
    ...survey.channels.map((channel) => channel.id),
    ...natives.map((native) => native.channel),
  ]);
  for (const { state, owner: holder } of live.values()) {
    if (holder !== owner || running.has(state.id) || somewhere.has(state.channel)) continue;
    const record = CallRecord.resume(deps, state);
    const ending = { result: "failed", reason: "asterisk_died", by: "system" } as const;
    await running.run(state.id, () => endCall(record, ending, deps, {}));
  }
}
