import { compare, quantile, type Result, rounded, table } from "./figures.ts";
import type { PhoneCall } from "./phones.ts";
import { playRounds, type Round, turns } from "./rounds.ts";
import type { Side, Stage } from "./stage.ts";

const agents = 20;
const talkMs = 1_500;
/** Until as many wait as there will be, and everybody has had a call. */
const settlesMs = 4_000;

export const about = `yield: more callers than agents; how many calls are completed?
${agents} agents, about 100 callers waiting all the time, random arrivals, exponential talk time of ${talkMs} ms in the mean, the
phones ring 20 to 120 ms; no after-call work, no recording, no audio. Given is the time of the house for each completed
call, in milliseconds, from ${settlesMs / 1_000} s after the first call on. In theory no agent is ever without a call: the mean time from an
agent's INVITE to her BYE, as her own phone saw it in that round, by ${agents}. The share of that which a side reaches is
what its agents were not left without a call. From the same rounds: how many callers were overtaken, that is, rung for
after somebody who was answered at least ${2} ms later than they were.`;

/** Two phones' notes of one moment may be so far apart. */
const spacedMs = 2;

/** Measures both sides, in turn. */
export async function yieldOf(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result & { readonly theory: Shares; readonly overtaken: Shares }> {
  const perCall: Record<Side, number[][]> = { kituo: [], peer: [] };
  const theory: Record<Side, number[]> = { kituo: [], peer: [] };
  const overtaken: Record<Side, number[]> = { kituo: [], peer: [] };
  const plan = {
    callers: { perSecond: 50, atOnce: agents + 100, before: { mean: 300 } },
    lastsMs: 20_000,
  };
  const plans = turns(runs).map((side) => ({ side, plan }));
  await playRounds(stage, talkMs, plans, (round, index) => {
    const { side } = round;
    const from = (round.callers[0]?.invited ?? round.over) + settlesMs;
    const done = round.agents.filter(
      (call) =>
        call.answered !== null &&
        call.ended !== null &&
        call.ended >= from &&
        call.ended < round.over,
    );
    const each = (round.over - from) / done.length;
    const atBest = mean(done.map((call) => (call.ended ?? 0) - call.invited)) / agents;
    const passed = overtakenIn(round);
    perCall[side].push([each]);
    theory[side].push(atBest / each);
    overtaken[side].push(passed.share);
    report(
      `  round ${index + 1}, ${side.padEnd(5)}: ${(1_000 / each).toFixed(2)} calls a second, ${percent(atBest / each)} of theory; ${percent(passed.share)} of ${passed.of} callers overtaken, by ${passed.most} at most`,
    );
  });
  const result = compare("yield", perCall);
  report(`\n${table("the house's time for each completed call", result)}`);
  for (const side of ["kituo", "peer"] as const)
    report(
      `  ${side.padEnd(5)}: ${percent(quantile(theory[side], 0.5))} of theory (${theory[side].map(percent).join(", ")}); overtaken ${percent(quantile(overtaken[side], 0.5))} (${overtaken[side].map(percent).join(", ")})`,
    );
  return { ...result, theory: rounds(theory), overtaken: rounds(overtaken) };
}

/** A share of each round, 0 to 1. */
export interface Shares {
  readonly kituo: readonly number[];
  readonly peer: readonly number[];
}

const rounds = ({ kituo, peer }: Record<Side, number[]>): Shares => ({
  kituo: kituo.map(rounded),
  peer: peer.map(rounded),
});

/** Which share of the callers who were rung for were rung for after somebody who had come later, and by how many. */
function overtakenIn(round: Round): {
  readonly share: number;
  readonly of: number;
  readonly most: number;
} {
  const rung = new Map<string, number>();
  for (const call of round.agents)
    if (!rung.has(call.caller) && call.invited < round.over) rung.set(call.caller, call.invited);
  const served = round.callers
    .filter((call): call is PhoneCall & { answered: number } => call.answered !== null)
    .map(({ caller, answered }) => ({
      came: answered,
      rung: rung.get(caller) ?? Number.POSITIVE_INFINITY,
    }));
  const passed = served
    .filter(({ rung: at }) => at !== Number.POSITIVE_INFINITY)
    .map(
      (own) =>
        served.filter(
          (other) => other.came >= own.came + spacedMs && other.rung < own.rung - spacedMs,
        ).length,
    );
  const share = passed.filter((by) => by > 0).length / passed.length;
  return { share, of: passed.length, most: Math.max(0, ...passed) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
