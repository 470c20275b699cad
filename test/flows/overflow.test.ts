import { describe, expect, it } from "vitest";
import { asQueueName } from "../../src/domain/ids.ts";
import { placesOf } from "../../src/domain/routing/assign.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import {
  callers,
  centreWith,
  dial,
  entries,
  factsOf,
  open,
  openBusy,
  stateOf,
  wish,
  world,
} from "./busy.ts";

describe("an overflow", () => {
  it("takes a caller to another queue at the very moment, and she keeps her place in the order", async () => {
    const overflow = [{ when: { waitedMs: 30_000 }, do: { queue: "sales" } }];
    await openBusy({ support: { overflow } });
    await wish("AGT-003", "paused");
    const caller = await dial();
    await world.clock.pass(20_000);
    const later = await dial("+254711000001", "11");
    await world.clock.pass(9_900);
    expect(stateOf(caller).queue).toBe("support");
    await world.clock.pass(200);
    expect(stateOf(caller)).toMatchObject({ stage: "queued", queue: "sales" });
    expect(factsOf(caller)).toContainEqual(
      expect.objectContaining({ type: "left_queue", queue: "support", why: "overflow_1" }),
    );
    await world.clock.pass(30_000);
    const places = placesOf(await entries(), world.deps.rules);
    expect(places.get(stateOf(caller).id)).toBe(1);
    expect(places.get(stateOf(later).id)).toBe(2);
  });

  it("raises a priority, once, and leaves the offer that is under way", async () => {
    const overflow = [{ when: { waitedMs: 5_000 }, do: { priority: 3 } }];
    await open(centreWith({ support: { overflow } }));
    world.telephony.plugIn("1001", () => undefined);
    await world.signIn("AGT-001");
    await dial();
    await world.clock.pass(4_900);
    expect(await entries()).toMatchObject([{ priority: 0, offeredTo: "AGT-001" }]);
    await world.clock.pass(200);
    expect(await entries()).toMatchObject([{ priority: 3, offeredTo: "AGT-001" }]);
    await world.clock.pass(60_000);
    expect(await entries()).toMatchObject([{ priority: 3 }]);
  });

  it("lets an agent take the call who has not what the queue requires", async () => {
    const overflow = [{ when: { waitedMs: 20_000 }, do: { widenSkills: true } }];
    const skills = [{ skill: "cards", level: 3 }];
    const able = { "AGT-002": { skills: { cards: 5 } } };
    await open(centreWith({ support: { overflow, skills } }, able));
    const rang: number[] = [];
    world.telephony.plugIn("1001", () => void rang.push(world.clock.now()));
    await world.signIn("AGT-001");
    const began = world.clock.now();
    await dial();
    await world.clock.pass(19_900);
    expect(rang).toEqual([]);
    await world.clock.pass(200);
    expect(rang).toEqual([began + 20_000]);
  });

  it("lets the agents of another queue take her too, and she stays where she is", async () => {
    const overflow = [{ when: { waitedMs: 20_000 }, do: { alsoQueue: "sales" } }];
    await open(centreWith({ support: { overflow } }));
    await wish("AGT-001", "paused");
    const phones: FakeLeg[] = [];
    world.telephony.plugIn("1003", (phone) => void phones.push(phone));
    await world.signIn("AGT-003");
    const caller = await dial();
    await world.clock.pass(19_900);
    expect(phones).toEqual([]);
    await world.clock.pass(200);
    expect(phones).toHaveLength(1);
    expect(await entries()).toMatchObject([{ queue: "support", alsoQueues: ["sales"] }]);
    // Nobody has answered, so she waits on and her place and what was done for her are kept.
    await world.clock.pass(18_000);
    expect(await entries()).toMatchObject([{ queue: "support", alsoQueues: ["sales"] }]);
    await world.clock.pass(5_000);
    phones.at(-1)?.pickUp();
    await world.clock.pass(1_000);
    expect(stateOf(caller)).toMatchObject({
      stage: "in_progress",
      queue: "support",
      agent: "AGT-003",
    });
    expect(caller.heard).toEqual(["en:please-wait", "en:position-1"]);
    const reason =
      "its queue's overflow had added the agents of sales; AGT-003 was asked as one of sales";
    expect(factsOf(caller).find(({ type }) => type === "offered")).toMatchObject({
      queue: "support",
      agent: "AGT-003",
      reasons: expect.arrayContaining([reason]),
    });
  });

  it("that adds agents keeps her from the steps for when nobody is there", async () => {
    const nobody = { noAgents: true };
    const overflow = [
      { when: nobody, do: { alsoQueue: "sales" } },
      { when: nobody, do: { voicemail: true } },
    ];
    await openBusy({ support: { overflow } });
    await wish("AGT-003", "paused");
    const caller = await dial();
    await world.clock.pass(5_000);
    await wish("AGT-001", "offline");
    await world.clock.pass(1_000);
    expect(stateOf(caller)).toMatchObject({ stage: "queued", queue: "support" });
    await wish("AGT-003", "offline");
    await world.clock.pass(1_000);
    expect(stateOf(caller).stage).toBe("voicemail");
  });

  it("takes everybody away when the last agent signs out", async () => {
    const overflow = [{ when: { noAgents: true }, do: { queue: "sales" } }];
    await openBusy({ support: { overflow } });
    await wish("AGT-003", "paused");
    const both = [await dial(), await dial()];
    await world.clock.pass(10_000);
    await wish("AGT-001", "offline");
    await world.clock.pass(100);
    expect(both.map((caller) => stateOf(caller).queue)).toEqual(["sales", "sales"]);
    // Whoever comes now is not let in, and is taken the same way.
    const late = await dial();
    await world.clock.pass(100);
    expect(stateOf(late)).toMatchObject({ stage: "queued", queue: "sales" });
  });

  it("into a queue that is closed ends in a message, and she hears why", async () => {
    const overflow = [{ when: { waitedMs: 10_000 }, do: { queue: "sales" } }];
    await openBusy({ support: { overflow } });
    await wish("AGT-003", "available");
    const at = world.clock.now();
    const closed = { closed: true, until: null, reason: "", by: "eva", at };
    await world.deps.desk.setClosing({ queue: asQueueName("sales"), ...closed });
    const caller = await dial();
    await world.clock.pass(15_000);
    expect(caller.heard.slice(2, 4)).toEqual(["en:closed", "en:leave-message"]);
    expect(factsOf(caller).slice(-2)).toMatchObject([
      { type: "left_queue", queue: "support", why: "overflow_1" },
      { type: "voicemail_started", queue: "sales", why: "closed" },
    ]);
  });

  it("is decided by the place and by the estimate on entry", async () => {
    const estimate = { fromCalls: 0, priorMs: 120_000 };
    const far = { when: { length: 3 }, do: { menu: "department" } };
    const long = { when: { estimateMs: 180_000 }, do: { voicemail: true } };
    const centre = centreWith({ support: { estimate, overflow: [far, long] } });
    await open(centre);
    world.telephony.plugIn("1001", (phone) => phone.pickUp());
    await world.signIn("AGT-001");
    for (let index = 0; index < 3; index += 1) {
      await dial();
      await world.clock.pass(100);
    }
    // The first talks, one waits two minutes, the next would wait four.
    expect(callers.map((caller) => stateOf(caller).stage)).toEqual([
      "in_progress",
      "queued",
      "voicemail",
    ]);
  });

  it("gives each queue its own longest wait", async () => {
    const overflow = [{ when: { waitedMs: 30_000 }, do: { queue: "sales" } }];
    await openBusy({ support: { overflow }, sales: { maxWaitMs: 40_000 } });
    await wish("AGT-003", "paused");
    const caller = await dial();
    await world.clock.pass(69_000);
    expect(stateOf(caller)).toMatchObject({ stage: "queued", queue: "sales" });
    await world.clock.pass(3_000);
    expect(stateOf(caller).stage).toBe("voicemail");
    expect(factsOf(caller).at(-1)).toMatchObject({ why: "waited_too_long" });
  });

  it("that sends a caller round and round ends in a message", async () => {
    const to = (queue: string) => ({
      overflow: [{ when: { waitedMs: 1_000 }, do: { queue } }],
      announce: { position: false },
    });
    await openBusy({ support: to("sales"), sales: to("support") });
    await wish("AGT-003", "paused");
    const caller = await dial();
    await world.clock.pass(10_500);
    expect(stateOf(caller).stage).toBe("queued");
    await world.clock.pass(3_000);
    expect(stateOf(caller).stage).toBe("voicemail");
    expect(factsOf(caller).at(-1)).toMatchObject({ why: "moved_too_often" });
  });
});
