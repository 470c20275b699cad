import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hours, hoursSchema, momentOf, openingAt } from "../../src/domain/hours.ts";

const week: Hours = hoursSchema.parse({
  zone: "Africa/Nairobi",
  weekly: {
    mon: ["08:00-12:30", "13:30-17:00"],
    tue: ["08:00-17:00"],
    wed: ["08:00-17:00"],
    thu: ["08:00-17:00"],
    fri: ["08:00-24:00"],
    sat: ["00:00-02:00"],
  },
  dates: { "2026-12-25": [], "2026-12-24": ["08:00-12:00"] },
});
const at = (text: string) => Date.parse(text);
const said = (moment: string, hours: Hours | null = week) => {
  const { open, by, until } = openingAt(hours, at(moment));
  return [open, by, until === null ? null : new Date(until).toISOString()];
};

describe("opening hours", () => {
  it.each([
    // Nairobi is three hours ahead of UTC all year.
    ["2026-11-23T04:59:59Z", false, "mon", "2026-11-23T05:00:00.000Z"],
    ["2026-11-23T05:00:00Z", true, "mon", "2026-11-23T09:30:00.000Z"],
    ["2026-11-23T09:30:00Z", false, "mon", "2026-11-23T10:30:00.000Z"],
    ["2026-11-23T14:00:00Z", false, "mon", "2026-11-24T05:00:00.000Z"],
    // On Friday it is open over midnight.
    ["2026-11-27T20:00:00Z", true, "fri", "2026-11-27T23:00:00.000Z"],
    ["2026-11-27T22:00:00Z", true, "sat", "2026-11-27T23:00:00.000Z"],
    ["2026-11-29T12:00:00Z", false, "sun", "2026-11-30T05:00:00.000Z"],
    // Half a day, then a holiday, which is a Friday, and with it the early Saturday.
    ["2026-12-24T08:00:00Z", true, "2026-12-24", "2026-12-24T09:00:00.000Z"],
    ["2026-12-24T09:00:00Z", false, "2026-12-24", "2026-12-25T21:00:00.000Z"],
    ["2026-12-25T10:00:00Z", false, "2026-12-25", "2026-12-25T21:00:00.000Z"],
  ])("at %s: %s, by %s, until %s", (moment, open, by, until) => {
    expect(said(moment)).toEqual([open, by, until]);
  });

  it("that are not set are always", () => {
    expect(said("2026-11-29T12:00:00Z", null)).toEqual([true, "always", null]);
  });

  it("that never begin stay closed", () => {
    const never = hoursSchema.parse({ zone: "UTC", weekly: {} });
    expect(said("2026-11-29T12:00:00Z", never)).toEqual([false, "sun", null]);
  });

  it("follow the clocks where they are changed", () => {
    const berlin = hoursSchema.parse({ zone: "Europe/Berlin", weekly: { sun: ["01:00-09:00"] } });
    // Forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00.
    expect(said("2026-03-29T00:30:00Z", berlin)).toEqual([true, "sun", "2026-03-29T07:00:00.000Z"]);
    expect(said("2026-10-25T00:30:00Z", berlin)).toEqual([true, "sun", "2026-10-25T08:00:00.000Z"]);
  });

  it("tell of no change before there is one, and of one when it comes", () => {
    fc.assert(
      fc.property(fc.nat(40 * 1_440), (minutes) => {
        const moment = at("2026-11-23T00:00:00Z") + minutes * 60_000;
        const { open, until } = openingAt(week, moment);
        expect(until).not.toBeNull();
        expect(until).toBeGreaterThan(moment);
        expect(openingAt(week, (until ?? 0) - 1).open).toBe(open);
        expect(openingAt(week, until ?? 0).open).toBe(!open);
      }),
    );
  });

  it.each([
    [{ zone: "Africa/Nowhere", weekly: {} }, /IANA/],
    [{ zone: "UTC", weekly: { mon: ["8-17"] } }, /08:00-17:00/],
    [{ zone: "UTC", weekly: { mon: ["17:00-08:00"] } }, /ends after it begins/],
    [{ zone: "UTC", weekly: { mon: ["08:00-12:00", "11:00-17:00"] } }, /overlap/],
    [{ zone: "UTC", weekly: { mon: ["08:00-25:00"] } }, /08:00-17:00/],
    [{ zone: "UTC", weekly: {}, dates: { "2026-02-30": [] } }, /date/i],
    [{ zone: "UTC", weekly: { monday: [] } }, /monday|mon/],
  ])("refuse %j", (hours, reason) => {
    expect(JSON.stringify(hoursSchema.safeParse(hours).error?.issues)).toMatch(reason);
  });

  it("read a local time as the moment it is", () => {
    expect(momentOf("Africa/Nairobi", "2026-11-23", 8 * 60)).toBe(at("2026-11-23T05:00:00Z"));
    // 02:30 is skipped in Berlin that night.
    expect(momentOf("Europe/Berlin", "2026-03-29", 2 * 60 + 30)).toBe(at("2026-03-29T01:30:00Z"));
  });
});
