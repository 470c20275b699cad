import { afterEach, describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { openWorld, smallCentre, type World } from "./world.ts";

let world: World;
afterEach(async () => {
  for (const leg of legs.splice(0)) leg.end("normal");
  await world.clock.pass(10_000);
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

const legs: FakeLeg[] = [];
const asha = "+254700000011";
const baraka = "+254700000022";

function dials(number: string, dialled = "+254711000002"): FakeLeg {
  const leg = world.telephony.incoming({ from: "outside", dialled }, number);
  legs.push(leg);
  return leg;
}

/** What became of the calls of this caller, the oldest first. */
function callsOf(number: string): CallState[] {
  return [...world.states().values()].filter(({ caller }) => caller === number);
}

/** The numbers of the callers who wait, in the order in which they are served. */
async function order(): Promise<(string | undefined)[]> {
  const { waiting } = await world.deps.desk.snapshot();
  return waiting
    .toSorted((left, right) => left.enteredAt - right.enteredAt)
    .map(({ call }) => world.states().get(call)?.caller);
}

/** Asha waits, Baraka comes ten seconds later; the agents of the queue are there, but on a break. */
async function twoWait(routing: object = {}, more: object = {}): Promise<FakeLeg> {
  const queues = smallCentre.queues.map((queue) =>
    queue.name === "support" ? { ...queue, ...more } : queue,
  );
  world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, queues, routing }) });
  world.telephony.plugIn("1001", () => undefined);
  await world.signIn("AGT-001");
  await world.deps.desk.setPresence(asAgentId("AGT-001"), { is: "paused", reason: "" }, 0);
  const leg = dials(asha);
  await world.clock.pass(10_000);
  dials(baraka);
  await world.clock.pass(5_000);
  expect(await order()).toEqual([asha, baraka]);
  return leg;
}

describe("a caller who was cut off while she waited and dials again", () => {
  it.each(["normal", "failed"] as const)("has her old place again (%s)", async (cause) => {
    (await twoWait()).end(cause);
    await world.clock.pass(40_000);
    expect(await order()).toEqual([baraka]);
    dials(asha);
    await world.clock.pass(1_000);
    expect(await order()).toEqual([asha, baraka]);
    const [before, after] = callsOf(asha);
    expect(after?.queuedAt).toBe(before?.queuedAt);
    const rang: string[] = [];
    world.telephony.plugIn("1001", (phone) => void rang.push(phone.callerNumber));
    await world.signIn("AGT-001");
    await world.clock.pass(1_000);
    expect(rang).toEqual([asha]);
  });

  it("has what the queue's overflow had done for her, and no step of it twice", async () => {
    const overflow = [
      { when: { waitedMs: 10_000 }, do: { priority: 3 } },
      { when: { waitedMs: 12_000 }, do: { widenSkills: true } },
      { when: { waitedMs: 14_000 }, do: { alsoQueue: "sales" } },
      { when: { waitedMs: 30_000 }, do: { priority: 1 } },
    ];
    (await twoWait({}, { overflow })).end("normal");
    await world.clock.pass(1_000);
    dials(asha);
    await world.clock.pass(1_000);
    const entry = async () => {
      const { waiting } = await world.deps.desk.snapshot();
      return waiting.find(({ call }) => call === callsOf(asha)[1]?.id);
    };
    const done = { widened: true, alsoQueues: ["sales"] };
    expect(await entry()).toMatchObject({ priority: 3, ...done });
    expect(callsOf(asha)[1]).toMatchObject({ priority: 3, ...done, overflowed: [0, 1, 2] });
    await world.clock.pass(25_000);
    expect(await entry()).toMatchObject({ priority: 3, ...done });
    await world.clock.pass(5_000);
    expect(await entry()).toMatchObject({ priority: 4, ...done });
  });

  it("has it in that queue only", async () => {
    (await twoWait()).end("normal");
    await world.clock.pass(1_000);
    world.telephony.plugIn("1003", () => undefined);
    await world.signIn("AGT-003");
    const leg = dials(asha, "+254711000001");
    for (const key of "11") leg.keys.put(key);
    await world.clock.pass(5_000);
    expect(callsOf(asha)[1]).toMatchObject({ queue: "sales" });
    expect(callsOf(asha)[1]?.queuedAt).toBeGreaterThan(callsOf(asha)[0]?.endedAt ?? 0);
  });

  it("has it only once", async () => {
    (await twoWait()).end("normal");
    await world.clock.pass(1_000);
    dials(asha);
    dials(asha);
    await world.clock.pass(1_000);
    expect(await order()).toEqual([asha, baraka, asha]);
  });

  it("has lost it after a minute, and at once where no place is kept", async () => {
    (await twoWait()).end("normal");
    await world.clock.pass(60_000);
    dials(asha);
    await world.clock.pass(1_000);
    expect(await order()).toEqual([baraka, asha]);
    for (const leg of legs.splice(0)) leg.end("normal");
    await world.clock.pass(10_000);
    await world.stop();
    (await twoWait({ keepPlaceMs: 0 })).end("normal");
    await world.clock.pass(1_000);
    dials(asha);
    await world.clock.pass(1_000);
    expect(await order()).toEqual([baraka, asha]);
  });

  it("is not sent away for the time that she waited before", async () => {
    (await twoWait()).end("normal");
    await world.clock.pass(1_000);
    let leg = dials(asha);
    // Twice ten minutes are more than the quarter of an hour that a wait may last.
    await world.clock.pass(600_000);
    leg.end("normal");
    await world.clock.pass(1_000);
    leg = dials(asha);
    await world.clock.pass(600_000);
    expect(callsOf(asha).map(({ stage }) => stage)).toEqual(["ended", "ended", "queued"]);
  });

  it("is nobody whose number is hidden", async () => {
    await twoWait();
    const hidden = dials("");
    await world.clock.pass(1_000);
    hidden.end("normal");
    await world.clock.pass(1_000);
    dials("");
    await world.clock.pass(1_000);
    const [before, after] = callsOf("");
    expect(after?.queuedAt).toBeGreaterThan(before?.endedAt ?? 0);
  });
});

it("is called off in the talk: her place is kept then, but not when she was served", async () => {
  world = await openWorld();
  world.telephony.plugIn("1001", (phone) => phone.pickUp());
  await world.signIn("AGT-001");
  const leg = dials(asha);
  await world.clock.pass(30_000);
  expect(callsOf(asha)).toMatchObject([{ stage: "in_progress" }]);
  leg.end("failed");
  await world.clock.pass(20_000);
  const back = dials(asha);
  await world.clock.pass(5_000);
  const [broken, again] = callsOf(asha);
  expect(broken?.ending?.reason).toBe("channel_lost");
  expect(again?.queuedAt).toBe(broken?.queuedAt);
  back.end("normal");
  await world.clock.pass(20_000);
  dials(asha);
  await world.clock.pass(1_000);
  expect(callsOf(asha)[2]?.queuedAt).toBeGreaterThan(again?.endedAt ?? 0);
});

it.each([
  ["failed", "agent_lost", true],
  ["normal", "talked", false],
] as const)(
  "whose agent's phone ends with %s: %s, and her place is kept: %s",
  async (cause, reason, isKept) => {
    const survey = { languages: ["en"], tries: 1, afterMs: 3_000 };
    const queues = smallCentre.queues.map((queue) => ({ ...queue, survey }));
    world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, queues }) });
    const phones: FakeLeg[] = [];
    world.telephony.plugIn("1001", (phone) => {
      phones.push(phone);
      phone.pickUp();
    });
    await world.signIn("AGT-001");
    const leg = dials(asha);
    await world.clock.pass(30_000);
    phones[0]?.end(cause);
    await world.clock.pass(20_000);
    expect(leg.gone.aborted).toBe(true);
    expect(leg.heard.includes("en:survey")).toBe(!isKept);
    const result = isKept
      ? { result: "failed", reason, by: "system" }
      : { result: "completed", reason, by: "agent" };
    expect(callsOf(asha)[0]?.ending).toEqual(result);
    dials(asha);
    await world.clock.pass(1_000);
    const [before, after] = callsOf(asha);
    expect(after?.queuedAt === before?.queuedAt).toBe(isKept);
  },
);
