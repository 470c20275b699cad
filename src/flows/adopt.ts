import type { CallState } from "../domain/call.ts";
import { isToBeCalled } from "../domain/callback.ts";
import type { CallId } from "../domain/ids.ts";
import type { WaitingCall } from "../domain/queue.ts";
import type { LiveCall } from "../ports/desk.ts";
import type { Entry, Leg, NativeCall, Survey } from "../ports/telephony.ts";
import { clearAway } from "./call.ts";
import type { Deps } from "./deps.ts";
import { agentLegOf, clearStale, type Phones, phonesNow, phonesOf } from "./found.ts";
import { endWhatIsLeft, freeWhatNobodyHolds } from "./ghosts.ts";
import { nameOf } from "./lease.ts";
import { importNativeCalls } from "./native.ts";
import { atMost } from "./patience.ts";
import { newerStates, restoreLost } from "./restore.ts";
import { takeUp, takeUpUncalled, type Unfinished } from "./take.ts";

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

/** The dialplan offers a caller whom it holds once a second. */
const OFFERED_WITHIN_MS = 3_000;

/** What Asterisk has, and what its dialplan tells of who left. */
interface Found {
  readonly survey: Survey;
  readonly natives: readonly NativeCall[];
  /** The states that the store knows and the desk does not. */
  readonly newer: ReadonlyMap<CallId, CallState>;
  /** Of the calls that wait, and are perhaps offered to somebody. */
  readonly places: ReadonlyMap<CallId, WaitingCall>;
  /** Until when a server was there: of whoever left within a second of that, the dialplan tells nothing. */
  readonly servedUntil: number | null;
}

/** Calls that were taken up, and what Asterisk had when they were. */
interface Taken extends Pick<Found, "survey" | "natives"> {
  readonly orphans: number;
  /** Of each, what says whether its caller has gone. */
  readonly legs: readonly Pick<Leg, "gone">[];
}

/** A call that is ours now, with all of its parties, and that nobody serves before it goes on. */
interface Adoptee {
  readonly leg: Pick<Leg, "gone">;
  /** Lets its flow run; settles when that has ended, and never rejects. */
  readonly goOn: () => Promise<void>;
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
  const dead = Array.from(new Set(orphans.map((orphan) => orphan.owner)));
  await Promise.all(dead.map((owner) => desk.fence(owner)));
  // What they had noted and not brought to the store would be missing from the logs of their calls.
  for (const name of new Set(dead.map(nameOf)))
    await atMost(JOURNAL_WITHIN_MS, journal.inherit(name), clock);
  const [survey, natives, newer, { waiting }] = await Promise.all([
    telephony.survey(),
    telephony.nativeCalls(),
    newerOf(orphans, deps),
    desk.snapshot(),
  ]);
  const places = new Map(waiting.map((place) => [place.call, place]));
  const lost = await restoreLost(survey, live, alive, deps);
  const found = { survey, natives, newer, places, servedUntil };
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
    id: state.id,
    from,
    unexpect: dispatcher.expect(state.id),
    taking: desk.takeOver(state.id, from, owner),
  }));
  await Promise.allSettled(begun.map(({ taking }) => taking));
  const settled = await Promise.allSettled(
    begun.map(async ({ from, taking }) => {
      const live = await taking;
      return live === null ? null : await adoptOne(live, from, found, deps);
    }),
  );
  const adopted = settled.map((one) => (one.status === "fulfilled" ? one.value : null));
  for (const [index, { id, unexpect }] of begun.entries()) {
    const adoptee = adopted[index] ?? null;
    if (adoptee === null) unexpect();
    else void letGoOn(id, adoptee, deps).then(unexpect);
  }
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return adopted.flatMap((adoptee) => (adoptee === null ? [] : [adoptee.leg]));
}

/**
 * Lets a call go on, unless the dialplan has offered its caller again meanwhile: then it has gone on, and may even have
 * ended, with her new leg. Never rejects.
 */
async function letGoOn(id: CallId, { leg, goOn }: Adoptee, deps: Deps): Promise<void> {
  const { desk, log, running } = deps;
  try {
    const isOver = leg.gone.aborted && !running.has(id) && (await desk.liveCall(id)) === null;
    if (!isOver && !running.has(id)) await goOn();
  } catch (error) {
    log.error({ call: id, err: error }, "a call that was adopted did not go on");
  }
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
  { survey, natives, newer, places, servedUntil }: Found,
  deps: Deps,
): Promise<Adoptee | null> {
  const { telephony } = deps;
  const stored = newer.get(live.state.id);
  const state = stored !== undefined && stored.seq > live.state.seq ? stored : live.state;
  if (state.stage === "ended") {
    // Behind its back: what it asks for may have to wait for the queue of jobs, and callers must not. Until then it runs
    // here, so that nobody takes it for forgotten.
    deps.running
      .run(state.id, async () => {
        await endWhatIsLeft(state, survey, deps);
        await clearAway(state.id, deps);
      })
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
  if (isToBeCalled(state)) return await adoptUncalled(state, from, { survey, places }, deps);
  const adopting = telephony.adopt(state.channel, entryOf(state), state.stage === "in_progress");
  const hers = natives.find((each) => each.channel === state.agentChannel);
  const leftAt = native?.endedAt ?? hers?.endedAt ?? servedUntil;
  if (caller?.holder === null && (await adopting).gone.aborted) {
    const leg = await adopting;
    return { leg, goOn: () => awaitOffer({ leg, state, from, leftAt }, deps) };
  }
  // Both beside one another: one look at Asterisk does for the two.
  const [leg, phones] = await Promise.all([adopting, phonesOf(state, survey, deps)]);
  await clearStale(state, phones, { survey, place: places.get(state.id) }, deps);
  return { leg, goOn: () => takeUp({ leg, state, from, leftAt, ...phones }, deps) };
}

/**
 * The dialplan has the caller and offers her within a second, to us or to another process, whose flow then finds her
 * agent's phone, which may ring still or have been answered meanwhile. Only when nobody gets her it is let go of.
 * Settles when her flow has ended.
 */
async function awaitOffer(unheld: Omit<Unfinished, keyof Phones>, deps: Deps): Promise<void> {
  const { clock, desk, owner, running } = deps;
  const { id } = unheld.state;
  const begun = running.begins(id).then(() => true);
  if ((await atMost(OFFERED_WITHIN_MS, begun, clock)) !== null) return await running.ends(id);
  const live = await desk.liveCall(id);
  if (live === null || live.owner !== owner) return;
  const phones = await phonesNow(live.state, deps);
  await takeUp({ ...unheld, state: live.state, ...phones }, deps);
}

/** A call that nobody is on yet: what may be there are an agent's phone, and that of who is called back. */
async function adoptUncalled(
  state: CallState,
  from: string,
  { survey, places }: Pick<Found, "survey" | "places">,
  deps: Deps,
): Promise<Adoptee> {
  const rings = survey.channels.some(({ id }) => id === state.channel);
  const [agent, customer] = await Promise.all([
    agentLegOf(state, survey, deps),
    rings ? deps.telephony.adoptDialled(state.channel, null) : null,
  ]);
  const place = places.get(state.id);
  await clearStale(state, { agent, others: [] }, { survey, place }, deps);
  return {
    leg: customer ?? { gone: new AbortController().signal },
    goOn: () => takeUpUncalled({ state, from, agent, customer }, deps),
  };
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
