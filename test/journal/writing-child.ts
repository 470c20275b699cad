import { asCallId } from "../../src/domain/ids.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { factAt, lineAt, logTo } from "./stage.ts";

/**
 * A life of a process that keeps facts of one call, and a line with every third, until it is killed; prints the number
 * of each once it was told that it outlives the process. `away`: the store is never started.
 */
const [folder = "", file = "", id = "", away = ""] = process.argv.slice(2);
const call = asCallId(id);
const store = openSqliteStore({ file });
if (away !== "away") await store.start();
const journal = openJournal({ folder, store, log: logTo([]) });
await journal.start();
for (let seq = 1; ; seq += 3) {
  void journal.keep(factAt(call, seq));
  void journal.keep(factAt(call, seq + 1, "x".repeat(seq % 3_000)));
  const kept = journal.keep(factAt(call, seq + 2));
  await journal.keep(lineAt(call, seq + 2));
  await kept;
  process.stdout.write(`${seq + 2}\n`);
}
