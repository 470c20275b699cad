import { afterEach, expect } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import type { PresenceWish } from "../../src/ports/desk.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { openWorld, smallCentre, type World } from "./world.ts";

/** What tests of calls back have in common: importing it gives a file its own centre, and looks after each test what is left. */

export const line = "+254711000002";
export const asha = "+254700000001";
export const juma = "+254700000002";

export let world: World;
export let callers: FakeLeg[] = [];
afterEach(async () => {
  for (const caller of callers) caller.end("normal");
  callers = [];
  await world.clock.pass(120_000);
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(await world.deps.desk.liveCalls()).toEqual([]);
  for (const { reservation, activity } of await world.deps.desk.agents()) {
    expect([reservation.is === "offered", activity.is]).toEqual([false, "none"]);
  }
  expect(world.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  await world.stop();
});

function centreWith(support: object, callback: object): Centre {
  const exits = { "1": { callback: true } };
  const policy = { only: ["+"], tries: 2, retryAfterMs: 60_000, withinMs: 3_600_000, ...callback };
  return centreSchema.parse({
    ...smallCentre,
    trunks: [{ name: "provider", host: "sip.example.com" }],
    queues: smallCentre.queues.map((queue) =>
      queue.name === "support"
        ? { ...queue, exits, wrapUpMs: 0, callback: policy, ...support }
        : queue,
    ),
  });
}

/** Amina serves `support`, and takes a break; whatever rings there is left to the test. */
export async function open(callback: object = {}, support: object = {}): Promise<FakeLeg[]> {
  world = await openWorld({ centre: centreWith(support, callback) });
  const rung: FakeLeg[] = [];
  world.telephony.plugIn("1001", (phone) => rung.push(phone));
  await wish("paused");
  return rung;
}

export async function wish(presence: PresenceWish["is"]): Promise<void> {
  const asked = presence === "paused" ? { is: presence, reason: "tea" } : { is: presence };
  await world.deps.desk.setPresence(asAgentId("AGT-001"), asked, world.clock.now());
}

/** Her own telephone, outside. */
export function outside(number = asha): FakeLeg[] {
  const rung: FakeLeg[] = [];
  world.telephony.plugInOutside(number, (phone) => rung.push(phone));
  return rung;
}

export async function dial(number = asha): Promise<FakeLeg> {
  const caller = world.telephony.incoming({ from: "outside", dialled: line }, number);
  callers.push(caller);
  await world.clock.pass(1_000);
  return caller;
}

/** Calls in, asks to be called back, and hangs up when she was told so. */
export async function askedFor(number = asha): Promise<CallState> {
  const caller = await dial(number);
  caller.keys.put("1");
  await world.clock.pass(1_000);
  caller.end("normal");
  await world.clock.pass(1);
  const asked = stateOn(caller);
  const back = asked.calledBackBy === null ? undefined : world.states().get(asked.calledBackBy);
  if (back === undefined) throw new Error("nobody calls her back");
  return back;
}

export const stateOn = (leg: FakeLeg): CallState =>
  [...world.states().values()].find(({ channel }) => channel === leg.id) as CallState;
export const now = ({ id }: CallState): CallState => world.states().get(id) as CallState;
export const typesOf = ({ id }: CallState) => world.eventsOf(id).map(({ type }) => type);
export const waiting = async () => (await world.deps.desk.snapshot()).waiting;
export const ticketsOf = async ({ id }: CallState) =>
  (await world.deps.store.tickets.list({ limit: 50 })).filter(({ call }) => call === id);
