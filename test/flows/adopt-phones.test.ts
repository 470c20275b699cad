import { describe, expect, it, vi } from "vitest";
import { asAgentId, asBridgeId, asChannelId } from "../../src/domain/ids.ts";
import { adoptCalls } from "../../src/flows/adopt.ts";
import { takeCall } from "../../src/flows/take.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import {
  adopt,
  afterADeath,
  amina,
  during,
  ending,
  id,
  inCentre,
  left,
  offered,
  phoneId,
  queued,
  rung,
  types,
  waiting,
  world,
} from "./left-behind.ts";
import { smallCentre } from "./world.ts";

afterADeath();

describe("a call that a dead process left, with phones that rang", () => {
  it("goes on with a phone that rang before anybody had written that down", async () => {
    const caller = await left([queued]);
    await waiting();
    const phone = await rung(caller);
    phone.pickUp();
    await adopt();
    expect(types()).toEqual(expect.arrayContaining(["adopted", "offered", "connected"]));
    expect(caller.bridge?.members).toEqual(new Set([caller, phone]));
    phone.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  });

  it("goes on with every phone that rang for it, and one that nobody had written down", async () => {
    const queues = [{ name: "support", title: "Support", ring: "all" }];
    const agents = smallCentre.agents.map((agent) => ({ ...agent, queues: ["support"] }));
    await inCentre({ queues, agents });
    const caller = await left([
      queued,
      offered,
      { ...offered, agent: asAgentId("AGT-002"), extension: "1002" },
    ]);
    await waiting();
    await world.signIn("AGT-001", "AGT-002", "AGT-003");
    const phones: FakeLeg[] = [];
    for (const { id: agent, extension } of agents) {
      world.telephony.plugIn(extension, (leg) => void phones.push(leg));
      const until = world.clock.now() + 10_000;
      await world.deps.desk.reserve(id, asAgentId(agent), until, true);
      // The second had given up unseen.
      if (extension === "1002") continue;
      world.telephony.dial({
        id: asChannelId(`${id}-${extension}-x`),
        call: id,
        to: { extension },
        callerNumber: "",
        callerName: "",
        originator: caller.id,
        timeoutMs: 20_000,
      });
    }
    await world.clock.pass(100);
    await adopt();
    expect(phones.map((leg) => leg.gone.aborted)).toEqual([false, false]);
    expect((await world.deps.store.calls.get(id))?.state.stage).toBe("ringing");
    phones[1]?.pickUp();
    await world.clock.pass(1_000);
    expect(caller.bridge?.members).toEqual(new Set([caller, phones[1]]));
    expect(phones[0]?.gone.aborted).toBe(true);
    expect(types()).toEqual([
      "adopted",
      "offered",
      "offer_ended",
      "offer_ended",
      "connected",
      "offer_ended",
      "recording_started",
    ]);
    caller.end("normal");
    await world.clock.pass(20_000);
  });

  it("is with one agent only when the phone that rang had given up unseen", async () => {
    // An agent of hers is free: her call is offered again in the very moment in which the first is let go.
    const [sales, help] = smallCentre.queues;
    const agents = smallCentre.agents.map((agent) => ({ ...agent, queues: ["support"] }));
    const queues = [sales, { ...help, strategy: "round-robin" }];
    await inCentre({ queues, agents });
    const rang: string[] = [];
    for (const extension of ["1002", "1003"])
      world.telephony.plugIn(extension, () => void rang.push(extension));
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    await world.signIn("AGT-002");
    await world.signIn("AGT-003");
    phone.end("no_answer");
    await adopt();
    const reserved = (await world.deps.desk.agents()).filter(
      ({ reservation }) => reservation.is === "offered",
    );
    expect(reserved.map(({ extension }) => extension)).toEqual(rang);
    expect(rang).toHaveLength(1);
    caller.end("normal");
    await world.clock.pass(100);
  });

  it("waits on when the phone that rang had given up unseen", async () => {
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    await during(world.telephony.createBridge(asBridgeId(`c-${phoneId}`)));
    phone.end("no_answer");
    await world.signIn("AGT-002");
    await adopt();
    expect((await world.deps.desk.snapshot()).waiting).toMatchObject([
      { call: id, offeredTo: null },
    ]);
    expect(types()).toContain("offer_ended");
    expect(await world.telephony.inventory()).toMatchObject({ bridges: [] });
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ reason: "hung_up_waiting" });
  });

  it("keeps no agent for it whom the dead process had reserved and not rung", async () => {
    const caller = await left([queued, offered]);
    await waiting();
    await world.signIn("AGT-001", "AGT-002");
    for (const extension of ["1001", "1002"])
      world.telephony.plugIn(extension, (phone) => phone.pickUp());
    // Amina had not answered, which was not written down, and the next was reserved when the process died.
    await world.deps.desk.reserve(id, asAgentId("AGT-002"), world.clock.now() + 60_000);
    await adopt();
    await world.clock.pass(1_000);
    expect(types()).toContain("connected");
    caller.end("normal");
    await world.clock.pass(100);
  });

  it.each(["waits on", "has hung up by then"])(
    "goes on once when its caller is offered again while others are adopted, and %s",
    async (then) => {
      const caller = await left([queued]);
      await waiting();
      const others = Promise.withResolvers<void>();
      const adopt = world.telephony.adopt.bind(world.telephony);
      vi.spyOn(world.telephony, "adopt").mockImplementationOnce(async (...args) => {
        const leg = await adopt(...args);
        await others.promise;
        return leg;
      });
      world.telephony.onCall((leg) => void takeCall(leg, world.deps));
      const adopting = adoptCalls(new Set([world.deps.owner]), world.deps);
      await world.clock.pass(500);
      caller.end("released");
      const back = world.telephony.offerAgain(caller);
      await world.clock.pass(500);
      if (then === "has hung up by then") {
        back.end("normal");
        await world.clock.pass(500);
      }
      others.resolve();
      await during(adopting);
      back.end("normal");
      await world.clock.pass(500);
      expect(types().filter((type) => type === "adopted")).toHaveLength(1);
      expect(types().at(-1)).toBe("ended");
      expect(await ending()).toMatchObject({ reason: "hung_up_waiting" });
    },
  );

  it("leaves no conversation that was made for a phone which has given up, when its caller comes again", async () => {
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    await during(world.telephony.createBridge(asBridgeId(`c-${phoneId}`)));
    phone.end("no_answer");
    caller.holder = null;
    world.telephony.onCall((leg) => void takeCall(leg, world.deps));
    await adopt();
    const back = world.telephony.offerAgain(caller);
    await world.clock.pass(500);
    back.end("normal");
    await world.clock.pass(500);
    expect(await ending()).toMatchObject({ result: "abandoned" });
  });

  it.each(["while no server was there", "when her caller is back"])(
    "goes on with the phone that rings though the dialplan has its caller: the agent answers %s",
    async (when) => {
      const caller = await left([queued, offered]);
      await waiting();
      const phone = await rung(caller);
      caller.holder = null;
      if (when === "while no server was there") phone.pickUp();
      world.telephony.onCall((leg) => void takeCall(leg, world.deps));
      await adopt();
      await world.clock.pass(900);
      expect(phone.gone.aborted).toBe(false);
      const back = world.telephony.offerAgain(caller);
      await world.clock.pass(500);
      if (when === "when her caller is back") phone.pickUp();
      await world.clock.pass(500);
      expect(back.bridge?.members).toEqual(new Set([back, phone]));
      expect(types().filter((type) => type === "adopted" || type === "released")).toEqual([
        "adopted",
      ]);
      phone.end("normal");
      await world.clock.pass(500);
      expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
    },
  );

  it("lets the phone go that rings when the dialplan, which has its caller, does not offer her again", async () => {
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    caller.holder = null;
    await adopt();
    await world.clock.pass(1_500);
    expect(phone.gone.aborted).toBe(false);
    await world.clock.pass(2_000);
    expect(phone.gone.aborted).toBe(true);
    expect(types()).toEqual(["released"]);
    expect((await world.deps.desk.agent(amina))?.reservation.is).toBe("none");
    world.telephony.onCall((leg) => void takeCall(leg, world.deps));
    world.telephony.offerAgain(caller).end("normal");
    await world.clock.pass(500);
    expect(await ending()).toMatchObject({ reason: "hung_up_waiting" });
  });
});
