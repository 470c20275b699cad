import type { Agent } from "../agent.ts";
import type { AgentId } from "../ids.ts";
import { type QueueSnapshot, servedThrough, type WaitingCall } from "../queue.ts";
import { assign } from "./assign.ts";
import { compareWaiting, needsOf } from "./ranking.ts";
import { type RoutingRules, skillsOf } from "./rules.ts";
import { nextOfferAt } from "./several.ts";
import { levelAfter, type SkillNeed } from "./skills.ts";

/** What keeps an agent from a waiting call. */
export interface Hindrance {
  readonly agent: AgentId;
  readonly extension: string;
  /** In words that follow her name; at least one. */
  readonly reasons: readonly string[];
  /** The calls that she may be given as well, come before it and ring nowhere yet. */
  readonly callsBefore: number;
}

/**
 * Why a waiting call is not given just now to each agent of its queue, and of those that were added, by the same rules
 * that give calls away.
 */
export function hindrancesOf(
  call: WaitingCall,
  snapshot: QueueSnapshot,
  rules: RoutingRules,
  now: number,
): readonly Hindrance[] {
  const before = callsBefore(call, snapshot, rules);
  const needs = needsOf(call, rules);
  return snapshot.agents
    .filter((agent) => servedThrough(call, agent) !== null)
    .map((agent) => {
      const own = [whatSheDoes(agent, call), ...whatSheLacks(agent, call, needs, rules, now)];
      const reasons = own.filter((reason) => reason !== null);
      return {
        agent: agent.id,
        extension: agent.extension,
        reasons: reasons.length > 0 ? reasons : [whatComesFirst(agent, call, snapshot, rules, now)],
        callsBefore: before.filter((other) => servedThrough(other, agent) !== null).length,
      };
    });
}

/** The calls that come before this one and ring nowhere yet. */
const callsBefore = (
  call: WaitingCall,
  { waiting }: QueueSnapshot,
  rules: RoutingRules,
): readonly WaitingCall[] =>
  waiting.filter((other) => other.offeredTo === null && compareWaiting(other, call, rules) < 0);

/** What she does instead; `null` exactly when she is `routable`. */
function whatSheDoes(
  { presence, reservation, activity, device, pending }: Agent,
  { call }: WaitingCall,
): string | null {
  if (reservation.is === "offered" && reservation.call === call) return "has it offered just now";
  if (presence.is === "offline") return "is not signed in";
  if (presence.is === "paused") return "is on a break";
  if (activity.is === "talking") {
    const after =
      pending === null ? "" : pending === "paused" ? " before a break" : " before she goes";
    return `talks in ${activity.call}${after}`;
  }
  if (presence.is === "after_call") {
    return `is at her after-call work until ${timeOf(presence.until)}`;
  }
  if (reservation.is === "offered") return `is offered ${reservation.call}`;
  if (reservation.is === "resting") {
    return `rests until ${timeOf(reservation.until)} after an offer that she did not answer`;
  }
  switch (device) {
    case "idle":
      return null;
    case "unreachable":
      return "has a phone that cannot be reached";
    case "ringing":
    case "busy":
      return `has a phone that is ${device}`;
    default:
      return device satisfies never;
  }
}

/** Each skill that it requires and that she lacks; and until when, where she will have enough of it. */
function whatSheLacks(
  agent: Agent,
  { enteredAt }: WaitingCall,
  needs: readonly SkillNeed[],
  rules: RoutingRules,
  now: number,
): readonly string[] {
  const skills = skillsOf(rules, agent);
  return needs.flatMap((need) => {
    const has = skills[need.skill] ?? 0;
    const level = levelAfter(need, now - enteredAt);
    if (!need.required || has >= level) return [];
    const enough = need.relax
      .map(({ afterMs }) => afterMs)
      .filter((afterMs) => enteredAt + afterMs > now && levelAfter(need, afterMs) <= has);
    const until = enough.length === 0 ? "" : ` until ${timeOf(enteredAt + Math.min(...enough))}`;
    return [`lacks ${need.skill} at level ${level} (she has ${has})${until}`];
  });
}

/** What keeps it from an agent who is free and may take it. */
function whatComesFirst(
  agent: Agent,
  waiting: WaitingCall,
  snapshot: QueueSnapshot,
  rules: RoutingRules,
  now: number,
): string {
  const { call, queue, offeredTo, prefers } = waiting;
  const at = nextOfferAt(waiting, snapshot.agents, rules);
  if (at === null) return `is free, but it is offered to ${offeredTo}`;
  if (at > now) {
    return offeredTo === null
      ? `is free, but it waits for ${prefers}, who served the caller last, until ${timeOf(at)}`
      : `is free, but ${queue} rings the next phone at ${timeOf(at)}`;
  }
  // Who will be drawn is not known before it is done; that somebody is about to be, any draw tells.
  const { assignments } = assign(snapshot, rules, now, () => 0.5);
  const hers = assignments.find((each) => each.agent === agent.id);
  if (hers === undefined) return "is free, but comes after whoever is about to be offered it";
  return `is about to be offered ${hers.call === call ? "it" : hers.call}`;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
