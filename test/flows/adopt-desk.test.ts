import { describe, expect, it, vi } from "vitest";
import { apply } from "../../src/domain/call.ts";
import { asBridgeId, asCallId } from "../../src/domain/ids.ts";
import { freeWhatNobodyHolds } from "../../src/flows/ghosts.ts";
import { takeCall } from "../../src/flows/take.ts";
import {
  adopt,
  afterADeath,
  amina,
  dead,
  during,
  endedByTheDead,
  ending,
  id,
  left,
  queued,
  rung,
  talked,
  talking,
  types,
  waiting,
  world,
} from "./left-behind.ts";

afterADeath();

/** The dead process had time to write its end down there as well. */
async function deskHasItsEnd(): Promise<void> {
  const state = await world.deps.store.calls.state(id);
  if (state !== null) await world.deps.desk.saveCall(state, dead);
}

describe("a call that a dead process left, or that the desk has lost", () => {
  it("goes on as it was noted when the desk has lost it: whoever talks, talks on", async () => {
    const { caller, phone } = await talking();
    await world.deps.desk.removeCall(id);
    await adopt();
    expect(caller.bridge?.members).toEqual(new Set([caller, phone]));
    expect(types()).toEqual(["adopted", "recording_started"]);
    phone.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  });

  it("waits on since she came when the desk has lost her", async () => {
    await world.signIn("AGT-001");
    world.telephony.plugIn("1001", () => undefined);
    const caller = await left([queued]);
    const noted = (await world.deps.desk.liveCall(id))?.state;
    await world.deps.desk.removeCall(id);
    await world.clock.pass(3_000);
    await adopt();
    expect((await world.deps.desk.snapshot()).waiting).toMatchObject([
      { call: id, enteredAt: noted?.queuedAt, owner: world.deps.owner },
    ]);
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "abandoned" });
  });

  it("is left alone when the desk has lost it and a living process holds its caller", async () => {
    const caller = await left([queued]);
    await world.deps.desk.removeCall(id);
    await adopt(dead);
    expect(types()).toEqual([]);
    caller.end("normal");
    await world.deps.desk.removeCall(id);
  });

  it.each([
    ["has it", async () => undefined],
    ["has lost it", () => world.deps.desk.removeCall(id)],
    ["has its end, too", deskHasItsEnd],
  ])(
    "is over when that was noted, though its caller is there and the desk %s",
    async (_, happens) => {
      const { caller, phone } = await talking();
      await endedByTheDead();
      await happens();
      await adopt();
      await world.clock.pass(500);
      expect([caller, phone].map(({ gone }) => gone.aborted)).toEqual([true, true]);
      expect(types()).toEqual([]);
      expect(await ending()).toEqual(talked);
    },
  );

  it.each([
    ["has it", async () => undefined],
    ["has lost it", () => world.deps.desk.removeCall(id)],
    ["has its end, too", deskHasItsEnd],
  ])(
    "is over when that was noted, though its caller is offered again and the desk %s",
    async (_, happens) => {
      const caller = await left([queued]);
      await waiting();
      await endedByTheDead();
      await happens();
      world.telephony.onCall((leg) => void takeCall(leg, world.deps));
      const back = world.telephony.offerAgain(caller);
      await world.clock.pass(1_000);
      expect(back.gone.aborted).toBe(true);
      expect(types()).toEqual([]);
      expect(await ending()).toEqual(talked);
    },
  );

  it("is over when its end was noted at the desk and the work after it was not done", async () => {
    const caller = await left([queued]);
    await waiting();
    await adopt();
    caller.end("normal");
    await world.clock.pass(100);
    const log = await world.deps.store.calls.get(id);
    if (log === null) throw new Error("the call has no log");
    const { desk, owner } = world.deps;
    await desk.saveCall(log.state, owner);
    const nobody = { channels: [], bridges: [] };
    await during(freeWhatNobodyHolds(nobody, [], new Set([owner]), world.deps));
    expect(await desk.liveCall(id)).toBeNull();
    expect((await world.deps.store.calls.get(id))?.events).toEqual(log.events);
  });

  it("is not taken up when its caller is offered again and only the desk has its end", async () => {
    const caller = await left([queued]);
    await waiting();
    const end = { type: "ended", ending: talked, call: id } as const;
    const noted = (await world.deps.desk.liveCall(id))?.state;
    if (noted === undefined) throw new Error("the desk has no such call");
    const state = apply(noted, { ...end, seq: noted.seq + 1, at: noted.lastAt });
    await world.deps.desk.saveCall(state, dead);
    world.telephony.onCall((leg) => void takeCall(leg, world.deps));
    const back = world.telephony.offerAgain(caller);
    await world.clock.pass(1_000);
    expect(back.gone.aborted).toBe(true);
    expect(types()).toEqual([]);
    expect(await world.deps.desk.liveCall(id)).toBeNull();
  });

  it("has the end that its flow gave it, while it was looked for calls that nobody will end", async () => {
    const caller = await left([queued]);
    await waiting();
    await adopt();
    const { desk } = world.deps;
    const stale = await desk.liveCalls();
    caller.end("normal");
    await world.clock.pass(100);
    const living = vi.spyOn(desk, "liveCalls").mockResolvedValueOnce(stale);
    const nobody = { channels: [], bridges: [] };
    await during(freeWhatNobodyHolds(nobody, [], new Set([world.deps.owner]), world.deps));
    living.mockRestore();
    expect(types().filter((type) => type === "ended")).toHaveLength(1);
    expect(await ending()).toMatchObject({ result: "abandoned", reason: "hung_up_waiting" });
  });

  it("frees phones, conversations and agents that belong to no call", async () => {
    const caller = await left([queued]);
    await waiting();
    const phone = await rung(caller);
    const stray = await during(world.telephony.createBridge(asBridgeId("c-stray")));
    caller.end("normal");
    await world.deps.desk.removeCall(id);
    await world.deps.desk.reserveDirect(
      asCallId("CALL-FFFFFFFF"),
      amina,
      world.clock.now() + 9_000,
    );
    await adopt();
    expect(phone.gone.aborted).toBe(true);
    expect(world.telephony.adoptBridge(stray.id)).not.toBe(stray);
  });

  it("leaves no agent in after-call work that nobody was asked to end, nor without the break after it", async () => {
    const { desk } = world.deps;
    await world.signIn("AGT-001");
    await desk.setDevice("1001", "idle", world.clock.now());
    expect(await desk.reserveDirect(id, amina, world.clock.now() + 9_000)).toBe("reserved");
    await desk.connect(id, amina, world.clock.now());
    await desk.setPresence(amina, { is: "paused", reason: "lunch" }, world.clock.now());
    // The dead process had no time to ask for the end of it.
    await desk.finish(id, amina, world.clock.now() + 20_000, world.clock.now());
    await adopt();
    const during = { presence: { is: "after_call", call: id }, pending: "paused" };
    expect(await desk.agent(amina)).toMatchObject(during);
    await world.clock.pass(21_000);
    const after = { presence: { is: "paused", reason: "lunch" }, pending: null };
    expect(await desk.agent(amina)).toMatchObject(after);
  });

  it.each([
    ["a break", { is: "paused", reason: "lunch" }],
    ["a sign-out", { is: "offline" }],
  ] as const)("keeps %s that its agent has asked for until its end", async (_, wish) => {
    const { caller } = await talking();
    const { desk, clock } = world.deps;
    await desk.setPresence(amina, wish, clock.now());
    await adopt();
    expect(await desk.agent(amina)).toMatchObject({
      activity: { is: "talking", call: id },
      pending: wish.is,
    });
    caller.end("normal");
    await world.clock.pass(100);
    expect(await desk.agent(amina)).toMatchObject({
      presence: { is: "after_call" },
      pending: wish.is,
    });
    await world.clock.pass(20_000);
    expect(await desk.agent(amina)).toMatchObject({ presence: wish, pending: null });
  });

  it("leaves no agent resting whose rest nobody was asked to end", async () => {
    const { desk } = world.deps;
    const other = asCallId("CALL-FFFFFFFF");
    await desk.setDevice("1001", "idle", world.clock.now());
    expect(await desk.reserveDirect(other, amina, world.clock.now() + 9_000)).toBe("reserved");
    await desk.release(other, amina, "no_answer", world.clock.now() + 5_000);
    await adopt();
    expect((await desk.agent(amina))?.reservation.is).toBe("resting");
    await world.clock.pass(6_000);
    expect((await desk.agent(amina))?.reservation.is).toBe("none");
  });
});
