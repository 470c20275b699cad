import { afterEach, describe, expect, it, vi } from "vitest";
import { wallClock, watchClock } from "../../src/flows/clock.ts";
import type { Log } from "../../src/ports/log.ts";

const HOUR_MS = 3_600_000;

/** A log that keeps its warnings. */
function keepingLog() {
  const warnings: object[] = [];
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields) => void warnings.push(fields),
    error: () => undefined,
    child: () => log,
  };
  return { log, warnings };
}

afterEach(() => vi.restoreAllMocks());

describe("the process's clock", () => {
  it("tells the time of the wall in whole milliseconds", () => {
    const now = wallClock.now();
    expect(Number.isInteger(now)).toBe(true);
    expect(Math.abs(Date.now() - now)).toBeLessThan(500);
  });

  it("goes on by itself when the machine's clock is set", () => {
    const before = wallClock.now();
    const wall = Date.now();
    for (const set of [HOUR_MS, -HOUR_MS]) {
      vi.spyOn(Date, "now").mockReturnValue(wall + set);
      expect(wallClock.now() - before).toBeGreaterThanOrEqual(0);
      expect(wallClock.now() - before).toBeLessThan(1_000);
    }
  });
});

describe("the watch over the machine's clock", () => {
  it("warns once for each time that it was set, and of nothing less than a second", async () => {
    const { log, warnings } = keepingLog();
    let set = 0;
    let looks = 0;
    const wall = () => {
      looks += 1;
      return wallClock.now() + set;
    };
    const seen = (more: number) => {
      const until = looks + more;
      return expect.poll(() => looks).toBeGreaterThanOrEqual(until);
    };
    const end = watchClock(log, { wall, everyMs: 1 });
    try {
      set = 900;
      await seen(3);
      expect(warnings).toEqual([]);
      set = HOUR_MS;
      await expect.poll(() => warnings.length).toBe(1);
      await seen(3);
      expect(warnings).toEqual([
        { setByMs: expect.closeTo(HOUR_MS, -2), aheadMs: expect.closeTo(HOUR_MS, -2) },
      ]);
      set = 0;
      await expect.poll(() => warnings.length).toBe(2);
      expect(warnings[1]).toMatchObject({ setByMs: expect.closeTo(-HOUR_MS, -2) });
    } finally {
      end();
    }
  });
});
