import { setTimeout as pause } from "node:timers/promises";
import { fullHouse, sameAsBefore, survives } from "../return.ts";
import type { Row, Verdict } from "../row.ts";
import type { ServerProcess } from "../server.ts";
import { onStage, type Stage } from "../stage.ts";

export const frozen: Row = {
  name: "frozen",
  faults: [2],
  what: "the only server frozen (SIGSTOP) for 30 s",
  expected:
    "who talks goes on talking; who waits is held by the dialplan with music; after the thaw everybody is where she was (whose phone rang is rung anew), nobody is dropped, nothing is taken back by force",
  quick: false,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      await survives(
        stage,
        verdict,
        "the thaw",
        async () => {
          stage.server.signal("SIGSTOP");
          await pause(30_000);
          stage.server.signal("SIGCONT");
        },
        { settleMs: 5_000, rungAnew: true },
      );
      await stage.conclude(verdict);
    }),
};

export const peerDies: Row = {
  name: "peer-dies",
  faults: [1, 5],
  what: "two servers on the same Redis and Asterisk; one is killed and not started again",
  expected: "the other has taken its calls up within 3 s; nobody notices",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), servers: 2 }, async (stage) => {
      const other = await shared(stage, verdict);
      await survives(stage, verdict, "the adoption", async () => {
        const killedAt = Date.now();
        await stage.server.kill();
        await stage.use(other);
        await adoptedBy(other, verdict, killedAt);
      });
      await stage.conclude(verdict);
    }),
};

export const thawFenced: Row = {
  name: "thaw-fenced",
  faults: [16],
  what: "two servers; one is frozen for 5 s, the other takes its calls, the first thaws",
  expected: "the thawed one ends by itself and acts on nothing; nobody notices",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), servers: 2 }, async (stage) => {
      const other = await shared(stage, verdict);
      await survives(stage, verdict, "the thaw", async () => {
        const frozenAt = Date.now();
        stage.server.signal("SIGSTOP");
        await stage.use(other);
        await adoptedBy(other, verdict, frozenAt);
        await pause(Math.max(0, frozenAt + 5_000 - Date.now()));
        const thawedAt = Date.now();
        stage.server.signal("SIGCONT");
        const end = await Promise.race([stage.server.exit, pause(5_000, "running" as const)]);
        verdict.expect(end !== "running", "the thawed process did not end within 5 s");
        if (end !== "running") verdict.worst("thaw_to_end_ms", Date.now() - thawedAt);
      });
      await stage.conclude(verdict);
    }),
};

export const drain: Row = {
  name: "drain",
  faults: [5],
  what: "rolling upgrade: two servers, each is drained (3 s) and started again in turn",
  expected: "no call dropped, none handled twice; a drained process ends by itself",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), servers: 2 }, async (stage) => {
      const other = await shared(stage, verdict);
      const before = await stage.census();
      for (const [leaving, staying] of [
        [stage.server, other],
        [other, stage.server],
      ] as const) {
        await stage.use(leaving);
        await stage.api.request("POST", "/api/system/drain?within=3");
        await stage.use(staying);
        const end = await Promise.race([leaving.exit, pause(15_000, "running" as const)]);
        verdict.expect(end === 0, `the drained ${leaving.id} ended with ${end}`);
        await pause(2_000);
        await stage.look(verdict, `2 s after ${leaving.id} was drained`);
        await sameAsBefore(stage, before, verdict, `after ${leaving.id} was drained`);
        leaving.launch();
        await leaving.healthy();
      }
      await stage.conclude(verdict);
    }),
};

/** The second server; both have calls, or the test would say nothing. */
async function shared(stage: Stage, verdict: Verdict): Promise<ServerProcess> {
  const [other] = stage.others;
  if (other === undefined) throw new Error("there is no second server");
  const took = await Promise.all(
    [stage.server, other].map(
      async (server) =>
        (await server.said()).filter((line) => line.msg === "call changed stage").length,
    ),
  );
  verdict.expect(!took.includes(0), `one server has all calls (${took.join(" and ")} changes)`);
  return other;
}

/** The other process takes the calls up. */
async function adoptedBy(other: ServerProcess, verdict: Verdict, from: number): Promise<void> {
  const line = await other.spoke("calls were adopted", 10_000, from);
  verdict.within("adopted_ms", line === null ? Infinity : line.time - from, 3_000);
}
