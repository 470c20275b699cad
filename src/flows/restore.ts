import type { CallState } from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import type { Desk, LiveCall } from "../ports/desk.ts";
import type { Survey } from "../ports/telephony.ts";
import type { Deps } from "./deps.ts";
import { callOn } from "./identity.ts";
import { notLiving } from "./lease.ts";
import { atMost } from "./patience.ts";

/** How long the store may keep us from callers; what the desk knows is nearly always as new. */
const STORE_WITHIN_MS = 500;

type RestoreDeps = Pick<Deps, "clock" | "desk" | "log" | "owner" | "running" | "store">;

/**
 * Puts calls back at the desk that it has lost: a process that served them out of its memory while Redis was away, and
 * was killed then, could not. Their callers are in Asterisk, and what had been noted of them is in the store; without
 * that they would be new callers, and whoever talks would be cut off. They are kept for who held the channel, so that
 * they are taken over like all others. The agent of a conversation is as the desk has her.
 */
export async function restoreLost(
  { channels }: Survey,
  live: readonly LiveCall[],
  alive: ReadonlySet<string>,
  deps: RestoreDeps,
): Promise<readonly LiveCall[]> {
  const { desk, owner, running, log } = deps;
  const isOrphaned = notLiving(alive, owner);
  const known = new Set<string>(live.map(({ state }) => state.channel));
  const lost = channels
    .filter(({ role, holder }) => role !== "agent" && isOrphaned(holder))
    .filter(({ id }) => !known.has(id) && !running.has(callOn(id)));
  const holders = new Map(lost.map(({ id, holder }) => [id, holder]));
  const noted = await newerStates(
    lost.map(({ id }) => ({ id: callOn(id), seq: 0 })),
    deps,
  );
  const states = noted.filter(({ stage }) => stage !== "ended");
  const restored = states.map(async (state): Promise<LiveCall> => {
    const holder = `${holders.get(state.channel)}/lost`;
    await Promise.all([desk.saveCall(state, holder), keepPlace(state, holder, desk)]);
    log.warn({ call: state.id, stage: state.stage }, "a call was not at the desk any more");
    return { state, owner: holder };
  });
  return await Promise.all(restored);
}

/** Who waited has her place again before her flow asks for it, and before anybody who came later has one. */
async function keepPlace(
  { id: call, stage, queue, queuedAt, priority, language }: CallState,
  owner: string,
  desk: Pick<Desk, "join">,
): Promise<void> {
  if (stage !== "queued" || queue === null || queuedAt === null) return;
  await desk.join({ call, queue, priority, language, enteredAt: queuedAt, owner });
}

/** Whether the store knows that this call has ended. */
export async function isOver(
  id: CallId,
  deps: Pick<Deps, "clock" | "log" | "store">,
): Promise<boolean> {
  const [state] = await newerStates([{ id, seq: 0 }], deps);
  return state?.stage === "ended";
}

/** Of these calls, what the store knows that is newer; nothing when it does not answer in time. */
export async function newerStates(
  known: readonly Pick<CallState, "id" | "seq">[],
  { store, clock, log }: Pick<Deps, "clock" | "log" | "store">,
): Promise<readonly CallState[]> {
  if (known.length === 0) return [];
  try {
    return (await atMost(STORE_WITHIN_MS, store.calls.newer(known), clock)) ?? [];
  } catch (error) {
    log.warn({ err: error }, "the store was not asked about calls that are adopted");
    return [];
  }
}
