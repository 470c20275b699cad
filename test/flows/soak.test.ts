import { describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import { fold } from "../../src/domain/call.ts";
import { InvariantWatch } from "../../src/flows/invariants.ts";
import { openSoakStore } from "./soak-store.ts";
import { dialIn, openWorld, type World } from "./world.ts";

const CALLS = 20_000;
const SEED = 20_261_121;

/** mulberry32: a small generator that gives the same calls for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A phone that answers most calls sooner or later, and is busy, deaf or gone for the others. */
function plugIn(world: World, extension: string, random: () => number): void {
  world.telephony.plugIn(extension, (leg) => {
    const mood = random();
    if (mood < 0.05) return leg.end("busy");
    if (mood < 0.08) return leg.end("declined");
    if (mood < 0.13) return; // Nobody hears it ring.
    void world.clock
      .sleep(random() * 8_000, leg.gone)
      .then(() => {
        leg.pickUp();
        if (mood < 0.16) leg.end("normal"); // Picked up and put down.
        return world.clock.sleep(random() * 40_000, leg.gone);
      })
      .then(() => leg.end("normal"))
      .catch(() => undefined);
  });
}

describe("a soak", () => {
  it(`of ${CALLS} calls with hangups at random moments gives back all that was acquired`, async () => {
    const random = seeded(SEED);
    const store = openSoakStore();
    const centre = readCentre("kituo.yaml");
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", onRejection);
    const world = await openWorld({
      centre,
      store,
      fake: { latencyMs: () => random() * 20 },
    });
    for (const { id, extension } of centre.agents) {
      plugIn(world, extension, random);
      await world.signIn(id);
    }
    // Whatever it finds it tells the log as an error.
    const watch = new InvariantWatch(world.deps, () => new Set([world.deps.owner]));
    watch.start();
    const staff = new AbortController();
    const comeAndGo = async () => {
      for (;;) {
        await world.clock.sleep(random() * 30_000, staff.signal);
        const { id } = centre.agents[Math.floor(random() * centre.agents.length)]!;
        const wish =
          random() < 0.3
            ? ({ is: "paused", reason: "tea" } as const)
            : ({ is: "available" } as const);
        await world.deps.desk.setPresence(id as never, wish, world.clock.now());
      }
    };
    const going = comeAndGo().catch(() => undefined);
    const arrive = async () => {
      for (let call = 0; call < CALLS; call += 1) {
        await world.clock.sleep(-Math.log(1 - random()) * 1_200, staff.signal);
        const direct = random() < 0.3;
        const caller = dialIn(
          world,
          direct ? "+254711000002" : "+254711000001",
          random() < 0.5 ? "12" : "",
        );
        const patience = -Math.log(1 - random()) * 40_000;
        void world.clock.sleep(patience, caller.gone).then(
          () => caller.end("normal"),
          () => undefined,
        );
      }
      staff.abort();
      await watch.stop();
    };
    const arriving = arrive();
    await world.clock.wind();
    await Promise.all([arriving, going]);

    expect(rejections).toEqual([]);
    expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
    expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
    expect(await world.deps.desk.liveCalls()).toEqual([]);
    const { waiting, agents } = await world.deps.desk.snapshot();
    expect(waiting).toEqual([]);
    expect(
      agents.filter((agent) => agent.reservation.is !== "none" || agent.activity.is !== "none"),
    ).toEqual([]);
    expect(agents.filter((agent) => agent.presence.is === "after_call")).toEqual([]);
    expect(world.telephony.recordingsLeft).toBe(0);
    expect(store.written.size).toBe(CALLS);
    const endings = new Map<string, number>();
    for (const { state, events } of store.written.values()) {
      expect(events.filter((event) => event.type === "ended")).toHaveLength(1);
      expect(fold(events)).toEqual(state);
      const reason = state?.ending?.reason ?? "none";
      endings.set(reason, (endings.get(reason) ?? 0) + 1);
    }
    // Every way a call can end was met, else the soak proves less than it says.
    for (const reason of ["talked", "hung_up_waiting", "hung_up_ringing", "hung_up_in_menu"]) {
      expect(endings.get(reason) ?? 0, reason).toBeGreaterThan(100);
    }
    await world.stop();
    process.off("unhandledRejection", onRejection);
  }, 360_000);
});
