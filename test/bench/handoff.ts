import { compare, quantile, type Result, rounded, table } from "./figures.ts";
import type { PhoneCall } from "./phones.ts";
import { playRounds, type Round, turns } from "./rounds.ts";
import type { Side, Stage } from "./stage.ts";

const agents = 20;
const waiting = 100;
const talkMs = 1_500;

export const about = `handoff: an agent's phone hangs up; how long until it is rung again?
From the BYE that the agent's phone sends to the next INVITE that the same phone receives, both from that phone's own
message trace, in microseconds. ${agents} agents, ${waiting} callers waiting, random arrivals, exponential talk time of
${talkMs} ms in the mean, the phones ring 20 to 120 ms; no after-call work, no recording, no audio from the phones.
Counted while at least ${waiting} wait, and only where the calls before and after were answered. The peer is app_queue
on the same Asterisk (leastrecent, autofill, retry 1, timeout 15, ringinuse no), with the same phones. Nobody is told her
place, on either side. Kituo runs during the peer's rounds, signed out.`;

/** Measures both sides, in turn. */
export async function handoff(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result> {
  const sides: Record<Side, number[][]> = { kituo: [], peer: [] };
  const plan = {
    callers: { perSecond: 50, atOnce: agents + waiting + 12, before: { mean: 300 } },
    lastsMs: 16_000,
  };
  const plans = turns(runs).map((side) => ({ side, plan }));
  await playRounds(stage, talkMs, plans, (round, index) => {
    const from = backlogStands(round);
    const gaps = gapsOf(round, from);
    sides[round.side].push(gaps);
    const rate = gaps.length / ((round.over - from) / 1_000);
    report(
      `  round ${index + 1}, ${round.side.padEnd(5)}: ${String(gaps.length).padStart(4)} handoffs, ${rate.toFixed(1)} a second, p50 ${rounded(quantile(gaps, 0.5))} ms`,
    );
  });
  const result = compare("handoff", sides);
  report(`\n${table("agent's BYE -> next INVITE at that agent", result)}`);
  return result;
}

/** The moment from which on so many wait as there should. */
function backlogStands(round: Round): number {
  const changes = [
    ...round.callers.flatMap((call) => change(call, 1)),
    ...round.agents.flatMap((call) => change(call, -1)),
  ].sort((left, right) => left.at - right.at);
  let count = 0;
  for (const { at, by } of changes) {
    count += by;
    if (count >= waiting) return at;
  }
  throw new Error(`never did ${waiting} callers wait in a round of ${round.side}`);
}

/** A call that is up counts at each end; who waits is a caller without an agent. */
function change(call: PhoneCall, by: 1 | -1): { at: number; by: number }[] {
  if (call.answered === null) return [];
  const began = { at: call.answered, by };
  return call.ended === null ? [began] : [began, { at: call.ended, by: -by }];
}

/** From each BYE of an agent to her next INVITE, in milliseconds. */
function gapsOf(round: Round, from: number): number[] {
  const last = new Map<string, PhoneCall>();
  const gaps: number[] = [];
  for (const call of round.agents) {
    if (call.answered === null || call.invited > round.over) continue;
    const before = last.get(call.called);
    last.set(call.called, call);
    if (before === undefined || before.ended === null || !before.endedHere) continue;
    if (before.ended >= from) gaps.push(call.invited - before.ended);
  }
  return gaps;
}
