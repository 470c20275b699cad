import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { queueSchema } from "../../../src/domain/centre.ts";
import { assign } from "../../../src/domain/routing/assign.ts";
import type { QueueLoad } from "../../../src/domain/routing/load.ts";
import {
  nextStepAfter,
  refusalOf,
  stepDue,
  wayInstead,
} from "../../../src/domain/routing/overflow.ts";
import { agent, call, need, rules } from "./staff.ts";

const load: QueueLoad = { signedIn: 1, available: 1, effective: 1, handled: [] };
const queueWith = (said: object) =>
  queueSchema.parse({ name: "support", title: "Support", ...said });
const known = [{ calls: 1_000, ms: 60_000 }];

describe("a step of the overflow", () => {
  const settings = queueWith({
    estimate: { fromCalls: 1, priorMs: 60_000 },
    overflow: [
      { when: { waitedMs: 30_000 }, do: { priority: 1 } },
      { when: { length: 5 }, do: { queue: "sales" } },
      { when: { noAgents: true }, do: { voicemail: true } },
      { when: { estimateMs: 180_000 }, do: { menu: "main" } },
      { when: { waitedMs: 60_000 }, do: { priority: 1 } },
    ],
  });
  const due = (standing: object, taken: readonly number[] = []) =>
    stepDue(settings, taken, { waitedMs: 0, place: 1, load, ...standing });

  it("comes when what it waits for is so, and not before", () => {
    expect(due({})).toBeNull();
    expect(due({ waitedMs: 29_999 })).toBeNull();
    expect(due({ waitedMs: 30_000 })).toBe(0);
    expect(due({ place: 4 })).toBeNull();
    expect(due({ place: 5 })).toBe(1);
    expect(due({ load: { ...load, signedIn: 0 } })).toBe(2);
    expect(due({ place: 3, load: { ...load, handled: known } })).toBeNull();
    expect(due({ place: 4, load: { ...load, handled: known } })).toBe(3);
  });

  it("is taken once, in the order of the list", () => {
    expect(due({ waitedMs: 90_000, place: 9 })).toBe(0);
    expect(due({ waitedMs: 90_000, place: 9 }, [0])).toBe(1);
    expect(due({ waitedMs: 90_000, place: 9 }, [0, 1])).toBe(4);
    expect(due({ waitedMs: 90_000, place: 9 }, [0, 1, 4])).toBeNull();
  });

  it("that waits for a time is due at the very moment that is told for it", () => {
    const steps = fc.array(
      fc.nat(1_000).map((waitedMs) => ({ when: { waitedMs }, do: { priority: 1 } })),
    );
    fc.assert(
      fc.property(steps, fc.nat(1_000), (overflow, waitedMs) => {
        const queue = { ...settings, overflow };
        const taken = overflow.flatMap(({ when }, index) =>
          when.waitedMs <= waitedMs ? index : [],
        );
        expect(stepDue(queue, taken, { waitedMs, place: 1, load })).toBeNull();
        const next = nextStepAfter(overflow, taken, waitedMs);
        if (next === null) expect(taken).toHaveLength(overflow.length);
        else {
          expect(stepDue(queue, taken, { waitedMs: next - 1, place: 1, load })).toBeNull();
          expect(stepDue(queue, taken, { waitedMs: next, place: 1, load })).not.toBeNull();
        }
      }),
    );
  });
});

describe("a queue that does not take a caller", () => {
  it("says why", () => {
    const none = queueWith({ joinEmpty: "always", maxLength: 2 });
    expect(refusalOf(none, { staffed: true, place: 2 })).toBeNull();
    expect(refusalOf(none, { staffed: true, place: 3 })).toBe("queue_full");
    expect(refusalOf(queueWith({}), { staffed: false, place: 1 })).toBe("nobody_signed_in");
    const strict = queueWith({ joinEmpty: "available" });
    expect(refusalOf(strict, { staffed: false, place: 1 })).toBe("nobody_available");
  });

  it("has her taken by the first step that is due and leads anywhere, else by `otherwise`", () => {
    const settings = queueWith({
      overflow: [
        { when: { noAgents: true }, do: { priority: 1 } },
        { when: { noAgents: true }, do: { queue: "sales" } },
      ],
      otherwise: { menu: "main" },
    });
    const standing = { waitedMs: 0, place: 1, load };
    expect(wayInstead(settings, standing)).toEqual({ menu: "main" });
    const empty = { ...standing, load: { ...load, signedIn: 0 } };
    expect(wayInstead(settings, empty)).toEqual({ queue: "sales" });
  });
});

describe("a call whose skills were widened", () => {
  const asks = rules({
    queues: { support: { needs: [need("cards", 4)] } },
    agents: { "AGT-001": { skills: { cards: 2 } }, "AGT-002": { skills: {} } },
  });
  const free = [agent("AGT-001", 20), agent("AGT-002", 10)];

  it("goes to the one who suits best of all, though she has less than is required", () => {
    const waiting = [call("CALL-1", 0), call("CALL-2", 5, { widened: true })];
    const { assignments } = assign({ waiting, agents: free }, asks, 100, () => 0);
    expect(assignments).toMatchObject([{ call: "CALL-2", agent: "AGT-001" }]);
    expect(assignments[0]?.reasons).toContain(
      "its queue's overflow had made the skills it requires preferred ones",
    );
  });
});
