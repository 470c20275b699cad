import type { Agent } from "../agent.ts";
import type { AgentId } from "../ids.ts";
import { servedThrough, type WaitingCall } from "../queue.ts";
import { needsOf } from "./ranking.ts";
import { queueRules, type RoutingRules, skillsOf } from "./rules.ts";
import { fitness, lacking, levelAfter, type SkillNeed } from "./skills.ts";
import { drawn, measureOf, reasonOf } from "./strategy.ts";

/** Where a call stands, from 1, among all that could be offered to somebody, and how many those are. */
export interface Standing {
  readonly place: number;
  readonly of: number;
}

/** Who was left when it was decided: the chosen agent and whoever was free beside her. */
type Free = Iterable<Agent>;

/**
 * Why this call, and why this agent, in sentences for people: what decided among those who were left, and each thing
 * that was asked of her.
 */
export function reasonsOf(
  call: WaitingCall,
  agent: Agent,
  standing: Standing,
  free: Free,
  rules: RoutingRules,
  now: number,
): readonly string[] {
  const waitedMs = now - call.enteredAt;
  const needs = needsOf(call, rules);
  const skills = skillsOf(rules, agent);
  return [
    whyTheCall(call, standing, rules, waitedMs),
    `${agent.id} ${whySheGotIt(call, agent, free, rules, now)}`,
    ...needs.map((need) => whatWasAsked(need, agent.id, skills[need.skill] ?? 0, waitedMs)),
    ...howSheCameToIt(call, agent),
    ...(call.widened === true
      ? ["its queue's overflow had made the skills it requires preferred ones"]
      : []),
    ...whoElse(call, agent),
  ];
}

function whyTheCall(
  { call, queue, priority }: WaitingCall,
  { place, of }: Standing,
  rules: RoutingRules,
  waitedMs: number,
): string {
  const { weight } = queueRules(rules, queue);
  const skipped = place === 1 ? "" : `, and nobody free may take the ${place - 1} before it`;
  return `${call} was number ${place} of ${of} to be offered: queue ${queue} of weight ${weight}, priority ${priority}, waiting ${waitedMs} ms${skipped}`;
}

/**
 * Each rule leaves fewer of the free agents, until she is the only one: that rule is what decided. One walk along the
 * agents counts how many each rule leaves.
 */
function whySheGotIt(
  call: WaitingCall,
  agent: Agent,
  free: Free,
  rules: RoutingRules,
  now: number,
): string {
  const { queue, alsoQueues = [], prefers, passedBy, enteredAt } = call;
  const through = servedThrough(call, agent) ?? queue;
  const needs = needsOf(call, rules);
  const { strategy } = queueRules(rules, through);
  const fits = (each: Agent) => fitness(skillsOf(rules, each), needs, now - enteredAt);
  const suits = fits(agent);
  const isAskedAgain = passedBy.includes(agent.id);
  const measure = measureOf(agent, through, rules, noChance);
  let [serving, able, fresh, near, alike, level] = [0, 0, 0, 0, 0, 0];
  for (const other of free) {
    const theirs = servedThrough(call, other);
    if (theirs === null) continue;
    serving += 1;
    if (lacking(skillsOf(rules, other), needs, now - enteredAt) !== null) continue;
    able += 1;
    if (!isAskedAgain && passedBy.includes(other.id)) continue;
    fresh += 1;
    if (theirs !== through) continue;
    near += 1;
    if (fits(other) !== suits) continue;
    alike += 1;
    if (measureOf(other, through, rules, noChance) === measure) level += 1;
  }
  const reach = [...new Set([queue, ...alsoQueues])].join(" or ");
  const ofAll = `of ${serving} free agents of ${reach}`;
  const ofAble = able < serving ? `of ${able} with the skills it required, ${ofAll}` : ofAll;
  const ofFresh = fresh < able ? `of ${fresh} who had not left it unanswered, ${ofAble}` : ofAble;
  const ofNear = near < fresh ? `of ${near} who serve ${through}, ${ofFresh}` : ofFresh;
  const ofAlike = alike < near ? `of ${alike} who suited best, ${ofNear}` : ofNear;
  if (serving === 1) return `was the only free agent of ${reach}`;
  if (able === 1) return `was the only one with the skills it required, ${ofAll}`;
  if (prefers === agent.id && !isAskedAgain) return `was the agent of last time, ${ofAble}`;
  if (fresh === 1) return `was the only one who had not left it unanswered, ${ofAble}`;
  if (near === 1) return `was the only one who serves ${through}, ${ofFresh}`;
  if (alike === 1) return `suited best, ${ofNear}`;
  if (level === 1 || drawn(strategy)) return `${reasonOf(agent, through, rules, now)}, ${ofAlike}`;
  return `had the lowest extension of ${level} who stood level by ${strategy}, ${ofAlike}`;
}

/** Nobody is drawn anew to tell why she was. */
const noChance = (): number => 0;

function whatWasAsked(need: SkillNeed, agent: AgentId, has: number, waitedMs: number): string {
  const level = levelAfter(need, waitedMs);
  const asked =
    level === 0
      ? "was not asked for any more"
      : `was ${need.required ? "required" : "preferred"} at ${level}`;
  return `${need.skill} ${asked}; ${agent} has ${has}`;
}

/** Through which of the queues she was asked, where her own is not the only one. */
function howSheCameToIt(call: WaitingCall, agent: Agent): readonly string[] {
  const { queue, alsoQueues } = call;
  if (alsoQueues === undefined) return [];
  const through = servedThrough(call, agent) ?? queue;
  return [
    `its queue's overflow had added the agents of ${alsoQueues.join(", ")}; ${agent.id} was asked as one of ${through}`,
  ];
}

/** Whom it might have gone to otherwise: who served the caller last, and who had it offered already. */
function whoElse({ prefers, passedBy }: WaitingCall, agent: Agent): readonly string[] {
  const told: string[] = [];
  if (prefers !== undefined) {
    const isAway = prefers !== agent.id && !passedBy.includes(prefers);
    const away = isAway ? ", and could not take this one now" : "";
    told.push(`${prefers} had served the caller last${away}`);
  }
  if (passedBy.length > 0) {
    const nobody = passedBy.includes(agent.id) ? ", and nobody else could take it now" : "";
    told.push(`${passedBy.join(", ")} had not answered it${nobody}`);
  }
  return told;
}
