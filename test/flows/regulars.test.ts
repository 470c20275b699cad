import { afterEach, describe, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { openWorld, smallCentre, type World } from "./world.ts";

let world: World;
const legs: FakeLeg[] = [];
afterEach(async () => {
  for (const leg of legs.splice(0)) leg.end("normal");
  await world.clock.pass(30_000);
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

const asha = "+254700000011";
const baraka = "+254700000022";
const amina = asAgentId("AGT-001");
const brian = asAgentId("AGT-002");

async function open(support: object, routing: object = {}): Promise<string[]> {
  const queues = [
    { name: "support", title: "Support", strategy: "linear", wrapUpMs: 0, ...support },
    { name: "sales", title: "Sales" },
  ];
  world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, queues, routing }) });
  const rang: string[] = [];
  for (const extension of ["1001", "1002"]) {
    world.telephony.plugIn(extension, (leg) => {
      rang.push(`${extension} for ${leg.callerNumber}`);
      leg.pickUp();
    });
  }
  return rang;
}

function dials(number: string): FakeLeg {
  const leg = world.telephony.incoming({ from: "outside", dialled: "+254711000002" }, number);
  legs.push(leg);
  return leg;
}

/** Asha talks with Brian while Amina is on a break; then both are there. */
async function servedByBrian(): Promise<void> {
  await world.signIn("AGT-002");
  const leg = dials(asha);
  await world.clock.pass(20_000);
  leg.end("normal");
  await world.clock.pass(20_000);
  await world.signIn("AGT-001");
}

describe("a caller who was served before", () => {
  it("comes to the agent who served her, who is not the first in the list", async () => {
    const rang = await open({ lastAgent: {} });
    await servedByBrian();
    dials(asha);
    await world.clock.pass(5_000);
    expect(rang).toEqual([`1002 for ${asha}`, `1002 for ${asha}`]);
    dials(baraka);
    await world.clock.pass(5_000);
    expect(rang.at(-1)).toBe(`1001 for ${baraka}`);
  });

  it("waits for her a short while when she is busy, and no longer", async () => {
    const rang = await open({ lastAgent: { graceMs: 20_000 } });
    await servedByBrian();
    await world.deps.desk.setPresence(amina, { is: "paused", reason: "" }, 0);
    const other = dials(baraka);
    await world.clock.pass(5_000);
    expect(rang.at(-1)).toBe(`1002 for ${baraka}`);
    await world.signIn("AGT-001");
    dials(asha);
    await world.clock.pass(10_000);
    expect(rang).toHaveLength(2);
    other.end("normal");
    await world.clock.pass(2_000);
    expect(rang.at(-1)).toBe(`1002 for ${asha}`);
  });

  it("comes to whoever is free when she who served her stays busy", async () => {
    const rang = await open({ lastAgent: { graceMs: 20_000 } });
    await servedByBrian();
    await world.deps.desk.setPresence(amina, { is: "paused", reason: "" }, 0);
    dials(baraka);
    await world.clock.pass(5_000);
    await world.signIn("AGT-001");
    dials(asha);
    await world.clock.pass(21_000);
    expect(rang.at(-1)).toBe(`1001 for ${asha}`);
  });

  it("comes to anybody where the queue does not ask who served her", async () => {
    const rang = await open({});
    await servedByBrian();
    dials(asha);
    await world.clock.pass(5_000);
    expect(rang.at(-1)).toBe(`1001 for ${asha}`);
  });
});

describe("a caller who is a VIP", () => {
  it("is served before who came earlier", async () => {
    const rang = await open({}, { vip: [{ number: asha, priority: 3 }] });
    await world.signIn("AGT-002");
    await world.deps.desk.setPresence(brian, { is: "paused", reason: "" }, 0);
    dials(baraka);
    await world.clock.pass(5_000);
    dials(asha);
    await world.clock.pass(5_000);
    await world.signIn("AGT-002");
    await world.clock.pass(2_000);
    expect(rang).toEqual([`1002 for ${asha}`]);
    const [vip] = [...world.states().values()].filter(({ caller }) => caller === asha);
    expect(vip?.priority).toBe(3);
  });
});
