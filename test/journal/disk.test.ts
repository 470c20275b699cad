import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Disk, disk } from "../../src/journal/disk.ts";
import { until } from "../lab/until.ts";
import { callAt, factAt, numbersOf, openStage, type Stage, upTo } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.remove());

const call = callAt(1);

/** A disk whose files do something else before, or instead of, what they are asked for. */
const withFiles = (
  change: (file: Awaited<ReturnType<Disk["create"]>>) => Partial<typeof file>,
): Disk => ({
  ...disk,
  create: async (path) => {
    const file = await disk.create(path);
    return { ...file, ...change(file) };
  },
});

describe("a slow disk", () => {
  it("that syncs for 2 s delays neither what is kept nor what the store gets", async () => {
    const slow = withFiles((file) => ({
      sync: async () => {
        await setTimeout(2_000);
        await file.sync();
      },
    }));
    const journal = await stage.life({ disk: slow });
    let slowest = 0;
    for (const seq of upTo(50)) {
      const from = performance.now();
      await journal.keep(factAt(call, seq));
      await journal.written();
      slowest = Math.max(slowest, performance.now() - from);
    }
    expect(slowest).toBeLessThan(1_500);
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(50), state: 50 });
    expect(journal.health()).toEqual({ state: "up", waiting: 0 });
  });

  it("that writes for 2 s delays nothing that the store takes", async () => {
    const slow = withFiles((file) => ({
      write: async (bytes, at) => {
        await setTimeout(2_000);
        await file.write(bytes, at);
      },
    }));
    const journal = await stage.life({ disk: slow });
    const from = performance.now();
    for (const seq of upTo(50)) await journal.keep(factAt(call, seq));
    expect(performance.now() - from).toBeLessThan(1_900);
    expect((await numbersOf(stage.store, call)).state).toBe(50);
  });
});

describe("a disk that fails", () => {
  it("in the middle of a record holds up nothing, and is used again when it works", async () => {
    let failing = false;
    const moody: Disk = {
      ...withFiles((file) => ({
        write: async (bytes, at) => {
          if (!failing) return await file.write(bytes, at);
          await file.write(bytes.subarray(0, bytes.length >> 1), at);
          throw new Error("no space left on device");
        },
      })),
      put: (...given) => (failing ? Promise.reject(new Error("no space")) : disk.put(...given)),
    };
    await stage.store.stop();
    const journal = await stage.life({ disk: moody });
    await journal.keep(factAt(call, 1));
    failing = true;
    for (const seq of [2, 3, 4]) void journal.keep(factAt(call, seq));
    await until("the failing disk is told", () => journal.health().state === "failing");
    failing = false;
    for (const seq of [5, 6]) await journal.keep(factAt(call, seq));
    expect(journal.health()).toEqual({ state: "behind", waiting: 6 });
    await journal.stop();
    await stage.store.start();
    const next = await stage.life();
    await next.written();
    // No part of a record lies among them.
    expect(stage.logged.filter((message) => /damaged|middle/.test(message))).toEqual([]);
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(6), state: 6 });
  });

  it("at a sync lets nothing go from memory, and goes on", async () => {
    let failing = true;
    const moody = withFiles((file) => ({
      sync: () => (failing ? Promise.reject(new Error("input/output error")) : file.sync()),
    }));
    const journal = await stage.life({ disk: moody });
    await journal.keep(factAt(call, 1));
    await until("the failing disk is told", () => journal.health().state === "failing");
    await journal.written();
    expect((await numbersOf(stage.store, call)).state).toBe(1);
    failing = false;
    await until("the disk is used again", () => journal.health().state === "up");
  });
});

describe("a disk that is full", () => {
  const namespaces =
    spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

  // The small disk is mounted in a namespace of the child's own, so it is gone when the child is.
  it.skipIf(!namespaces)("costs nothing: it waits in memory until there is room", () => {
    const script = join(import.meta.dirname, "full-disk-child.ts");
    const { status, stdout, stderr } = spawnSync("unshare", ["--mount", process.execPath, script], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const seen: unknown = JSON.parse(stdout);
    expect(seen).toEqual({
      full: "failing",
      throughFull: upTo(400),
      states: ["failing", "up"],
      events: upTo(900),
      state: 900,
      faults: [],
    });
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain("kituo-journal-");
  });
});
