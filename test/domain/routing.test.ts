import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import { assign, compareWaiting, placesOf } from "../../src/domain/routing.ts";

const support = asQueueName("support");
const sales = asQueueName("sales");
const none = new Map<typeof support, number>();

function agent(id: string, idleSince: number, more: Partial<Agent> = {}): Agent {
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
    ...more,
  };
}

function call(id: string, enteredAt: number, more: Partial<WaitingCall> = {}): WaitingCall {
  return {
    call: asCallId(id),
    queue: support,
    priority: 0,
    enteredAt,
    owner: "kituo-1",
    offeredTo: null,
    passedBy: [],
    ...more,
  };
}

const pairs = (waiting: WaitingCall[], agents: Agent[], weights = none) =>
  assign({ waiting, agents }, weights, 1_000).map((each) => `${each.call} ${each.agent}`);

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
    expect(pairs(waiting, agents, new Map([[sales, 5]]))).toEqual([
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
            at: fc.nat(50),
            priority: fc.nat(2),
          }),
        ),
        fc.array(fc.record({ queues, idleSince: fc.nat(50), free: fc.boolean() })),
        (calls, staff) => {
          const waiting = calls.map(({ queue, at, priority }, index) =>
            call(`CALL-${index}`, at, { queue, priority }),
          );
          const agents = staff.map(({ queues: serves, idleSince, free }, index) =>
            agent(`AGT-${String(index).padStart(3, "0")}`, idleSince, {
              queues: serves,
              device: free ? "idle" : "busy",
            }),
          );
          const made = assign({ waiting, agents }, none, 1_000);
          expect(new Set(made.map((each) => each.call)).size).toBe(made.length);
          expect(new Set(made.map((each) => each.agent)).size).toBe(made.length);
          const taken = new Set(made.map((each) => each.agent));
          const served = new Set(made.map((each) => each.call));
          for (const left of waiting.filter((each) => !served.has(each.call))) {
            const able = agents.filter(
              (each) =>
                each.device === "idle" && !taken.has(each.id) && each.queues.includes(left.queue),
            );
            expect(able).toEqual([]);
          }
        },
      ),
    );
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
