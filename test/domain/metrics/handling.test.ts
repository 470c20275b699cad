import { describe, expect, it } from "vitest";
import { asAgentId, asQueueName } from "../../../src/domain/ids.ts";
import type { Talk } from "../../../src/domain/metrics/contacts.ts";
import {
  averageHandling,
  handledTogether,
  handling,
  noHandling,
  occupancy,
} from "../../../src/domain/metrics/handling.ts";

const talk = (seconds: number | null, transferred = false): Talk => ({
  agent: asAgentId("AGT-001"),
  queue: asQueueName("support"),
  direction: "inbound",
  at: 1_000,
  endedAt: seconds === null ? null : 1_000 + seconds * 1_000,
  transferred,
});

describe("what conversations took", () => {
  it("is added up of those that are over, and their mean is the handling time", () => {
    const sums = [talk(100), talk(200, true), talk(60), talk(null)].reduce(handling, noHandling);
    expect(sums).toEqual({
      handled: 3,
      transferred: 1,
      talkMs: 360_000, // 100 + 200 + 60
      holdMs: null,
      wrapMs: null,
    });
    expect(averageHandling(sums)).toBe(120_000); // 360 / 3, of talk alone
    expect(averageHandling(noHandling)).toBeNull();
  });

  it("has hold and after-call work in it where they are known", () => {
    const known = { handled: 4, transferred: 0, talkMs: 400_000, holdMs: 40_000, wrapMs: 120_000 };
    expect(averageHandling(known)).toBe(140_000); // (400 + 40 + 120) / 4
    // (400 + 40 + 120) / (400 + 40 + 120 + 240)
    expect(occupancy(known, 240_000)).toBeCloseTo(0.7, 12);
  });

  it("gives no occupancy where a part of it is not known", () => {
    const known = { handled: 4, transferred: 0, talkMs: 400_000, holdMs: 0, wrapMs: 0 };
    expect(occupancy(known, null)).toBeNull();
    expect(occupancy({ ...known, wrapMs: null }, 60_000)).toBeNull();
    expect(occupancy({ ...known, holdMs: null }, 60_000)).toBeNull();
    expect(handledTogether(known, noHandling)).toMatchObject({ talkMs: 400_000, wrapMs: null });
    expect(handledTogether(known, known)).toMatchObject({ handled: 8, holdMs: 0, wrapMs: 0 });
  });
});
