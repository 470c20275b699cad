import { afterEach, expect } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import type { PresenceWish } from "../../src/ports/desk.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import type { FakeOptions } from "../../src/telephony/fake/telephony.ts";
import { dialIn, openWorld, smallCentre, type World } from "./world.ts";

/** What tests of waiting have in common: importing it gives a file its own centre, and looks after each test what is left. */

export const line = "+254711000002";
export const support = asQueueName("support");

export let world: World;
export let callers: FakeLeg[] = [];
afterEach(async () => {
  for (const caller of callers) caller.end("normal");
  callers = [];
  await world.clock.pass(60_000);
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  for (const { reservation, activity } of await world.deps.desk.agents()) {
    expect([reservation.is, activity.is]).toEqual(["none", "none"]);
  }
  expect(world.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  await world.stop();
});

/** The small centre with something else about its queues, and about its agents. */
export function centreWith(
  queues: Readonly<Record<string, object>>,
  agents: Readonly<Record<string, object>> = {},
): Centre {
  return centreSchema.parse({
    ...smallCentre,
    queues: smallCentre.queues.map((queue) => ({ ...queue, ...queues[queue.name] })),
    agents: smallCentre.agents.map((agent) => ({ ...agent, ...agents[agent.id] })),
  });
}

export async function wish(agent: string, presence: PresenceWish["is"]): Promise<void> {
  const asked = presence === "paused" ? { is: presence, reason: "tea" } : { is: presence };
  await world.deps.desk.setPresence(asAgentId(agent), asked, world.clock.now());
}

export async function open(centre: Centre, fake: Omit<FakeOptions, "clock"> = {}): Promise<void> {
  world = await openWorld({ centre, fake });
}

/** Opens a world in which Amina serves `support` but takes a break, so that whoever calls waits. */
export async function openBusy(
  queues: Readonly<Record<string, object>>,
  promptMs = 2_000,
): Promise<void> {
  await open(centreWith(queues), { promptMs });
  for (const extension of ["1001", "1003"]) world.telephony.plugIn(extension, () => undefined);
  await wish("AGT-001", "paused");
}

/** Calls in; each caller comes a moment after the one before. */
export async function dial(dialled = line, keys = ""): Promise<FakeLeg> {
  const caller = dialIn(world, dialled, keys);
  callers.push(caller);
  await world.clock.pass(1);
  return caller;
}

export const stateOf = (caller: FakeLeg): CallState =>
  [...world.states().values()].find(({ channel }) => channel === caller.id) as CallState;
export const factsOf = (caller: FakeLeg): readonly CallEvent[] =>
  world.eventsOf(stateOf(caller).id);
export const entries = async () => (await world.deps.desk.snapshot()).waiting;
