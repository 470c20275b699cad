import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import { begin } from "../../src/domain/call.ts";
import { asAgentId, asCallId, asChannelId } from "../../src/domain/ids.ts";
import { InvariantWatch } from "../../src/flows/invariants.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { dialIn, openWorld, type World } from "./world.ts";

let world: World;
let watch: InvariantWatch;
let surveys: number;
beforeEach(async () => {
  world = await openWorld();
  const survey = world.telephony.survey.bind(world.telephony);
  surveys = 0;
  world.telephony.survey = async () => {
    surveys += 1;
    return await survey();
  };
  const alive = new Set([world.deps.owner]);
  watch = new InvariantWatch(world.deps, () => alive);
  watch.start();
});
afterEach(async () => {
  await watch.stop();
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  await world.stop();
});

const amina = asAgentId("AGT-001");
const over = asCallId("CALL-FFFFFFFF");
const agent = async () => (await world.status(amina)) as Agent;
const calm = {
  agent_in_two_calls: 0,
  reservation_without_call: 0,
  call_without_owner: 0,
  phone_state: 0,
};
/** What the log was told of invariants. */
const told = () =>
  world.log.lines
    .filter(({ message }) => message === "an invariant does not hold")
    .map(({ fields }) => fields);

/** A phone that picks up; its legs. */
function answering(extension: string): FakeLeg[] {
  const legs: FakeLeg[] = [];
  world.telephony.plugIn(extension, (leg) => {
    legs.push(leg);
    leg.pickUp();
  });
  return legs;
}

describe("the invariants", () => {
  it("are not found broken by calls that wait, ring, are talked in and end", async () => {
    const legs = answering("1001");
    world.telephony.plugIn("1002", () => undefined);
    await world.signIn("AGT-001", "AGT-002");
    const callers = [1, 2, 3].map(() => dialIn(world, "+254711000002"));
    await world.clock.pass(40_000);
    for (const leg of legs) leg.end("normal");
    await world.clock.pass(40_000);
    for (const caller of callers) caller.end("normal");
    await world.clock.pass(20_000);
    expect([watch.counts(), told(), surveys]).toEqual([calm, [], 0]);
  });

  it("have a phone's state put right that Asterisk tells otherwise, within five seconds", async () => {
    world.telephony.plugIn("1001", (leg) => leg.pickUp());
    await world.signIn("AGT-001");
    await world.deps.desk.setDevice("1001", "unreachable", world.clock.now());
    await world.clock.pass(5_000);
    expect((await agent()).device).toBe("idle");
    expect(watch.counts()).toEqual({ ...calm, phone_state: 1 });
    expect(told()).toEqual([{ invariant: "phone_state", detail: "idle", agent: amina, calls: [] }]);
    expect(surveys).toBe(0);
    await world.clock.pass(60_000);
    expect(watch.counts().phone_state).toBe(1);
  });

  it("have an agent freed who is kept for a call that is over, within five seconds", async () => {
    const { desk } = world.deps;
    world.telephony.plugIn("1001", () => undefined);
    await world.signIn("AGT-001");
    await desk.reserveDirect(over, amina, world.clock.now() + 600_000);
    await world.clock.pass(5_000);
    expect((await agent()).reservation.is).toBe("none");
    expect(watch.counts()).toEqual({ ...calm, reservation_without_call: 1 });
    expect(told()).toMatchObject([{ agent: amina, calls: [over] }]);
  });

  it("have a conversation ended whose phone has gone unheard, within five seconds", async () => {
    const legs = answering("1001");
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(3_000);
    expect((await agent()).activity.is).toBe("talking");
    world.telephony.lose(legs[0] as FakeLeg);
    await world.clock.pass(5_000);
    expect(caller.gone.aborted).toBe(true);
    expect(await agent()).toMatchObject({
      activity: { is: "none" },
      presence: { is: "after_call" },
      device: "idle",
    });
    expect(told().map(({ detail }) => detail)).toEqual(["idle", "silent"]);
    const [state] = world.states().values();
    expect(state?.ending).toMatchObject({ result: "completed", reason: "talked" });
  });

  it("have a phone hung up on that nobody remembers, within five seconds", async () => {
    const legs = answering("1001");
    await world.signIn("AGT-001");
    world.telephony.dial({
      id: asChannelId("forgotten"),
      call: over,
      to: { extension: "1001" },
      callerNumber: "",
      callerName: "",
      originator: asChannelId("nobody"),
      timeoutMs: 60_000,
    });
    await world.clock.pass(5_000);
    expect(legs[0]?.gone.aborted).toBe(true);
    expect(watch.counts()).toEqual({ ...calm, phone_state: 1 });
    expect(told()).toMatchObject([{ detail: "forgotten", agent: amina, calls: [over] }]);
  });

  it("leave a phone alone that is busy with a call of its own, and look at it closely once", async () => {
    answering("1002");
    world.telephony.plugIn("1001", () => undefined);
    const caller = world.telephony.incoming({
      from: "extension",
      extension: "1001",
      dialled: "1002",
    });
    await world.deps.desk.setDevice("1001", "busy", world.clock.now());
    await world.clock.pass(30_000);
    expect(caller.gone.aborted).toBe(false);
    expect([watch.counts(), surveys]).toEqual([calm, 1]);
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("tell once of a call that nobody who lives looks after, and again when there is another", async () => {
    const orphan = (id: string) =>
      world.deps.desk.saveCall(
        begin({
          type: "started",
          call: asCallId(id),
          seq: 1,
          at: world.clock.now(),
          direction: "inbound",
          caller: "",
          callerName: "",
          dialled: "100",
          channel: asChannelId("gone"),
        }),
        "kituo-dead/1",
      );
    await orphan("CALL-00000001");
    await world.clock.pass(60_000);
    expect(watch.counts()).toEqual({ ...calm, call_without_owner: 1 });
    await orphan("CALL-00000002");
    await world.clock.pass(60_000);
    expect(told().map(({ calls }) => calls)).toEqual([["CALL-00000001"], ["CALL-00000002"]]);
  });
});
