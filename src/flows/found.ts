import { type CallState, isOutside } from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import type { WaitingCall } from "../domain/queue.ts";
import { queueRules } from "../domain/routing/rules.ts";
import type { DialledLeg, FoundChannel, Survey } from "../ports/telephony.ts";
import type { Deps } from "./deps.ts";
import { bridgeOf } from "./offer.ts";

/** The phones that an earlier life of a call had rung, or was talking to. */
export interface Phones {
  readonly agent: DialledLeg | null;
  /** Further ones that it had rung at the same time. */
  readonly others: readonly DialledLeg[];
}

/** The phones of a call, as they are found. */
export async function phonesOf(state: CallState, survey: Survey, deps: Deps): Promise<Phones> {
  const [agent, others] = await Promise.all([
    agentLegOf(state, survey, deps),
    otherLegsOf(state, survey, deps),
  ]);
  return { agent, others };
}

/** The phones of a call as they are now, when nothing is left of those that it had rung in vain. */
export async function phonesNow(state: CallState, deps: Deps): Promise<Phones> {
  const { desk, telephony } = deps;
  const [survey, { waiting }] = await Promise.all([telephony.survey(), desk.snapshot()]);
  const phones = await phonesOf(state, survey, deps);
  const place = waiting.find(({ call }) => call === state.id);
  await clearStale(state, phones, { survey, place }, deps);
  return phones;
}

/** Of an offer that ended unseen the bridge is left, and of one that was about to begin the agent: no flow knows of them. */
export async function clearStale(
  state: CallState,
  { agent, others }: Phones,
  { survey, place }: { readonly survey: Survey; readonly place: WaitingCall | undefined },
  deps: Deps,
): Promise<void> {
  const stale = survey.bridges.filter(
    ({ id }) => id.includes(state.id) && (agent === null || id !== bridgeOf(agent)),
  );
  await Promise.all([
    ...stale.map(({ id }) => deps.telephony.adoptBridge(id).destroy()),
    freeUnrung(state, place, [agent, ...others], deps),
  ]);
}

/**
 * The phone of the agent whom the record names, or of somebody outside: as it is found, or as one that has gone. A call
 * that waits may have one too: a phone is rung a moment before that is written down.
 */
export async function agentLegOf(
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
 * Frees agents whom the dead process had reserved for a call a moment before it died: their phones were not rung, the
 * record knows nothing of them, and nobody would ring them now.
 */
async function freeUnrung(
  { id, stage, agent, ringing }: CallState,
  place: WaitingCall | undefined,
  phones: readonly (DialledLeg | null)[],
  { desk, centre }: Deps,
): Promise<void> {
  if (place === undefined || place.offeredTo === null) return;
  const rung = phones.flatMap((phone) => (phone?.entry.from === "extension" ? [phone.entry] : []));
  const known = new Set<string | null>([
    ...ringing.map((each) => each.agent),
    ...(stage === "ringing" ? [agent] : []),
    ...centre.agents
      .filter((one) => rung.some(({ extension }) => extension === one.extension))
      .map((one) => one.id),
  ]);
  const unrung = [place.offeredTo, ...(place.also ?? [])].filter((each) => !known.has(each));
  await Promise.all(unrung.map((each) => desk.release(id, each, "caller_left", 0)));
}
