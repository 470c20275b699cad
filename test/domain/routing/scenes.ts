import fc from "fast-check";
import type { Agent } from "../../../src/domain/agent.ts";
import { asAgentId, asCallId } from "../../../src/domain/ids.ts";
import type { QueueSnapshot, WaitingCall } from "../../../src/domain/queue.ts";
import type { RoutingRules } from "../../../src/domain/routing/rules.ts";
import { type Strategy, strategies } from "../../../src/domain/routing/strategies.ts";
import { agent, call, rules, sales, support } from "./staff.ts";

/** A centre at one moment: who waits, who works, and how it routes. */
export interface Scene {
  readonly snapshot: QueueSnapshot;
  readonly rules: RoutingRules;
}

/** The moment at which every scene is looked at; its calls came within the second before. */
export const NOW = 1_000;

const level = fc.nat(5);
const skills = fc.dictionary(fc.constantFrom("billing", "tech", "speaks-sw"), level, {
  maxKeys: 3,
});
const relax = fc.array(fc.record({ afterMs: fc.nat(900), level }), { maxLength: 2 });
const asked = { level: fc.integer({ min: 1, max: 5 }), required: fc.boolean(), relax };
const needs = fc.array(fc.record({ skill: fc.constantFrom("billing", "tech"), ...asked }), {
  maxLength: 2,
});
const spoken = fc.record({ skill: fc.constant("speaks-sw"), ...asked });
const agentIds = fc.nat(7).map(idOfAgent);

function idOfAgent(index: number): Agent["id"] {
  return asAgentId(`AGT-${String(index).padStart(3, "0")}`);
}

const queueRules = (chosen: readonly Strategy[]) =>
  fc
    .record({
      weight: fc.nat(1),
      strategy: fc.constantFrom(...chosen),
      needs,
      graceMs: fc.constantFrom(0, 400),
      languageNeeds: fc.option(spoken).map((sw) => (sw === null ? {} : { sw })),
      everyMs: fc.constantFrom(null, null, 0, 300),
    })
    .map(({ everyMs, ...rest }) =>
      everyMs === null ? rest : { ...rest, several: { everyMs, leaseMs: 1_000 } },
    );

const waiting = fc.record({
  queue: fc.constantFrom(support, sales),
  alsoQueues: fc.subarray([support, sales]),
  at: fc.nat(900),
  priority: fc.nat(2),
  language: fc.constantFrom(null, "sw" as const, "en" as const),
  widened: fc.boolean(),
  prefers: fc.option(agentIds),
  passedBy: fc.uniqueArray(agentIds, { maxLength: 3 }),
});
type Caller = typeof waiting extends fc.Arbitrary<infer Each> ? Each : never;

/** What an agent does; `rings` is the place in the list of the call that is offered to her. */
const doing = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ is: "free" } as const) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant("rings" as const), rings: fc.nat(14) }) },
  { weight: 1, arbitrary: fc.constantFrom({ is: "talks" } as const, { is: "wraps up" } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ is: "away" } as const, { is: "no phone" } as const) },
);
const staff = fc.record({
  queues: fc.subarray([support, sales], { minLength: 1 }),
  idleSince: fc.nat(3),
  calls: fc.nat(3),
  offeredAt: fc.option(fc.nat(3)),
  skills,
  live: fc.option(skills, { freq: 3 }),
  pending: fc.constantFrom(null, null, null, "paused" as const),
  until: fc.integer({ min: NOW + 1, max: NOW + 1_000 }),
  doing,
});
type Person = typeof staff extends fc.Arbitrary<infer Each> ? Each : never;

/** Any scene whose parts agree: whoever a phone rings for is offered to its agent. */
export const scenes = (chosen: readonly Strategy[] = strategies): fc.Arbitrary<Scene> =>
  fc
    .record({
      priority: fc.constantFrom("strict" as const, "minutes" as const),
      support: queueRules(chosen),
      sales: queueRules(chosen),
      callers: fc.array(waiting, { maxLength: 15 }),
      people: fc.array(staff, { maxLength: 8 }),
    })
    .map(({ priority, callers, people, ...queues }) => ({
      snapshot: {
        waiting: callers.map((each, index) => waitingCall(each, index, people)),
        agents: people.map((each, index) => personAt(each, index, callers.length)),
      },
      rules: rules({
        priority,
        queues,
        agents: Object.fromEntries(
          people.map((each, position) => [idOfAgent(position), { skills: each.skills, position }]),
        ),
      }),
    }));

function waitingCall(caller: Caller, index: number, people: readonly Person[]): WaitingCall {
  const { at, widened, alsoQueues, prefers, ...rest } = caller;
  const [offeredTo = null, ...also] = people.flatMap(({ doing: does }, person) =>
    does.is === "rings" && does.rings === index ? [idOfAgent(person)] : [],
  );
  return call(`CALL-${index}`, at, {
    ...rest,
    offeredTo,
    ...(also.length === 0 ? {} : { also }),
    ...(widened ? { widened } : {}),
    ...(alsoQueues.length === 0 ? {} : { alsoQueues }),
    ...(prefers === null ? {} : { prefers }),
  });
}

function personAt(person: Person, index: number, callers: number): Agent {
  const { queues, idleSince, calls, offeredAt, live, pending } = person;
  return agent(idOfAgent(index), idleSince, {
    queues,
    pending,
    ...(live === null ? {} : { skills: live }),
    tally: { calls, talkMs: calls, offeredAt: offeredAt === null ? {} : { support: offeredAt } },
    ...stateOf(person, callers),
  });
}

function stateOf({ doing: does, until }: Person, callers: number): Partial<Agent> {
  const call = asCallId("CALL-Z");
  switch (does.is) {
    case "free":
      return {};
    case "rings":
      return does.rings < callers
        ? { reservation: { is: "offered", call: asCallId(`CALL-${does.rings}`), until } }
        : { reservation: { is: "resting", until } };
    case "talks":
      return { activity: { is: "talking", call, since: 0 }, device: "busy" };
    case "wraps up":
      return { presence: { is: "after_call", until, call } };
    case "away":
      return { presence: { is: "paused", reason: "tea" } };
    case "no phone":
      return { device: "unreachable" };
    default:
      return does satisfies never;
  }
}
