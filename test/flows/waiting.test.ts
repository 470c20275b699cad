import { describe, expect, it } from "vitest";
import { fold } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import { asCallId, asQueueName } from "../../src/domain/ids.ts";
import { adoptCalls } from "../../src/flows/adopt.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import {
  centreWith,
  dial,
  entries,
  factsOf,
  line,
  open,
  openBusy,
  stateOf,
  support,
  wish,
  world,
} from "./busy.ts";

describe("a caller who waits", () => {
  it("is told how long it may take, when the queue tells it and enough is known", async () => {
    const estimate = { fromCalls: 1, priorMs: 120_000 };
    const centre = centreWith({ support: { announce: { estimate: true }, estimate, wrapUpMs: 0 } });
    await open(centre);
    world.telephony.plugIn("1001", (phone) => phone.pickUp());
    await world.signIn("AGT-001");
    const first = await dial();
    await world.clock.pass(1_000);
    const unknown = await dial();
    await world.clock.pass(10_000);
    expect(unknown.heard).toEqual(["en:please-wait", "en:position-1"]);
    // One call of four minutes weighs a sixth: 140 s are expected of the next.
    await world.clock.pass(229_000);
    first.end("normal");
    await world.clock.pass(1_000);
    const second = await dial();
    const third = await dial();
    await world.clock.pass(20_000);
    expect(second.heard).toEqual(["en:please-wait", "en:position-1", "en:estimate-3"]);
    expect(third.heard).toEqual(["en:please-wait", "en:position-2", "en:estimate-5"]);
    expect(factsOf(third)).toContainEqual(
      expect.objectContaining({ type: "estimate_told", queue: "support", estimateMs: 300_000 }),
    );
    second.end("normal");
    await world.clock.pass(30_000);
    expect(third.heard.slice(3)).toEqual(["en:position-1", "en:estimate-3"]);
  });

  it("is told her place again and again while nothing changes, and no promise that ends later", async () => {
    const announce = { estimate: true, repeatEveryMs: 40_000 };
    const estimate = { fromCalls: 0, priorMs: 120_000 };
    await openBusy({ support: { announce, estimate } });
    // She talks on her phone to somebody whom Kituo did not bring her.
    await world.deps.desk.setDevice("1001", "busy", world.clock.now());
    await wish("AGT-001", "available");
    const first = await dial();
    const caller = await dial();
    await world.clock.pass(30_000);
    const entry = ["en:please-wait", "en:position-2", "en:estimate-4"];
    expect(caller.heard).toEqual(entry);
    await world.clock.pass(20_000);
    expect(caller.heard.slice(3)).toEqual(["en:position-2"]);
    await world.clock.pass(41_000);
    expect(caller.heard.slice(4)).toEqual(["en:position-2"]);
    // Two minutes from now end before the four minutes from then.
    first.end("normal");
    await world.clock.pass(30_000);
    expect(caller.heard.slice(5)).toEqual(["en:position-1", "en:estimate-2"]);
    await world.clock.pass(40_000);
    expect(caller.heard.slice(7)).toEqual(["en:position-1"]);
    const told = factsOf(caller).filter(({ type }) => type === "position_told");
    expect(told.map((fact) => "position" in fact && fact.position)).toEqual([2, 2, 2, 1, 1]);
  });

  it("is told how long it may take as soon as enough is known, though she has not moved", async () => {
    const announce = { estimate: true, repeatEveryMs: 30_000 };
    const estimate = { fromCalls: 1, priorMs: 120_000 };
    const centre = centreWith({ support: { announce, estimate, wrapUpMs: 300_000 } });
    await open(centre);
    world.telephony.plugIn("1001", (phone) => phone.pickUp());
    await world.signIn("AGT-001");
    const first = await dial();
    await world.clock.pass(1_000);
    const caller = await dial();
    await world.clock.pass(20_000);
    first.end("normal");
    await world.clock.pass(5_000);
    expect(caller.heard).toEqual(["en:please-wait", "en:position-1"]);
    await world.clock.pass(15_000);
    expect(caller.heard.slice(2)).toEqual(["en:position-1", "en:estimate-3"]);
  });

  it("is told it again no more often than changes are told", async () => {
    await openBusy({ support: { announceEveryMs: 50_000, announce: { repeatEveryMs: 5_000 } } });
    const caller = await dial();
    await world.clock.pass(50_000);
    expect(caller.heard).toHaveLength(2);
    await world.clock.pass(10_000);
    expect(caller.heard.slice(2)).toEqual(["en:position-1"]);
  });

  it("meets the agent the moment that she answers, in the middle of what is told again", async () => {
    await openBusy({ support: { announce: { repeatEveryMs: 30_000 } } }, 10_000);
    world.telephony.plugIn("1001", (phone) => phone.pickUp());
    const caller = await dial();
    await world.clock.pass(55_000);
    expect([caller.heard.length, caller.hearsPrompt]).toEqual([3, true]);
    await wish("AGT-001", "available");
    await world.clock.pass(100);
    expect([stateOf(caller).stage, caller.hearsPrompt]).toEqual(["in_progress", false]);
  });

  it("hears messages in turn, each with the keys that lead out, and no place where none is told", async () => {
    const messages = ["thanks-for-waiting", "welcome"];
    const announce = { position: false, messages, messagesEveryMs: 30_000 };
    const exits = { "2": { queue: "sales" }, "1": { voicemail: true } };
    await openBusy({ support: { announce, exits } });
    const caller = await dial();
    await world.clock.pass(29_000);
    expect(caller.heard).toEqual([]);
    await world.clock.pass(11_000);
    const offers = ["en:exit-voicemail-1", "en:exit-queue-2"];
    expect(caller.heard).toEqual(["en:thanks-for-waiting", ...offers]);
    await world.clock.pass(35_000);
    expect(caller.heard.slice(3)).toEqual(["en:welcome", ...offers]);
    await world.clock.pass(36_000);
    expect(caller.heard.slice(6)).toEqual(["en:thanks-for-waiting", ...offers]);
  });

  it("meets the agent the moment that she answers, in the middle of the longest message", async () => {
    const announce = { messages: ["thanks-for-waiting"], messagesEveryMs: 5_000 };
    await openBusy({ support: { announce, announceEveryMs: 1_000 } }, 45_000);
    let answeredAt = 0;
    world.telephony.plugIn("1001", (phone) => {
      answeredAt = world.clock.now();
      phone.pickUp();
    });
    const caller = await dial();
    await world.clock.pass(100_000);
    expect(caller.heard).toEqual(["en:please-wait", "en:position-1", "en:thanks-for-waiting"]);
    expect(caller.hearsPrompt).toBe(true);
    await wish("AGT-001", "available");
    await world.clock.pass(1_000);
    expect(caller.hearsPrompt).toBe(false);
    expect((stateOf(caller).connectedAt ?? Infinity) - answeredAt).toBeLessThan(100);
  });

  it("is kept company again when the agent who answered was gone before they met", async () => {
    await openBusy({ support: { announceEveryMs: 1_000 } });
    let rang = 0;
    world.telephony.plugIn("1001", (phone) => {
      rang += 1;
      if (rang > 1) return;
      phone.pickUp();
      phone.end("normal");
    });
    const caller = await dial();
    await world.clock.pass(10_000);
    await wish("AGT-001", "available");
    await world.clock.pass(500);
    await wish("AGT-001", "paused");
    for (let second = 0; second < 60; second += 1) {
      await world.clock.pass(1_000);
      expect(caller.switchAt).toBeGreaterThan(world.clock.now());
    }
    expect(stateOf(caller).stage).toBe("queued");
  });
});

describe("a key that is pressed while she waits", () => {
  const exits = {
    "1": { voicemail: true },
    "2": { queue: "sales" },
    "3": { menu: "department" },
  };

  it("takes her to leave a message, at once", async () => {
    await openBusy({ support: { exits } });
    const caller = await dial();
    await world.clock.pass(900);
    caller.keys.put("7");
    await world.clock.pass(1_000);
    expect(stateOf(caller).stage).toBe("queued");
    caller.keys.put("1");
    await world.clock.pass(1_000);
    expect(caller.heard).toEqual(["en:please-wait", "en:leave-message"]);
    expect(factsOf(caller).slice(-2)).toMatchObject([
      { type: "left_queue", queue: "support", why: "key_1" },
      { type: "voicemail_started", queue: "support", why: "key_1" },
    ]);
    expect(caller.bridge).toBeNull();
    expect(await entries()).toEqual([]);
  });

  it("takes her to another queue, where she counts as waiting since she called", async () => {
    await openBusy({ support: { exits } });
    await wish("AGT-003", "paused");
    const caller = await dial();
    await world.clock.pass(20_000);
    const since = stateOf(caller).queuedAt;
    caller.keys.put("2");
    await world.clock.pass(10_000);
    expect(await entries()).toMatchObject([{ queue: "sales", enteredAt: since }]);
    expect(caller.bridge?.id).toBe("q-sales");
    expect(caller.heard.slice(2)).toEqual(["en:please-wait", "en:position-1"]);
  });

  it("takes her to a menu, which is not answered by what she pressed before", async () => {
    await openBusy({ support: { exits } });
    const caller = await dial();
    await world.clock.pass(6_000);
    for (const key of "31") caller.keys.put(key);
    await world.clock.pass(1_000);
    expect(stateOf(caller)).toMatchObject({ stage: "menu", menu: "department" });
    expect(caller.heard.at(-1)).toBe("en:choose-department");
    caller.keys.put("2");
    await world.clock.pass(3_000);
    expect(await entries()).toMatchObject([{ queue: "support" }]);
  });

  it("takes back the offer when an agent's phone rings for her, who is free at once for the next", async () => {
    await open(centreWith({ support: { exits } }));
    const phones: FakeLeg[] = [];
    world.telephony.plugIn("1001", (phone) => void phones.push(phone));
    await world.signIn("AGT-001");
    const caller = await dial();
    await world.clock.pass(3_000);
    expect(stateOf(caller).stage).toBe("ringing");
    caller.keys.put("1");
    await world.clock.pass(100);
    expect(phones.map(({ gone }) => gone.aborted)).toEqual([true]);
    expect(stateOf(caller).stage).toBe("voicemail");
    expect(factsOf(caller)).toContainEqual(
      expect.objectContaining({ type: "offer_ended", outcome: "caller_left" }),
    );
    const next = await dial();
    await world.clock.pass(100);
    expect(phones.map(({ gone }) => gone.aborted)).toEqual([true, false]);
    expect(stateOf(next).stage).toBe("ringing");
  });

  it.each([0, 1, 5, 20].flatMap((ms) => [["before", ms] as const, ["after", ms] as const]))(
    "%s an answer at the same moment: one of them counts (requests of %i ms)",
    async (order, latency) => {
      const fake = { latencyMs: () => latency };
      await open(centreWith({ support: { exits } }), fake);
      const phones: FakeLeg[] = [];
      world.telephony.plugIn("1001", (phone) => void phones.push(phone));
      await world.signIn("AGT-001");
      const caller = await dial();
      await world.clock.pass(3_000);
      if (order === "before") caller.keys.put("1");
      phones[0]?.pickUp();
      if (order === "after") caller.keys.put("1");
      await world.clock.pass(1_000);
      const talks = stateOf(caller).stage === "in_progress";
      expect(phones[0]?.gone.aborted).toBe(!talks);
      if (talks) expect(caller.bridge?.members).toEqual(new Set([caller, phones[0]]));
      else expect(stateOf(caller).stage).toBe("voicemail");
    },
  );
});

describe("a caller who is taken up by another process", () => {
  const id = asCallId("CALL-0A1B2C3D");
  const dead = "kituo-other/1";

  /** A caller whom a process that is dead now had brought so far; its facts came a second apart, the last just now. */
  async function left(...facts: readonly CallFact[]): Promise<FakeLeg> {
    world.telephony.onCall(() => undefined);
    const leg = await dial();
    leg.holder = "kituo-other";
    leg.answered = true;
    const { channel, ...about } = { channel: leg.id, caller: "", callerName: "", dialled: line };
    const all: readonly CallFact[] = [
      { type: "started", direction: "inbound", channel, ...about },
      { type: "answered" },
      { type: "queued", queue: support, priority: 0 },
      ...facts,
    ];
    const from = world.clock.now() - (all.length - 1) * 1_000;
    const state = fold(
      all.map((fact, at): CallEvent => ({ ...fact, call: id, seq: at + 1, at: from + at * 1_000 })),
    );
    await world.deps.desk.saveCall(state, dead);
    void adoptCalls(new Set([world.deps.owner]), world.deps);
    await world.clock.pass(500);
    return leg;
  }

  it("is not told again what she was told, and has what the queue had done for her", async () => {
    const overflow = [
      { when: { waitedMs: 1_000 }, do: { priority: 4 } },
      { when: { waitedMs: 2_000 }, do: { alsoQueue: "sales" } },
      { when: { waitedMs: 60_000 }, do: { queue: "sales" } },
    ];
    const announce = { estimate: true, position: false };
    const estimate = { fromCalls: 0, priorMs: 120_000 };
    await openBusy({ support: { overflow, announce, estimate } });
    // She talks on her phone to somebody whom Kituo did not bring her.
    await world.deps.desk.setDevice("1001", "busy", world.clock.now());
    await wish("AGT-001", "available");
    await wish("AGT-003", "paused");
    const caller = await left(
      { type: "estimate_told", queue: support, estimateMs: 120_000 },
      { type: "overflowed", queue: support, step: 0, priority: 4, widened: false },
      {
        type: "overflowed",
        queue: support,
        step: 1,
        priority: 4,
        widened: false,
        alsoQueues: [asQueueName("sales")],
      },
    );
    await world.clock.pass(10_000);
    expect(caller.heard).toEqual([]);
    expect(await entries()).toMatchObject([{ call: id, priority: 4, alsoQueues: ["sales"] }]);
    // Her minute in the queue began before the process died.
    await world.clock.pass(46_300);
    expect(stateOf(caller).queue).toBe("support");
    await world.clock.pass(300);
    expect(stateOf(caller).queue).toBe("sales");
  });

  it("is let wait anew for as long as an empty queue lets her", async () => {
    const announce = { position: false };
    await openBusy({
      support: { announce, leaveEmpty: "available", leaveEmptyAfterMs: 30_000 },
    });
    // Amina has her break, and the caller has waited for 40 seconds already.
    const told = Array.from({ length: 40 }, (_, index) => 40 - index);
    const caller = await left(
      ...told.map((position) => ({ type: "position_told", queue: support, position }) as const),
    );
    await world.clock.pass(29_000);
    expect([stateOf(caller).stage, caller.heard]).toEqual(["queued", []]);
    await world.clock.pass(1_500);
    expect(caller.heard).toEqual(["en:no-agents"]);
    await world.clock.pass(3_000);
    expect(factsOf(caller).at(-1)).toMatchObject({ type: "voicemail_started", why: "nobody_left" });
  });
});
