import { setTimeout as pause } from "node:timers/promises";
import type { Baresip } from "../../../src/ops/phones/baresip.ts";
import { until } from "../../lab/until.ts";
import { lines } from "../centre.ts";
import { backInControl, fullHouse, sameAsBefore } from "../return.ts";
import { messageOf, type Row, type Verdict } from "../row.ts";
import { onStage, type Stage } from "../stage.ts";

export const down30: Row = {
  name: "down30",
  faults: [2],
  what: "the server is down for 30 s (5 s in npm test); meanwhile parties hang up and answer, in each stage",
  expected:
    "2 s after its return each call is what its parties made of it, and all others are where they were",
  quick: true,
  times: 1,
  run: (verdict, options) => {
    const house = fullHouse(options);
    // Those who came in half a minute are to be served afterwards, while others come.
    const seats = {
      ...house.seats,
      talk: 8,
      ring: 4,
      wait: 2,
      brisk: options.quick ? 2 : 6,
      hand: 4,
    };
    const load = { ...house.load, talking: 6, ringing: 3 };
    return onStage({ ...house, seats, load }, async (stage) => {
      const { crowd, server } = stage;
      const hands = await byHand(stage);
      for (const [name, line, status] of [
        ["talk leaver", lines.talk, "in_progress"],
        ["ring leaver", lines.ring, "ringing"],
        ["wait leaver", lines.wait, "queued"],
        ["menu leaver", lines.menu, "menu"],
      ] as const) {
        await crowd.join(name, line, 1);
        await crowd.everyOne(stage.api, name, status);
      }
      const before = await stage.census();
      await server.kill();
      const downFrom = Date.now();
      await pause(1_000);
      for (const name of ["talk leaver", "ring leaver", "wait leaver", "menu leaver"])
        await crowd.hangUp(name);
      await hands.act();
      await pause(Math.max(0, downFrom + (options.quick ? 5_000 : 30_000) - Date.now()));
      server.launch();
      await backInControl(stage, verdict);
      await pause(2_000);
      await hands.check(verdict);
      await stage.look(verdict, "2 s after its return");
      await sameAsBefore(stage, before, verdict, "2 s after its return");
      await hands.leave();
      await stage.conclude(verdict);
    });
  },
};

interface Hands {
  /** What the people do while there is no server. */
  act(): Promise<void>;
  check(verdict: Verdict): Promise<void>;
  leave(): Promise<void>;
}

/** Three agents with a telephone in hand: one will hang up, one will answer, one will refuse. */
async function byHand(stage: Stage): Promise<Hands> {
  const { crowd, lab, api } = stage;
  const extensions = crowd.phones("hand");
  const phones = new Map<string, Baresip>();
  for (const extension of extensions) {
    phones.set(extension, await lab.phone(extension, 500));
    await until(`${extension} registered`, async () => {
      const agents = await api.agents();
      return agents.some((agent) => agent.extension === extension && agent.device === "idle");
    });
  }
  await crowd.send(api, "hand", "available");
  const numbers = await crowd.join("hand", lines.hand, 3);
  for (const number of numbers) crowd.excused.add(number);
  await crowd.everyOne(api, "hand", "ringing");
  const calls = (await api.liveCalls()).filter((call) => numbers.includes(call.phone_number));
  const [talker, answerer, refuser] = calls;
  const phone = (extension: string | null | undefined): Baresip => {
    const found = phones.get(extension ?? "");
    if (found === undefined) throw new Error(`nobody sits at ${extension}`);
    return found;
  };
  if (talker === undefined || answerer === undefined || refuser === undefined)
    throw new Error("three calls ring by hand, in the plan");
  const first = phone(talker.extension);
  await first.answer();
  await until(
    "the first talks",
    async () => (await api.call(talker.call_id)).connected_at !== null,
  );
  const is = async (id: string) => {
    const call = await api.call(id);
    return `${call.status} ${call.ending?.reason ?? ""} by ${call.ending?.by ?? "nobody"}`;
  };
  return {
    async act() {
      await first.hangup();
      await phone(answerer.extension).answer();
      await phone(refuser.extension).refuse();
    },
    async check(verdict) {
      const ended = await is(talker.call_id);
      verdict.expect(
        ended.startsWith("ended talked"),
        `the agent hung up, and the call is ${ended}`,
      );
      const answered = await is(answerer.call_id);
      verdict.expect(
        answered.startsWith("in_progress"),
        `the agent answered, and the call is ${answered}`,
      );
      const refused = await api.call(refuser.call_id);
      verdict.expect(
        ["queued", "ringing"].includes(refused.status) && refused.extension !== refuser.extension,
        `the agent refused, and the call is ${refused.status} at ${refused.extension}`,
      );
    },
    async leave() {
      await crowd.hangUp("hand");
      await Promise.all([...phones.values()].map((each) => each.stop())).catch((error: unknown) => {
        throw new Error(`a telephone could not be put away: ${messageOf(error)}`);
      });
    },
  };
}
