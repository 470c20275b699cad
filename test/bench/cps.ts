import { compare, quantile, type Result, rounded, table } from "./figures.ts";
import { agentPhones, type PhoneCall } from "./phones.ts";
import { playRound, type Round, turns } from "./rounds.ts";
import type { Side, Stage } from "./stage.ts";

const talkMs = 100;
const lastsMs = 8_000;
/** Calls of the first moments meet cold caches, those of the last have no time to be answered. */
const settlesMs = 1_000;
const setUpMs = 50;
const step = 5;
const first = 20;
const most = 160;

export const about = `cps: how many calls a second can be set up?
The highest offered rate at which no call fails and 99 % of the agents' phones get their INVITE within ${setUpMs} ms of the caller's
own. 20 agents whose phones ring 20 to 120 ms and who talk for ${talkMs} ms in the mean, random arrivals, ${lastsMs / 1_000} s for each rate; the
rate is doubled from ${first} a second until it is too much, then halved in to ${step} a second, at most ${most}. No recording, no after-call
work, no audio from the phones, which run on the same processors.`;

/** Measures both sides, in turn. The result is calls a second; how long set-up took at that rate stands beside it. */
export async function cps(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result & { readonly setUp: Result }> {
  const rates: Record<Side, number[][]> = { kituo: [], peer: [] };
  const setUps: Record<Side, number[][]> = { kituo: [], peer: [] };
  const agents = await agentPhones(stage.site, stage.accounts, talkMs);
  try {
    await stage.registered();
    const play = async (side: Side, perSecond: number): Promise<Round> => {
      stage.signal.throwIfAborted();
      await stage.prepare(side);
      const callers = { perSecond, atOnce: 2_000, before: { mean: 1_000 } };
      return await playRound(stage, agents, side, { callers, lastsMs });
    };
    // As in every benchmark, the first round of each side does not count.
    for (const side of turns(1)) await play(side, first);
    for (const side of turns(runs)) {
      const taken = new Map<number, readonly number[]>();
      const highest = await highestOf(async (perSecond) => {
        const { isFine, times, said } = judged(await play(side, perSecond));
        taken.set(perSecond, times);
        report(`  ${side.padEnd(5)} ${String(perSecond).padStart(4)} calls a second: ${said}`);
        return isFine;
      });
      rates[side].push([highest]);
      setUps[side].push([...(taken.get(highest) ?? [])]);
    }
  } finally {
    await agents.stop();
  }
  const result = compare("cps", rates, { unit: "calls/s", better: "higher" });
  const setUp = compare("cps, set-up at the highest rate", setUps);
  report(`\n${table("highest rate that is fine", result)}`);
  report(table("caller's INVITE -> INVITE at the agent, each side at its own highest rate", setUp));
  return { ...result, setUp };
}

/** The highest rate that is fine, to a step; 0 when not even the first is. */
async function highestOf(isFine: (perSecond: number) => Promise<boolean>): Promise<number> {
  let fine = 0;
  let tooMuch = first;
  while (tooMuch <= most && (await isFine(tooMuch))) {
    fine = tooMuch;
    tooMuch *= 2;
  }
  while (fine > 0 && tooMuch - fine > step) {
    const between = Math.round((fine + tooMuch) / 2 / step) * step;
    if (await isFine(between)) fine = between;
    else tooMuch = between;
  }
  return fine;
}

/** Whether every call of a round was set up in time. */
function judged({ callers, agents, over }: Round): {
  readonly isFine: boolean;
  /** From the caller's INVITE to the agent's, in milliseconds. */
  readonly times: readonly number[];
  readonly said: string;
} {
  const from = (callers[0]?.invited ?? over) + settlesMs;
  const counted = callers.filter(({ invited }) => invited >= from && invited < over - settlesMs);
  const rung = firstRung(agents);
  const times = counted.flatMap(({ caller, invited }) => {
    const at = rung.get(caller);
    return at === undefined ? [] : [at - invited];
  });
  const failed = counted.length - times.length;
  const p99 = quantile(times, 0.99);
  return {
    isFine: failed === 0 && p99 <= setUpMs,
    times,
    said: `${counted.length} calls, ${failed} failed, p50 ${rounded(quantile(times, 0.5))} ms, p99 ${rounded(p99)} ms`,
  };
}

/** When a phone rang first for each caller. */
function firstRung(agents: readonly PhoneCall[]): ReadonlyMap<string, number> {
  const rung = new Map<string, number>();
  for (const { caller, invited } of agents) if (!rung.has(caller)) rung.set(caller, invited);
  return rung;
}
