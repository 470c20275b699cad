import type { Agent } from "../agent.ts";
import { type Language, languages } from "../call-fact.ts";
import type { AgentSettings, Centre, QueueSettings } from "../centre.ts";
import { type AgentId, asAgentId, asQueueName, type QueueName } from "../ids.ts";
import type { SkillNeed, Skills } from "./skills.ts";
import type { Strategy } from "./strategies.ts";

/** What the routing has to know of a queue. */
export interface QueueRules {
  readonly weight: number;
  readonly strategy: Strategy;
  /** Where several phones ring for one call. */
  readonly several?: SeveralRules;
  /** How long a caller waits for the agent who served her last, while that one is busy; 0 when not given. */
  readonly graceMs?: number;
  readonly needs: readonly SkillNeed[];
  /** What the queue asks for in the caller's language, once for each language. */
  readonly languageNeeds: Readonly<Partial<Record<Language, SkillNeed>>>;
}

/** How several phones ring for one call. */
export interface SeveralRules {
  /** The time from one phone to the next. 0: all at once. */
  readonly everyMs: number;
  /** How long an agent is reserved for one offer. */
  readonly leaseMs: number;
}

/** A reservation outlives the ring by this much, so that the flow that rings ends it, and the job only if that died. */
export const OFFER_GRACE_MS = 3_000;

/** What the routing has to know of an agent, beside her state. */
export interface AgentRules {
  readonly skills: Skills;
  /** Her place in the list of agents, from 0. */
  readonly position: number;
  /** Her share of the calls where agents are drawn by weight. */
  readonly share: number;
}

/** How a centre routes: the part of its settings that decides who gets which call. */
export interface RoutingRules {
  /** `strict`: a higher number is served first. `minutes`: each point counts like a minute waited. */
  readonly priority: "strict" | "minutes";
  readonly queues: ReadonlyMap<QueueName, QueueRules>;
  readonly agents: ReadonlyMap<AgentId, AgentRules>;
}

const noRules: QueueRules = {
  weight: 0,
  strategy: "longest-idle",
  needs: [],
  languageNeeds: {},
};
const nobody: AgentRules = { skills: {}, position: 0, share: 1 };

/** The rules of a queue; one that is not configured any more weighs nothing and asks for nothing. */
export const queueRules = (rules: RoutingRules, queue: QueueName): QueueRules =>
  rules.queues.get(queue) ?? noRules;

export const agentRules = (rules: RoutingRules, agent: AgentId): AgentRules =>
  rules.agents.get(agent) ?? nobody;

/** What an agent can do now: what was changed while the server ran counts more than her settings. */
export const skillsOf = (rules: RoutingRules, agent: Pick<Agent, "id" | "skills">): Skills =>
  agent.skills ?? agentRules(rules, agent.id).skills;

/** What an agent can do as people write it: the languages she speaks apart from the rest. */
export interface Abilities {
  readonly skills: Skills;
  readonly speaks: Readonly<Partial<Record<Language, number>>>;
}

/** All that she can do as the routing sees it, where a language is a skill like any other. */
export function skillsFrom({ skills, speaks }: Abilities): Skills {
  const spoken = languages.flatMap((language) => {
    const level = speaks[language];
    return level === undefined ? [] : [[languageSkill(language), level] as const];
  });
  return { ...skills, ...Object.fromEntries(spoken) };
}

/** What an agent can do now, by what was changed while the server ran and else by her settings. */
export function abilitiesOf(
  { skills }: Pick<Agent, "skills">,
  settings: Abilities | null,
): Abilities {
  if (skills === undefined)
    return { skills: settings?.skills ?? {}, speaks: settings?.speaks ?? {} };
  const spoken = languages.filter((language) => languageSkill(language) in skills);
  const names = new Set(spoken.map(languageSkill));
  return {
    skills: Object.fromEntries(Object.entries(skills).filter(([skill]) => !names.has(skill))),
    speaks: Object.fromEntries(
      spoken.map((language) => [language, skills[languageSkill(language)] ?? 0]),
    ),
  };
}

/** The skill that speaking a language is. */
export const languageSkill = (language: Language): string => `speaks-${language}`;

/** Reads the rules out of a centre's settings. */
export function rulesOf(centre: Centre): RoutingRules {
  const agents = centre.agents.map(
    (agent, position) => [asAgentId(agent.id), rulesOfAgent(agent, position)] as const,
  );
  return {
    priority: centre.routing.priority,
    queues: new Map(
      centre.queues.map((queue) => [asQueueName(queue.name), rulesOfQueue(queue, centre)]),
    ),
    agents: new Map(agents),
  };
}

function rulesOfAgent(agent: AgentSettings, position: number): AgentRules {
  return { skills: skillsFrom(agent), position, share: agent.share };
}

function rulesOfQueue(queue: QueueSettings, { languages }: Centre): QueueRules {
  const { language } = queue;
  const languageNeeds =
    language === null
      ? []
      : languages.map((each) => [each, { ...language, skill: languageSkill(each) }] as const);
  return {
    weight: queue.weight,
    strategy: queue.strategy,
    ...(queue.ring === "one" ? {} : { several: severalOf(queue) }),
    ...(queue.lastAgent === null ? {} : { graceMs: queue.lastAgent.graceMs }),
    needs: queue.skills,
    languageNeeds: Object.fromEntries(languageNeeds),
  };
}

function severalOf({ ring, ringNextMs, ringMs }: QueueSettings): SeveralRules {
  return { everyMs: ring === "all" ? 0 : ringNextMs, leaseMs: ringMs + OFFER_GRACE_MS };
}
