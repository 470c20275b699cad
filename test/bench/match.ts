import { type Agent, noTally } from "../../src/domain/agent.ts";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import { Matcher } from "../../src/domain/routing/matcher.ts";
import { compareWaiting, needsOf } from "../../src/domain/routing/ranking.ts";
import { agentRules, type RoutingRules } from "../../src/domain/routing/rules.ts";
import { lacking, type SkillNeed } from "../../src/domain/routing/skills.ts";
import { chance } from "../lab/chance.ts";
import { compare, type Figures, type Result, rounded } from "./figures.ts";

const agentCount = 10_000;
const callCount = 100_000;
const queueCount = 20;
const profiles = 50;
const skills = ["billing", "sales", "tech", "cards", "loans"] as const;
/** Agents who become free in one round. A scan of every call takes a thousand times longer, so it does fewer. */
const freed = { kituo: 100_000, peer: 200 } as const;

export const about = `match: an agent becomes free, and gets one of ${callCount} waiting calls (${queueCount} queues, skills, priorities)
  kituo: the index of domain/routing, kept up to date: her call is found and taken out, another caller comes
  peer:  every waiting call is looked at, and the best one that she may take is hers`;

interface Centre {
  readonly rules: RoutingRules;
  readonly agents: readonly Agent[];
  readonly call: (index: number, at: number) => WaitingCall;
}

function centreOf(random: () => number): Centre {
  const below = (bound: number) => Math.floor(random() * bound);
  const needOf = (): SkillNeed => ({
    skill: skills[below(skills.length)] ?? "billing",
    level: 1 + below(3),
    required: random() < 0.7,
    relax: [],
  });
  const names = Array.from({ length: queueCount }, (_, index) => asQueueName(`q${index}`));
  const queues = names.map((name) => {
    const needs = Array.from({ length: below(3) }, needOf);
    return [
      name,
      { weight: below(3), strategy: "longest-idle", needs, languageNeeds: {} },
    ] as const;
  });
  const kinds = Array.from({ length: profiles }, () => ({
    queues: Array.from({ length: 3 }, () => names[below(queueCount)] ?? asQueueName("q0")),
    skills: Object.fromEntries(skills.map((skill) => [skill, below(6)])),
  }));
  const agents = Array.from(
    { length: agentCount },
    (_, index): Agent => ({
      id: asAgentId(`AGT-${index}`),
      extension: String(10_000 + index),
      queues: [...new Set(kinds[index % profiles]?.queues)],
      presence: { is: "available" },
      reservation: { is: "none" },
      activity: { is: "none" },
      device: "idle",
      pending: null,
      idleSince: index,
      tally: noTally,
    }),
  );
  return {
    rules: {
      priority: "strict",
      queues: new Map(queues),
      agents: new Map(
        agents.map(({ id }, position) => [
          id,
          { skills: kinds[position % profiles]?.skills ?? {}, position, share: 1 },
        ]),
      ),
    },
    agents,
    call: (index, at) => ({
      call: asCallId(`CALL-${index}`),
      queue: names[below(queueCount)] ?? asQueueName("q0"),
      priority: below(4),
      language: null,
      enteredAt: at,
      owner: "bench",
      offeredTo: null,
      passedBy: [],
    }),
  };
}

/** Measures rounds of both sides in turn; times are microseconds an assignment. */
export async function match(
  _open: unknown,
  runs: number,
  report: (line: string) => void,
): Promise<Result & { readonly perSecond: { readonly kituo: number; readonly peer: number } }> {
  const sides = { kituo: [] as number[][], peer: [] as number[][] };
  for (let round = 0; round < runs; round += 1) {
    sides.kituo.push(indexed(centreOf(chance(round))));
    sides.peer.push(scanned(centreOf(chance(round))));
  }
  const result = compare("match", sides, "us");
  const rate = (rounds: readonly (readonly number[])[]) => {
    const all = rounds.flat();
    return Math.round((1e6 * all.length) / all.reduce((sum, each) => sum + each, 0));
  };
  const perSecond = { kituo: rate(sides.kituo), peer: rate(sides.peer) };
  const row = (name: string, { p50, p95, p99, max }: Figures, each: number) =>
    `  ${name.padEnd(6)} p50 ${p50} us, p95 ${p95}, p99 ${p99}, longest ${max}; ${each} assignments/s`;
  report(row("kituo", result.kituo, perSecond.kituo));
  report(row("peer", result.peer, perSecond.peer));
  report(`  ${rounded(perSecond.kituo / perSecond.peer)} times as many`);
  return { ...result, perSecond };
}

function indexed({ rules, agents, call }: Centre): number[] {
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
    if (found !== null) matcher.removeCall(found.call.call);
    matcher.removeAgent(agent.id);
    matcher.addCall(arrival, now);
    took.push((performance.now() - began) * 1_000);
  }
  return took;
}

function scanned({ rules, agents, call }: Centre): number[] {
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
