import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lab, mainNumber } from "../lab/lab.ts";
import { until } from "../lab/until.ts";

const calls = 300;

/** Three hundred callers in a hurry, who hang up at any moment; agents who answer, dawdle, talk shortly, refuse. */
describe("a rush of callers", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({
      centre: (centre) => ({
        ...centre,
        // One of them never answers, and is asked again and again.
        routing: { ...centre.routing, pauseAfter: 0 },
        queues: centre.queues.map((queue) => ({ ...queue, ringMs: 2_000, wrapUpMs: 300 })),
      }),
    });
  });
  afterAll(() => lab.stop());

  it(`leaves nothing behind after ${calls} calls`, { timeout: 240_000 }, async () => {
    const board = await lab.watch();
    const answering = ["1001", "1002", "1003", "1006"];
    const difficult = ["1009", "1020"];
    await lab.phones(answering, {
      ring: { from: 0, to: 1_500 },
      then: "answer",
      talk: { mean: 1_200 },
    });
    await lab.phones([difficult[0] ?? ""], { ring: { from: 0, to: 300 }, then: "busy" });
    await lab.phones([difficult[1] ?? ""], { ring: 0, then: "ignore" });
    await lab.signIn(...answering, ...difficult);

    // Half of them press their way to support, the others say nothing; each leaves when she has had enough.
    const half = { called: mainNumber, calls: calls / 2, perSecond: 3, toneHz: 0, mediaMs: 12_000 };
    const callers = await Promise.all([
      lab.caller({
        ...half,
        number: "+254700000501",
        steps: [{ waitMs: 400 }, { keys: "12" }],
        stay: { from: 100, to: 9_000 },
      }),
      lab.caller({ ...half, number: "+254700000502", stay: { from: 0, to: 3_000 } }),
    ]);
    expect(await Promise.all(callers.map((caller) => caller.exit))).toEqual([0, 0]);
    await lab.nothingLeft(20_000);

    expect(await lab.errorsLogged()).toEqual([]);
    await until("the logs of all calls", async () => (await lab.api.pastCalls()).length >= calls);
    const logs = await lab.api.pastCalls();
    const tally = new Map<string, number>();
    for (const { ending } of logs) {
      const key = ending === null ? "no ending" : `${ending.result} ${ending.reason}`;
      tally.set(key, (tally.get(key) ?? 0) + 1);
    }
    console.log(Object.fromEntries(tally));
    expect(logs).toHaveLength(calls);
    expect([...tally.keys()].filter((key) => /no ending|failed/.test(key))).toEqual([]);
    expect(tally.get("completed talked") ?? 0).toBeGreaterThan(30);
    expect(tally.get("abandoned hung_up_waiting") ?? 0).toBeGreaterThan(10);
    expect(tally.get("abandoned hung_up_in_menu") ?? 0).toBeGreaterThan(50);
    // The socket numbered every message of it without a gap, or it would have said so.
    expect(board.all.filter((update) => update.type === "call:ended")).toHaveLength(calls);
    for (const agent of await lab.api.agents()) {
      expect([agent.agent_id, agent.activity]).toEqual([agent.agent_id, "none"]);
      expect(agent.reservation).not.toBe("offered");
    }
  });
});
