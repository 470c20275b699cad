import { setTimeout as pause } from "node:timers/promises";
import { lines } from "../centre.ts";
import { noticed } from "../health.ts";
import { fullHouse, survives } from "../return.ts";
import type { Row } from "../row.ts";
import { onStage } from "../stage.ts";

export const ariCut: Row = {
  name: "ari-cut",
  faults: [7],
  what: "every connection to ARI reset; they may be made anew at once",
  expected: "reattached within 500 ms (and a bit for looking); no state missed, no call lost",
  quick: true,
  times: 3,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), pathToAri: true }, async (stage) => {
      for (let done = 0; done < options.times; done += 1) {
        await pause(options.random() * 1_000);
        await survives(stage, verdict, `cut ${done + 1}`, async () => {
          const cutAt = Date.now();
          stage.pathToAri.cut();
          const back = await stage.server.spoke("events of asterisk: connected", 5_000, cutAt);
          verdict.within("reattached_ms", back === null ? Infinity : back.time - cutAt, 1_000);
        });
      }
      await stage.conclude(verdict);
    }),
};

export const ariBlackhole: Row = {
  name: "ari-blackhole",
  faults: [7],
  what: "nothing gets through to ARI and back for 10 s, though connections stay; some callers leave meanwhile",
  expected:
    "seen within 3 s; reattached within 500 ms of the path's return (and a bit for looking); who left is gone, who stayed is where she was",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), pathToAri: true }, async (stage) => {
      const { crowd, server, pathToAri: path } = stage;
      await crowd.join("leavers", lines.wait, 3);
      await crowd.everyOne(stage.api, "leavers", "queued");
      await survives(stage, verdict, "the return of the path", async () => {
        path.swallow(true);
        verdict.within("noticed_ms", await noticed(server, "asterisk", false, 9_000), 3_000);
        await crowd.hangUp("leavers");
        await pause(7_000);
        const returnedAt = Date.now();
        path.swallow(false);
        const back = await server.spoke("events of asterisk: connected", 8_000, returnedAt);
        verdict.within("reattached_ms", back === null ? Infinity : back.time - returnedAt, 1_000);
      });
      await stage.conclude(verdict);
    }),
};
