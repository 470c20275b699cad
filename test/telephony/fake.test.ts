import { VirtualClock } from "../../src/telephony/fake/clock.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
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
  const behave = (manner: Manner) => {
    const rung = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const endings: Partial<Record<Manner, "busy" | "declined">> = {
      busy: "busy",
      decline: "declined",
    };
    const onRing = (leg: FakeLeg) => {
      rung.resolve();
      leg.gone.addEventListener("abort", () => ended.resolve(), { once: true });
      const ending = endings[manner];
      if (ending !== undefined) leg.end(ending);
      else if (manner !== "ring") leg.pickUp();
      if (manner === "leave") void clock.sleep(500, never).then(() => leg.end("normal"));
    };
    return { onRing, ringing: () => rung.promise, silenced: () => ended.promise };
  };
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
      const { onRing, ...phone } = behave(manner);
      telephony.plugIn(extension, onRing);
      return { ...phone, unplug: async () => telephony.unplug(extension) };
    },
    async plugInOutside(number, manner) {
      const { onRing, ...phone } = behave(manner);
      telephony.plugInOutside(number, onRing);
      return { ...phone, unplug: async () => telephony.unplugOutside(number) };
    },
    stop: async () => undefined,
  };
}

telephonyConformance("in memory", async () => fakeRig());
