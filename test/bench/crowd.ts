import { type Agent, noTally } from "../../src/domain/agent.ts";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import type { RoutingRules } from "../../src/domain/routing/rules.ts";
import type { SkillNeed } from "../../src/domain/routing/skills.ts";

const skills = ["billing", "sales", "tech", "cards", "loans"] as const;

/** How big a centre is. */
export interface Size {
  readonly agents: number;
  readonly waiting: number;
  readonly queues: number;
  /** Of agents: who can do the same in the same queues. */
  readonly kinds: number;
}

/** A centre that was drawn: who serves what, and who calls. */
export interface Crowd {
  readonly rules: RoutingRules;
  readonly agents: readonly Agent[];
  readonly call: (index: number, at: number) => WaitingCall;
}

/** A centre of that size, with skills and priorities. */
export function crowdOf(size: Size, random: () => number): Crowd {
  const below = (bound: number) => Math.floor(random() * bound);
  const needOf = (): SkillNeed => ({
    skill: skills[below(skills.length)] ?? "billing",
    level: 1 + below(3),
    required: random() < 0.7,
    relax: [],
  });
  const names = Array.from({ length: size.queues }, (_, index) => asQueueName(`q${index}`));
  const queues = names.map((name) => {
    const needs = Array.from({ length: below(3) }, needOf);
    return [
      name,
      { weight: below(3), strategy: "longest-idle", needs, languageNeeds: {} },
    ] as const;
  });
  const kinds = Array.from({ length: size.kinds }, () => ({
    queues: Array.from({ length: 3 }, () => names[below(size.queues)] ?? asQueueName("q0")),
    skills: Object.fromEntries(skills.map((skill) => [skill, below(6)])),
  }));
  const agents = Array.from(
    { length: size.agents },
    (_, index): Agent => ({
      id: asAgentId(`AGT-${index}`),
      extension: String(10_000 + index),
      queues: [...new Set(kinds[index % size.kinds]?.queues)],
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
          { skills: kinds[position % size.kinds]?.skills ?? {}, position, share: 1 },
        ]),
      ),
    },
    agents,
    call: (index, at) => ({
      call: asCallId(`CALL-${index}`),
      queue: names[below(size.queues)] ?? asQueueName("q0"),
      priority: below(4),
      language: null,
      enteredAt: at,
      owner: "bench",
      offeredTo: null,
      passedBy: [],
    }),
  };
}
