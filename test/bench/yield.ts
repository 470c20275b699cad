import { compare, type Result, table } from "./figures.ts";
import { playRounds, turns } from "./rounds.ts";
import type { Side, Stage } from "./stage.ts";

const agents = 20;
const talkMs = 1_000;
/** Until as many wait as there will be, and everybody has had a call. */
const settlesMs = 4_000;

export const about = `yield: more callers than agents; how many calls are completed each second?
${agents} agents, about 100 callers waiting all the time, random arrivals, exponential talk time of ${talkMs} ms in the mean, the
phones ring 20 to 120 ms; no after-call work, no recording, no audio. Counted are the calls that end from ${settlesMs / 1_000} s after the first
one began. In theory no agent is ever without a call: ${agents} by the mean time from an agent's INVITE to her BYE, as her own
phone saw it in that round. The share of that which a side reaches is what its agents were not left without a call.`;

/** Measures both sides, in turn. The result is calls a second; the share of theory stands beside it. */
export async function yieldOf(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result & { readonly ofTheory: Result }> {
  const perSecond: Record<Side, number[][]> = { kituo: [], peer: [] };
  const shares: Record<Side, number[][]> = { kituo: [], peer: [] };
  const plan = {
    callers: { perSecond: 50, atOnce: agents + 100, before: { mean: 300 } },
    lastsMs: 20_000,
  };
  const plans = turns(runs).map((side) => ({ side, plan }));
  await playRounds(stage, talkMs, plans, (round, index) => {
    const { side, over } = round;
    const from = (round.callers[0]?.invited ?? over) + settlesMs;
    const busyMs = round.agents.flatMap(({ invited, answered, ended }) =>
      answered !== null && ended !== null && ended >= from && ended < over ? [ended - invited] : [],
    );
    const rate = (1_000 * busyMs.length) / (over - from);
    const atBest = (1_000 * agents) / mean(busyMs);
    perSecond[side].push([rate]);
    shares[side].push([rate / atBest]);
    report(
      `  round ${index + 1}, ${side.padEnd(5)}: ${rate.toFixed(2)} calls a second, ${((100 * rate) / atBest).toFixed(1)} % of theory`,
    );
  });
  const result = compare("yield", perSecond, { unit: "calls/s", better: "higher" });
  const ofTheory = compare("yield, share of theory", shares, { unit: "share", better: "higher" });
  report(`\n${table("completed calls each second", result)}`);
  report(table("the same as a share of what theory allows", ofTheory));
  return { ...result, ofTheory };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
