import { type Agent, noTally } from "../../../src/domain/agent.ts";
import { asAgentId, asCallId, asQueueName } from "../../../src/domain/ids.ts";
import type { WaitingCall } from "../../../src/domain/queue.ts";
import type { AgentRules, QueueRules, RoutingRules } from "../../../src/domain/routing/rules.ts";
import type { SkillNeed } from "../../../src/domain/routing/skills.ts";

export const support = asQueueName("support");
export const sales = asQueueName("sales");

/** A free agent of `support`. */
export function agent(id: string, idleSince: number, more: Partial<Agent> = {}): Agent {
  return {
    id: asAgentId(id),
    extension: `10${id.slice(-2)}`,
    queues: [support],
    presence: { is: "available" },
    reservation: { is: "none" },
    activity: { is: "none" },
    device: "idle",
    pending: null,
    idleSince,
    tally: noTally,
    ...more,
  };
}

/** A call that waits in `support`. */
export function call(id: string, enteredAt: number, more: Partial<WaitingCall> = {}): WaitingCall {
  return {
    call: asCallId(id),
    queue: support,
    priority: 0,
    language: null,
    enteredAt,
    owner: "kituo-1",
    offeredTo: null,
    passedBy: [],
    ...more,
  };
}

export function need(skill: string, level: number, more: Partial<SkillNeed> = {}): SkillNeed {
  return { skill, level, required: true, relax: [], ...more };
}

/** Rules of which only what matters is said. */
export function rules(
  said: {
    readonly priority?: RoutingRules["priority"];
    readonly queues?: Readonly<Record<string, Partial<QueueRules>>>;
    readonly agents?: Readonly<Record<string, Partial<AgentRules>>>;
  } = {},
): RoutingRules {
  const { priority = "strict", queues = {}, agents = {} } = said;
  const queue = { weight: 0, strategy: "longest-idle", needs: [], languageNeeds: {} } as const;
  const person = { skills: {}, position: 0, share: 1 };
  return {
    priority,
    queues: new Map(
      Object.entries(queues).map(([name, more]) => [asQueueName(name), { ...queue, ...more }]),
    ),
    agents: new Map(
      Object.entries(agents).map(([id, more]) => [asAgentId(id), { ...person, ...more }]),
    ),
  };
}
