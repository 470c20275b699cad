import { describe, expect, it } from "vitest";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import {
  asha,
  askedFor,
  callers,
  dial,
  juma,
  line,
  now,
  open,
  outside,
  stateOn,
  ticketsOf,
  typesOf,
  waiting,
  wish,
  world,
} from "./calling-back.ts";

describe("a call back, agent first", () => {
  it("comes when her turn comes, and lets both talk, recorded, with the place of her first call", async () => {
    const phones = await open();
    const hers = outside();
    const back = await askedFor();
    const later = await dial(juma);
    await wish("available");
    await world.clock.pass(1_000);
    const [phone] = phones;
    expect(phones).toHaveLength(1);
    expect([phone?.callerNumber, phone?.callerName]).toEqual([asha, "Call back"]);
    // Nobody calls her before an agent is there.
    expect(hers).toEqual([]);
    phone?.pickUp();
    await world.clock.pass(1_000);
    expect(phone?.heard).toEqual(["en:callback-now"]);
    expect(hers).toHaveLength(1);
    expect(hers[0]?.callerNumber).toBe(line);
    hers[0]?.pickUp();
    await world.clock.pass(5_000);
    expect(now(back)).toMatchObject({ stage: "in_progress", agent: "AGT-001" });
    expect(phone?.bridge).toBe(hers[0]?.bridge);
    // Who came later waits on.
    expect(stateOn(later).stage).toBe("queued");
    hers[0]?.end("normal");
    await world.clock.pass(1_000);
    expect(now(back).ending).toEqual({ result: "completed", reason: "talked", by: "caller" });
    expect(typesOf(back)).toEqual([
      "started",
      "queued",
      "offered",
      "customer_dialled",
      "answered",
      "offer_ended",
      "connected",
      "recording_started",
      "recording_ended",
      "ended",
    ]);
    expect(await ticketsOf(back)).toEqual([]);
  });

  it("goes behind whoever came before her", async () => {
    const phones = await open();
    outside();
    const before = await dial(juma);
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(2_000);
    expect(stateOn(before).stage).toBe("in_progress");
    expect(now(back).stage).toBe("queued");
    before.end("normal");
    await world.clock.pass(1_000);
    expect(now(back).stage).toBe("ringing");
    await wish("offline");
    await world.clock.pass(3_600_000);
  });

  it("rings one agent for each who is free, and calls nobody for whom there is none", async () => {
    const phones = await open({}, { ring: "all" });
    const hers = outside();
    const his = outside(juma);
    world.telephony.plugIn("1002", (phone) => phones.push(phone));
    await askedFor();
    await askedFor(juma);
    await wish("available");
    await world.clock.pass(1_000);
    expect(phones).toHaveLength(1);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    expect([hers.length, his.length]).toEqual([1, 0]);
    await world.signIn("AGT-002");
    await world.clock.pass(1_000);
    expect(phones).toHaveLength(2);
    phones[1]?.pickUp();
    await world.clock.pass(1_000);
    expect([hers.length, his.length]).toEqual([1, 1]);
    for (const leg of [...hers, ...his]) leg.pickUp();
    await world.clock.pass(1_000);
    for (const leg of [...hers, ...his]) leg.end("normal");
  });

  it("asks the next agent when one does not answer, and has not tried her by that", async () => {
    const phones = await open({}, { ringMs: 5_000 });
    const hers = outside();
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(13_000);
    expect(phones).toHaveLength(2);
    expect(now(back).callback?.tries).toBe(0);
    phones[1]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await world.clock.pass(1_000);
    phones[1]?.end("normal");
    await world.clock.pass(1_000);
    expect(now(back).ending).toMatchObject({ reason: "talked", by: "agent" });
  });

  it("is tried again after a while when she does not answer, with the same place; the agent is free at once", async () => {
    const phones = await open({ ringMs: 10_000 });
    const hers = outside();
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(12_000);
    expect(now(back)).toMatchObject({ stage: "queued", callback: { tries: 1, ringsSince: null } });
    expect(await world.status("AGT-001")).toMatchObject({ reservation: { is: "none" } });
    expect(await waiting()).toEqual([]);
    const meanwhile = await dial(juma);
    expect(phones).toHaveLength(2);
    phones[1]?.pickUp();
    await world.clock.pass(50_000);
    expect(await waiting()).toEqual([]);
    await dial("+254700000003");
    await world.clock.pass(10_000);
    const [place, later] = (await waiting()).toSorted((a, b) => a.enteredAt - b.enteredAt);
    expect(place).toMatchObject({ call: back.id, enteredAt: back.queuedAt });
    expect(later?.enteredAt).toBeGreaterThan(back.queuedAt ?? 0);
    meanwhile.end("normal");
    await world.clock.pass(1_000);
    phones[2]?.pickUp();
    await world.clock.pass(1_000);
    expect(hers).toHaveLength(2);
    hers[1]?.pickUp();
    await world.clock.pass(1_000);
    expect(now(back).stage).toBe("in_progress");
    hers[1]?.end("normal");
  });

  it.each([
    ["is busy", (phone: FakeLeg) => phone.end("busy"), "busy"],
    ["declines", (phone: FakeLeg) => phone.end("declined"), "declined"],
  ])(
    "is given up after so many tries when she %s, and a ticket asks to call her",
    async (_, does, outcome) => {
      const phones = await open();
      world.telephony.plugInOutside(asha, does);
      const back = await askedFor();
      await wish("available");
      for (const turn of [0, 1]) {
        await world.clock.pass(1_000);
        phones[turn]?.pickUp();
        await world.clock.pass(61_000);
      }
      expect(now(back).ending).toEqual({
        result: "unserved",
        reason: "callback_not_reached",
        by: "system",
      });
      const missed = world.eventsOf(back.id).filter(({ type }) => type === "customer_missed");
      expect(missed).toMatchObject([{ outcome }, { outcome }] as Partial<CallEvent>[]);
      await world.clock.pass(5_000);
      expect(await ticketsOf(back)).toMatchObject([{ source: "callback", customerPhone: asha }]);
    },
  );

  it("stops calling her when the agent hangs up, and tries again", async () => {
    const phones = await open();
    const hers = outside();
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    phones[0]?.end("normal");
    await world.clock.pass(1_000);
    expect(hers[0]?.gone.aborted).toBe(true);
    expect(now(back)).toMatchObject({ stage: "queued", callback: { tries: 1 } });
    await world.clock.pass(61_000);
    phones[1]?.pickUp();
    await world.clock.pass(1_000);
    hers[1]?.pickUp();
    await world.clock.pass(1_000);
    hers[1]?.end("normal");
  });

  it("waits with music when she answers and the agent is gone in that moment", async () => {
    const phones = await open();
    world.telephony.plugInOutside(asha, (phone) => {
      phone.pickUp();
      phones[0]?.end("normal");
      callers.push(phone);
    });
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await wish("paused");
    await world.clock.pass(10_000);
    expect(now(back)).toMatchObject({ stage: "queued" });
    expect(await waiting()).toMatchObject([{ call: back.id, enteredAt: back.queuedAt }]);
    expect(callers.at(-1)?.heard).toContain("en:please-wait");
    await wish("available");
    await world.clock.pass(6_000);
    phones.at(-1)?.pickUp();
    await world.clock.pass(1_000);
    expect(now(back).stage).toBe("in_progress");
  });
});
