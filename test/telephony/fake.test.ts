import { VirtualClock } from "../../src/telephony/fake/clock.ts";
import { FakeTelephony } from "../../src/telephony/fake/telephony.ts";
import { type Manner, type Rig, telephonyConformance } from "../conformance/telephony.ts";

/** People and phones in memory, on a clock that is wound. */
function fakeRig(): Rig {
  const clock = new VirtualClock();
  const telephony = new FakeTelephony({
    clock,
    latencyMs: () => 1,
    missingPrompts: ["there-is-no-such-prompt"],
  });
  const never = new AbortController().signal;
  return {
    telephony,
    prompts: { short: "short", long: "long" },
    async during(promise) {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      promise.then(mark, mark);
      while (!settled) await clock.pass(50);
      return await promise;
    },
    async callIn({ dialled, number, name, keys }) {
      const leg = telephony.incoming({ from: "outside", dialled }, number, name);
      for (const key of keys) leg.keys.put(key);
      return {
        connected: async () => undefined,
        hangup: async () => leg.end("normal"),
      };
    },
    async plugIn(extension, manner) {
      const rung = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<void>();
      const endings: Partial<Record<Manner, "busy" | "declined">> = {
        busy: "busy",
        decline: "declined",
      };
      telephony.plugIn(extension, (leg) => {
        rung.resolve();
        leg.gone.addEventListener("abort", () => ended.resolve(), { once: true });
        const ending = endings[manner];
        if (ending !== undefined) leg.end(ending);
        else if (manner !== "ring") leg.pickUp();
        if (manner === "leave") void clock.sleep(500, never).then(() => leg.end("normal"));
      });
      return {
        ringing: () => rung.promise,
        silenced: () => ended.promise,
        unplug: async () => telephony.unplug(extension),
      };
    },
    stop: async () => undefined,
  };
}

telephonyConformance("in memory", async () => fakeRig());
