import { afterEach, describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import { orderCall } from "../../src/flows/orders.ts";
import { type Origination, originate } from "../../src/flows/originate.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { openWorld, smallCentre, type World } from "./world.ts";

const asha = "+254700000001";
let world: World;
afterEach(async () => {
  await world.clock.pass(3_600_000);
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.liveCalls()).toEqual([]);
  for (const { reservation, activity } of await world.deps.desk.agents())
    expect([reservation.is === "offered", activity.is]).toEqual([false, "none"]);
  expect(world.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  await world.stop();
});

interface Phones {
  /** Each telephone of ours, and hers outside, as it rings; the test answers. */
  readonly rung: Readonly<Record<"1001" | "1002" | "1003", FakeLeg[]>>;
  readonly hers: FakeLeg[];
}

async function open(): Promise<Phones> {
  const callback = { only: ["+2547"], retryAfterMs: 60_000, withinMs: 3_000_000 };
  const queues = smallCentre.queues.map((queue) => ({
    ...queue,
    wrapUpMs: 0,
    ...(queue.name === "support" ? { callback } : {}),
  }));
  const trunks = [{ name: "provider", host: "sip.example.com" }];
  world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, trunks, queues }) });
  const rung: Phones["rung"] = { "1001": [], "1002": [], "1003": [] };
  for (const [extension, legs] of Object.entries(rung))
    world.telephony.plugIn(extension, (phone) => void legs.push(phone));
  const hers: FakeLeg[] = [];
  world.telephony.plugInOutside(asha, (phone) => void hers.push(phone));
  await world.clock.pass(1);
  return { rung, hers };
}

const amina = asAgentId("AGT-001");
function order(about: Partial<Origination>): Promise<CallState> {
  const wish = { number: asha, name: "Asha", department: null, agent: null, tries: 1, by: "faith" };
  return originate({ ...wish, ...about }, world.deps);
}
const now = ({ id }: CallState): CallState => world.states().get(id) as CallState;
const typesOf = ({ id }: CallState) => world.eventsOf(id).map(({ type }) => type);

describe("a call that an agent orders", () => {
  it("rings her telephone at once, then that of who is called, who sees our number, and both talk", async () => {
    const { rung, hers } = await open();
    const call = await order({ agent: amina });
    expect(call).toMatchObject({ stage: "initiated", direction: "outbound", caller: asha });
    await world.clock.pass(100);
    expect(rung["1001"][0]).toMatchObject({ callerNumber: asha, callerName: "Call to Asha" });
    expect(hers).toEqual([]);
    rung["1001"][0]?.pickUp();
    await world.clock.pass(1_000);
    expect(hers[0]?.callerNumber).toBe("+254711000002");
    // She knows why her telephone has rung.
    expect(rung["1001"][0]?.heard).toEqual([]);
    hers[0]?.pickUp();
    await world.clock.pass(1_000);
    expect(now(call)).toMatchObject({ stage: "in_progress", agent: "AGT-001", queue: "support" });
    expect(hers[0]?.bridge).toBe(rung["1001"][0]?.bridge);
    hers[0]?.end("normal");
    await world.clock.pass(1_000);
    expect(now(call).ending).toEqual({ result: "completed", reason: "talked", by: "caller" });
    expect(typesOf(call)).toEqual([
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
  });

  for (const [cause, reason] of [
    ["busy", "customer_busy"],
    ["declined", "customer_declined"],
    ["no_answer", "customer_no_answer"],
    ["unreachable", "customer_unreachable"],
  ] as const) {
    it(`ends with ${reason} when who is called is ${cause}, and asks nobody to call her back`, async () => {
      const { rung, hers } = await open();
      const call = await order({ agent: amina });
      await world.clock.pass(100);
      rung["1001"][0]?.pickUp();
      await world.clock.pass(100);
      hers[0]?.end(cause);
      await world.clock.pass(1_000);
      expect(now(call).ending).toEqual({ result: "refused", reason, by: "system" });
      expect(rung["1001"][0]?.gone.aborted).toBe(true);
      expect(await world.deps.store.tickets.list({ limit: 10 })).toEqual([]);
    });
  }

  it("is tried again as often as was asked for, the agent first each time", async () => {
    const { rung, hers } = await open();
    const call = await order({ agent: amina, tries: 2 });
    await world.clock.pass(100);
    rung["1001"][0]?.pickUp();
    await world.clock.pass(100);
    hers[0]?.end("busy");
    await world.clock.pass(59_000);
    expect([rung["1001"].length, now(call).stage]).toEqual([1, "queued"]);
    await world.clock.pass(2_000);
    expect(rung["1001"]).toHaveLength(2);
    rung["1001"][1]?.pickUp();
    await world.clock.pass(100);
    hers[1]?.end("no_answer");
    await world.clock.pass(100);
    expect(now(call).ending).toMatchObject({ reason: "customer_no_answer" });
  });

  for (const [what, reason] of [
    ["does not answer", "agent_no_answer"],
    ["declines", "agent_declined"],
    ["hangs up again before the other has answered", "agent_left"],
  ] as const) {
    it(`ends with ${reason} when she ${what}, and rings nobody in her place`, async () => {
      const { rung, hers } = await open();
      await world.signIn("AGT-002");
      const call = await order({ agent: amina });
      await world.clock.pass(100);
      const [phone] = rung["1001"];
      if (reason === "agent_declined") phone?.end("declined");
      if (reason === "agent_no_answer") await world.clock.pass(16_000);
      if (reason === "agent_left") {
        phone?.pickUp();
        await world.clock.pass(100);
        phone?.end("normal");
      }
      await world.clock.pass(100);
      expect(now(call).ending).toEqual({ result: "refused", reason, by: "agent" });
      expect(rung["1002"]).toEqual([]);
      expect(hers.every((leg) => leg.gone.aborted)).toBe(true);
    });
  }

  it("can be ended before anybody has answered", async () => {
    const { rung } = await open();
    const call = await order({ agent: amina, tries: 3 });
    await world.clock.pass(100);
    expect(await orderCall(call.id, { do: "end", by: "faith" }, world.deps)).toBeNull();
    await world.clock.pass(16_000);
    expect(now(call).ending?.result).toMatch(/refused|unserved/);
    expect(rung["1001"]).toHaveLength(1);
  });
});

describe("a call that is ordered for a department", () => {
  it("takes its turn there: the agent whose turn it is rings first", async () => {
    const { rung, hers } = await open();
    await world.signIn("AGT-002");
    const call = await order({ department: "support" });
    await world.clock.pass(100);
    expect([rung["1001"].length, rung["1002"].length]).toEqual([0, 1]);
    rung["1002"][0]?.pickUp();
    await world.clock.pass(1_000);
    expect(rung["1002"][0]?.heard).toEqual(["en:callback-now"]);
    hers[0]?.pickUp();
    await world.clock.pass(1_000);
    expect(now(call)).toMatchObject({ stage: "in_progress", agent: "AGT-002" });
    hers[0]?.end("normal");
  });
});

describe("a call to a colleague", () => {
  it("rings the own telephone first, and then it is as if it had been dialled there", async () => {
    const { rung } = await open();
    const call = await order({ number: "1003", agent: amina });
    expect(call).toMatchObject({ direction: "internal", caller: "1001", dialled: "1003" });
    await world.clock.pass(100);
    expect([rung["1001"].length, rung["1003"].length]).toEqual([1, 0]);
    rung["1001"][0]?.pickUp();
    await world.clock.pass(100);
    expect(rung["1003"][0]).toMatchObject({ callerNumber: "1001" });
    rung["1003"][0]?.pickUp();
    await world.clock.pass(100);
    expect(now(call)).toMatchObject({ stage: "in_progress", agent: "AGT-003" });
    expect(rung["1001"][0]?.bridge).toBe(rung["1003"][0]?.bridge);
    rung["1003"][0]?.end("normal");
    await world.clock.pass(100);
    expect(now(call).ending).toEqual({ result: "completed", reason: "talked", by: "agent" });
  });

  it("ends when the own telephone is not answered", async () => {
    const { rung } = await open();
    const call = await order({ number: "1003", agent: amina });
    await world.clock.pass(31_000);
    expect(now(call).ending).toMatchObject({ result: "refused", reason: "agent_no_answer" });
    expect([rung["1001"][0]?.gone.aborted, rung["1003"]]).toEqual([true, []]);
  });
});

describe("a call that cannot be made", () => {
  it("is refused at once, with the reason, and is no call", async () => {
    await open();
    await world.deps.desk.setDevice("1002", "unreachable", world.clock.now());
    await world.deps.desk.setDevice("1003", "busy", world.clock.now());
    const brian = asAgentId("AGT-002");
    const cases: [Partial<Origination>, code: string, words: string][] = [
      [{ number: "12" }, "bad_request", "phone_number"],
      [{ number: "+4930123456" }, "number_not_allowed", "sales, support"],
      [{ department: "sales" }, "number_not_allowed", "sales"],
      [{ department: "nowhere" }, "bad_request", "must be one of sales, support"],
      [{ agent: asAgentId("AGT-999") }, "bad_request", "there is no such agent"],
      [{ agent: brian }, "agent_busy", "1002 is not registered"],
      [{ agent: asAgentId("AGT-003") }, "agent_busy", "on the telephone 1003"],
      [{ number: "1003" }, "bad_request", "agent_id: is needed"],
      [{ number: "1001", agent: amina }, "bad_request", "own extension"],
      [{ number: "1099", agent: amina }, "bad_request", "nobody has the extension 1099"],
      [{ number: "1002", agent: amina }, "agent_busy", "1002 is not registered"],
    ];
    for (const [wish, code, words] of cases) {
      const refused = order(wish).then(
        () => null,
        (error: unknown) => error as { code: string; message: string; faults: string[] },
      );
      const {
        code: is,
        message,
        faults,
      } = (await refused) ?? { code: "", message: "", faults: [] };
      expect([wish, is]).toEqual([wish, code]);
      expect([message, ...faults].join(" ")).toContain(words);
    }
    expect(world.states().size).toBe(0);
  });

  it("is refused while another call to the same number is being made", async () => {
    await open();
    const first = await order({ department: "support" });
    await expect(order({ department: "support" })).rejects.toThrow(
      `${first.id} is to call this number already.`,
    );
    expect(await orderCall(first.id, { do: "end", by: "faith" }, world.deps)).toBeNull();
    await world.clock.pass(1_000);
    expect(now(first).ending).toMatchObject({ reason: "callback_cancelled" });
  });
});
