import { afterEach, beforeEach, expect } from "vitest";
import { apply, fold } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import {
  asAgentId,
  asBridgeId,
  asChannelId,
  asQueueName,
  type CallId,
} from "../../src/domain/ids.ts";
import { adoptCalls } from "../../src/flows/adopt.ts";
import { callOn } from "../../src/flows/identity.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { openWorld, smallCentre, type World } from "./world.ts";

export const dead = "kituo-other/1";
export const support = asQueueName("support");
export const amina = asAgentId("AGT-001");
/** The call of the first who calls in. */
export const id = callOn(asChannelId("in-1"));
export const phoneId = asChannelId(`${id}-1001-x`);

export let world: World;

/** Opens a world for each test in which a process has died, and sees that nothing of it is left behind. */
export function afterADeath(): void {
  beforeEach(() => openAnew({}));
  afterEach(async () => {
    await nothingIsLeft(world);
    await world.stop();
  });
}

/** Nothing of any call is left, and nothing went wrong. */
export async function nothingIsLeft({ deps, log, telephony }: World): Promise<void> {
  expect(await telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(await deps.desk.liveCalls()).toEqual([]);
  for (const agent of await deps.desk.agents()) {
    expect([agent.activity.is, agent.reservation.is === "offered"]).toEqual(["none", false]);
  }
  expect(log.lines.filter((line) => line.level === "error")).toEqual([]);
}

/** A call as a process that is dead now had noted it: its facts came a second apart, the last just now. */
export async function notedByTheDead(
  { clock, deps }: World,
  call: CallId,
  facts: readonly CallFact[],
): Promise<void> {
  const now = clock.now();
  const events = facts.map(
    (fact, at): CallEvent => ({
      ...fact,
      call,
      seq: at + 1,
      at: now - (facts.length - at - 1) * 1_000,
    }),
  );
  await deps.store.calls.append(events, [fold(events)]);
  await deps.desk.saveCall(fold(events), dead);
}

/** The conversation was over, and the dead process had no time for more than to write that down. */
export async function endedByTheDead(): Promise<void> {
  const { store } = world.deps;
  const log = await store.calls.get(id);
  if (log === null) throw new Error("nothing was noted of the call");
  const { seq, lastAt } = log.state;
  const end: CallEvent = { type: "ended", ending: talked, call: id, seq: seq + 1, at: lastAt };
  await store.calls.append([end], [apply(log.state, end)]);
}

export const talked = { result: "completed", reason: "talked", by: "agent" } as const;

/** Opens a world instead of the one there is: the small centre, with other queues or agents. */
export async function inCentre(changed: Readonly<Record<string, unknown>>): Promise<void> {
  await world.stop();
  await openAnew(changed);
}

async function openAnew(changed: Readonly<Record<string, unknown>>): Promise<void> {
  world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, ...changed }) });
  // Whoever calls in from here on was another process's caller.
  world.telephony.onCall(() => undefined);
}

/** A caller whom a process that is dead now had brought so far; its facts came a second apart, the last just now. */
export async function left(facts: readonly CallFact[]): Promise<FakeLeg> {
  const leg = world.telephony.incoming({ from: "outside", dialled: "+254711000001" });
  leg.holder = "kituo-other";
  leg.answered = true;
  const started: CallFact = {
    type: "started",
    direction: "inbound",
    caller: "+254700000001",
    callerName: "",
    dialled: "+254711000001",
    channel: leg.id,
  };
  await notedByTheDead(world, id, [started, { type: "answered" }, ...facts]);
  return leg;
}

export const queued: CallFact = { type: "queued", queue: support, priority: 0 };
export const offered = {
  type: "offered",
  agent: amina,
  extension: "1001",
  queue: support,
  reasons: [],
} satisfies CallFact;
export const connected: CallFact = {
  type: "connected",
  agent: amina,
  extension: "1001",
  bridge: asBridgeId(`c-${phoneId}`),
  channel: phoneId,
};

/** The dead process's place for the call at the desk. */
export async function waiting(): Promise<void> {
  const state = (await world.deps.desk.liveCall(id))?.state;
  await world.deps.desk.join({
    call: id,
    queue: support,
    priority: 0,
    language: null,
    enteredAt: state?.queuedAt ?? 0,
    owner: dead,
  });
}

/** Amina's phone, as the dead process rang it. */
export async function rung(caller: FakeLeg): Promise<FakeLeg> {
  await world.signIn("AGT-001");
  world.telephony.plugIn("1001", () => undefined);
  await world.deps.desk.reserve(id, amina, world.clock.now() + 10_000);
  world.telephony.dial({
    id: phoneId,
    call: id,
    to: { extension: "1001" },
    callerNumber: "",
    callerName: "",
    originator: caller.id,
    timeoutMs: 20_000,
  });
  return (await during(world.telephony.adoptDialled(phoneId, "1001"))) as FakeLeg;
}

/** The caller and Amina in the conversation that the dead process made. */
export async function talking(): Promise<{ readonly caller: FakeLeg; readonly phone: FakeLeg }> {
  const caller = await left([
    queued,
    offered,
    { type: "offer_ended", agent: amina, outcome: "answered" },
    connected,
  ]);
  await waiting();
  const phone = await rung(caller);
  phone.pickUp();
  await world.deps.desk.connect(id, amina, world.clock.now());
  const bridge = await during(world.telephony.createBridge(asBridgeId(`c-${phoneId}`)));
  await during(bridge.add(caller, phone));
  return { caller, phone };
}

/** Winds the clock while something is done on the exchange. */
export async function during<T>(work: Promise<T>): Promise<T> {
  await world.clock.pass(500);
  return await work;
}

export async function adopt(...others: string[]): Promise<void> {
  await during(adoptCalls(new Set([world.deps.owner, ...others]), world.deps));
}

export const types = () => world.eventsOf(id).map((event) => event.type);
export const ending = async () => (await world.deps.store.calls.get(id))?.state.ending;
