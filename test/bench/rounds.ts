import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Sipp } from "../../src/ops/phones/sipp.ts";
import { agentPhones, type CallerPhones, callerPhones, callsOf, type PhoneCall } from "./phones.ts";
import { type Used, usedSince } from "./processors.ts";
import { numbers, type Side, type Stage } from "./stage.ts";

export interface RoundPlan {
  readonly callers: Omit<CallerPhones, "called">;
  /** From the first call to the last. */
  readonly lastsMs: number;
}

/** What the phones at both ends saw of one round. */
export interface Round {
  readonly side: Side;
  readonly callers: readonly PhoneCall[];
  readonly agents: readonly PhoneCall[];
  /** From when on the callers are hung up, and what follows does not count. */
  readonly over: number;
  /** The processor time that the side's calls took meanwhile. */
  readonly used: Used;
}

/** Both sides in turn, so that neither has the better time of the machine: A-B-B-A. */
export function turns(runs: number): readonly Side[] {
  const pair = (index: number): Side[] => (index % 2 === 0 ? ["kituo", "peer"] : ["peer", "kituo"]);
  return Array.from({ length: runs }, (_, index) => pair(index)).flat();
}

/**
 * Plays rounds with the same phones for all; `each` is handed one round at a time. Before them each side plays its first
 * one unseen: code that has just been loaded is compiled while it runs, on whichever side.
 */
export async function playRounds(
  stage: Stage,
  talkMs: number,
  plans: readonly { readonly side: Side; readonly plan: RoundPlan }[],
  each: (round: Round, index: number) => void,
): Promise<void> {
  const agents = await agentPhones(stage.site, stage.accounts, talkMs);
  try {
    await stage.registered();
    const play = async ({ side, plan }: (typeof plans)[number]): Promise<Round> => {
      stage.signal.throwIfAborted();
      await stage.prepare(side);
      return await playRound(stage, agents, side, plan);
    };
    for (const side of turns(1)) {
      const first = plans.find((planned) => planned.side === side);
      if (first !== undefined) await play(first);
    }
    for (const [index, planned] of plans.entries()) each(await play(planned), index);
  } finally {
    await agents.stop();
  }
}

/** Plays one round; its callers are other phones each time. */
export async function playRound(
  stage: Stage,
  agents: Sipp,
  side: Side,
  plan: RoundPlan,
): Promise<Round> {
  const began = Date.now();
  const before = stage.used(side);
  const callers = await callerPhones(stage.site, { ...plan.callers, called: numbers[side] });
  try {
    await Promise.race([pause(plan.lastsMs, undefined, { signal: stage.signal }), callers.exit]);
    const over = Date.now();
    const used = usedSince(before, stage.used(side));
    const [asked, answered] = await Promise.all([callsOf(callers), callsOf(agents)]);
    // Left to itself SIPp takes a quarter of a minute to say goodbye for all; Asterisk does it at once.
    const ended = callers.hangup();
    await stage.hangUp();
    await ended;
    return {
      side,
      callers: asked,
      agents: answered.filter((call) => call.invited >= began),
      over,
      used,
    };
  } finally {
    await callers.stop();
  }
}

/** How busy the processors are with the work of others, 0 to 1, looked at for a moment. */
export async function othersBusy(): Promise<number> {
  const first = processorTicks();
  await pause(2_000);
  const second = processorTicks();
  return 1 - (second.idle - first.idle) / (second.all - first.all);
}

function processorTicks(): { idle: number; all: number } {
  const [, ...ticks] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/\s+/) ?? [];
  const all = ticks.slice(0, 8).reduce((sum, tick) => sum + Number(tick), 0);
  return { idle: Number(ticks[3]) + Number(ticks[4]), all };
}
