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
import { Lengths } from "../../../src/domain/metrics/spread.ts";

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
      answeredUnder: 2, // 5 and 10 s
      abandoned: 2, // 15 and 90 s
      abandonedInTime: 1, // 15 s
      shortAbandoned: 1, // 3 s
      shortInTime: 1,
      callbacks: 1,
      callbacksInTime: 0, // 30 s
      flowedOut: 0,
      voicemail: 0,
      forwarded: 0,
      lost: 0,
      answeredWaitMs: 156_000, // 5 + 10 + 20 + 21 + 40 + 60
      longestWaitMs: 90_000,
    });
  });

  it.each([
    ["answered_or_abandoned", 3 / 8], // 3 / (6 + 2)
    ["answered_only", 3 / 6],
    ["answered_under", 2 / 6],
    ["short_waits", 5 / 9], // (3 + 1 + 1) / (6 + 2 + 1)
    ["late_abandons", 3 / 7], // 3 / (6 + 2 + 1 - 1 - 1)
    ["all_offered", 3 / 9], // 3 / (10 - 1): the one who is called back counts against it
    ["removed", 5 / 10], // (3 + 1 + 1 + 0) / 10
  ] as const)("have the service level %s", (method, expected) => {
    expect(serviceLevel(ten, method)).toBeCloseTo(expected, 12);
  });

  it("have a speed of answer and a rate of abandons", () => {
    expect(speedOfAnswer(ten)).toBe(26_000); // 156 / 6
    expect(abandonRate(ten)).toBeCloseTo(2 / 9, 12); // 2 / (10 - 1)
  });

  it("count nobody as a short abandon where none is to be one, and a long short one not as in time", () => {
    const gaveUp = [stay(3, "abandoned"), stay(40, "abandoned")];
    const count = (shortAbandonMs: number) =>
      gaveUp.reduce(
        (counts, contact) => counting(counts, contact, { ...rules, shortAbandonMs }),
        noCounts,
      );
    expect(count(0)).toMatchObject({ abandoned: 2, abandonedInTime: 1, shortAbandoned: 0 });
    expect(count(60_000)).toMatchObject({ abandoned: 0, shortAbandoned: 2, shortInTime: 1 });
    expect(serviceLevel(count(60_000), "short_waits")).toBe(0.5); // 3 s of 3 and 40 s
  });

  it("have those who left a message or talked outside among those who went elsewhere", () => {
    const counts = countsOf([stay(9, "voicemail"), stay(8, "forwarded"), stay(7, "flowed_out")]);
    expect(counts).toMatchObject({ offered: 3, flowedOut: 3, voicemail: 1, forwarded: 1 });
    expect(serviceLevel(counts, "all_offered")).toBe(0);
    expect(serviceLevel(counts, "answered_or_abandoned")).toBeNull();
  });

  it("are unknown where nobody was", () => {
    for (const method of serviceLevelMethods) expect(serviceLevel(noCounts, method)).toBeNull();
    expect([speedOfAnswer(noCounts), abandonRate(noCounts)]).toEqual([null, null]);
  });

  it("are those of the parts together, however the callers are divided", () => {
    const ends = [
      "answered",
      "abandoned",
      "callback",
      "voicemail",
      "forwarded",
      "flowed_out",
      "lost",
      "waiting",
    ] as const;
    const contact = fc
      .record({ seconds: fc.nat(600), end: fc.constantFrom(...ends) })
      .map(({ seconds, end }) => stay(seconds, end));
    fc.assert(
      fc.property(fc.array(contact), fc.nat(), (contacts, cut) => {
        const at = contacts.length === 0 ? 0 : cut % contacts.length;
        const parts = together(countsOf(contacts.slice(0, at)), countsOf(contacts.slice(at)));
        expect(parts).toEqual(countsOf(contacts));
        const { offered, answered, abandoned, shortAbandoned, callbacks, flowedOut, lost } = parts;
        expect(answered + abandoned + shortAbandoned + callbacks + flowedOut + lost).toBe(offered);
        for (const method of serviceLevelMethods) {
          const level = serviceLevel(parts, method) ?? 0;
          expect(level >= 0 && level <= 1).toBe(true);
        }
      }),
    );
  });
});

describe("how lengths are spread", () => {
  const spreadOf = (seconds: readonly number[]) => {
    const lengths = new Lengths();
    for (const each of seconds) lengths.add(each * 1_000);
    return lengths.spread();
  };

  it("is told by values that were seen", () => {
    // Of ten the median is the fifth, nine tenths are the ninth.
    expect(spreadOf([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])).toEqual({
      count: 10,
      totalMs: 55_000,
      averageMs: 5_500,
      leastMs: 1_000,
      medianMs: 5_000,
      p90Ms: 9_000,
      p95Ms: 10_000, // the 9.5th is rounded up to the tenth
      p99Ms: 10_000,
      mostMs: 10_000,
    });
    expect(spreadOf([7])).toMatchObject({ averageMs: 7_000, medianMs: 7_000, p90Ms: 7_000 });
    expect(spreadOf([])).toMatchObject({ count: 0, averageMs: null, leastMs: null, mostMs: null });
  });

  it("is that of the sorted list, however many are alike", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 1 }), (seconds) => {
        const sorted = seconds.toSorted((left, right) => left - right);
        const rank = (percent: number) =>
          (sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? 0) * 1_000;
        expect(spreadOf(seconds)).toMatchObject({
          leastMs: (sorted[0] ?? 0) * 1_000,
          medianMs: rank(50),
          p95Ms: rank(95),
          mostMs: rank(100),
        });
      }),
    );
  });
});
