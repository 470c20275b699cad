import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asQueueName } from "../../../src/domain/ids.ts";
import type { Contact, ContactEnd } from "../../../src/domain/metrics/contacts.ts";
import {
  abandonRate,
  counting,
  noCounts,
  serviceLevel,
  serviceLevelMethods,
  speedOfAnswer,
  together,
} from "../../../src/domain/metrics/service-level.ts";
import { spreadOf } from "../../../src/domain/metrics/spread.ts";

const queue = asQueueName("support");
const rules = { thresholdMs: 20_000, shortAbandonMs: 5_000 };
const stay = (seconds: number, end: ContactEnd): Contact => ({
  queue,
  enteredAt: 0,
  endedAt: end === "waiting" ? null : seconds * 1_000,
  end,
  agent: null,
});
const countsOf = (contacts: readonly Contact[]) =>
  contacts.reduce((counts, contact) => counting(counts, contact, rules), noCounts);

describe("a queue's figures", () => {
  // Ten callers: six answered, after 5, 10, 20, 21, 40 and 60 s; three gave up, after 3, 15 and 90 s; one was called back.
  const ten = countsOf([
    stay(5, "answered"),
    stay(10, "answered"),
    stay(20, "answered"),
    stay(21, "answered"),
    stay(40, "answered"),
    stay(60, "answered"),
    stay(3, "abandoned"),
    stay(15, "abandoned"),
    stay(90, "abandoned"),
    stay(30, "callback"),
    stay(0, "waiting"),
  ]);

  it("count who was there", () => {
    expect(ten).toEqual({
      offered: 10,
      answered: 6,
      answeredInTime: 3, // 5, 10 and 20 s: what takes exactly as long as it may is in time
      abandoned: 2, // 15 and 90 s
      abandonedInTime: 1, // 15 s
      shortAbandoned: 1, // 3 s
      callbacks: 1,
      flowedOut: 0,
      lost: 0,
      answeredWaitMs: 156_000, // 5 + 10 + 20 + 21 + 40 + 60
      longestWaitMs: 90_000,
    });
  });

  it.each([
    ["answered_or_abandoned", 3 / 8], // 3 / (6 + 2)
    ["answered_only", 3 / 6],
    ["short_waits", 5 / 9], // (3 + 1 + 1) / (6 + 2 + 1)
    ["late_abandons", 3 / 7], // 3 / (6 + 2 - 1)
  ] as const)("have the service level %s", (method, expected) => {
    expect(serviceLevel(ten, method)).toBeCloseTo(expected, 12);
  });

  it("have a speed of answer and a rate of abandons", () => {
    expect(speedOfAnswer(ten)).toBe(26_000); // 156 / 6
    expect(abandonRate(ten)).toBeCloseTo(2 / 9, 12); // 2 / (10 - 1)
  });

  it("are unknown where nobody was", () => {
    for (const method of serviceLevelMethods) expect(serviceLevel(noCounts, method)).toBeNull();
    expect([speedOfAnswer(noCounts), abandonRate(noCounts)]).toEqual([null, null]);
  });

  it("are those of the parts together, however the callers are divided", () => {
    const ends = ["answered", "abandoned", "callback", "flowed_out", "lost", "waiting"] as const;
    const contact = fc
      .record({ seconds: fc.nat(600), end: fc.constantFrom(...ends) })
      .map(({ seconds, end }) => stay(seconds, end));
    fc.assert(
      fc.property(fc.array(contact), fc.nat(), (contacts, cut) => {
        const at = contacts.length === 0 ? 0 : cut % contacts.length;
        const parts = together(countsOf(contacts.slice(0, at)), countsOf(contacts.slice(at)));
        expect(parts).toEqual(countsOf(contacts));
        for (const method of serviceLevelMethods) {
          const level = serviceLevel(parts, method) ?? 0;
          expect(level >= 0 && level <= 1).toBe(true);
        }
      }),
    );
  });
});

describe("how lengths are spread", () => {
  it("is told by values that were seen", () => {
    // Of ten the median is the fifth, nine tenths are the ninth.
    expect(spreadOf([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])).toEqual({
      count: 10,
      totalMs: 55,
      averageMs: 5.5,
      leastMs: 1,
      medianMs: 5,
      p90Ms: 9,
      mostMs: 10,
    });
    expect(spreadOf([7])).toMatchObject({ averageMs: 7, medianMs: 7, p90Ms: 7 });
    expect(spreadOf([])).toMatchObject({ count: 0, averageMs: null, mostMs: null });
  });
});
