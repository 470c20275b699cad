import { expect, it } from "vitest";
import { type Closing, openingOf } from "../../src/domain/closing.ts";
import { hoursSchema } from "../../src/domain/hours.ts";
import { asQueueName } from "../../src/domain/ids.ts";

const friday = Date.parse("2026-11-20T00:00:00Z");
const hour = 3_600_000;
const hours = hoursSchema.parse({
  zone: "UTC",
  weekly: { fri: ["08:00-17:00"], sat: ["09:00-12:00"] },
});
const closing: Closing = {
  queue: asQueueName("support"),
  closed: true,
  until: friday + 12 * hour,
  reason: "",
  by: "eva",
  at: friday + 9 * hour,
};

it("is closed while somebody has closed it, and then as its hours say", () => {
  const open = { open: true, by: "fri", until: friday + 17 * hour };
  expect(openingOf(hours, null, friday + 10 * hour)).toEqual(open);
  expect(openingOf(hours, closing, friday + 10 * hour)).toEqual({
    open: false,
    by: "closing",
    until: friday + 12 * hour,
  });
  expect(openingOf(hours, closing, friday + 12 * hour)).toEqual(open);
  expect(openingOf(hours, { ...closing, closed: false }, friday + 10 * hour)).toEqual(open);
});

it("does not promise to be open when the closing ends in the night", () => {
  const until = friday + 20 * hour;
  expect(openingOf(hours, { ...closing, until }, friday + 10 * hour).until).toBe(
    friday + 33 * hour,
  );
  expect(openingOf(hours, { ...closing, until: null }, friday + 10 * hour).until).toBeNull();
  expect(openingOf(null, { ...closing, until }, friday + 10 * hour).until).toBe(until);
});
