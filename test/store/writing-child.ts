import { monitorEventLoopDelay } from "node:perf_hooks";
import { asCallId } from "../../src/domain/ids.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";

/**
 * Writes long transcript lines to a SQLite file, many at a time, until there are so many or it is killed. Prints the
 * number of each that settled, and at last the longest time, in milliseconds, that the event loop was kept.
 */
const [file = "", run = "", lines = ""] = process.argv.slice(2);
const store = openSqliteStore({ file });
await store.start();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let last = 0;
async function write(): Promise<void> {
  while (last < Number(lines)) {
    last += 1;
    const key = `${run}/${last}`;
    const said = { key, speaker: "bot", content: "x".repeat(16_000), language: null } as const;
    await store.transcripts.append(asCallId(`CALL-${String(last % 50).padStart(8, "0")}`), [
      { ...said, at: 1, source: "menu" },
    ]);
    process.stdout.write(`${key}\n`);
  }
}
await Promise.all(Array.from({ length: 40 }, write));
delay.disable();
process.stdout.write(`kept ${delay.max / 1e6}\n`);
await store.stop();
