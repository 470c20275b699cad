import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  intervalAt,
  intervalSizes,
  intervalsIn,
  mostIntervals,
  placeIn,
} from "../../../src/domain/metrics/intervals.ts";

const time = (text: string) => Date.parse(text);
const texts = (from: string, to: string, size: (typeof intervalSizes)[number], zone: string) =>
  intervalsIn(time(from), time(to), size, zone).map((at) => new Date(at).toISOString());

describe("intervals", () => {
  it("begin by the clocks of the zone", () => {
    const at = time("2026-11-20T22:50:10Z"); // 01:50 of the next day in Nairobi
    const begins = (size: (typeof intervalSizes)[number]) =>
      new Date(intervalAt(at, size, "Africa/Nairobi")).toISOString();
    expect(begins("15m")).toBe("2026-11-20T22:45:00.000Z");
    expect(begins("30m")).toBe("2026-11-20T22:30:00.000Z");
    expect(begins("hour")).toBe("2026-11-20T22:00:00.000Z");
    expect(begins("day")).toBe("2026-11-20T21:00:00.000Z"); // midnight of the 21st there
    expect(begins("week")).toBe("2026-11-15T21:00:00.000Z"); // of Monday the 16th
    expect(begins("month")).toBe("2026-10-31T21:00:00.000Z");
  });

  it("are an hour longer or shorter where clocks are changed", () => {
    // In Berlin the 29th of March 2026 has 23 hours, the 25th of October 25.
    expect(
      texts("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "hour", "Europe/Berlin"),
    ).toHaveLength(23);
    expect(
      texts("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "hour", "Europe/Berlin"),
    ).toHaveLength(25);
    expect(texts("2026-10-24T22:00:00Z", "2026-10-26T22:59:00Z", "day", "Europe/Berlin")).toEqual([
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T23:00:00.000Z",
    ]);
    expect(texts("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z", "month", "Europe/Berlin")).toEqual(
      ["2026-02-28T23:00:00.000Z", "2026-03-31T22:00:00.000Z", "2026-04-30T22:00:00.000Z"],
    );
  });

  it("have the moments of a stretch each in one of them, in order", () => {
    const zones = ["UTC", "Africa/Nairobi", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"];
    const moment = fc.integer({
      min: time("2025-01-01T00:00:00Z"),
      max: time("2027-01-01T00:00:00Z"),
    });
    fc.assert(
      fc.property(
        moment,
        fc.nat(40 * 86_400_000),
        fc.constantFrom(...intervalSizes),
        fc.constantFrom(...zones),
        fc.nat(),
        (from, length, size, zone, pick) => {
          const to = from + 1 + length;
          const found = intervalsIn(from, to, size, zone);
          expect(found).toEqual([...new Set(found)].sort((left, right) => left - right));
          expect(found[0]).toBeLessThanOrEqual(from);
          const at = from + (pick % (to - from));
          expect(found[placeIn(found, at)]).toBe(intervalAt(at, size, zone));
          expect(found.length).toBeLessThanOrEqual(mostIntervals(from, to, size));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("know the place of a moment, at their very edges too", () => {
    const starts = [1_000, 2_000, 3_000];
    expect([999, 1_000, 1_999, 2_000, 9_999].map((at) => placeIn(starts, at))).toEqual([
      -1, 0, 0, 1, 2,
    ]);
    expect(placeIn([], 0)).toBe(-1);
  });
});
