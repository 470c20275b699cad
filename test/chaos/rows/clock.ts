import { setTimeout as pause } from "node:timers/promises";
import { fullHouse, survives } from "../return.ts";
import type { Row } from "../row.ts";
import { onStage } from "../stage.ts";

const hour = 3_600_000;

const jump = (name: string, clockMs: number, how: string, quick: boolean): Row => ({
  name,
  faults: [17],
  what: `the server's clock is set ${how} by an hour, and back right 10 s later (4 s in npm test)`,
  expected: "nothing is felt by anybody; waits, after-call work and deadlines are what they were",
  quick,
  times: 1,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), troubled: true }, async (stage) => {
      const lasts = options.quick ? 4_000 : 10_000;
      await survives(stage, verdict, "the first jump", async () => {
        await stage.trouble.make({ clockMs });
        await pause(lasts);
      });
      await survives(stage, verdict, "the second jump", () => stage.trouble.make({ clockMs: 0 }));
      await stage.conclude(verdict);
    }),
});

export const clockForward = jump("clock-forward", hour, "forward", true);
export const clockBack = jump("clock-back", -hour, "back", false);
