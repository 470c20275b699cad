import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openMemoryDesk } from "../../src/desk/memory.ts";
import { openRedisDesk } from "../../src/desk/redis.ts";
import type { Device } from "../../src/domain/agent.ts";
import type { OfferOutcome } from "../../src/domain/call.ts";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import type { Desk, PresenceWish } from "../../src/ports/desk.ts";
import { clear, freshPrefix, listeningLog, redisUrl } from "./redis-server.ts";

/** One thing that happens to a desk; `now` grows from step to step. */
type Step = (desk: Desk, now: number) => Promise<unknown>;
interface NamedStep {
  readonly name: string;
  readonly step: Step;
}

// Few names, and some more often than others: most sequences shall get as far as a conversation.
const agents = fc.constantFrom("AGT-001", "AGT-001", "AGT-002").map(asAgentId);
const calls = fc.constantFrom("CALL-1", "CALL-1", "CALL-10").map(asCallId);
const queues = fc.constantFrom("support", "sales").map(asQueueName);
const extensions = fc.constantFrom("1001", "1002", "1003");
const later = fc.constantFrom(0, 10, 100, 1_000);
const devices = fc.constantFrom<Device>("idle", "idle", "idle", "ringing", "busy", "unreachable");
const outcomes = fc.constantFrom<OfferOutcome>("no_answer", "busy", "declined", "caller_left");
const wishes: fc.Arbitrary<PresenceWish> = fc.oneof(
  fc.constant({ is: "available" } as const),
  fc.constant({ is: "available" } as const),
  fc.constant({ is: "offline" } as const),
  fc.string({ unit: "binary" }).map((reason) => ({ is: "paused", reason }) as const),
);
/** A moment from now on, or never (0). */
const until = (now: number, ms: number): number => (ms === 0 ? 0 : now + ms);

function named<Values extends unknown[]>(
  verb: string,
  values: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
  step: (desk: Desk, now: number, ...values: Values) => Promise<unknown>,
): fc.Arbitrary<NamedStep> {
  return fc.tuple<Values>(...values).map((given) => ({
    name: `${verb}(${given.map((value) => JSON.stringify(value)).join(", ")})`,
    step: (desk, now) => step(desk, now, ...given),
  }));
}

const steps = fc.oneof(
  {
    weight: 1,
    arbitrary: named(
      "enrol",
      [agents, extensions, fc.array(queues)],
      (desk, now, id, extension, served) => desk.enrol([{ id, extension, queues: served }], now),
    ),
  },
  {
    weight: 2,
    arbitrary: named("setPresence", [agents, wishes], (desk, now, id, wish) =>
      desk.setPresence(id, wish, now),
    ),
  },
  {
    weight: 1,
    arbitrary: named("setDevice", [extensions, devices], (desk, now, extension, device) =>
      desk.setDevice(extension, device, now),
    ),
  },
  {
    weight: 3,
    arbitrary: named("join", [calls, queues, fc.nat(9)], (desk, now, call, queue, priority) =>
      desk.join({ call, queue, priority, enteredAt: now, owner: "kituo-a" }),
    ),
  },
  { weight: 1, arbitrary: named("leave", [calls], (desk, _now, call) => desk.leave(call)) },
  {
    weight: 6,
    arbitrary: named("reserve", [calls, agents, later], (desk, now, call, id, ms) =>
      desk.reserve(call, id, now + ms),
    ),
  },
  {
    weight: 1,
    arbitrary: named("reserveDirect", [calls, agents, later], (desk, now, call, id, ms) =>
      desk.reserveDirect(call, id, now + ms),
    ),
  },
  {
    weight: 3,
    arbitrary: named(
      "release",
      [calls, agents, outcomes, later],
      (desk, now, call, id, outcome, ms) => desk.release(call, id, outcome, until(now, ms)),
    ),
  },
  { weight: 1, arbitrary: named("expire", [], (desk, now) => desk.expire(now)) },
  {
    weight: 5,
    arbitrary: named("connect", [calls, agents], (desk, now, call, id) =>
      desk.connect(call, id, now),
    ),
  },
  {
    weight: 4,
    arbitrary: named("finish", [calls, agents, later], (desk, now, call, id, ms) =>
      desk.finish(call, id, until(now, ms), now),
    ),
  },
  {
    weight: 1,
    arbitrary: named("endWrapUp", [agents], (desk, now, id) => desk.endWrapUp(id, now)),
  },
  {
    weight: 1,
    arbitrary: named("removeCall", [calls], (desk, _now, call) => desk.removeCall(call)),
  },
  {
    weight: 1,
    arbitrary: named("agentByExtension", [extensions], (desk, _now, extension) =>
      desk.agentByExtension(extension),
    ),
  },
  {
    weight: 1,
    arbitrary: named("lease", [fc.constantFrom("a", "b"), later], (desk, now, owner, ms) =>
      desk.holdLease(owner, now + ms),
    ),
  },
  {
    weight: 1,
    arbitrary: named("leases", [], async (desk, now) => [...(await desk.leases(now))].sort()),
  },
);

/** What a desk knows, in an order that does not depend on the desk. */
async function picture(desk: Desk) {
  const { waiting, agents: known } = await desk.snapshot();
  return {
    waiting: [...waiting].sort((left, right) => (left.call < right.call ? -1 : 1)),
    agents: [...known].sort((left, right) => (left.id < right.id ? -1 : 1)),
  };
}

/** What must be true after every step, whatever happened. */
function expectWhole({ waiting, agents: known }: Awaited<ReturnType<typeof picture>>): void {
  for (const { call, offeredTo } of waiting) {
    if (offeredTo === null) continue;
    const agent = known.find(({ id }) => id === offeredTo);
    expect(agent?.reservation).toMatchObject({ is: "offered", call });
  }
  for (const { reservation, activity } of known) {
    if (activity.is === "talking") expect(reservation.is).not.toBe("offered");
  }
}

const enrolled = ["1001", "1002"].map((extension, index) => ({
  id: asAgentId(`AGT-00${index + 1}`),
  extension,
  queues: [asQueueName("support")],
}));

describe.skipIf(redisUrl === null)("the desks in memory and in Redis", () => {
  it("answer alike and know alike after any sequence of verbs", async () => {
    const url = redisUrl ?? "";
    const prefix = freshPrefix();
    const redis = openRedisDesk({ url, prefix, owner: "model", log: listeningLog() });
    await redis.start();
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (sequence) => {
          await clear(url, prefix);
          const desks = [openMemoryDesk(), redis] as const;
          let now = 1_763_700_000_000;
          for (const desk of desks) {
            await desk.enrol(enrolled, now);
            for (const { id, extension } of enrolled) {
              await desk.setPresence(id, { is: "available" }, now);
              await desk.setDevice(extension, "idle", now);
            }
          }
          for (const { name, step } of sequence) {
            now += 7;
            const answers = [await step(desks[0], now), await step(desks[1], now)];
            expect(answers[1], name).toEqual(answers[0]);
            const pictures = [await picture(desks[0]), await picture(desks[1])] as const;
            expect(pictures[1], name).toEqual(pictures[0]);
            expectWhole(pictures[0]);
          }
        }),
        { numRuns: 300 },
      );
    } finally {
      await redis.stop();
      await clear(url, prefix);
    }
  }, 60_000);
});
