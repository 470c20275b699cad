import { setTimeout as pause } from "node:timers/promises";
import { backInControl, fullHouse, sameAsBefore } from "../return.ts";
import { messageOf, type Row, type RunOptions, type Verdict } from "../row.ts";
import { onStage, type Stage } from "../stage.ts";

/** After so many kills the crowd leaves and its calls are held against the log; then another comes. */
const perCrowd = 5;

export const kill9: Row = {
  name: "kill9",
  faults: [1, 4],
  what: "SIGKILL of the server at a random moment, started again at once; every second time once more while it adopts",
  expected:
    "no call dropped; control back within 1 s of exec; waiting order and waited time kept; 2 s later no ghost agent, no orphan leg, no unknown bridge; each call once in the log, its times true, its recording playable",
  quick: true,
  times: 5,
  async run(verdict, options) {
    await onStage(fullHouse(options), async (stage) => {
      for (let done = 0; done < options.times; done += 1) {
        if (done > 0 && done % perCrowd === 0) {
          await stage.conclude(verdict);
          await stage.gather();
        }
        await killOnce(stage, verdict, options, done);
      }
      await stage.conclude(verdict);
      // Two starts, and what the flows of those that are left take.
      verdict.atMost("left_alone_ms", verdict.figures["left_alone_ms"] ?? 0, 8_000);
    });
  },
};

async function killOnce(
  stage: Stage,
  verdict: Verdict,
  options: RunOptions,
  index: number,
): Promise<void> {
  const { random, say } = options;
  await pause(random() * 1_500);
  const before = await stage.census();
  await stage.server.kill();
  stage.server.launch();
  const twice = index % 2 === 1;
  if (twice) {
    await pause(200 + random() * 900);
    await stage.server.kill();
    stage.server.launch();
  }
  verdict.count("kills", twice ? 2 : 1);
  try {
    const back = await backInControl(stage, verdict);
    say(`  kill ${index + 1}${twice ? " (twice)" : ""}: control after ${back} ms`);
  } catch (error) {
    verdict.breach(`kill ${index + 1}: ${messageOf(error)}`);
    return;
  }
  await pause(Math.max(0, stage.server.launchedAt + 2_000 - Date.now()));
  await stage.look(verdict, `2 s after kill ${index + 1}`);
  await sameAsBefore(stage, before, verdict, `after kill ${index + 1}`);
}
