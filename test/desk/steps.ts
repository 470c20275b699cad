import fc from "fast-check";
import type { MemoryDesk } from "../../src/desk/memory.ts";
import { nothing, type Part } from "../../src/desk/part.ts";
import type { RedisDesk } from "../../src/desk/redis.ts";
import type { Device } from "../../src/domain/agent.ts";
import { begin, type CallState } from "../../src/domain/call.ts";
import type { OfferOutcome } from "../../src/domain/call-fact.ts";
import {
  asAgentId,
  asCallId,
  asChannelId,
  asQueueName,
  type CallId,
} from "../../src/domain/ids.ts";
import type { Desk, PresenceWish } from "../../src/ports/desk.ts";

/** One thing that happens to a desk; `now` grows from step to step. */
type Step = (desk: Desk, now: number) => Promise<unknown>;
export interface NamedStep {
  readonly verb: string;
  readonly given: readonly unknown[];
  readonly name: string;
  readonly step: Step;
}

// Few names, and some more often than others: most sequences shall get as far as a conversation.
const agents = fc.constantFrom("AGT-001", "AGT-001", "AGT-002").map(asAgentId);
const calls = fc.constantFrom("CALL-1", "CALL-1", "CALL-10").map(asCallId);
const callsBack = fc.constantFrom("CALL-20", "CALL-21").map(asCallId);
const queues = fc.constantFrom("support", "sales").map(asQueueName);
const skills = fc.constantFrom("cards", "speaks-en");
const extensions = fc.constantFrom("1001", "1002", "1003");
const later = fc.constantFrom(0, 10, 100, 1_000);
const devices = fc.constantFrom<Device>("idle", "idle", "idle", "ringing", "busy", "unreachable");
const outcomes = fc.constantFrom<OfferOutcome>(
  "no_answer",
  "no_answer",
  "busy",
  "declined",
  "declined",
  "unreachable",
  "caller_left",
  "answered_elsewhere",
  "answered",
);
const wishes: fc.Arbitrary<PresenceWish> = fc.oneof(
  fc.constant({ is: "available" } as const),
  fc.constant({ is: "available" } as const),
  fc.constant({ is: "offline" } as const),
  fc.string({ unit: "binary" }).map((reason) => ({ is: "paused", reason }) as const),
);
const numbers = fc.constantFrom("+254700000001", "+254700000001", "+254700000002");
/** The process whose desks are compared; it is never fenced. */
export const ours = "model/1";
const others = fc.constantFrom("kituo-a/1", "kituo-a/2", "kituo-b/1");
const owners = fc.constantFrom("kituo-a/1", "kituo-a/2", "kituo-b/1", ours);
/** What a waiting call may ask for beside its queue. */
const asking = fc.record(
  {
    language: fc.constantFrom(null, "sw" as const),
    prefers: agents,
    widened: fc.constant(true as const),
    alsoQueues: fc.uniqueArray(queues, { minLength: 1 }),
  },
  { requiredKeys: ["language"] },
);
const asked = fc
  .tuple(
    fc.integer({ min: -9, max: 9 }),
    fc.boolean(),
    fc.option(fc.uniqueArray(queues, { minLength: 1 })),
  )
  .map(([priority, widened, alsoQueues]) => ({
    priority,
    ...(widened ? { widened } : {}),
    ...(alsoQueues === null ? {} : { alsoQueues }),
  }));

/** A call that has just begun. */
export function callState(call: CallId, at: number): CallState {
  return begin({
    type: "started",
    call,
    seq: 1,
    at,
    direction: "inbound",
    caller: "+254700000001",
    callerName: "Mgeni",
    dialled: "100",
    channel: asChannelId("channel-1"),
  });
}

/** A call that is to call this number back. */
export function callbackState(call: CallId, at: number, number: string): CallState {
  return begin({
    type: "started",
    call,
    seq: 1,
    at,
    direction: "outbound",
    caller: number,
    callerName: "",
    dialled: number,
    channel: asChannelId(`channel-of-${call}`),
    callback: { of: asCallId("CALL-1"), from: "100" },
  });
}

/** A moment from now on, or never (0). */
const until = (now: number, ms: number): number => (ms === 0 ? 0 : now + ms);

function named<Values extends unknown[]>(
  verb: string,
  values: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
  step: (desk: Desk, now: number, ...values: Values) => Promise<unknown>,
): fc.Arbitrary<NamedStep> {
  return fc.tuple<Values>(...values).map((given) => ({
    verb,
    given,
    name: `${verb}(${given.map((value) => JSON.stringify(value)).join(", ")})`,
    step: (desk, now) => step(desk, now, ...given),
  }));
}

/** Anything that can be asked of a desk. */
export const steps = fc.oneof(
  {
    weight: 1,
    arbitrary: named(
      "enrol",
      [agents, extensions, fc.array(queues)],
      (desk, now, id, extension, served) => desk.enrol([{ id, extension, queues: served }], now),
    ),
  },
  {
    weight: 1,
    arbitrary: named(
      "setDuties",
      [agents, fc.option(fc.array(queues)), fc.option(fc.dictionary(skills, fc.nat(5)))],
      (desk, now, id, served, able) => {
        const serves = served === null ? {} : { queues: served };
        return desk.setDuties(id, able === null ? serves : { ...serves, skills: able }, now);
      },
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
    arbitrary: named(
      "join",
      [calls, queues, fc.nat(9), fc.option(numbers), owners, asking],
      (desk, now, call, queue, priority, caller, owner, asks) =>
        desk.join(
          { call, queue, priority, enteredAt: now, owner, ...asks },
          caller === null ? undefined : { caller, now },
        ),
    ),
  },
  {
    weight: 2,
    arbitrary: named(
      "keepPlace",
      [queues, numbers, fc.nat(100), later, asked, fc.array(fc.nat(3), { maxLength: 2 })],
      (desk, now, queue, caller, waited, ms, asks, overflowed) =>
        desk.keepPlace(
          { queue, caller, enteredAt: now - waited, until: now + ms, asked: asks, overflowed },
          now,
        ),
    ),
  },
  {
    weight: 1,
    arbitrary: named(
      "setClosing",
      [queues, fc.boolean(), fc.string({ unit: "binary" }), later],
      (desk, now, queue, closed, reason, ms) =>
        desk.setClosing({ queue, closed, until: until(now, ms), reason, by: "mwangi", at: now }),
    ),
  },
  {
    weight: 2,
    arbitrary: named("adjust", [calls, asked], (desk, _now, call, asks) => desk.adjust(call, asks)),
  },
  { weight: 1, arbitrary: named("leave", [calls], (desk, _now, call) => desk.leave(call)) },
  {
    weight: 6,
    arbitrary: named(
      "reserve",
      [calls, agents, later, fc.boolean()],
      (desk, now, call, id, ms, beside) => desk.reserve(call, id, now + ms, beside),
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
      [calls, agents, outcomes, later, fc.nat(2)],
      (desk, now, call, id, outcome, ms, pauseAfter) =>
        desk.release(call, id, outcome, until(now, ms), pauseAfter),
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
    arbitrary: named("extendWrapUp", [agents, later, later], (desk, now, id, byMs, mostMs) =>
      desk.extendWrapUp(id, byMs, mostMs, now),
    ),
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
    weight: 2,
    arbitrary: named("saveCall", [calls, owners], (desk, now, call, owner) =>
      desk.saveCall(callState(call, now), owner),
    ),
  },
  {
    weight: 2,
    arbitrary: named(
      "bookCallback",
      [callsBack, owners, numbers, fc.oneof(calls, callsBack)],
      (desk, now, call, owner, number, by) =>
        desk.bookCallback(callbackState(call, now, number), owner, by),
    ),
  },
  {
    weight: 1,
    arbitrary: named("removeCall", [callsBack], (desk, _now, call) => desk.removeCall(call)),
  },
  {
    weight: 1,
    arbitrary: named("takeOver", [calls, owners, owners], (desk, _now, call, from, to) =>
      desk.takeOver(call, from, to),
    ),
  },
  {
    // What there is to do of it is not the desk's own: the test has to know both desks.
    weight: 1,
    arbitrary: named("restore", [fc.boolean()], async (_desk, _now, _emptied) => undefined),
  },
  { weight: 1, arbitrary: named("beat", [owners], (desk, _now, owner) => desk.beat(owner)) },
  { weight: 1, arbitrary: named("retire", [others], (desk, _now, owner) => desk.retire(owner)) },
  { weight: 1, arbitrary: named("fence", [others], (desk, _now, owner) => desk.fence(owner)) },
);

/** What a desk in memory would put back into Redis, with every process that it knows to be alive. */
export function partOf(memory: MemoryDesk): Part {
  const { waiting, agents: known, peers, closings } = memory.records();
  return {
    ...nothing,
    calls: memory.calls.ofOwner(ours),
    waiting: waiting.filter(({ owner }) => owner === ours),
    agents: known,
    peers,
    fenced: memory.fenced(),
    places: memory.places.list(),
    closings,
  };
}

/** What a desk knows, in an order that does not depend on the desk. */
export async function picture(desk: RedisDesk | MemoryDesk) {
  const { waiting, agents: known, peers, closings } = await desk.records();
  const live = await desk.liveCalls();
  return {
    waiting: [...waiting].sort((left, right) => (left.call < right.call ? -1 : 1)),
    agents: [...known].sort((left, right) => (left.id < right.id ? -1 : 1)),
    peers: [...peers].sort((left, right) => (left.owner < right.owner ? -1 : 1)),
    calls: [...live].sort((left, right) => (left.state.id < right.state.id ? -1 : 1)),
    closings: [...closings].sort((left, right) => (left.queue < right.queue ? -1 : 1)),
  };
}

/** Who works at every desk of these tests. */
export const enrolled = ["1001", "1002"].map((extension, index) => ({
  id: asAgentId(`AGT-00${index + 1}`),
  extension,
  queues: [asQueueName("support")],
}));
