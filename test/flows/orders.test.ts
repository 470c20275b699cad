import { describe, expect, it } from "vitest";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import type { Order } from "../../src/domain/order.ts";
import { Given, orderCall } from "../../src/flows/orders.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import {
  centreWith,
  dial,
  entries,
  factsOf,
  open,
  openBusy,
  stateOf,
  wish,
  world,
} from "./busy.ts";

const sales = asQueueName("sales");
const support = asQueueName("support");
const by = "faith";
const move = (queue = sales, agent: string | null = null): Order => ({
  do: "move",
  how: agent === null ? "routed" : "transferred",
  queue,
  agent: agent === null ? null : asAgentId(agent),
  by,
});
const order = (caller: FakeLeg, asked: Order) => orderCall(stateOf(caller).id, asked, world.deps);
const typesOf = (caller: FakeLeg) => factsOf(caller).map(({ type }) => type);

/** Phones of all three agents, of whom one takes a break; what rings is left to the test. */
async function openPhones(wrapUpMs = 0): Promise<Record<string, FakeLeg[]>> {
  await open(centreWith({ support: { wrapUpMs }, sales: { wrapUpMs: 0, ringMs: 5_000 } }));
  const rung: Record<string, FakeLeg[]> = { "1001": [], "1002": [], "1003": [] };
  for (const [extension, legs] of Object.entries(rung))
    world.telephony.plugIn(extension, (phone) => void legs.push(phone));
  // Somebody is there for sales, or nobody would be let in.
  await wish("AGT-003", "paused");
  return rung;
}

/** A caller who talks to Amina, of support. */
async function talking(rung: Record<string, FakeLeg[]>): Promise<FakeLeg> {
  await wish("AGT-001", "available");
  const caller = await dial();
  await world.clock.pass(100);
  rung["1001"]?.at(-1)?.pickUp();
  await world.clock.pass(100);
  expect(stateOf(caller)).toMatchObject({ stage: "in_progress", agent: "AGT-001" });
  return caller;
}

describe("a call that is taken elsewhere", () => {
  it("waits in the other queue since it came, and is served there", async () => {
    const rung = await openPhones();
    await wish("AGT-001", "paused");
    const caller = await dial();
    const [before] = await entries();
    await world.clock.pass(5_000);
    expect(await order(caller, move())).toBeNull();
    await world.clock.pass(100);
    expect(await entries()).toMatchObject([{ queue: "sales", enteredAt: before?.enteredAt }]);
    expect(stateOf(caller)).toMatchObject({ stage: "queued", queue: "sales", agent: null });
    await wish("AGT-003", "available");
    await world.clock.pass(100);
    rung["1003"]?.[0]?.pickUp();
    await world.clock.pass(100);
    expect(stateOf(caller)).toMatchObject({ stage: "in_progress", agent: "AGT-003" });
    expect(caller.bridge).toBe(rung["1003"]?.[0]?.bridge);
    expect(factsOf(caller)).toContainEqual(
      expect.objectContaining({ type: "moved", how: "routed", queue: "sales", agent: null, by }),
    );
  });

  it("is taken out of a menu", async () => {
    const rung = await openPhones();
    await wish("AGT-003", "available");
    const caller = await dial("+254711000001", "1");
    await world.clock.pass(100);
    expect(stateOf(caller).menu).toBe("department");
    expect(await order(caller, move())).toBeNull();
    await world.clock.pass(100);
    expect([rung["1003"]?.length, stateOf(caller).menu]).toEqual([1, null]);
    // What she presses for the menu that she heard does nothing any more.
    caller.keys.put("2");
    await world.clock.pass(1_000);
    expect(stateOf(caller).queue).toBe("sales");
  });

  it("leaves the agent it was with, who has after-call work, and the phone that rang for it", async () => {
    const rung = await openPhones(30_000);
    const caller = await talking(rung);
    expect(await order(caller, move())).toBeNull();
    await world.clock.pass(100);
    expect(rung["1001"]?.[0]?.gone.aborted).toBe(true);
    expect(await world.status("AGT-001")).toMatchObject({
      presence: { is: "after_call" },
      activity: { is: "none" },
    });
    await wish("AGT-003", "available");
    await world.clock.pass(100);
    expect(await order(caller, move(support))).toBeNull();
    await world.clock.pass(100);
    expect(rung["1003"]?.[0]?.gone.aborted).toBe(true);
    expect(await entries()).toMatchObject([{ queue: "support", offeredTo: null }]);
    expect(caller.gone.aborted).toBe(false);
    await world.clock.pass(30_000);
    rung["1001"]?.[1]?.pickUp();
    await world.clock.pass(100);
    expect(stateOf(caller)).toMatchObject({ stage: "in_progress", agent: "AGT-001" });
  });

  it("goes to the agent who is named, though others wait for a call, with the music of the queue", async () => {
    const rung = await openPhones();
    const caller = await talking(rung);
    await world.signIn("AGT-002", "AGT-003");
    expect(await order(caller, move(sales, "AGT-003"))).toBeNull();
    await world.clock.pass(100);
    expect([rung["1002"]?.length, rung["1003"]?.length]).toEqual([0, 1]);
    expect(stateOf(caller)).toMatchObject({ stage: "ringing", agent: "AGT-003" });
    expect(caller.bridge?.id).toBe("q-sales");
    rung["1003"]?.[0]?.pickUp();
    await world.clock.pass(100);
    expect(stateOf(caller)).toMatchObject({ stage: "in_progress", agent: "AGT-003" });
    expect(caller.bridge).toBe(rung["1003"]?.[0]?.bridge);
    rung["1003"]?.[0]?.end("normal");
    await world.clock.pass(100);
    expect(stateOf(caller).ending).toEqual({ result: "completed", reason: "talked", by: "agent" });
  });

  for (const how of ["does not answer", "declines", "is on the phone"] as const) {
    it(`goes on in the queue when the agent who is named ${how}`, async () => {
      const rung = await openPhones();
      const caller = await talking(rung);
      await world.signIn("AGT-002");
      if (how === "is on the phone")
        await world.deps.desk.setDevice("1003", "busy", world.clock.now());
      expect(await order(caller, move(sales, "AGT-003"))).toBeNull();
      await world.clock.pass(100);
      if (how === "declines") rung["1003"]?.[0]?.end("declined");
      if (how === "does not answer") await world.clock.pass(5_100);
      await world.clock.pass(100);
      expect(rung["1002"]).toHaveLength(1);
      rung["1002"]?.[0]?.pickUp();
      await world.clock.pass(100);
      expect(stateOf(caller)).toMatchObject({ stage: "in_progress", agent: "AGT-002" });
    });
  }

  it("is over when the caller hangs up on her way", async () => {
    const rung = await openPhones();
    const caller = await talking(rung);
    expect(await order(caller, move(sales, "AGT-003"))).toBeNull();
    await world.clock.pass(100);
    caller.end("normal");
    await world.clock.pass(100);
    expect(stateOf(caller).ending).toMatchObject({ result: "abandoned", by: "caller" });
    expect(rung["1003"]?.[0]?.gone.aborted).toBe(true);
  });

  it("is found again by the call log: each stretch with its own end", async () => {
    const rung = await openPhones();
    const caller = await talking(rung);
    expect(await order(caller, move(sales, "AGT-003"))).toBeNull();
    await world.clock.pass(100);
    rung["1003"]?.[0]?.pickUp();
    await world.clock.pass(100);
    caller.end("normal");
    await world.clock.pass(1_000);
    expect(typesOf(caller)).toEqual([
      "started",
      "queued",
      "offered",
      "answered",
      "offer_ended",
      "connected",
      "recording_started",
      "recording_ended",
      "moved",
      "offered",
      "offer_ended",
      "connected",
      "recording_started",
      "recording_ended",
      "ended",
    ]);
    const log = await world.deps.store.calls.get(stateOf(caller).id);
    expect(log?.state.ending).toMatchObject({ result: "completed", by: "caller" });
  });
});

describe("a call that is ended", () => {
  it("has been served when it was a conversation, and not when its caller waited", async () => {
    const rung = await openPhones();
    const caller = await talking(rung);
    expect(await order(caller, { do: "end", by })).toBeNull();
    await world.clock.pass(100);
    expect(stateOf(caller).ending).toEqual({ result: "completed", reason: "talked", by: "agent" });
    expect([caller.gone.aborted, rung["1001"]?.[0]?.gone.aborted]).toEqual([true, true]);
    await wish("AGT-001", "paused");
    const other = await dial();
    expect(await order(other, { do: "end", by })).toBeNull();
    await world.clock.pass(100);
    expect(stateOf(other).ending).toMatchObject({ result: "unserved", reason: "ended_on_order" });
  });

  it("ends though it was just being taken elsewhere, and takes no order after that", async () => {
    const rung = await openPhones();
    const caller = await talking(rung);
    const said = [move(), { do: "end", by } as const, move(support)].map((one) =>
      order(caller, one),
    );
    expect(await Promise.all(said)).toEqual([null, null, null]);
    await world.clock.pass(100);
    expect(stateOf(caller).ending).toMatchObject({ result: "completed" });
    expect(typesOf(caller)).not.toContain("moved");
    expect(await order(caller, move())).toBe("gone");
  });
});

describe("an order that cannot be carried out", () => {
  it("is refused with the reason", async () => {
    await openBusy({ support: { maxWaitMs: 1_000 } });
    const caller = await dial();
    expect(await order(caller, move(support))).toEqual({
      refused: "the caller waits in support already",
    });
    await world.clock.pass(5_000);
    expect(stateOf(caller).stage).toBe("voicemail");
    expect(await order(caller, move())).toEqual({ refused: "the caller is leaving a message" });
  });

  it("is refused for a call between two extensions, which may be ended", async () => {
    const rung = await openPhones();
    const caller = world.telephony.incoming({
      from: "extension",
      extension: "1002",
      dialled: "1003",
    });
    await world.clock.pass(100);
    expect(await order(caller, move())).toMatchObject({ refused: expect.any(String) });
    expect(await order(caller, { do: "end", by })).toBeNull();
    await world.clock.pass(100);
    expect([caller.gone.aborted, rung["1003"]?.[0]?.gone.aborted]).toEqual([true, true]);
  });
});

describe("an order for a call of another process", () => {
  it("is carried out once, though the job runs twice and she is served meanwhile", async () => {
    const rung = await openPhones();
    const caller = await talking(rung);
    const { id, seq } = stateOf(caller);
    const until = world.clock.now() + 10_000;
    const job = { type: "call_order", call: id, order: move(), seq, until } as const;
    await world.deps.jobs.ask(job);
    await wish("AGT-003", "available");
    await world.clock.pass(100);
    rung["1003"]?.[0]?.pickUp();
    await world.clock.pass(100);
    await world.deps.jobs.ask(job);
    await world.clock.pass(1_000);
    expect(stateOf(caller)).toMatchObject({ stage: "in_progress", agent: "AGT-003" });
    expect(typesOf(caller).filter((type) => type === "moved")).toHaveLength(1);
  });

  it("is passed on until the process that holds the call is asked, and dropped when it is too late", async () => {
    await openPhones();
    await wish("AGT-001", "paused");
    const caller = await dial();
    const { id } = stateOf(caller);
    const { orders } = world.deps;
    const elsewhere = Object.assign(Object.create(orders), { give: () => false }) as typeof orders;
    await orderCall(id, move(), { ...world.deps, orders: elsewhere });
    await world.clock.pass(200);
    expect(stateOf(caller).queue).toBe("sales");
    // Its flow is nowhere: the reminder comes again and again, and then no more.
    orders.listen(id, new Given(() => stateOf(caller)))();
    await world.deps.jobs.ask({
      type: "call_order",
      call: id,
      order: move(support),
      seq: stateOf(caller).seq,
      until: world.clock.now() + 500,
    });
    await world.clock.pass(1_000);
    expect(stateOf(caller).queue).toBe("sales");
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ message: "nobody carried out an order in time" }),
    );
  });
});
