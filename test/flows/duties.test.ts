import { afterEach, describe, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import { dialIn, openWorld, smallCentre, type World } from "./world.ts";

let world: World;
afterEach(async () => {
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(world.log.lines).toEqual([]);
  await world.stop();
});

const amina = asAgentId("AGT-001");
const support = asQueueName("support");

/** A phone that rings and is answered by nobody; how often it rang. */
function ringing(extension: string): { times: number } {
  const rang = { times: 0 };
  world.telephony.plugIn(extension, () => {
    rang.times += 1;
  });
  return rang;
}

describe("an agent whose duties are changed while a caller waits", () => {
  it("gets the caller of the queue that she is put into, at once", async () => {
    world = await openWorld();
    const rang = ringing("1003");
    ringing("1001");
    await world.signIn("AGT-001", "AGT-003");
    await world.deps.desk.setPresence(amina, { is: "paused", reason: "tea" }, world.clock.now());
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(5_000);
    expect(rang.times).toBe(0);
    const chausiku = asAgentId("AGT-003");
    await world.deps.desk.setDuties(chausiku, { queues: [support] }, world.clock.now());
    await world.clock.pass(10);
    expect(rang.times).toBe(1);
    await world.clock.pass(100);
    const told = world.events.filter((event) => event.type === "agent").at(-1);
    expect(told).toMatchObject({ agent: { id: "AGT-003", queues: ["support"] } });
    caller.end("normal");
    await world.clock.pass(10_000);
  });

  it("gets no more callers of the queue that she is taken out of", async () => {
    world = await openWorld();
    const rang = ringing("1001");
    await world.signIn("AGT-001");
    await world.deps.desk.setDuties(amina, { queues: [] }, world.clock.now());
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(12_000);
    expect([rang.times, caller.heard[0]]).toEqual([0, "en:no-agents"]);
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("gets the caller whose queue asks for the skill that she is given, and the reasons say so", async () => {
    const centre = centreSchema.parse({
      ...smallCentre,
      queues: smallCentre.queues.map((queue) => ({
        ...queue,
        skills: [{ skill: "cards", level: 3, relax: [{ afterMs: 600_000, level: 1 }] }],
      })),
      // She is away.
      agents: smallCentre.agents.map((agent) =>
        agent.id === "AGT-002" ? { ...agent, skills: { cards: 3 } } : agent,
      ),
    });
    world = await openWorld({ centre });
    const rang = ringing("1001");
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(5_000);
    expect(rang.times).toBe(0);
    await world.deps.desk.setDuties(amina, { skills: { cards: 4 } }, world.clock.now());
    await world.clock.pass(10);
    expect(rang.times).toBe(1);
    const [state] = world.states().values();
    const offered = world.eventsOf(state?.id as never).find(({ type }) => type === "offered");
    expect(offered?.type === "offered" ? offered.reasons.at(-1) : null).toBe(
      "cards was required at 3; AGT-001 has 4",
    );
    caller.end("normal");
    await world.clock.pass(10_000);
  });
});
