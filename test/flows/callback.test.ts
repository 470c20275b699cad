import { describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { KituoError } from "../../src/domain/errors.ts";
import { cancelCallback } from "../../src/flows/cancel.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import {
  asha,
  askedFor,
  dial,
  juma,
  line,
  now,
  open,
  outside,
  stateOn,
  ticketsOf,
  waiting,
  wish,
  world,
} from "./calling-back.ts";

describe("a caller who asks to be called back", () => {
  it("keeps what the overflow had done for her, and no step of it is taken twice", async () => {
    const overflow = [
      { when: { waitedMs: 300 }, do: { alsoQueue: "sales" } },
      { when: { waitedMs: 400 }, do: { priority: 5 } },
    ];
    await open({}, { overflow });
    const back = await askedFor();
    const done = { priority: 5, alsoQueues: ["sales"] };
    expect(await waiting()).toMatchObject([{ call: back.id, callback: true, ...done }]);
    const seller: FakeLeg[] = [];
    world.telephony.plugIn("1003", (phone) => seller.push(phone));
    await world.signIn("AGT-003");
    const hers = outside();
    await world.clock.pass(1_000);
    seller[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await world.clock.pass(5_000);
    expect(now(back)).toMatchObject({
      stage: "in_progress",
      agent: "AGT-003",
      overflowed: [0, 1],
      ...done,
    });
    hers[0]?.end("normal");
    await world.clock.pass(1_000);
  });

  it("is told so, and her call ends as served: nobody counts her as one who gave up", async () => {
    await open();
    const caller = await dial();
    const { queuedAt } = stateOn(caller);
    caller.keys.put("1");
    await world.clock.pass(10_000);
    const ended = stateOn(caller);
    expect(caller.heard.at(-1)).toBe("en:callback-confirmed");
    expect(ended.ending).toEqual({
      result: "completed",
      reason: "callback_requested",
      by: "system",
    });
    expect(await ticketsOf(ended)).toEqual([]);
    const [place] = await waiting();
    expect(place).toMatchObject({
      call: ended.calledBackBy,
      queue: "support",
      enteredAt: queuedAt,
      callback: true,
    });
    const back = world.states().get(place?.call as CallState["id"]);
    expect(back).toMatchObject({
      direction: "outbound",
      caller: asha,
      dialled: asha,
      callback: { of: ended.id, from: line },
    });
    outside();
    await wish("offline");
    await world.clock.pass(3_600_000);
  });

  it("keeps her promise though she hangs up before she has heard it to its end", async () => {
    await open();
    const back = await askedFor();
    const asked = world.states().get(back.callback?.of as CallState["id"]);
    expect(asked?.ending).toEqual({
      result: "completed",
      reason: "callback_requested",
      by: "caller",
    });
    await world.clock.pass(3_600_000);
    expect(now(back).ending).toMatchObject({ result: "unserved", reason: "callback_expired" });
    expect(await ticketsOf(back)).toMatchObject([{ source: "callback", customerPhone: asha }]);
  });

  it.each([
    ["is hidden", "", {}],
    ["is none that the queue calls", "+882160000001", { only: ["+254", "+255"] }],
  ])("is asked for a message when her number %s", async (_, number, callback) => {
    await open(callback);
    const caller = await dial(number);
    caller.keys.put("1");
    await world.clock.pass(10_000);
    expect(caller.heard.slice(-3)).toEqual([
      "en:callback-no-number",
      "en:leave-message",
      "en:beep",
    ]);
    expect(await waiting()).toEqual([]);
  });

  it("has one place, however often she asks: the older one", async () => {
    await open();
    const first = await askedFor();
    await world.clock.pass(30_000);
    const again = await askedFor();
    expect(again.id).toBe(first.id);
    expect(await waiting()).toMatchObject([{ call: first.id, enteredAt: first.queuedAt }]);
    const other = await askedFor(juma);
    expect(other.id).not.toBe(first.id);
    await world.clock.pass(3_600_000);
  });

  it("can be offered it when the queue has no room, or nobody serves it", async () => {
    await open({}, { joinEmpty: "available", otherwise: { callback: true } });
    const caller = await dial();
    await world.clock.pass(10_000);
    expect(caller.heard).toEqual(["en:no-agents", "en:callback-confirmed"]);
    expect(await waiting()).toMatchObject([{ queue: "support", callback: true }]);
    await world.clock.pass(3_600_000);
  });
});

describe("a call back, customer first", () => {
  const mode = { mode: "customer-first" };

  it("keeps an agent free, calls her, and rings the agent the moment that she answers", async () => {
    const phones = await open(mode);
    const hers = outside();
    const back = await askedFor();
    const later = await dial(juma);
    await wish("available");
    await world.clock.pass(1_000);
    expect([phones.length, hers.length]).toEqual([0, 1]);
    expect(await world.status("AGT-001")).toMatchObject({ reservation: { call: back.id } });
    await world.clock.pass(20_000);
    hers[0]?.pickUp();
    await world.clock.pass(1);
    expect(phones).toHaveLength(1);
    await world.clock.pass(2_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    expect(now(back)).toMatchObject({ stage: "in_progress", agent: "AGT-001" });
    expect(phones[0]?.bridge).toBe(hers[0]?.bridge);
    expect(stateOn(later).stage).toBe("queued");
    phones[0]?.end("normal");
    await world.clock.pass(1_000);
    expect(now(back).ending).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  });

  it("calls no more people than there are agents kept for them", async () => {
    await open(mode);
    const hers = outside();
    const his = outside(juma);
    await askedFor();
    const second = await askedFor(juma);
    await wish("available");
    await world.clock.pass(5_000);
    expect([hers.length, his.length]).toEqual([1, 0]);
    await world.clock.pass(30_000);
    // She did not answer: the agent is there for the next.
    expect([hers.length, his.length]).toEqual([1, 1]);
    his[0]?.end("busy");
    await world.clock.pass(61_000);
    expect([hers.length, his.length]).toEqual([2, 1]);
    await world.clock.pass(30_000);
    expect(now(second).callback?.tries).toBe(2);
    await world.clock.pass(3_600_000);
  });

  it("lets her wait in her old place, with music, when the agent does not come to the phone", async () => {
    const phones = await open(mode, { ringMs: 5_000 });
    const hers = outside();
    const back = await askedFor();
    await dial(juma);
    await wish("available");
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await world.clock.pass(6_000);
    expect(hers[0]?.bridge?.id).toBe("q-support");
    expect(hers[0]?.heard[0]).toBe("en:callback-greeting");
    expect(now(back)).toMatchObject({ stage: "queued" });
    await world.clock.pass(6_000);
    expect(phones).toHaveLength(2);
    phones[1]?.pickUp();
    await world.clock.pass(1_000);
    expect(now(back)).toMatchObject({ stage: "in_progress" });
    hers[0]?.end("normal");
  });

  it("is no abandoned call when she hangs up before an agent is there", async () => {
    await open(mode);
    const hers = outside();
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.end("normal");
    await world.clock.pass(5_000);
    expect(now(back).ending).toEqual({
      result: "unserved",
      reason: "callback_hung_up",
      by: "caller",
    });
    expect(await ticketsOf(back)).toMatchObject([{ source: "callback" }]);
  });

  it("can be put off once more by her, and is not lost by that", async () => {
    await open(mode);
    const hers = outside();
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await wish("paused");
    await world.clock.pass(1_000);
    hers[0]?.keys.put("1");
    await world.clock.pass(20_000);
    const put = now(back);
    expect(put.ending).toMatchObject({ result: "completed", reason: "callback_requested" });
    expect(await waiting()).toMatchObject([
      { call: put.calledBackBy, enteredAt: back.queuedAt, callback: true },
    ]);
    await wish("available");
    await world.clock.pass(1_000);
    expect(hers).toHaveLength(2);
    hers[1]?.pickUp();
    await world.clock.pass(1_000);
    hers[1]?.end("normal");
  });
});

describe("a call back that is cancelled", () => {
  const cancel = (call: CallState) => cancelCallback(call.id, world.deps);
  const cancelled = { result: "unserved", reason: "callback_cancelled", by: "agent" };

  it("while it waits, or between two tries: ends at once, without a ticket", async () => {
    const phones = await open();
    const back = await askedFor();
    expect(await cancel(back)).toBe(true);
    await world.clock.pass(1_000);
    expect(now(back).ending).toEqual(cancelled);
    expect(await waiting()).toEqual([]);
    world.telephony.plugInOutside(asha, (phone) => phone.end("busy"));
    const second = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(5_000);
    expect(now(second).callback?.missedAt).not.toBeNull();
    await cancel(second);
    await world.clock.pass(1_000);
    expect(now(second).ending).toEqual(cancelled);
    expect(await ticketsOf(back)).toEqual([]);
    expect(await cancel(second)).toBe(false);
  });

  it("while her telephone rings: she may still answer, and is called no more when she does not", async () => {
    const phones = await open();
    const hers = outside();
    const back = await askedFor();
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    await cancel(back);
    await world.clock.pass(1_000);
    expect(now(back).stage).toBe("ringing");
    hers[0]?.end("busy");
    await world.clock.pass(1_000);
    expect(now(back).ending).toEqual(cancelled);
  });

  it("is asked for until the process that holds it hears of it", async () => {
    await open();
    const back = await askedFor();
    const { dispatcher } = world.deps;
    const hears = dispatcher.cancel.bind(dispatcher);
    let asked = 0;
    dispatcher.cancel = (call) => ++asked > 3 && hears(call);
    await cancel(back);
    await world.clock.pass(5_000);
    expect([asked, now(back).ending]).toEqual([4, cancelled]);
  });
});

describe("a call back while Asterisk does not answer", () => {
  it("lets her wait on the line until it does", async () => {
    const phones = await open();
    const hers = outside();
    const back = await askedFor();
    const createBridge = world.telephony.createBridge.bind(world.telephony);
    world.telephony.createBridge = async () => {
      throw new KituoError("telephony_down", "it does not answer");
    };
    await wish("available");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await world.clock.pass(1_000);
    expect(now(back).stage).toBe("queued");
    expect(hers[0]?.gone.aborted).toBe(false);
    world.telephony.createBridge = createBridge;
    await world.clock.pass(6_000);
    phones.at(-1)?.pickUp();
    await world.clock.pass(2_000);
    expect(now(back).stage).toBe("in_progress");
    hers[0]?.end("normal");
  });
});
