import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asCallId } from "../../src/domain/ids.ts";
import { openDatabase } from "../../src/store/sqlite/database.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { Writer } from "../../src/store/sqlite/writer.ts";

const MB = 1024 * 1024;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kituo-checkpoint-"));
  file = join(folder, "history.db");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const walBytes = (): number => statSync(`${file}-wal`).size;

/** Starts `writing-child.ts`. */
function writing(
  run: number,
  lines: number,
  env: NodeJS.ProcessEnv = {},
): ChildProcessByStdio<null, Readable, null> {
  const child = fileURLToPath(new URL("./writing-child.ts", import.meta.url));
  return spawn(process.execPath, [child, file, String(run), String(lines)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
}

describe("the WAL of a SQLite store", () => {
  it("is not checkpointed by the connection of the event loop, however long it grows", async () => {
    const database = openDatabase(file);
    database.exec("CREATE TABLE pieces (bytes BLOB)");
    const before = statSync(file).size;
    const wal = openSync(`${file}-wal`, "r");
    const writer = new Writer(database, wal, () => Promise.resolve());
    const insert = database.prepare("INSERT INTO pieces VALUES (zeroblob(100000))");
    await Promise.all(Array.from({ length: 500 }, () => writer.write(() => insert.run())));
    expect(walBytes()).toBeGreaterThan(47 * MB);
    expect(statSync(file).size).toBe(before);
    closeSync(wal);
    database.close();
  });

  it("stays short under writes that do not end, and begins anew behind their back", async () => {
    const child = writing(1, 8_000);
    const exit = once(child, "exit");
    let longest = 0;
    for await (const _ of createInterface({ input: child.stdout })) {
      longest = Math.max(longest, statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
    }
    expect(await exit).toEqual([0, null]);
    expect(longest).toBeGreaterThan(4 * MB);
    expect(longest).toBeLessThan(12 * MB);
    // The last to close has moved the rest.
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined();
    const database = openDatabase(file);
    const count = database.prepare("SELECT count(*) AS count FROM transcript_lines").get();
    database.close();
    expect(count).toEqual({ count: 8_000 });
  }, 60_000);

  it("waits for a reader of another process no longer than a moment, and is emptied when it is gone", async () => {
    const store = openSqliteStore({ file });
    await store.start();
    const said = { speaker: "bot", language: null, at: 1, source: "menu" } as const;
    const write = async (key: string): Promise<void> => {
      const lines = Array.from({ length: 60 }, (_, index) => ({
        ...said,
        key: `${key}/${index}`,
        content: "x".repeat(100_000),
      }));
      await Promise.all(lines.map((line) => store.transcripts.append(asCallId("CALL-1"), [line])));
    };
    const reader = new DatabaseSync(file);
    reader.exec("BEGIN; SELECT count(*) FROM transcript_lines");
    await write("while it reads");
    await write("while it still reads");
    expect(walBytes()).toBeGreaterThan(10 * MB);
    reader.close();
    await write("when it is gone");
    await store.stop();
    const database = openDatabase(file);
    const count = database.prepare("SELECT count(*) AS count FROM transcript_lines").get();
    database.close();
    expect(count).toEqual({ count: 180 });
  });

  it("loses nothing that settled when the process is killed among its checkpoints", async () => {
    const settled = new Set<string>();
    for (let run = 1; run <= 4; run += 1) {
      const child = writing(run, Number.POSITIVE_INFINITY);
      const exit = once(child, "exit");
      let lines = 0;
      for await (const key of createInterface({ input: child.stdout })) {
        settled.add(key);
        lines += 1;
        // Another number each time, so that the end falls into another moment.
        if (lines === 700 + run * 131) child.kill("SIGKILL");
      }
      await exit;
      const database = openDatabase(file);
      expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
      const keys = database.prepare("SELECT key FROM transcript_lines").all();
      database.close();
      const there = new Set(keys.map(({ key }) => String(key)));
      expect([...settled].filter((key) => !there.has(key))).toEqual([]);
    }
  });
});

/** A disk that is slow to sync, where a C compiler can make one; undefined where none can. */
function slowDisk(): string | undefined {
  const source = fileURLToPath(new URL("./slow-disk.c", import.meta.url));
  const library = join(folder, "slow-disk.so");
  const made = spawnSync("cc", ["-shared", "-fPIC", "-o", library, source]);
  return process.platform === "linux" && made.status === 0 ? library : undefined;
}

describe("a disk whose syncs take long", () => {
  it("does not keep the event loop, whatever is written", async ({ skip }) => {
    const library = slowDisk();
    if (library === undefined) return skip("there is no C compiler here to make a slow disk with");
    const child = writing(1, 300, { LD_PRELOAD: library, SLOW_SYNC_MS: "400" });
    let kept = Number.NaN;
    const from = performance.now();
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("kept ")) kept = Number(line.slice("kept ".length));
    }
    expect(performance.now() - from).toBeGreaterThan(3_000);
    expect(kept).toBeLessThan(200);
  }, 60_000);
});
