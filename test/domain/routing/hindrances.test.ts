import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Agent, routable } from "../../../src/domain/agent.ts";
import { asAgentId, asCallId } from "../../../src/domain/ids.ts";
import { servedThrough, type WaitingCall } from "../../../src/domain/queue.ts";
import { hindrancesOf } from "../../../src/domain/routing/hindrances.ts";
import { compareWaiting, needsOf } from "../../../src/domain/routing/ranking.ts";
import { type RoutingRules, skillsOf } from "../../../src/domain/routing/rules.ts";
import { lacking } from "../../../src/domain/routing/skills.ts";
import { strategies } from "../../../src/domain/routing/strategies.ts";
import { drawn } from "../../../src/domain/routing/strategy.ts";
import { assignByScan } from "./scan.ts";
import { NOW, scenes } from "./scenes.ts";
import { agent, call, need, rules, sales, support } from "./staff.ts";

describe("what keeps agents from a call that waits", () => {
  it("is told of everybody who may take it, and is so", () => {
    const sure = strategies.filter((each) => !drawn(each));
    fc.assert(
      fc.property(scenes(sure), ({ snapshot, rules: by }) => {
        const given = new Set(assignByScan(snapshot, by, NOW).map((pair) => pair.join(" ")));
        for (const waiting of snapshot.waiting) {
          const serving = snapshot.agents.filter((each) => servedThrough(waiting, each) !== null);
          const told = hindrancesOf(waiting, snapshot, by, NOW);
          expect(told.map((each) => each.agent)).toEqual(serving.map(({ id }) => id));
          for (const [index, { reasons, callsBefore }] of told.entries()) {
            const each = serving[index] as Agent;
            const lacks = reasons.filter((reason) => reason.startsWith("lacks "));
            const free = reasons.filter((reason) => /^is (free|about to)/.test(reason));
            const able = lacking(skillsOf(by, each), needsOf(waiting, by), NOW - waiting.enteredAt);
            expect(lacks.length > 0).toBe(able !== null);
            expect(free.length).toBe(routable(each) && able === null ? 1 : 0);
            expect(reasons.length - lacks.length - free.length).toBe(routable(each) ? 0 : 1);
            expect(reasons.includes("is about to be offered it")).toBe(
              given.has(`${waiting.call} ${each.id}`),
            );
            const before = snapshot.waiting.filter(
              (other) =>
                other.offeredTo === null &&
                servedThrough(other, each) !== null &&
                compareWaiting(other, waiting, by) < 0,
            );
            expect(callsBefore).toBe(before.length);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  const told = (
    waiting: WaitingCall,
    staff: readonly Agent[],
    by: RoutingRules = rules(),
    others: readonly WaitingCall[] = [],
  ) =>
    hindrancesOf(waiting, { waiting: [waiting, ...others], agents: staff }, by, 1_000).flatMap(
      ({ reasons }) => reasons,
    );
  const waits = call("CALL-A", 500);
  const other = asCallId("CALL-Z");
  const until = 2_000;

  it.each([
    [{ presence: { is: "offline" } }, "is not signed in"],
    [{ presence: { is: "paused", reason: "tea" } }, "is on a break"],
    [
      { presence: { is: "after_call", until, call: other } },
      "is at her after-call work until 1970-01-01T00:00:02.000Z",
    ],
    [{ activity: { is: "talking", call: other, since: 0 }, device: "busy" }, "talks in CALL-Z"],
    [
      { activity: { is: "talking", call: other, since: 0 }, pending: "paused" },
      "talks in CALL-Z before a break",
    ],
    [{ reservation: { is: "offered", call: other, until } }, "is offered CALL-Z"],
    [
      { reservation: { is: "resting", until } },
      "rests until 1970-01-01T00:00:02.000Z after an offer that she did not answer",
    ],
    [{ device: "unreachable" }, "has a phone that cannot be reached"],
    [{ device: "busy" }, "has a phone that is busy"],
  ] as const)("is said in words: %j", (more, said) => {
    expect(told(waits, [agent("AGT-001", 1, more)])).toEqual([said]);
  });

  it("is a skill, until less of it is asked for", () => {
    const relax = [{ afterMs: 900, level: 2 }];
    const by = rules({ queues: { support: { needs: [need("cards", 4, { relax })] } } });
    const staff = [
      agent("AGT-001", 1, { skills: { cards: 2 } }),
      agent("AGT-002", 1, { presence: { is: "offline" } }),
    ];
    expect(told(waits, staff, by)).toEqual([
      "lacks cards at level 4 (she has 2) until 1970-01-01T00:00:01.400Z",
      "is not signed in",
      "lacks cards at level 4 (she has 0)",
    ]);
  });

  it("is the agent of last time, or one whose phone rings already", () => {
    const talking = { is: "talking", call: other, since: 0 } as const;
    const staff = [agent("AGT-001", 1), agent("AGT-002", 2, { activity: talking })];
    const prefers = { ...waits, prefers: asAgentId("AGT-002") };
    expect(told(prefers, staff, rules({ queues: { support: { graceMs: 800 } } }))).toEqual([
      "is free, but it waits for AGT-002, who served the caller last, until 1970-01-01T00:00:01.300Z",
      "talks in CALL-Z",
    ]);
    const offered = { is: "offered", call: waits.call, until } as const;
    const rung = [agent("AGT-001", 1), agent("AGT-002", 2, { reservation: offered })];
    expect(told({ ...waits, offeredTo: asAgentId("AGT-002") }, rung)).toEqual([
      "is free, but it is offered to AGT-002",
      "has it offered just now",
    ]);
  });

  it("is a call that comes before it, for whoever is just being given one", () => {
    const serves = { queues: [support, sales] };
    const heavier = call("CALL-B", 900, { queue: sales });
    const by = rules({ queues: { sales: { weight: 1 } } });
    expect(told(waits, [agent("AGT-001", 1, serves)], by, [heavier])).toEqual([
      "is about to be offered CALL-B",
    ]);
  });
});
