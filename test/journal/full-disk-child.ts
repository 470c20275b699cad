import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KituoError } from "../../src/domain/errors.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { until } from "../lab/until.ts";
import { callAt, factAt, logTo, numbersOf, openStage, upTo } from "./stage.ts";

/**
 * Runs in a mount namespace of its own: fills a small disk under a journal, with a store that works and one that does
 * not, makes room again, and prints what it saw.
 */
const stage = await openStage();
const call = callAt(1);
await mkdir(stage.spool);
execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", stage.spool]);
await writeFile(join(stage.spool, "ballast"), Buffer.alloc(900 * 1024));
let away = false;
const refuse = () => Promise.reject(new KituoError("store_down", "away"));
const store = {
  calls: {
    ...stage.store.calls,
    append: (...given: Parameters<typeof stage.store.calls.append>) =>
      away ? refuse() : stage.store.calls.append(...given),
  },
  transcripts: stage.store.transcripts,
};
const logged: string[] = [];
const journal = openJournal({ folder: stage.spool, store, log: logTo(logged) });
await journal.start();
const filling = "x".repeat(900);

// The store works: what the disk does not take reaches the store all the same.
for (const seq of upTo(400)) void journal.keep(factAt(call, seq, filling));
await until("the full disk is told", () => journal.health().state === "failing");
const full = journal.health().state;
await journal.written();
const throughFull = (await numbersOf(stage.store, call)).events;

// Neither works: what is kept waits in memory.
away = true;
for (const seq of upTo(500)) void journal.keep(factAt(call, 400 + seq, filling));
await journal.written();
const states: string[] = [journal.health().state];

// Room again: all of it goes to the disk, and outlives the process.
await rm(join(stage.spool, "ballast"));
await until("the disk is used again", () => journal.health().state === "behind");
await journal.stop();
away = false;
const next = openJournal({ folder: stage.spool, store, log: logTo(logged) });
await next.start();
await next.written();
states.push(next.health().state);
const { events, state } = await numbersOf(stage.store, call);
const faults = logged.filter((message) => /damaged|middle|neither|refuse/.test(message));
process.stdout.write(JSON.stringify({ full, throughFull, states, events, state, faults }));
await next.stop();
execFileSync("umount", [stage.spool]);
await stage.remove();
