import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { ensureFerretdb } from "../../lab/ferretdb.ts";
import { noticed } from "../health.ts";
import { openPath } from "../path.ts";
import { fullHouse, survives } from "../return.ts";
import type { Row } from "../row.ts";
import { onStage, type Stage } from "../stage.ts";

export const storeLocked: Row = {
  name: "store-locked",
  faults: [14],
  what: "the store (SQLite) locked by somebody else for 60 s (6 s in npm test)",
  expected:
    "no effect on calls; 10 s after its return the log is complete, nothing twice, nothing lost",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      await survives(stage, verdict, "the lock was gone", async () => {
        const store = new DatabaseSync(storeFile(stage));
        store.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
        try {
          verdict.worst("noticed_ms", await noticed(stage.server, "journal", false, 6_000));
          await pause(options.quick ? 2_000 : 54_000);
        } finally {
          store.exec("ROLLBACK");
          store.close();
        }
        verdict.within("drained_ms", await noticed(stage.server, "journal", true, 20_000), 10_000);
      });
      await stage.conclude(verdict);
    }),
};

export const storeAway: Row = {
  name: "store-away",
  faults: [14],
  what: "the store (MongoDB) cut off for 60 s (6 s in npm test)",
  expected:
    "no effect on calls; 10 s after its return the log is complete, nothing twice, nothing lost",
  quick: true,
  times: 1,
  async run(verdict, options) {
    const mongo = await ensureFerretdb(options.say);
    if ("skipped" in mongo) {
      options.say(`  skipped: ${mongo.skipped}`);
      return;
    }
    const path = await openPath(Number(new URL(mongo.url).port));
    const environment = { STORE_URL: `mongodb://127.0.0.1:${path.port}/chaos` };
    try {
      await onStage({ ...fullHouse(options), environment }, async (stage) => {
        await survives(stage, verdict, "the store was back", async () => {
          path.close(true);
          path.cut();
          verdict.worst("noticed_ms", await noticed(stage.server, "journal", false, 6_000));
          await pause(options.quick ? 2_000 : 54_000);
          path.close(false);
          verdict.within(
            "drained_ms",
            await noticed(stage.server, "journal", true, 20_000),
            10_000,
          );
        });
        await stage.conclude(verdict);
      });
    } finally {
      await path.stop();
      await mongo.stop();
    }
  },
};

export const slowFsync: Row = {
  name: "slow-fsync",
  faults: [15],
  what: "each wait for the disk takes 2 s longer, for 20 s (6 s in npm test)",
  expected: "no effect on calls; the log is complete",
  quick: false,
  times: 1,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), troubled: true }, async (stage) => {
      await survives(stage, verdict, "the disk was quick again", async () => {
        await stage.trouble.make({ fsyncMs: 2_000 });
        await pause(options.quick ? 6_000 : 20_000);
        await stage.trouble.make({ fsyncMs: 0 });
      });
      await stage.conclude(verdict);
    }),
};

export const diskFull: Row = {
  name: "disk-full",
  faults: [15],
  what: "the disk that the server keeps everything on is full for 20 s (6 s in npm test)",
  expected:
    "no effect on calls; an alarm in /health within 5 s; the log is complete when there is room again",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage({ ...fullHouse(options), smallDisk: true }, async (stage) => {
      await survives(stage, verdict, "there was room again", async () => {
        const filler = join(stage.diskFolder, "filler");
        fill(filler);
        verdict.within("noticed_ms", await noticed(stage.server, "journal", false, 8_000), 5_000);
        await pause(options.quick ? 4_000 : 18_000);
        rmSync(filler);
        verdict.within("drained_ms", await noticed(stage.server, "journal", true, 20_000), 10_000);
      });
      await stage.conclude(verdict);
      await stage.server.stop();
      const mounts = readFileSync("/proc/mounts", "utf8");
      verdict.expect(!mounts.includes(stage.server.disk ?? " "), "a mount is left over");
    }),
};

function storeFile(stage: Stage): string {
  const url = stage.lab.instance.serverEnvironment()["STORE_URL"] ?? "";
  const file = url.replace(/^sqlite:/, "");
  statSync(file);
  return file;
}

/** Writes until nothing more goes in. */
function fill(file: string): void {
  const descriptor = openSync(file, "w");
  try {
    for (const block of [Buffer.alloc(1 << 20), Buffer.alloc(1)])
      for (;;) if (!fits(descriptor, block)) break;
  } finally {
    closeSync(descriptor);
  }
}

function fits(descriptor: number, block: Uint8Array): boolean {
  try {
    return writeSync(descriptor, block) === block.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
