import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { takeLock } from "../../src/ops/lock.ts";
import { ensureRoot } from "../../src/ops/root.ts";

describe("the private root", () => {
  it("is there at once, silently, when it has been built", async () => {
    const first = await ensureRoot(() => undefined);
    const lines: string[] = [];
    const from = performance.now();
    expect(await ensureRoot((line) => lines.push(line))).toBe(first);
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(lines).toEqual([]);
  }, 180_000);
});

describe("the builders' lock", () => {
  it("lets one in at a time, and tells the others that they wait", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kituo-lock-"));
    try {
      const file = join(folder, "lock");
      const release = await takeLock(file, () => undefined);
      const waits = Promise.withResolvers<void>();
      let second: (() => Promise<void>) | null = null;
      const taking = takeLock(file, waits.resolve).then((taken) => {
        second = taken;
        return taken;
      });
      await waits.promise;
      expect(second).toBeNull();
      await release();
      await (await taking)();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
