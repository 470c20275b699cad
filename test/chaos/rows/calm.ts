import { fullHouse, survives } from "../return.ts";
import type { Row } from "../row.ts";
import { onStage } from "../stage.ts";

/** What the harness itself costs, and whether it raises false alarms. */
export const calm: Row = {
  name: "calm",
  faults: [],
  what: "nothing is broken",
  expected: "nothing is felt by anybody",
  quick: false,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      await survives(stage, verdict, "nothing", async () => undefined);
      await stage.conclude(verdict);
      verdict.atMost("left_alone_ms", verdict.figures["left_alone_ms"] ?? 0, 1_000);
    }),
};
