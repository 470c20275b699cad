import { describe, expect, it } from "vitest";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import { centreWith, dial, factsOf, open, openBusy, stateOf, wish, world } from "./busy.ts";

describe("a queue with limits", () => {
  it("asks whoever is one too many for a message, and lets the others wait on", async () => {
    await openBusy({ support: { maxLength: 1 } });
    const first = await dial();
    await world.clock.pass(1_000);
    const second = await dial();
    await world.clock.pass(3_000);
    expect(second.heard).toEqual(["en:queue-full", "en:leave-message"]);
    expect(factsOf(second).at(-1)).toMatchObject({ why: "queue_full" });
    expect(stateOf(first).stage).toBe("queued");
    first.end("normal");
    await world.clock.pass(1_000);
    const third = await dial();
    await world.clock.pass(1_000);
    expect(stateOf(third).stage).toBe("queued");
  });

  it("takes as many as it may of those who come at once", async () => {
    await openBusy({ support: { maxLength: 3 } });
    for (let index = 0; index < 10; index += 1) await dial();
    await world.clock.pass(3_000);
    const stages = [...world.states().values()].map(({ stage }) => stage).sort();
    expect(stages).toEqual([...Array(3).fill("queued"), ...Array(7).fill("voicemail")]);
  });

  it("takes whom it cannot serve where it is told to", async () => {
    await openBusy({ support: { maxLength: 1, otherwise: { queue: "sales" } } });
    await wish("AGT-003", "paused");
    await dial();
    await world.clock.pass(1_000);
    const second = await dial();
    await world.clock.pass(10_000);
    expect(stateOf(second)).toMatchObject({ stage: "queued", queue: "sales" });
    expect(second.heard).toEqual(["en:please-wait", "en:position-1"]);
  });

  it.each([
    ["signed-in", "offline", false],
    ["signed-in", "paused", true],
    ["available", "paused", false],
    ["available", "available", true],
    ["always", "offline", true],
  ] as const)(
    "that is joined when somebody is %s: she is %s",
    async (joinEmpty, presence, waits) => {
      await open(centreWith({ support: { joinEmpty } }));
      // She talks on her phone to somebody whom Kituo did not bring her.
      await world.deps.desk.setDevice("1001", "busy", world.clock.now());
      await wish("AGT-001", presence);
      const caller = await dial();
      await world.clock.pass(5_000);
      expect(stateOf(caller).stage).toBe(waits ? "queued" : "voicemail");
      expect(caller.heard[0]).toBe(waits ? "en:please-wait" : "en:no-agents");
    },
  );

  it("keeps nobody waiting for longer than it may when its agents have gone", async () => {
    await openBusy({ support: { leaveEmpty: "signed-in", leaveEmptyAfterMs: 30_000 } });
    const caller = await dial();
    await world.clock.pass(10_000);
    await wish("AGT-001", "offline");
    await world.clock.pass(29_000);
    await wish("AGT-001", "paused");
    await world.clock.pass(60_000);
    expect(stateOf(caller).stage).toBe("queued");
    await wish("AGT-001", "offline");
    await world.clock.pass(29_900);
    expect(stateOf(caller).stage).toBe("queued");
    await world.clock.pass(1_000);
    expect(stateOf(caller).stage).toBe("queued");
    expect(caller.heard.at(-1)).toBe("en:no-agents");
    await world.clock.pass(2_000);
    expect(factsOf(caller).at(-1)).toMatchObject({ type: "voicemail_started", why: "nobody_left" });
  });
});

describe("a queue whose agents' phones are lost", () => {
  const empty = { leaveEmpty: "signed-in", leaveEmptyAfterMs: 30_000 };

  it("is empty: whoever waits is taken away, and nobody more is let in", async () => {
    await openBusy({ support: empty });
    const caller = await dial();
    await world.clock.pass(1_000);
    world.telephony.unplug("1001");
    await world.clock.pass(12_000);
    const late = await dial();
    await world.clock.pass(1_000);
    expect(late.heard).toEqual(["en:no-agents"]);
    expect(stateOf(caller).stage).toBe("queued");
    await world.clock.pass(25_000);
    expect(stateOf(caller).stage).toBe("queued");
    await world.clock.pass(5_000);
    expect(factsOf(caller).at(-1)).toMatchObject({ type: "voicemail_started", why: "nobody_left" });
  });

  it("lets the rule for no agents come at the moment when they count as away", async () => {
    const overflow = [{ when: { noAgents: true }, do: { queue: "sales" } }];
    await openBusy({ support: { overflow } });
    await wish("AGT-003", "paused");
    const caller = await dial();
    await world.clock.pass(5_000);
    world.telephony.unplug("1001");
    await world.clock.pass(9_900);
    expect(stateOf(caller).queue).toBe("support");
    await world.clock.pass(200);
    expect(stateOf(caller).queue).toBe("sales");
  });

  it("turns nobody away while they may be coming back, as when Asterisk was started anew", async () => {
    const overflow = [{ when: { noAgents: true }, do: { queue: "sales" } }];
    await openBusy({ support: { ...empty, leaveEmptyAfterMs: 0, overflow } });
    const caller = await dial();
    await world.clock.pass(5_000);
    world.telephony.unplug("1001");
    await world.clock.pass(8_000);
    const late = await dial();
    await world.clock.pass(1_000);
    world.telephony.plugIn("1001", () => undefined);
    await world.clock.pass(60_000);
    for (const each of [caller, late])
      expect(stateOf(each)).toMatchObject({ stage: "queued", queue: "support" });
  });

  it("turns nobody away before a server that was just started has asked for its phones", async () => {
    await openBusy({});
    world.telephony.unplug("1001");
    await world.clock.pass(60_000);
    const refused = await dial();
    await world.clock.pass(1_000);
    expect(refused.heard[0]).toBe("en:no-agents");
    const enrolled = world.deps.centre.agents.map(({ id, extension, queues }) => ({
      id: asAgentId(id),
      extension,
      queues: queues.map(asQueueName),
    }));
    await world.deps.desk.enrol(enrolled, world.clock.now());
    const caller = await dial();
    await world.clock.pass(1_000);
    expect(stateOf(caller).stage).toBe("queued");
  });
});
