import { afterEach, describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import { HungUp } from "../../src/ports/telephony.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { dialIn, openWorld, smallCentre, type World } from "./world.ts";

let world: World;
/** The phones that rang, in order. */
let rung: { readonly extension: string; readonly leg: FakeLeg; readonly at: number }[] = [];
afterEach(async () => {
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  for (const agent of await world.deps.desk.agents()) {
    expect([agent.activity.is, agent.reservation.is === "offered"]).toEqual(["none", false]);
  }
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

/** Three agents of the queue support, which rings as it is told; their phones ring until the test says otherwise. */
async function open(support: object): Promise<void> {
  rung = [];
  const queues = [{ name: "support", title: "Support", strategy: "linear", ...support }];
  const agents = smallCentre.agents.map((agent) => ({ ...agent, queues: ["support"] }));
  world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, queues, agents }) });
  for (const { extension } of agents) {
    world.telephony.plugIn(extension, (leg) => {
      rung.push({ extension, leg, at: world.clock.now() });
    });
  }
  await world.signIn("AGT-001", "AGT-002", "AGT-003");
}

const extensions = () => rung.map(({ extension }) => extension);
function phone(extension: string): FakeLeg {
  const found = rung.findLast((each) => each.extension === extension);
  if (found === undefined) throw new Error(`${extension} has not rung`);
  return found.leg;
}
const causeOf = ({ gone }: FakeLeg) =>
  gone.reason instanceof HungUp ? gone.reason.hangupCause : null;
function only(): CallState {
  const [state, ...more] = world.states().values();
  expect(more).toEqual([]);
  return state as CallState;
}
/** What came of each offer, in the order in which they ended. */
const outcomes = () =>
  world
    .eventsOf(only().id)
    .flatMap((event) => (event.type === "offer_ended" ? [`${event.agent} ${event.outcome}`] : []));

describe("a queue that rings all", () => {
  it("rings every free agent at once, gives the call to the first, and stops the others' phones", async () => {
    await open({ ring: "all" });
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(2_000);
    expect(extensions().sort()).toEqual(["1001", "1002", "1003"]);
    expect(only()).toMatchObject({ stage: "ringing" });
    phone("1002").pickUp();
    await world.clock.pass(1_000);
    expect(only()).toMatchObject({ stage: "in_progress", agent: "AGT-002", extension: "1002" });
    expect(caller.bridge?.members).toEqual(new Set([caller, phone("1002")]));
    expect([causeOf(phone("1001")), causeOf(phone("1003"))]).toEqual([
      "answered_elsewhere",
      "answered_elsewhere",
    ]);
    expect(outcomes().sort()).toEqual([
      "AGT-001 answered_elsewhere",
      "AGT-002 answered",
      "AGT-003 answered_elsewhere",
    ]);
    // They are free for the next caller at once.
    for (const agent of ["AGT-001", "AGT-003"])
      expect(await world.status(agent)).toMatchObject({ reservation: { is: "none" } });
    caller.end("normal");
    await world.clock.pass(20_000);
    expect(only().ending).toMatchObject({ reason: "talked", by: "caller" });
  });

  it("gives the call to one of two who answer in the same moment", async () => {
    await open({ ring: "all" });
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(2_000);
    for (const extension of ["1003", "1001"]) phone(extension).pickUp();
    await world.clock.pass(1_000);
    expect(only()).toMatchObject({ stage: "in_progress", extension: "1003" });
    expect(caller.bridge?.members.size).toBe(2);
    expect(phone("1001").gone.aborted).toBe(true);
    phone("1003").end("normal");
    await world.clock.pass(20_000);
    expect(only().ending).toMatchObject({ reason: "talked", by: "agent" });
  });

  it("rings on at the others when one declines, and rings who becomes free meanwhile", async () => {
    await open({ ring: "all" });
    await world.deps.desk.setPresence(smallAgent(2), { is: "paused", reason: "" }, 0);
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(2_000);
    expect(extensions().sort()).toEqual(["1001", "1002"]);
    phone("1001").end("declined");
    await world.clock.pass(500);
    expect(only()).toMatchObject({ stage: "ringing", extension: "1002" });
    await world.signIn("AGT-003");
    await world.clock.pass(500);
    expect(extensions()).toContain("1003");
    expect(phone("1002").gone.aborted).toBe(false);
    phone("1003").pickUp();
    await world.clock.pass(1_000);
    expect(only()).toMatchObject({ stage: "in_progress", extension: "1003" });
    caller.end("normal");
    await world.clock.pass(20_000);
  });

  it("frees everybody when the caller leaves", async () => {
    await open({ ring: "all" });
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(2_000);
    caller.end("normal");
    await world.clock.pass(500);
    expect(rung.map(({ leg }) => leg.gone.aborted)).toEqual([true, true, true]);
    expect(only().ending).toMatchObject({ reason: "hung_up_ringing" });
    await world.clock.pass(20_000);
  });

  it("serves two callers one after the other, the first one first", async () => {
    await open({ ring: "all" });
    const first = dialIn(world, "+254711000002");
    await world.clock.pass(1_000);
    const second = dialIn(world, "+254711000002");
    await world.clock.pass(1_000);
    expect(rung).toHaveLength(3);
    phone("1001").pickUp();
    await world.clock.pass(1_000);
    expect(first.bridge?.members).toContain(phone("1001"));
    expect(extensions().slice(3).sort()).toEqual(["1002", "1003"]);
    phone("1003").pickUp();
    await world.clock.pass(1_000);
    expect(second.bridge?.members).toContain(phone("1003"));
    first.end("normal");
    second.end("normal");
    await world.clock.pass(20_000);
  });
});

describe.each(["one", "all", "progressively"])("a caller who is taken away (ring: %s)", (ring) => {
  const gone = () => rung.map(({ leg }) => leg.gone.aborted);
  const rules = {
    "a step of the overflow": {
      overflow: [{ when: { waitedMs: 12_000 }, do: { voicemail: true } }],
    },
    "the longest wait": { maxWaitMs: 12_000 },
    "nobody being there": { leaveEmpty: "signed-in", leaveEmptyAfterMs: 10_000 },
  };
  const cases = Object.entries(rules);

  /** One or more phones ring when the rule comes, after twelve seconds; another agent comes free then. */
  async function ringUntilRule(rule: object): Promise<FakeLeg> {
    await open({ ring, ringNextMs: 3_000, ...rule });
    await world.deps.desk.setPresence(smallAgent(2), { is: "offline" }, 0);
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(2_000);
    if ("leaveEmpty" in rule)
      for (const index of [0, 1])
        await world.deps.desk.setPresence(smallAgent(index), { is: "offline" }, 0);
    await world.clock.pass(10_500);
    const before = extensions();
    await world.signIn("AGT-003");
    await world.clock.pass(500);
    expect(extensions()).toEqual(before);
    expect(gone()).not.toContain(true);
    expect(only().stage).toBe("ringing");
    return caller;
  }

  it.each(cases)("by %s is given to who answers all the same", async (_why, rule) => {
    const caller = await ringUntilRule(rule);
    phone("1001").pickUp();
    await world.clock.pass(500);
    expect(only()).toMatchObject({ stage: "in_progress", extension: "1001" });
    caller.end("normal");
    await world.clock.pass(20_000);
  });

  it.each(cases)("by %s goes when nobody has answered", async (_why, rule) => {
    const caller = await ringUntilRule(rule);
    await world.clock.pass(12_000);
    expect(gone()).not.toContain(false);
    expect(extensions()).not.toContain("1003");
    expect(only().stage).toBe("voicemail");
    expect(caller.heard).toContain("en:leave-message");
    caller.end("normal");
    await world.clock.pass(20_000);
  });

  it.each([
    ["", "menu", []],
    [" after a rule", "voicemail", [{ when: { waitedMs: 1_000 }, do: { voicemail: true } }]],
  ] as const)("by a key%s takes what rings with her, to the %s", async (_when, stage, overflow) => {
    await open({ ring, exits: { "1": { menu: "department" } }, overflow });
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(3_000);
    expect(gone()).not.toContain(true);
    caller.keys.put("1");
    await world.clock.pass(500);
    expect(gone()).not.toContain(false);
    expect(only().stage).toBe(stage);
    caller.end("normal");
    await world.clock.pass(20_000);
  });
});

describe("a queue that rings progressively", () => {
  it("rings one more after a while, by its strategy, and the earlier phones go on", async () => {
    await open({ ring: "progressively", ringNextMs: 4_000 });
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(3_500);
    expect(extensions()).toEqual(["1001"]);
    await world.clock.pass(9_000);
    expect(extensions()).toEqual(["1001", "1002", "1003"]);
    const [one, two, three] = rung.map(({ at }) => at) as [number, number, number];
    expect([two - one, three - two]).toEqual([
      expect.closeTo(4_000, -2),
      expect.closeTo(4_000, -2),
    ]);
    expect(phone("1001").gone.aborted).toBe(false);
    phone("1001").pickUp();
    await world.clock.pass(1_000);
    expect(only()).toMatchObject({ stage: "in_progress", extension: "1001" });
    expect(causeOf(phone("1003"))).toBe("answered_elsewhere");
    caller.end("normal");
    await world.clock.pass(20_000);
  });
});

function smallAgent(index: number) {
  const agent = smallCentre.agents[index];
  if (agent === undefined) throw new Error("there is no such agent");
  return asAgentId(agent.id);
}
