import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Agent, routable } from "../../../src/domain/agent.ts";
import { asAgentId } from "../../../src/domain/ids.ts";
import { servedThrough, type WaitingCall } from "../../../src/domain/queue.ts";
import { type Assignment, assign } from "../../../src/domain/routing/assign.ts";
import { compareWaiting, needsOf } from "../../../src/domain/routing/ranking.ts";
import { queueRules, type RoutingRules, skillsOf } from "../../../src/domain/routing/rules.ts";
import { nextOfferAt } from "../../../src/domain/routing/several.ts";
import { fitness } from "../../../src/domain/routing/skills.ts";
import { measureOf } from "../../../src/domain/routing/strategy.ts";
import { agentsFor } from "./scan.ts";
import { NOW, type Scene, scenes } from "./scenes.ts";
import { agent, call, need, rules, sales, support } from "./staff.ts";

/** A decision, and who was left when it was made. */
interface Decided {
  readonly made: Assignment;
  readonly call: WaitingCall;
  readonly agent: Agent;
  readonly free: readonly Agent[];
  readonly waiting: readonly WaitingCall[];
}

/** Every decision of one look, each with those whom the earlier ones had left. */
function decisionsIn({ snapshot, rules: by }: Scene): readonly Decided[] {
  let free = snapshot.agents.filter(routable);
  let waiting = snapshot.waiting.filter((each) => {
    const at = nextOfferAt(each, snapshot.agents, by);
    return at !== null && at <= NOW;
  });
  return assign(snapshot, by, NOW, Math.random).assignments.map((made) => {
    const call = waiting.find((each) => each.call === made.call);
    const agent = free.find(({ id }) => id === made.agent);
    if (call === undefined || agent === undefined) throw new Error("one of them was not left");
    const decided: Decided = { made, call, agent, free, waiting };
    free = free.filter((each) => each !== agent);
    if (queueRules(by, call.queue).several?.everyMs !== 0)
      waiting = waiting.filter((each) => each !== call);
    return decided;
  });
}

/** What each sentence about the agent says must be so, of those who were left. */
function holds(sentence: string, { call, agent, free }: Decided, by: RoutingRules): boolean {
  const { queue, passedBy } = call;
  const serving = free.filter((each) => servedThrough(call, each) !== null);
  const able = agentsFor(call, free, by, NOW);
  const fresh = able.filter(({ id }) => !passedBy.includes(id));
  const pool = fresh.length > 0 ? fresh : able;
  const fits = (each: Agent) =>
    fitness(skillsOf(by, each), needsOf(call, by), NOW - call.enteredAt);
  const through = servedThrough(call, agent) ?? queue;
  const near = pool.filter((each) => servedThrough(call, each) === through);
  const alike = near.filter((each) => fits(each) === Math.max(...near.map(fits)));
  const measure = (each: Agent) => measureOf(each, through, by, () => 0);
  const least = Math.min(...alike.map(measure));
  const first = alike.filter((each) => measure(each) === least);
  const isOnly = (of: readonly Agent[]) => of.length === 1 && of[0] === agent;
  const counted = (text: string, of: readonly Agent[]) => {
    const said = new RegExp(`of (\\d+) ${text}`).exec(sentence)?.[1];
    return said === undefined || Number(said) === of.length;
  };
  const counts =
    counted("free agents", serving) &&
    counted("with the skills", able) &&
    counted("who had not", fresh) &&
    counted("who serve ", near) &&
    counted("who suited best", alike) &&
    counted("who stood level", first);
  const claims: readonly (readonly [RegExp, () => boolean])[] = [
    [/^AGT-\d+ was the only free agent of/, () => isOnly(serving)],
    [/^AGT-\d+ was the only one with the skills/, () => isOnly(able) && serving.length > 1],
    [
      /^AGT-\d+ was the agent of last time/,
      () => call.prefers === agent.id && able.length > 1 && fresh.includes(agent),
    ],
    [/^AGT-\d+ was the only one who had not left/, () => isOnly(fresh) && able.length > 1],
    [/^AGT-\d+ was the only one who serves/, () => isOnly(near) && pool.length > 1],
    [/^AGT-\d+ suited best, of/, () => isOnly(alike) && near.length > 1],
    [/^AGT-\d+ was drawn/, () => alike.length > 1 && alike.includes(agent)],
    [
      /^AGT-\d+ (was idle longest|was the one whom \w+ had offered a call longest ago|had never been offered|had the fewest calls|had talked least|came first in the list)/,
      () => alike.length > 1 && isOnly(first),
    ],
    [
      /had the lowest extension/,
      () =>
        first.length > 1 &&
        first.includes(agent) &&
        first.every((each) => agent.extension <= each.extension),
    ],
  ];
  const made = claims.filter(([said]) => said.test(sentence));
  return counts && made.length === 1 && made.every(([, isSo]) => isSo());
}

describe("the reasons of a decision", () => {
  it("are true of those who were left", () => {
    fc.assert(
      fc.property(scenes(), (scene) => {
        for (const decided of decisionsIn(scene)) {
          const { made, call: chosen, free, waiting } = decided;
          const [why = "", whom = ""] = made.reasons;
          const before = waiting.filter((each) => compareWaiting(each, chosen, scene.rules) < 0);
          expect(why).toContain(
            `was number ${before.length + 1} of ${waiting.length} to be offered`,
          );
          expect(why.includes(`nobody free may take the ${before.length} before it`)).toBe(
            before.length > 0,
          );
          for (const each of before)
            expect(agentsFor(each, free, scene.rules, NOW), each.call).toEqual([]);
          expect(holds(whom, decided, scene.rules), whom).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  const whom = (
    waiting: readonly WaitingCall[],
    agents: readonly Agent[],
    by: RoutingRules = rules(),
  ) => assign({ waiting, agents }, by, 1_000, () => 0).assignments.map(({ reasons }) => reasons[1]);
  const three = [agent("AGT-001", 1), agent("AGT-002", 2), agent("AGT-003", 2)];

  it("count who is left after each of them", () => {
    const calls = ["A", "B", "C"].map((name, index) => call(`CALL-${name}`, index));
    expect(whom(calls, three)).toEqual([
      "AGT-001 was idle longest (999 ms), of 3 free agents of support",
      "AGT-002 had the lowest extension of 2 who stood level by longest-idle, of 2 free agents of support",
      "AGT-003 was the only free agent of support",
    ]);
  });

  it("say so when it is the skills that decide", () => {
    const by = rules({
      queues: { support: { needs: [need("cards", 2)] } },
      agents: { "AGT-002": { skills: { cards: 5 } }, "AGT-003": { skills: { cards: 3 } } },
    });
    const calls = [call("CALL-A", 1), call("CALL-B", 2)];
    expect(whom(calls, three, by)).toEqual([
      "AGT-002 suited best, of 2 with the skills it required, of 3 free agents of support",
      "AGT-003 was the only one with the skills it required, of 2 free agents of support",
    ]);
  });

  it("say so when others had not answered it, or she herself had not", () => {
    const passedBy = ["AGT-001", "AGT-002"].map(asAgentId);
    expect(whom([call("CALL-A", 1, { passedBy })], three)).toEqual([
      "AGT-003 was the only one who had not left it unanswered, of 3 free agents of support",
    ]);
    const again = call("CALL-A", 1, { passedBy, prefers: asAgentId("AGT-003") });
    const [made] = assign(
      { waiting: [again], agents: three.slice(0, 2) },
      rules(),
      1_000,
      () => 0,
    ).assignments;
    expect(made?.reasons.slice(1)).toEqual([
      "AGT-001 was idle longest (999 ms), of 2 free agents of support",
      "AGT-003 had served the caller last, and could not take this one now",
      "AGT-001, AGT-002 had not answered it, and nobody else could take it now",
    ]);
  });

  it("say through which queue she was asked when others' agents may take it, too", () => {
    const helped = (more: Partial<WaitingCall> = {}) =>
      call("CALL-A", 1, { alsoQueues: [sales], ...more });
    const seller = agent("AGT-004", 0, { queues: [sales] });
    const [first] = three;
    const all = [...three.slice(1), seller];
    expect(whom([helped()], [seller])).toEqual([
      "AGT-004 was the only free agent of support or sales",
    ]);
    expect(first === undefined ? null : whom([helped()], [first, seller])).toEqual([
      "AGT-001 was the only one who serves support, of 2 free agents of support or sales",
    ]);
    expect(whom([helped()], all)).toEqual([
      "AGT-002 had the lowest extension of 2 who stood level by longest-idle, of 2 who serve support, of 3 free agents of support or sales",
    ]);
  });

  it("tell of the calls before it that nobody free may take", () => {
    const waiting = [call("CALL-A", 10, { queue: sales }), call("CALL-B", 20, { queue: support })];
    const [made] = assign({ waiting, agents: three }, rules(), 1_000, () => 0).assignments;
    expect(made?.reasons[0]).toBe(
      "CALL-B was number 2 of 2 to be offered: queue support of weight 0, priority 0, waiting 980 ms, and nobody free may take the 1 before it",
    );
  });
});
