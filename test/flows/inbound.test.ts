import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { dialIn, openWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  const left = await world.telephony.inventory();
  expect(left).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(await world.deps.desk.liveCalls()).toEqual([]);
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

function only(): CallState {
  const [state, ...more] = world.states().values();
  expect(more).toEqual([]);
  return state as CallState;
}

/** A phone that answers after `afterMs` and hangs up after `talkMs` more. */
function answers(extension: string, afterMs: number, talkMs: number): FakeLeg[] {
  const rung: FakeLeg[] = [];
  world.telephony.plugIn(extension, (leg) => {
    rung.push(leg);
    void world.clock
      .sleep(afterMs, leg.gone)
      .then(() => leg.pickUp())
      .then(() => world.clock.sleep(talkMs, leg.gone))
      .then(() => leg.end("normal"))
      .catch(() => undefined);
  });
  return rung;
}

describe("a call from outside", () => {
  it("walks the menu, waits, is answered, talks and ends with the agent's hangup", async () => {
    answers("1001", 6_000, 30_000);
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000001", "12");
    await world.clock.pass(20_000);
    expect(only().stage).toBe("in_progress");
    expect(caller.bridge?.members.size).toBe(2);
    expect(caller.switchAt).toBe(0);
    await world.clock.pass(60_000);
    const state = only();
    expect(state).toMatchObject({
      stage: "ended",
      language: "en",
      queue: "support",
      agent: "AGT-001",
      ending: { result: "completed", reason: "talked", by: "agent" },
    });
    expect((state.connectedAt ?? 0) - (state.offeredAt ?? 0)).toBe(6_000);
    expect((state.endedAt ?? 0) - (state.connectedAt ?? 0)).toBe(30_000);
    const types = world.eventsOf(state.id).map((event) => event.type);
    expect(types).toEqual([
      "started",
      "answered",
      "menu_entered",
      "key_pressed",
      "language_chosen",
      "menu_entered",
      "key_pressed",
      "queued",
      "offered",
      "offer_ended",
      "connected",
      "recording_started",
      "recording_ended",
      "ended",
    ]);
    const log = await world.deps.store.calls.get(state.id);
    expect(log?.state).toEqual(state);
    expect(log?.events).toEqual(world.eventsOf(state.id));
    expect(await world.deps.store.recordings.ofCall(state.id)).toHaveLength(1);
    expect(world.telephony.recordingsLeft).toBe(0);
    const lines = await world.deps.store.transcripts.list(state.id);
    expect(lines.map((line) => `${line.speaker} ${line.content}`)).toContain("customer 2");
  });

  it("ends an announcement in the moment that the agent answers", async () => {
    answers("1001", 5_000, 5_000);
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(4_900);
    expect(caller.hearsPrompt).toBe(true);
    await world.clock.pass(200);
    expect(only().stage).toBe("in_progress");
    expect(caller.hearsPrompt).toBe(false);
    await world.clock.pass(30_000);
  });

  it("frees the agent for after-call work of ten seconds, then for the next call", async () => {
    answers("1001", 1_000, 5_000);
    await world.signIn("AGT-001");
    dialIn(world, "+254711000002");
    await world.clock.pass(7_000);
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "after_call" } });
    await world.clock.pass(8_000);
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "after_call" } });
    await world.clock.pass(2_000);
    expect(await world.status("AGT-001")).toMatchObject({
      presence: { is: "available" },
      reservation: { is: "none" },
      activity: { is: "none" },
    });
  });

  it("stops ringing at once when the caller hangs up, and opens a ticket", async () => {
    const rung = answers("1001", 12_000, 5_000);
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(5_000);
    expect(only().stage).toBe("ringing");
    caller.end("normal");
    await world.clock.pass(10);
    expect(rung[0]?.gone.aborted).toBe(true);
    expect(only().ending).toEqual({ result: "abandoned", reason: "hung_up_ringing", by: "caller" });
    await world.clock.pass(1_000);
    const tickets = await world.deps.store.tickets.list({ limit: 10 });
    expect(tickets).toMatchObject([
      { call: only().id, source: "abandoned", department: "support" },
    ]);
    expect(await world.status("AGT-001")).toMatchObject({ reservation: { is: "none" } });
  });

  it.each([
    ["when she left, though a busy server hears it late", 2_300, 2_300],
    ["now, where Asterisk's clock is an hour behind", 3_600_000, 0],
    ["now, where Asterisk's clock is an hour ahead", -3_600_000, 0],
  ])("has ended %s", async (_how, agoMs, earlierMs) => {
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(5_000);
    const now = world.clock.now();
    caller.end("normal", { at: now - agoMs });
    await world.clock.pass(1_000);
    expect(only().endedAt).toBe(now - earlierMs);
  });

  it("offers the call to the next agent after 15 s and keeps the caller's place", async () => {
    world.telephony.plugIn("1001", () => undefined);
    const second = answers("1002", 2_000, 5_000);
    await world.signIn("AGT-001");
    await world.clock.pass(1_000);
    await world.signIn("AGT-002");
    dialIn(world, "+254711000002");
    await world.clock.pass(14_000);
    expect(second).toHaveLength(0);
    const queuedAt = only().queuedAt;
    await world.clock.pass(4_000);
    expect(second).toHaveLength(1);
    await world.clock.pass(3_000);
    expect(only()).toMatchObject({ agent: "AGT-002", queuedAt });
    await world.clock.pass(30_000);
  });

  it("does not ring in a tight loop a phone that is busy", async () => {
    let rings = 0;
    world.telephony.plugIn("1001", (leg) => {
      rings += 1;
      leg.end("busy");
    });
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(21_000);
    expect(rings).toBeGreaterThan(2);
    expect(rings).toBeLessThan(7);
    caller.end("normal");
    await world.clock.pass(10_000);
  });

  it("apologises when nobody is signed in, takes a message and opens a ticket with it", async () => {
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(12_000);
    expect(only().stage).toBe("voicemail");
    caller.end("normal");
    await world.clock.pass(1_000);
    expect(caller.heard).toEqual(["en:no-agents", "en:leave-message", "en:beep"]);
    expect(only().ending).toEqual({ result: "completed", reason: "left_message", by: "caller" });
    const tickets = await world.deps.store.tickets.list({ limit: 10 });
    const recording = `${only().id}/message`;
    expect(tickets).toMatchObject([{ source: "voicemail", call: only().id, recording }]);
    expect(await world.deps.store.recordings.get(recording)).toMatchObject({ kind: "voicemail" });
    expect(await world.deps.store.recordings.ofCall(only().id)).toMatchObject([
      { kind: "voicemail" },
    ]);
  });

  it("sends a caller to voicemail who has waited as long as the queue allows", async () => {
    world.telephony.plugIn("1001", () => undefined);
    await world.signIn("AGT-001");
    await world.deps.desk.setPresence("AGT-001" as never, { is: "paused", reason: "tea" }, 0);
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(900_000 + 10_000);
    expect(only().stage).toBe("voicemail");
    expect(caller.bridge).toBeNull();
    // An agent who comes free now must not be offered a caller who is leaving a message.
    expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("tells each caller the place in the queue, on entry and when it changed", async () => {
    world.telephony.plugIn("1001", () => undefined);
    await world.signIn("AGT-001");
    await world.deps.desk.setPresence("AGT-001" as never, { is: "paused", reason: "tea" }, 0);
    const first = dialIn(world, "+254711000002");
    await world.clock.pass(1_000);
    const second = dialIn(world, "+254711000002");
    await world.clock.pass(10_000);
    expect(first.heard).toEqual(["en:please-wait", "en:position-1"]);
    expect(second.heard).toEqual(["en:please-wait", "en:position-2"]);
    first.end("normal");
    await world.clock.pass(30_000);
    expect(second.heard).toEqual(["en:please-wait", "en:position-2", "en:position-1"]);
    second.end("normal");
    await world.clock.pass(1_000);
  });

  it("keeps winding the dead-man's switch of a caller who waits", async () => {
    world.telephony.plugIn("1001", () => undefined);
    await world.signIn("AGT-001");
    await world.deps.desk.setPresence("AGT-001" as never, { is: "paused", reason: "tea" }, 0);
    const caller = dialIn(world, "+254711000002");
    for (let second = 0; second < 120; second += 1) {
      await world.clock.pass(1_000);
      expect(caller.switchAt).toBeGreaterThan(world.clock.now());
    }
    caller.end("normal");
    await world.clock.pass(1_000);
  });
});

describe("a menu", () => {
  it("is ended by a key in the middle of the prompt", async () => {
    const caller = dialIn(world);
    await world.clock.pass(500);
    caller.keys.put("1");
    await world.clock.pass(500);
    expect(caller.heard).toEqual(["en:choose-language", "en:choose-department"]);
    caller.end("normal");
    await world.clock.pass(100);
    expect(only().ending?.reason).toBe("hung_up_in_menu");
  });

  it("says that a key is not known and asks again, at most so often", async () => {
    const caller = dialIn(world);
    for (const key of "777") {
      await world.clock.pass(3_000);
      caller.keys.put(key);
    }
    await world.clock.pass(10_000);
    expect(caller.heard).toEqual([
      "en:choose-language",
      "en:invalid-key",
      "en:choose-language",
      "en:invalid-key",
      "en:choose-language",
      "en:goodbye",
    ]);
    expect(only().ending).toMatchObject({ result: "completed", reason: "menu_said_goodbye" });
  });

  it("plays again on silence, then leads where silence leads", async () => {
    const caller = dialIn(world);
    await world.clock.pass(20_000);
    expect(caller.heard.filter((prompt) => prompt === "en:choose-language")).toHaveLength(2);
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("whose prompt cannot be played leads where errors lead", async () => {
    await world.stop();
    world = await openWorld({ fake: { missingPrompts: ["choose-language"] } });
    const caller = dialIn(world);
    await world.clock.pass(3_000);
    expect(world.eventsOf(only().id).at(-1)).toMatchObject({
      type: "voicemail_started",
      queue: "support",
    });
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("takes twenty keys at once without losing its way", async () => {
    const caller = dialIn(world, "+254711000001", "22999999999999999992");
    await world.clock.pass(30_000);
    expect(only().language).toBe("sw");
    caller.end("normal");
    await world.clock.pass(5_000);
    expect(only().stage).toBe("ended");
  });
});

describe("a call between extensions", () => {
  it("rings, connects and is logged", async () => {
    answers("1002", 2_000, 10_000);
    const caller = world.telephony.incoming({
      from: "extension",
      extension: "1001",
      dialled: "1002",
    });
    await world.clock.pass(1_000);
    expect(caller.ringing).toBe(true);
    expect(caller.answered).toBe(false);
    await world.clock.pass(30_000);
    expect(only()).toMatchObject({
      direction: "internal",
      agent: "AGT-002",
      ending: { result: "completed", reason: "talked", by: "agent" },
    });
    expect(await world.status("AGT-002")).toMatchObject({ presence: { is: "offline" } });
  });

  it.each([
    ["1002", "unreachable"],
    ["1099", "unknown_extension"],
    ["1001", "unknown_extension"],
  ])("to %s, which cannot be reached, is told and refused: %s", async (dialled, reason) => {
    world.telephony.incoming({ from: "extension", extension: "1001", dialled });
    await world.clock.pass(10_000);
    expect(only().ending).toEqual({ result: "refused", reason, by: "agent" });
  });
});

describe("feature codes", () => {
  async function dial(code: string): Promise<FakeLeg> {
    const leg = world.telephony.incoming({ from: "extension", extension: "1001", dialled: code });
    await world.clock.pass(5_000);
    return leg;
  }

  it("sign in, pause, resume and sign out", async () => {
    world.telephony.plugIn("1001", () => undefined);
    expect((await dial("*45")).heard).toEqual(["en:signed-in"]);
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "available" } });
    expect((await dial("*46")).heard).toEqual(["en:paused"]);
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "paused" } });
    expect((await dial("*46")).heard).toEqual(["en:resumed"]);
    expect((await dial("*45")).heard).toEqual(["en:signed-out"]);
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "offline" } });
    expect((await dial("*99")).heard).toEqual(["en:unknown-extension"]);
  });
});

describe("a desk that takes its time", () => {
  it("is told the moment of entry once: the call's record and whoever takes it up have the same", async () => {
    const { clock, deps } = world;
    const asked = deps.desk.view.bind(deps.desk);
    const { signal } = new AbortController();
    world.telephony.plugIn("1001", () => undefined);
    const amina = asAgentId("AGT-001");
    await deps.desk.setPresence(amina, { is: "paused", reason: "tea" }, clock.now());
    deps.desk.view = async () => {
      await clock.sleep(40, signal);
      return await asked();
    };
    const caller = dialIn(world, "+254711000001", "12");
    await clock.pass(20_000);
    const [entry] = (await deps.desk.snapshot()).waiting;
    expect(only()).toMatchObject({ stage: "queued", queuedAt: entry?.enteredAt });
    caller.end("normal");
    await clock.pass(1_000);
  });
});

describe("when Asterisk is started anew", () => {
  it("closes every call with the cause, and puts who waited on a ticket to be called back", async () => {
    answers("1001", 1_000, 600_000);
    await world.signIn("AGT-001");
    dialIn(world, "+254711000002");
    await world.clock.pass(5_000);
    dialIn(world, "+254711000002");
    await world.clock.pass(5_000);
    expect([...world.states().values()].map((state) => state.stage).sort()).toEqual([
      "in_progress",
      "queued",
    ]);
    world.telephony.comeBack({ restarted: true, lostAt: world.clock.now() });
    await world.clock.pass(1_000);
    const states = [...world.states().values()];
    expect(states.map((state) => state.ending)).toEqual(
      states.map(() => ({ result: "failed", reason: "asterisk_died", by: "system" })),
    );
    const waited = states.find((state) => state.connectedAt === null);
    const tickets = await world.deps.store.tickets.list({ limit: 10 });
    expect(tickets).toMatchObject([{ call: waited?.id, source: "outage", priority: "high" }]);
    await world.clock.pass(60_000);
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "available" } });
  });
});
