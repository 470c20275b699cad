import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Agent } from "../../../src/domain/agent.ts";
import { asAgentId, asCallId } from "../../../src/domain/ids.ts";
import type { WaitingCall } from "../../../src/domain/queue.ts";
import { assign, placesOf } from "../../../src/domain/routing/assign.ts";
import { compareWaiting } from "../../../src/domain/routing/ranking.ts";
import type { RoutingRules } from "../../../src/domain/routing/rules.ts";
import { agent, call, need, rules, sales, support } from "./staff.ts";

const none = rules();

const pairs = (waiting: WaitingCall[], agents: Agent[], by: RoutingRules = none, now = 1_000) =>
  assign({ waiting, agents }, by, now, Math.random).assignments.map(
    (each) => `${each.call} ${each.agent}`,
  );

describe("assign", () => {
  it("gives the call that came first to the agent who is idle longest", () => {
    const waiting = [call("CALL-B", 20), call("CALL-A", 10)];
    expect(pairs(waiting, [agent("AGT-001", 5), agent("AGT-002", 2)])).toEqual([
      "CALL-A AGT-002",
      "CALL-B AGT-001",
    ]);
  });

  it("does not let a caller whom nobody can serve block the one behind", () => {
    const waiting = [call("CALL-A", 10, { queue: sales }), call("CALL-B", 20)];
    expect(pairs(waiting, [agent("AGT-001", 5)])).toEqual(["CALL-B AGT-001"]);
  });

  it("puts the heavier queue first, then priority, then the earlier entry", () => {
    const serves = { queues: [support, sales] };
    const waiting = [
      call("CALL-A", 10),
      call("CALL-B", 20, { priority: 1 }),
      call("CALL-C", 30, { queue: sales }),
    ];
    const agents = [agent("AGT-001", 1, serves), agent("AGT-002", 2, serves)];
    expect(pairs(waiting, agents, rules({ queues: { sales: { weight: 5 } } }))).toEqual([
      "CALL-C AGT-001",
      "CALL-B AGT-002",
    ]);
  });

  it("asks an agent again who let the call ring out only when nobody else is free", () => {
    const waiting = [call("CALL-A", 10, { passedBy: [asAgentId("AGT-001")] })];
    expect(pairs(waiting, [agent("AGT-001", 1), agent("AGT-002", 9)])).toEqual(["CALL-A AGT-002"]);
    expect(pairs(waiting, [agent("AGT-001", 1)])).toEqual(["CALL-A AGT-001"]);
  });

  it.each([
    ["is offline", { presence: { is: "offline" } }],
    ["is paused", { presence: { is: "paused", reason: "tea" } }],
    ["wraps up", { presence: { is: "after_call", until: 9_999, call: asCallId("CALL-Z") } }],
    [
      "is offered another",
      { reservation: { is: "offered", call: asCallId("CALL-Z"), until: 9_999 } },
    ],
    ["rests after a failed offer", { reservation: { is: "resting", until: 9_999 } }],
    ["talks", { activity: { is: "talking", call: asCallId("CALL-Z"), since: 1 } }],
    ["has a busy phone", { device: "busy" }],
    ["has a phone that is not there", { device: "unreachable" }],
  ] as const)("gives nothing to an agent who %s", (_, more) => {
    expect(pairs([call("CALL-A", 10)], [agent("AGT-001", 1, more)])).toEqual([]);
  });

  it("never gives an agent two calls or a call two agents, and leaves nobody idle who could serve", () => {
    const queues = fc.subarray([support, sales], { minLength: 1 });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            queue: fc.constantFrom(support, sales),
            also: fc.subarray([support, sales]),
            at: fc.nat(50),
            priority: fc.nat(2),
          }),
        ),
        fc.array(fc.record({ queues, idleSince: fc.nat(50), free: fc.boolean() })),
        (calls, staff) => {
          const waiting = calls.map(({ queue, also, at, priority }, index) =>
            call(`CALL-${index}`, at, { queue, priority, alsoQueues: also }),
          );
          const agents = staff.map(({ queues: serves, idleSince, free }, index) =>
            agent(`AGT-${String(index).padStart(3, "0")}`, idleSince, {
              queues: serves,
              device: free ? "idle" : "busy",
            }),
          );
          const made = assign({ waiting, agents }, none, 1_000, Math.random).assignments;
          expect(new Set(made.map((each) => each.call)).size).toBe(made.length);
          expect(new Set(made.map((each) => each.agent)).size).toBe(made.length);
          const taken = new Set(made.map((each) => each.agent));
          const served = new Set(made.map((each) => each.call));
          for (const left of waiting.filter((each) => !served.has(each.call))) {
            const able = agents.filter(
              (each) =>
                each.device === "idle" &&
                !taken.has(each.id) &&
                [left.queue, ...(left.alsoQueues ?? [])].some((name) => each.queues.includes(name)),
            );
            expect(able).toEqual([]);
          }
        },
      ),
    );
  });
});

describe("skills", () => {
  const billing = (level: number, more: object = {}) => ({
    support: { needs: [need("billing", level, more)] },
  });
  const two = { "AGT-001": { skills: { billing: 2 } }, "AGT-002": { skills: { billing: 4 } } };
  const both = [agent("AGT-001", 1), agent("AGT-002", 2)];

  it("that are required keep a call from those who lack them, and nobody else's behind it", () => {
    const by = rules({ queues: billing(3), agents: { "AGT-001": { skills: { billing: 2 } } } });
    const waiting = [call("CALL-A", 10), call("CALL-B", 20, { queue: sales })];
    const serves = [agent("AGT-001", 1, { queues: [support, sales] })];
    expect(pairs(waiting, serves, by)).toEqual(["CALL-B AGT-001"]);
  });

  it("that suit better come before whoever was idle longer", () => {
    const by = rules({ queues: billing(1), agents: two });
    expect(pairs([call("CALL-A", 10)], both, by)).toEqual(["CALL-A AGT-002"]);
  });

  it("that are preferred keep nobody away", () => {
    const by = rules({ queues: billing(5, { required: false }), agents: two });
    expect(pairs([call("CALL-A", 10), call("CALL-B", 11)], both, by)).toEqual([
      "CALL-A AGT-002",
      "CALL-B AGT-001",
    ]);
  });

  it("are asked for less when a caller has waited, at the moment that is told", () => {
    const relax = [
      { afterMs: 5_000, level: 2 },
      { afterMs: 9_000, level: 0 },
    ];
    const by = rules({
      queues: billing(4, { relax }),
      agents: { "AGT-001": { skills: { billing: 2 } } },
    });
    const snapshot = {
      waiting: [call("CALL-A", 0)],
      agents: [agent("AGT-001", 1), agent("AGT-009", 0)],
    };
    const at = (now: number) => assign(snapshot, by, now, Math.random);
    expect(at(4_999)).toEqual({ assignments: [], againAt: 5_000 });
    expect(at(5_000).assignments.map((each) => each.agent)).toEqual(["AGT-001"]);
    const nobody = { ...snapshot, agents: [agent("AGT-009", 0)] };
    expect(assign(nobody, by, 5_000, Math.random)).toEqual({ assignments: [], againAt: 9_000 });
    expect(assign(nobody, by, 9_000, Math.random).assignments[0]?.agent).toBe("AGT-009");
  });

  it("are told among the reasons", () => {
    const by = rules({ queues: billing(1), agents: two });
    const [made] = assign(
      { waiting: [call("CALL-A", 10)], agents: both },
      by,
      1_000,
      Math.random,
    ).assignments;
    expect(made?.reasons).toEqual([
      "CALL-A was number 1 of 1 to be offered: queue support of weight 0, priority 0, waiting 990 ms",
      "AGT-002 suited best, of 2 free agents of support",
      "billing was required at 1; AGT-002 has 4",
    ]);
  });

  it("include the caller's language where the queue asks for it", () => {
    const by = rules({
      queues: { support: { languageNeeds: { sw: need("speaks-sw", 3) } } },
      agents: { "AGT-002": { skills: { "speaks-sw": 4 } } },
    });
    const waiting = [
      call("CALL-A", 10, { language: "sw" }),
      call("CALL-B", 20, { language: "en" }),
    ];
    expect(pairs(waiting, both, by)).toEqual(["CALL-A AGT-002", "CALL-B AGT-001"]);
  });
});

describe("priority", () => {
  const waiting = [
    call("CALL-A", 0),
    call("CALL-B", 90_000, { priority: 1 }),
    call("CALL-C", 50_000, { priority: 1 }),
  ];
  const one = [agent("AGT-001", 1)];

  it("comes first, where it is strict", () => {
    expect(pairs(waiting, one)).toEqual(["CALL-C AGT-001"]);
  });

  it("counts like minutes waited, where the centre says so", () => {
    const minutes = rules({ priority: "minutes" });
    expect(
      waiting
        .toSorted((left, right) => compareWaiting(left, right, minutes))
        .map((each) => each.call),
    ).toEqual(["CALL-C", "CALL-A", "CALL-B"]);
  });
});

describe("a strategy", () => {
  const tally = (calls: number, talkMs: number, offered: number) => ({
    tally: { calls, talkMs, offeredAt: { support: offered } },
  });
  const staff = [
    agent("AGT-001", 30, tally(2, 500, 300)),
    agent("AGT-002", 20, tally(1, 900, 200)),
    agent("AGT-003", 10, tally(3, 100, 100)),
  ];
  it.each([
    ["longest-idle", ["AGT-003", "AGT-002", "AGT-001"]],
    ["round-robin", ["AGT-003", "AGT-002", "AGT-001"]],
    ["fewest-calls", ["AGT-002", "AGT-001", "AGT-003"]],
    ["least-talk-time", ["AGT-003", "AGT-001", "AGT-002"]],
    ["linear", ["AGT-002", "AGT-003", "AGT-001"]],
  ] as const)("%s asks the agents in its order", (strategy, order) => {
    const by = rules({
      queues: { support: { strategy } },
      agents: {
        "AGT-002": { position: 0 },
        "AGT-003": { position: 1 },
        "AGT-001": { position: 2 },
      },
    });
    const waiting = order.map((_, index) => call(`CALL-${index}`, index));
    expect(
      assign({ waiting, agents: staff }, by, 1_000, Math.random).assignments.map(
        (each) => each.agent,
      ),
    ).toEqual(order);
  });

  it("draws all alike, where it is random, and anew at each look", () => {
    const by = rules({
      queues: { support: { strategy: "random" } },
      agents: { "AGT-001": { share: 3 } },
    });
    const drawn = Array.from({ length: 6_000 }, () => pairs([call("CALL-A", 1)], staff, by)[0]);
    for (const { id } of staff) {
      const times = drawn.filter((each) => each === `CALL-A ${id}`).length;
      // One of three; five standard deviations either way.
      expect(Math.abs(times - 2_000)).toBeLessThan(185);
    }
  });

  it("draws by share, where agents are weighted", () => {
    const by = rules({
      queues: { support: { strategy: "weighted-random" } },
      agents: { "AGT-001": { share: 3 } },
    });
    const drawn = Array.from(
      { length: 4_000 },
      () => pairs([call("CALL-A", 1)], staff.slice(0, 2), by)[0],
    );
    const first = drawn.filter((each) => each === "CALL-A AGT-001").length;
    // Three of four; five standard deviations either way.
    expect(Math.abs(first - 3_000)).toBeLessThan(140);
  });
});

describe("the place in the queue", () => {
  it("counts only callers of the same queue who are served before", () => {
    const waiting = [
      call("CALL-A", 10),
      call("CALL-B", 20, { queue: sales }),
      call("CALL-C", 30),
      call("CALL-D", 40, { priority: 1 }),
    ];
    expect(Object.fromEntries(placesOf(waiting, none))).toEqual({
      "CALL-A": 2,
      "CALL-B": 1,
      "CALL-C": 3,
      "CALL-D": 1,
    });
  });

  it("is a total order: no two calls are equal", () => {
    const twins = [call("CALL-A", 10), call("CALL-B", 10)] as const;
    expect(compareWaiting(twins[0], twins[1], none)).toBeLessThan(0);
    expect(compareWaiting(twins[1], twins[0], none)).toBeGreaterThan(0);
  });
});

describe("a queue that rings several", () => {
  const offered = (id: string, until: number): Agent =>
    agent(id, 1, { reservation: { is: "offered", call: asCallId("CALL-A"), until } });
  const ringing = call("CALL-A", 10, { offeredTo: asAgentId("AGT-001") });
  const by = (everyMs: number) =>
    rules({ queues: { support: { several: { everyMs, leaseMs: 18_000 } } } });

  it("gives its first call to all, and only what is left to the next", () => {
    const waiting = [call("CALL-B", 20), call("CALL-A", 10)];
    expect(pairs(waiting, [agent("AGT-001", 5), agent("AGT-002", 2)], by(0))).toEqual([
      "CALL-A AGT-002",
      "CALL-A AGT-001",
    ]);
    const free = [offered("AGT-001", 19_000), agent("AGT-002", 2)];
    expect(pairs([ringing], free, by(0))).toEqual(["CALL-A AGT-002"]);
    expect(pairs([ringing], free)).toEqual([]);
  });

  it("gives it to one more when the newest phone has rung for a while, and tells when that is", () => {
    const free = [offered("AGT-001", 19_000), agent("AGT-002", 2), agent("AGT-003", 3)];
    const at = (now: number) =>
      assign({ waiting: [ringing], agents: free }, by(4_000), now, Math.random);
    expect(at(4_999)).toEqual({ assignments: [], againAt: 5_000 });
    expect(at(5_000).assignments.map((each) => each.agent)).toEqual(["AGT-002"]);
  });

  it("keeps one agent at a time for who is to be called back", () => {
    const back = call("CALL-A", 10, { callback: true });
    const waiting = [back, call("CALL-B", 20)];
    const free = [agent("AGT-001", 5), agent("AGT-002", 2), agent("AGT-003", 3)];
    expect(pairs(waiting, free, by(0))).toEqual([
      "CALL-A AGT-002",
      "CALL-B AGT-003",
      "CALL-B AGT-001",
    ]);
    const offeredBack = { ...ringing, callback: true as const };
    expect(pairs([offeredBack], [offered("AGT-001", 19_000), agent("AGT-002", 2)], by(0))).toEqual(
      [],
    );
  });

  it("does not keep an agent from a call of a heavier queue", () => {
    const serves = { queues: [support, sales] };
    const waiting = [ringing, call("CALL-B", 900, { queue: sales })];
    const heavier = rules({
      queues: { support: { several: { everyMs: 0, leaseMs: 18_000 } }, sales: { weight: 1 } },
    });
    expect(pairs(waiting, [agent("AGT-002", 2, serves), agent("AGT-003", 3)], heavier)).toEqual([
      "CALL-B AGT-002",
      "CALL-A AGT-003",
    ]);
  });
});

describe("a call that agents of another queue may take too", () => {
  const helped = call("CALL-A", 10, { alsoQueues: [sales] });
  const seller = agent("AGT-002", 1, { queues: [sales] });

  it("goes to them when nobody of its own queue is free, by the strategy of theirs", () => {
    const by = rules({
      queues: { sales: { strategy: "linear" } },
      agents: { "AGT-003": { position: 0 }, "AGT-002": { position: 1 } },
    });
    const sellers = [seller, agent("AGT-003", 9, { queues: [sales] })];
    expect(pairs([call("CALL-A", 10)], sellers, by)).toEqual([]);
    expect(pairs([helped], sellers, by)).toEqual(["CALL-A AGT-003"]);
    expect(pairs([helped], [...sellers, agent("AGT-001", 99)], by)).toEqual(["CALL-A AGT-001"]);
  });

  it("asks of them what its own queue asks for", () => {
    const by = rules({
      queues: { support: { needs: [need("cards", 3)] } },
      agents: { "AGT-003": { skills: { cards: 3 } } },
    });
    const able = agent("AGT-003", 9, { queues: [sales] });
    expect(pairs([helped], [seller], by)).toEqual([]);
    expect(pairs([helped], [seller, able], by)).toEqual(["CALL-A AGT-003"]);
    expect(pairs([{ ...helped, widened: true }], [seller], by)).toEqual(["CALL-A AGT-002"]);
  });

  it("is ranked with all others, by the weight of its own queue", () => {
    const waiting = [call("CALL-B", 20, { queue: sales }), helped];
    expect(pairs(waiting, [seller])).toEqual(["CALL-A AGT-002"]);
    const heavier = rules({ queues: { sales: { weight: 1 } } });
    expect(pairs(waiting, [seller], heavier)).toEqual(["CALL-B AGT-002"]);
  });

  it("goes first to whom it prefers, though she is of the other queue", () => {
    const prefers = { ...helped, prefers: seller.id };
    expect(pairs([prefers], [agent("AGT-001", 0), seller])).toEqual(["CALL-A AGT-002"]);
  });

  it("tells among the reasons how she came to have it", () => {
    const { assignments } = assign(
      { waiting: [helped], agents: [seller, agent("AGT-003", 9, { queues: [sales] })] },
      none,
      1_000,
      Math.random,
    );
    expect(assignments[0]).toMatchObject({ queue: support, agent: "AGT-002" });
    expect(assignments[0]?.reasons.slice(1)).toEqual([
      "AGT-002 was idle longest (999 ms), of 2 free agents of support or sales",
      "its queue's overflow had added the agents of sales; AGT-002 was asked as one of sales",
    ]);
  });
});

describe("a call that prefers an agent", () => {
  const prefers = call("CALL-A", 1_000, { prefers: asAgentId("AGT-002") });
  const by = rules({ queues: { support: { graceMs: 5_000 } } });
  const others = agent("AGT-001", 1);
  const at = (now: number, preferred: Partial<Agent>, waiting = prefers) =>
    assign(
      { waiting: [waiting], agents: [others, agent("AGT-002", 9, preferred)] },
      by,
      now,
      Math.random,
    );
  const chosen = (...told: Parameters<typeof at>) =>
    at(...told).assignments.map((each) => each.agent);

  it("goes to her when she is free, though another has been idle longer", () => {
    expect(chosen(2_000, {})).toEqual(["AGT-002"]);
    expect(at(2_000, {}).assignments[0]?.reasons.at(-1)).toBe("AGT-002 had served the caller last");
  });

  it("waits a short while for her to be free, and no longer", () => {
    const talking = {
      activity: { is: "talking", call: asCallId("CALL-Z"), since: 0 },
    } as const;
    expect(at(5_999, talking)).toEqual({ assignments: [], againAt: 6_000 });
    expect(chosen(6_000, talking)).toEqual(["AGT-001"]);
  });

  it.each([
    ["has gone home", { presence: { is: "offline" } }],
    ["is on a break", { presence: { is: "paused", reason: "" } }],
    ["goes home after her call", { pending: "offline", device: "busy" }],
    ["serves another queue now", { queues: [sales] }],
  ] as const)("does not wait for one who %s", (_why, preferred) => {
    expect(chosen(2_000, preferred as Partial<Agent>)).toEqual(["AGT-001"]);
  });

  it("goes to others when she has let it ring out", () => {
    const passed = { ...prefers, passedBy: [asAgentId("AGT-002")] };
    expect(chosen(2_000, {}, passed)).toEqual(["AGT-001"]);
  });
});
