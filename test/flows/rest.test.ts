import { afterEach, describe, expect, it, vi } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import type { HangupCause } from "../../src/ports/telephony.ts";
import { dialIn, openWorld, smallCentre, type World } from "./world.ts";

let world: World;
afterEach(async () => {
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

/** The small centre with other settings of its routing, and of its queue `support`. */
function centreWith(routing: object, support: object = {}): Centre {
  return centreSchema.parse({
    ...smallCentre,
    routing,
    queues: smallCentre.queues.map(({ rest: _rest, ...queue }) =>
      queue.name === "support" ? { ...queue, ...support } : queue,
    ),
  });
}

/** A phone that answers each call so; the moments at which it rang. */
function refusing(extension: string, cause: HangupCause | null): number[] {
  const rang: number[] = [];
  world.telephony.plugIn(extension, (leg) => {
    rang.push(world.clock.now());
    if (cause !== null) leg.end(cause);
  });
  return rang;
}

/** How long the phone lay between one ring and the next. */
const gaps = (rang: readonly number[]): number[] =>
  rang.slice(1).map((at, index) => Math.round((at - (rang[index] ?? 0)) / 1_000) * 1_000);

async function amina(): Promise<Agent> {
  return (await world.status("AGT-001")) as Agent;
}

it("needs no reminder of an offer that was answered", async () => {
  world = await openWorld();
  world.telephony.plugIn("1001", (leg) => leg.pickUp());
  await world.signIn("AGT-001");
  const reminded = vi.spyOn(world.deps.desk, "expire");
  const caller = dialIn(world, "+254711000002");
  await world.clock.pass(60_000);
  expect((await amina()).activity.is).toBe("talking");
  caller.end("normal");
  await world.clock.pass(60_000);
  expect(reminded).not.toHaveBeenCalled();
});

describe("an agent whose phone goes", () => {
  it("is offered no call until it is back, though she is available", async () => {
    world = await openWorld();
    const rang = refusing("1001", null);
    await world.signIn("AGT-001");
    world.telephony.unplug("1001");
    await world.clock.pass(100);
    expect(await amina()).toMatchObject({ presence: { is: "available" }, device: "unreachable" });
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(60_000);
    expect(rang).toEqual([]);
    const offers = world.events.filter(
      (each) => each.type === "call" && each.event.type === "offered",
    );
    expect(offers).toEqual([]);
    const back = refusing("1001", null);
    await world.clock.pass(1_000);
    expect(back).toHaveLength(1);
    caller.end("normal");
    await world.clock.pass(20_000);
  });
});

describe("an agent who did not answer", () => {
  it.each([
    ["busy", 2_000],
    ["declined", 3_000],
    ["unreachable", 4_000],
  ] as const)("rests as long as the centre says after %s", async (cause, restMs) => {
    const rest = { busyMs: 2_000, declinedMs: 3_000, unreachableMs: 4_000 };
    world = await openWorld({ centre: centreWith({ rest, pauseAfter: 0 }) });
    const rang = refusing("1001", cause);
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(13_000);
    expect(gaps(rang).slice(0, 3)).toEqual([restMs, restMs, restMs]);
    caller.end("normal");
    await world.clock.pass(10_000);
  });

  it("rests as long as the queue says, where that says otherwise", async () => {
    const centre = centreWith(
      { rest: { noAnswerMs: 1_000, declinedMs: 7_000 }, pauseAfter: 0 },
      { ringMs: 5_000, rest: { noAnswerMs: 9_000 } },
    );
    world = await openWorld({ centre });
    const rang = refusing("1001", null);
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(20_000);
    expect(gaps(rang)).toEqual([14_000]);
    caller.end("normal");
    await world.clock.pass(10_000);
  });

  it("is paused after three in a row, and everybody hears why", async () => {
    world = await openWorld();
    const rang = refusing("1001", "declined");
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(60_000);
    expect(rang).toHaveLength(3);
    expect((await amina()).presence).toEqual({ is: "paused", reason: "not answering" });
    const told = world.events.filter((event) => event.type === "agent").at(-1);
    expect(told).toMatchObject({
      agent: { id: "AGT-001", presence: { is: "paused", reason: "not answering" } },
    });
    expect(world.log.lines).toMatchObject([
      {
        level: "warn",
        fields: { agent: "AGT-001", unanswered: 3 },
        message: "an agent does not answer and was paused",
      },
    ]);
    await world.signIn("AGT-001");
    await world.clock.pass(1_000);
    expect(rang).toHaveLength(4);
    caller.end("normal");
    await world.clock.pass(10_000);
  });

  it("is not paused by refusals with an answered call between them", async () => {
    world = await openWorld({ centre: centreWith({ rest: { declinedMs: 1_000 } }) });
    let rings = 0;
    world.telephony.plugIn("1001", (leg) => {
      rings += 1;
      if (rings !== 3) return leg.end("declined");
      leg.pickUp();
      void world.clock.sleep(1_000, leg.gone).then(() => leg.end("normal"));
    });
    await world.signIn("AGT-001");
    dialIn(world, "+254711000002");
    await world.clock.pass(20_000);
    expect(rings).toBe(3);
    const second = dialIn(world, "+254711000002");
    await world.clock.pass(1_500);
    expect(rings).toBe(5);
    expect((await amina()).presence).toEqual({ is: "available" });
    second.end("normal");
    await world.clock.pass(10_000);
  });
});
