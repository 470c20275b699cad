import { compare, type Result, rounded, table } from "./figures.ts";
import { type Overtakes, overtakesOf, spacedMs } from "./overtakes.ts";
import { playRounds, type Round, turns } from "./rounds.ts";
import type { Side, Stage } from "./stage.ts";

const agents = 20;
const waiting = 100;
const talkMs = 1_500;

export const about = `fifo: more callers than agents; is anybody served before somebody who called earlier?
Callers come in the order in which their own phones sent their INVITEs, and are served in the order in which an agent's
phone received its first INVITE for each of them, both from the message traces of the phones. A caller is overtaken by
everybody who came at least ${spacedMs} ms after her and was rung for before her; who was never rung for in the round was overtaken
by all of those behind her who were. ${agents} agents, about ${waiting} callers waiting all the time, random arrivals, exponential talk
time of ${talkMs} ms in the mean, the phones ring 20 to 120 ms; one queue, no priorities, nobody hangs up. Given is the share of
callers who were served in turn, of those who were rung for or overtaken. The peer is app_queue with the same phones.`;

/** What `--json` prints beside the comparison: one of each round. */
interface Told {
  readonly overtaken: Readonly<Record<Side, readonly Overtakes[]>>;
}

/** Measures both sides, in turn. */
export async function fifo(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result & Told> {
  const inTurn: Record<Side, number[][]> = { kituo: [], peer: [] };
  const overtaken: Record<Side, Overtakes[]> = { kituo: [], peer: [] };
  const plan = {
    callers: { perSecond: 50, atOnce: agents + waiting, before: { mean: 300 } },
    lastsMs: 20_000,
  };
  const plans = turns(runs).map((side) => ({ side, plan }));
  await playRounds(stage, talkMs, plans, (round, index) => {
    const { side } = round;
    const found = overtakesIn(round);
    inTurn[side].push([1 - found.share]);
    overtaken[side].push(found);
    report(`  round ${index + 1}, ${side.padEnd(5)}: ${inWords(found)}`);
  });
  const result = compare("fifo", inTurn, { unit: "share", better: "higher" });
  report(`\n${table("callers whom nobody overtook", result)}`);
  for (const side of ["kituo", "peer"] as const) {
    const shares = overtaken[side].map(({ share }) => `${(100 * share).toFixed(1)} %`);
    const most = Math.max(...overtaken[side].map(({ mostPlaces }) => mostPlaces));
    report(`  ${side.padEnd(5)}: ${shares.join(", ")} overtaken; the most places lost: ${most}`);
  }
  return { ...result, overtaken };
}

function overtakesIn({ callers, agents: phones, over }: Round): Overtakes {
  const rung = new Map<string, number>();
  for (const { caller, invited } of phones)
    if (!rung.has(caller) && invited < over) rung.set(caller, invited);
  return overtakesOf(
    callers
      .filter(({ invited }) => invited < over)
      .map(({ caller, invited }) => ({
        came: invited,
        rung: rung.get(caller) ?? Number.POSITIVE_INFINITY,
      })),
  );
}

function inWords({ of, overtaken, share, clearly, mostPlaces, longestMs }: Overtakes): string {
  const late = longestMs === null ? "never rung for" : `rung for ${rounded(longestMs)} ms late`;
  const worst =
    overtaken === 0
      ? ""
      : `, ${clearly} of them by ${spacedMs} ms or more; ${mostPlaces} places lost at most, ${late} at worst`;
  return `${overtaken} of ${of} callers overtaken (${(100 * share).toFixed(1)} %)${worst}`;
}
