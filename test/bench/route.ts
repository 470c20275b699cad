import { compare, quantile, type Result, rounded, table } from "./figures.ts";
import { playRounds, type Round, type RoundPlan, turns } from "./rounds.ts";
import type { Side, Stage } from "./stage.ts";

const talkMs = 600;

/** How many call each second: 20 agents who talk for 0.6 s are then a tenth busy, or half. */
const loads = { idle: 3, light: 16 } as const;
type Load = keyof typeof loads;

export const about = `route: somebody calls, agents are free; how long until a phone rings?
From the caller's own INVITE to the INVITE that an agent's phone receives, from the message traces of both phones (one
machine, one clock, microseconds); the two ends are matched by the caller's number, which leads straight into the queue.
Given as well is the time from the 200 OK that the caller's phone receives. app_queue is entered after Answer(,i); Kituo
rings the agent's phone first and answers meanwhile, so that time can be less than nothing. 20 agents, exponential talk time of ${talkMs} ms in the mean, random arrivals,
without backlog: ${loads.idle} calls a second (idle), ${loads.light} a second (light load, half of the agents talk). Counted only when the agent's
phone answered. No recording, no after-call work, no audio from the phones. Kituo runs during the peer's rounds.`;

type Instants = "answer" | "invite";

/** Measures both sides under both loads, in turn. The result is that of idle agents; `light` stands beside it. */
export async function route(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result & { readonly light: Result; readonly fromAnswer: Result }> {
  const times = { idle: measured(), light: measured() };
  const plans = (["idle", "light"] as const).flatMap((load) =>
    turns(runs).map((side) => ({ load, side, plan: planOf(load) })),
  );
  await playRounds(stage, talkMs, plans, (round, index) => {
    const load = plans[index]?.load ?? "idle";
    const whole = timesOf(round, "invite");
    times[load].answer[round.side].push(timesOf(round, "answer"));
    times[load].invite[round.side].push(whole);
    report(
      `  round ${index + 1}, ${load.padEnd(5)}, ${round.side.padEnd(5)}: ${String(whole.length).padStart(4)} calls, p50 ${rounded(quantile(whole, 0.5))} ms`,
    );
  });
  const result = (load: Load, instants: Instants) =>
    compare(load === "idle" ? "route" : "route, light load", times[load][instants]);
  const idle = result("idle", "invite");
  const light = result("light", "invite");
  const fromAnswer = result("idle", "answer");
  report(`\n${table("idle agents: caller's INVITE -> INVITE at the agent", idle)}`);
  report(table("idle agents: caller's 200 OK -> INVITE at the agent", fromAnswer));
  report(table("light load: caller's INVITE -> INVITE at the agent", light));
  report(table("light load: caller's 200 OK -> INVITE at the agent", result("light", "answer")));
  return { ...idle, light, fromAnswer };
}

function measured(): Record<Instants, Record<Side, number[][]>> {
  return { answer: { kituo: [], peer: [] }, invite: { kituo: [], peer: [] } };
}

/** The fewer call, the longer it takes until there is something to go by. */
function planOf(load: Load): RoundPlan {
  return {
    callers: { perSecond: loads[load], atOnce: 1_000, before: { mean: 1_000 } },
    lastsMs: load === "idle" ? 15_000 : 8_000,
  };
}

/** From the caller's answer, or her own INVITE, to the first INVITE of her call at an agent, in milliseconds. */
function timesOf(round: Round, from: Instants): number[] {
  const rung = new Map<string, number>();
  for (const call of round.agents)
    if (call.answered !== null && !rung.has(call.caller)) rung.set(call.caller, call.invited);
  return round.callers.flatMap((call) => {
    const at = rung.get(call.caller);
    if (at === undefined || call.answered === null) return [];
    return [at - (from === "answer" ? call.answered : call.invited)];
  });
}
