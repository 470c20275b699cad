import { describe, expect, it } from "vitest";
import { measured } from "../../src/domain/metrics/contacts.ts";
import { askedFor, now, open, outside, wish, world } from "./calling-back.ts";

/** What reports make of the facts that flows note, in the order in which they note them. */
describe("in the reports", () => {
  it("who asks to be called back has given nothing up, and waits again from when she answers", async () => {
    const phones = await open();
    const hers = outside();
    const back = await askedFor();
    const asked = back.callback?.of;
    if (asked == null) throw new Error("nobody has asked for it");
    expect(measured(world.eventsOf(asked)).contacts).toMatchObject([
      { queue: "support", end: "callback", agent: null },
    ]);
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await world.clock.pass(30_000);
    expect(now(back).stage).toBe("in_progress");
    hers[0]?.end("normal");
    await world.clock.pass(1_000);
    const { contacts, talks, offers } = measured(world.eventsOf(back.id));
    expect(contacts).toMatchObject([{ queue: "support", end: "answered", agent: "AGT-001" }]);
    expect(talks).toMatchObject([{ agent: "AGT-001", queue: "support" }]);
    expect(offers).toMatchObject([{ agent: "AGT-001", outcome: "answered" }]);
    const lasted = talks.map(({ at, endedAt }) => (endedAt ?? 0) - at);
    expect(lasted[0]).toBeGreaterThan(29_000);
  });
});
