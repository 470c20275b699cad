import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { callAt, numbersOf, openStage, type Stage, upTo } from "./stage.ts";

const ROUNDS = Number(process.env["KITUO_TEST_KILLS"] ?? 16);
const child = join(import.meta.dirname, "writing-child.ts");

/** Runs a life until a moment that chance chooses; the number of the last fact that it was told is kept. */
async function killed(stage: Stage, call: string, away: boolean): Promise<number> {
  const life = spawn(
    process.execPath,
    [child, stage.spool, stage.file, call, away ? "away" : "there"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const exit = once(life, "exit");
  let last = 0;
  for await (const line of createInterface({ input: life.stdout })) {
    // The time from the first fact to the death is what the test varies.
    if (last === 0) void setTimeout(randomInt(80)).then(() => life.kill("SIGKILL"));
    last = Number(line);
  }
  await exit;
  return last;
}

it("loses and doubles nothing that was kept, however often the process is killed", {
  timeout: 20_000 + ROUNDS * 2_000,
}, async () => {
  const stage = await openStage();
  try {
    const promised: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      promised.push(await killed(stage, callAt(round), round % 3 !== 0));
    }
    const journal = await stage.life();
    await journal.written();
    expect(await stage.segments()).toEqual([]);
    for (const [round, last] of promised.entries()) {
      const { events, state } = await numbersOf(stage.store, callAt(round));
      expect(events.length).toBeGreaterThanOrEqual(last);
      expect(events).toEqual(upTo(events.length));
      expect(state).toBe(events.length);
      const lines = await stage.store.transcripts.list(callAt(round));
      const keys = lines.map(({ key }) => key);
      expect(keys).toEqual(upTo(lines.length).map((each) => `1/${each * 3}`));
      expect(lines.length).toBeGreaterThanOrEqual(last / 3);
    }
  } finally {
    await stage.remove();
  }
});
