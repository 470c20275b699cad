import { afterEach, describe, expect, it } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import { dialIn, openWorld, type World } from "./world.ts";

let world: World;
afterEach(async () => {
  expect(world.log.lines).toEqual([]);
  await world.stop();
});

const amina = asAgentId("AGT-001");
const presence = async () => ((await world.status(amina)) as Agent).presence.is;

describe("after-call work during which she dials for a break", () => {
  it("goes on, however often she dials, and then the break begins", async () => {
    world = await openWorld();
    world.telephony.plugIn("1001", (leg) => {
      leg.pickUp();
      void world.clock.sleep(1_000, leg.gone).then(() => leg.end("normal"));
    });
    await world.signIn(amina);
    dialIn(world, "+254711000002");
    await world.clock.pass(2_000);
    for (let times = 0; times < 2; times += 1) {
      world.telephony.incoming({ from: "extension", extension: "1001", dialled: "*46" });
      await world.clock.pass(3_000);
      expect(await world.status(amina)).toMatchObject({
        presence: { is: "after_call" },
        pending: "paused",
      });
    }
    await world.clock.pass(5_000);
    expect(await world.status(amina)).toMatchObject({
      presence: { is: "paused", reason: "feature_code" },
      pending: null,
    });
  });
});

describe("after-call work that was extended", () => {
  it("outlives the end that was stored for it, and ends by itself at the new one", async () => {
    world = await openWorld();
    const rang: number[] = [];
    world.telephony.plugIn("1001", (leg) => {
      rang.push(world.clock.now());
      leg.pickUp();
      void world.clock.sleep(1_000, leg.gone).then(() => leg.end("normal"));
    });
    await world.signIn(amina);
    dialIn(world, "+254711000002");
    await world.clock.pass(2_000);
    expect(await presence()).toBe("after_call");
    await world.deps.desk.extendWrapUp(amina, 20_000, 600_000, world.clock.now());
    const second = dialIn(world, "+254711000002");
    await world.clock.pass(27_000);
    expect([await presence(), rang.length]).toEqual(["after_call", 1]);
    await world.clock.pass(3_000);
    expect(rang).toHaveLength(2);
    expect((rang[1] ?? 0) - (rang[0] ?? 0)).toBeGreaterThanOrEqual(31_000);
    second.end("normal");
    await world.clock.pass(20_000);
  });
});
