import type { WaitingCall } from "../../src/domain/queue.ts";
import { Matcher } from "../../src/domain/routing/matcher.ts";
import { compareWaiting, needsOf } from "../../src/domain/routing/ranking.ts";
import { agentRules } from "../../src/domain/routing/rules.ts";
import { lacking } from "../../src/domain/routing/skills.ts";
import { chance } from "../lab/chance.ts";
import type { Means } from "./benches.ts";
import { type Crowd, crowdOf } from "./crowd.ts";
import { compare, type Result, table } from "./figures.ts";
import { type Look, looksOfProduction } from "./look.ts";
import { turns } from "./rounds.ts";

const agentCount = 10_000;
const callCount = 100_000;
const size = { agents: agentCount, waiting: callCount, queues: 20, kinds: 50 };
/** Agents who become free in one round. A scan of every call takes a thousand times longer, so it does fewer. */
const freed = { kituo: 100_000, peer: 200 } as const;

export const about = `match: an agent becomes free, and gets one of ${callCount} waiting calls; how long does it take to find it?
${agentCount} agents of ${size.kinds} kinds, ${size.queues} queues, skills, priorities; no telephone, no Redis, no desk.
  kituo: the index of domain/routing, kept up to date: her call is found and taken out, another caller comes
  scan:  every waiting call is looked at, and the best one that she may take is hers
  look:  what production does at each look, for centres of common size: the index is built anew of all who wait`;

/** Measures rounds of both sides in turn; times are microseconds an assignment. */
export async function match({ runs, report }: Pick<Means, "runs" | "report">): Promise<
  Result & {
    readonly perSecond: { readonly kituo: number; readonly peer: number };
    readonly looks: readonly Look[];
  }
> {
  const sides = { kituo: [] as number[][], peer: [] as number[][] };
  for (const side of turns(runs)) {
    const crowd = crowdOf(size, chance(sides[side].length));
    sides[side].push(side === "kituo" ? indexed(crowd) : scanned(crowd));
  }
  const result = compare("match", sides, { unit: "us", peerIs: "a scan" });
  const rate = (rounds: readonly (readonly number[])[]) => {
    const all = rounds.flat();
    return Math.round((1e6 * all.length) / all.reduce((sum, each) => sum + each, 0));
  };
  const perSecond = { kituo: rate(sides.kituo), peer: rate(sides.peer) };
  report(table("an agent becomes free -> her call is found", result));
  report(`  assignments a second: Kituo ${perSecond.kituo}, a scan ${perSecond.peer}\n`);
  const looks = looksOfProduction();
  report("one look of production, which builds the index anew, when one agent becomes free");
  for (const { agents, waiting, p50, p95, p99, max } of looks)
    report(
      `  ${agents} agents, ${waiting} waiting: p50 ${p50} us, p95 ${p95}, p99 ${p99}, longest ${max}`,
    );
  return { ...result, perSecond, looks };
}

function indexed({ rules, agents, call }: Crowd): number[] {
  const matcher = new Matcher(rules, Math.random);
  let now = callCount;
  for (let index = 0; index < callCount; index += 1) matcher.addCall(call(index, index), now);
  const arrivals = Array.from({ length: freed.kituo }, (_, index) =>
    call(callCount + index, now + index),
  );
  const took: number[] = [];
  for (const [index, arrival] of arrivals.entries()) {
    const agent = agents[index % agentCount];
    if (agent === undefined) break;
    now += 1;
    const began = performance.now();
    matcher.addAgent(agent);
    const found = matcher.next(now);
    if (found !== null) matcher.removeCall(found.placed);
    matcher.removeAgent(agent.id);
    matcher.addCall(arrival, now);
    took.push((performance.now() - began) * 1_000);
  }
  return took;
}

function scanned({ rules, agents, call }: Crowd): number[] {
  const waiting = new Map(
    Array.from({ length: callCount }, (_, index) => [index, call(index, index)] as const),
  );
  let now = callCount;
  const took: number[] = [];
  for (let index = 0; index < freed.peer; index += 1) {
    const agent = agents[index % agentCount];
    if (agent === undefined) break;
    const arrival = call(callCount + index, now);
    now += 1;
    const began = performance.now();
    const able = agentRules(rules, agent.id).skills;
    let best: readonly [number, WaitingCall] | null = null;
    for (const entry of waiting) {
      const [, each] = entry;
      if (!agent.queues.includes(each.queue)) continue;
      if (lacking(able, needsOf(each, rules), now - each.enteredAt) !== null) continue;
      if (best === null || compareWaiting(each, best[1], rules) < 0) best = entry;
    }
    if (best !== null) waiting.delete(best[0]);
    waiting.set(callCount + index, arrival);
    took.push((performance.now() - began) * 1_000);
  }
  return took;
}
