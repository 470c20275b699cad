import { compare, type Result, table } from "./figures.ts";
import { allOf, inParts } from "./processors.ts";
import { playRounds, turns } from "./rounds.ts";
import type { Side, Stage } from "./stage.ts";

const perSecond = 16;
const talkMs = 600;
const lastsMs = 15_000;

export const about = `cpu: what does a call cost?
Processor time for each call that an agent answered, in milliseconds of one core, from /proc, at ${perSecond} calls a second (20 agents,
half of them busy, exponential talk time of ${talkMs} ms in the mean, random arrivals, no recording, no after-call work, no audio from
the phones). For Kituo: Asterisk, the server and Redis together; for app_queue: Asterisk alone. The phones are not counted.`;

/** Measures both sides, in turn. */
export async function cpu(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result> {
  const sides: Record<Side, number[][]> = { kituo: [], peer: [] };
  const plan = { callers: { perSecond, atOnce: 1_000, before: { mean: 1_000 } }, lastsMs };
  const plans = turns(runs).map((side) => ({ side, plan }));
  await playRounds(stage, talkMs, plans, ({ side, agents, used }, index) => {
    const answered = agents.filter((call) => call.answered !== null).length;
    sides[side].push([allOf(used) / answered]);
    report(
      `  round ${index + 1}, ${side.padEnd(5)}: ${answered} calls, ${inParts(used, answered)} ms of a core for each`,
    );
  });
  const result = compare("cpu", sides);
  report(`\n${table("processor time for each call", result)}`);
  return result;
}
