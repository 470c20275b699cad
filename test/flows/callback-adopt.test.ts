import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CallState, fold } from "../../src/domain/call.ts";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import { asBridgeId, asCallId, asChannelId } from "../../src/domain/ids.ts";
import { adoptCalls } from "../../src/flows/adopt.ts";
import { callOn } from "../../src/flows/identity.ts";
import { InvariantWatch } from "../../src/flows/invariants.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { amina, dead, notedByTheDead, nothingIsLeft, offered, support } from "./left-behind.ts";
import { openWorld, smallCentre, type World } from "./world.ts";

const asha = "+254700000001";
const ourLine = "+254711000002";
const channel = asChannelId("callback-1");
const id = callOn(channel);
const of = asCallId("CALL-0000000A");
const phoneId = asChannelId(`${id}-1001-x`);

let world: World;
let watch: InvariantWatch;
let enteredAt: number;
/** Calls that came to Amina's phone, and to the caller's, after the adoption. */
let phones: FakeLeg[];
let hers: FakeLeg[];

async function open(mode: "agent-first" | "customer-first"): Promise<void> {
  const callback = { mode, only: ["+"], tries: 2, retryAfterMs: 60_000, withinMs: 3_600_000 };
  const centre = centreSchema.parse({
    ...smallCentre,
    trunks: [{ name: "provider", host: "sip.example.com" }],
    queues: smallCentre.queues.map((queue) => ({ ...queue, wrapUpMs: 0, callback })),
  });
  world = await openWorld({ centre });
  watch = new InvariantWatch(world.deps, () => new Set([world.deps.owner]));
  enteredAt = world.clock.now() - 300_000;
  phones = [];
  hers = [];
  world.telephony.plugIn("1001", (phone) => phones.push(phone));
  world.telephony.plugInOutside(asha, (phone) => hers.push(phone));
}
beforeEach(() => open("agent-first"));
afterEach(async () => {
  await watch.stop();
  expect(watch.counts()).toEqual({
    agent_in_two_calls: 0,
    reservation_without_call: 0,
    call_without_owner: 0,
    phone_state: 0,
  });
  await nothingIsLeft(world);
  await world.stop();
});

const dialled: CallFact = { type: "customer_dialled", number: 1 };

/** A call back that a process which is dead now had brought so far; the last fact came just now. */
async function left(facts: readonly CallFact[]): Promise<void> {
  await notedByTheDead(world, id, [
    {
      type: "started",
      direction: "outbound",
      caller: asha,
      callerName: "",
      dialled: asha,
      channel,
      callback: { of, from: ourLine },
    },
    { type: "queued", queue: support, priority: 0, since: enteredAt },
    ...facts,
  ]);
}

/** The dead process's place for it at the desk, where Amina may be reserved for it. */
async function waits(reserved: boolean): Promise<void> {
  const entry = { call: id, queue: support, priority: 0, language: null, enteredAt, owner: dead };
  await world.deps.desk.join({ ...entry, callback: true });
  if (!reserved) return;
  await world.signIn("AGT-001");
  await world.deps.desk.reserve(id, amina, world.clock.now() + 48_000);
}

/** A telephone as the dead process rang it: Amina's, or the caller's. */
async function rung(whose: "agent" | "customer"): Promise<FakeLeg> {
  const isAgent = whose === "agent";
  world.telephony.dial({
    id: isAgent ? phoneId : channel,
    call: id,
    to: isAgent ? { extension: "1001" } : { number: asha, trunk: "provider", role: "caller" },
    callerNumber: "",
    callerName: "",
    originator: null,
    timeoutMs: 120_000,
  });
  await world.clock.pass(1);
  const leg = (isAgent ? phones : hers).pop();
  if (leg === undefined) throw new Error("nothing rings");
  leg.holder = "kituo-other";
  return leg;
}

async function adopt(): Promise<void> {
  const adopted = adoptCalls(new Set([world.deps.owner]), world.deps);
  await world.clock.pass(1_000);
  await adopted;
  watch.start();
  await world.clock.pass(5_000);
}

const state = (): CallState => world.states().get(id) as CallState;
const types = () => world.eventsOf(id).map(({ type }) => type);
const place = async () => (await world.deps.desk.snapshot()).waiting;

/** Amina and the caller talk; the call ends as any other. */
async function bothTalk(phone: FakeLeg | undefined, customer: FakeLeg | undefined): Promise<void> {
  await world.clock.pass(1_000);
  expect(state()).toMatchObject({ stage: "in_progress", agent: amina, queuedAt: enteredAt });
  expect(phone?.bridge).not.toBeNull();
  expect(phone?.bridge).toBe(customer?.bridge);
  customer?.end("normal");
  await world.clock.pass(2_000);
  expect(state().ending).toEqual({ result: "completed", reason: "talked", by: "caller" });
}

describe("a call back whose process died", () => {
  it("while it waited: goes on in its old place", async () => {
    await left([]);
    await waits(false);
    await adopt();
    expect(await place()).toMatchObject([
      { call: id, enteredAt, owner: world.deps.owner, callback: true, offeredTo: null },
    ]);
    await world.clock.pass(60_000);
    await world.signIn("AGT-001");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await bothTalk(phones[0], hers[0]);
  });

  it("when an agent was reserved for it and nothing more was done: is offered to her", async () => {
    await left([]);
    await waits(true);
    await adopt();
    expect(phones).toHaveLength(1);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await bothTalk(phones[0], hers[0]);
  });

  it("when an agent is kept for the place that its flow is about to take anew: rings nobody who is not kept", async () => {
    await left([]);
    await waits(false);
    await world.signIn("AGT-001");
    const { desk, dispatcher, clock, owner } = world.deps;
    const join = desk.join.bind(desk);
    desk.join = async (...place) => {
      await clock.sleep(100, new AbortController().signal);
      return await join(...place);
    };
    const adopted = adoptCalls(new Set([owner]), world.deps);
    await world.clock.pass(50);
    await dispatcher.assignNow();
    expect(await world.status("AGT-001")).toMatchObject({ reservation: { call: id } });
    await world.clock.pass(2_000);
    await adopted;
    watch.start();
    expect(phones).toHaveLength(1);
    expect(world.eventsOf(id).filter(({ type }) => type === "offered")).toHaveLength(1);
    // She was kept twice, and is not rung again for it before she has rested.
    phones[0]?.end("declined");
    await world.clock.pass(5_000);
    expect(phones).toHaveLength(1);
    await world.clock.pass(6_000);
    expect(phones).toHaveLength(2);
    phones[1]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await bothTalk(phones[1], hers[0]);
  });

  it("between two tries: is tried again when it is time, and not before", async () => {
    await left([
      offered,
      dialled,
      { type: "customer_missed", outcome: "no_answer" },
      { type: "offer_ended", agent: amina, outcome: "caller_left" },
    ]);
    await world.signIn("AGT-001");
    await adopt();
    await world.clock.pass(52_000);
    expect([phones.length, await place()]).toEqual([0, []]);
    await world.clock.pass(2_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    expect(state().callback?.tries).toBe(2);
    hers[0]?.pickUp();
    await bothTalk(phones[0], hers[0]);
  });

  it("while the agent's phone rang: it rings on, and she is called when it is answered", async () => {
    await left([offered]);
    await waits(true);
    const phone = await rung("agent");
    await adopt();
    expect(phone.gone.aborted).toBe(false);
    phone.pickUp();
    await world.clock.pass(1_000);
    expect([phones.length, hers.length]).toEqual([0, 1]);
    hers[0]?.pickUp();
    await bothTalk(phone, hers[0]);
  });

  it("while the agent's phone rang, and nobody had written that down", async () => {
    await left([]);
    await waits(true);
    const phone = await rung("agent");
    phone.pickUp();
    await adopt();
    hers[0]?.pickUp();
    await bothTalk(phone, hers[0]);
    expect(phones).toEqual([]);
  });

  it("while the agent's phone rang, which has given up since: waits on, and is offered anew", async () => {
    await left([offered]);
    await waits(true);
    await adopt();
    expect(types()).toContain("offer_ended");
    await world.clock.pass(6_000);
    expect(phones).toHaveLength(1);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await bothTalk(phones[0], hers[0]);
  });

  it.each(["later", "unseen"])(
    "while her telephone rang: she answers %s, and meets the agent",
    async (when) => {
      await left([offered, dialled]);
      await waits(true);
      const phone = await rung("agent");
      phone.pickUp();
      const customer = await rung("customer");
      if (when === "unseen") customer.pickUp();
      await adopt();
      customer.pickUp();
      await bothTalk(phone, customer);
      expect([phones.length, hers.length]).toEqual([0, 0]);
      expect(types().filter((type) => type === "customer_dialled")).toEqual([]);
    },
  );

  it("while her telephone rang: it rings no longer than it would have", async () => {
    await left([offered, dialled]);
    await waits(true);
    const phone = await rung("agent");
    phone.pickUp();
    const customer = await rung("customer");
    await world.clock.pass(20_000);
    await adopt();
    expect(customer.gone.aborted).toBe(false);
    await world.clock.pass(5_000);
    expect([customer.gone.aborted, phone.gone.aborted]).toEqual([true, true]);
    await world.clock.pass(61_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await bothTalk(phones[0], hers[0]);
  });

  it("while her telephone rang, and she has given up: the agent is let go, and it is tried again later", async () => {
    await left([offered, dialled]);
    await waits(true);
    const phone = await rung("agent");
    phone.pickUp();
    await adopt();
    expect(phone.gone.aborted).toBe(true);
    expect(state()).toMatchObject({ stage: "queued", callback: { tries: 1, ringsSince: null } });
    await world.clock.pass(61_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await bothTalk(phones[0], hers[0]);
  });

  it("while her telephone rang, and the agent has gone: hers stops, and it is tried again later", async () => {
    await left([offered, dialled]);
    await waits(true);
    const customer = await rung("customer");
    await adopt();
    expect(customer.gone.aborted).toBe(true);
    expect(state()).toMatchObject({ stage: "queued", callback: { tries: 1, ringsSince: null } });
    await world.clock.pass(61_000);
    phones[0]?.pickUp();
    await world.clock.pass(1_000);
    hers[0]?.pickUp();
    await bothTalk(phones[0], hers[0]);
  });

  it("while both talked: they talk on", async () => {
    await left([
      offered,
      dialled,
      { type: "answered" },
      { type: "offer_ended", agent: amina, outcome: "answered" },
      {
        type: "connected",
        agent: amina,
        extension: "1001",
        bridge: asBridgeId(`c-${phoneId}`),
        channel: phoneId,
      },
    ]);
    await waits(true);
    const phone = await rung("agent");
    phone.pickUp();
    const customer = await rung("customer");
    customer.pickUp();
    await world.deps.desk.connect(id, amina, world.clock.now());
    const met = world.telephony
      .createBridge(asBridgeId(`c-${phoneId}`))
      .then((bridge) => bridge.add(customer, phone));
    await world.clock.pass(1);
    await met;
    await adopt();
    await bothTalk(phone, customer);
  });

  it("while she waited on the line for an agent: waits on, with music", async () => {
    await left([dialled, { type: "answered" }]);
    await waits(false);
    const customer = await rung("customer");
    customer.pickUp();
    await adopt();
    expect(await place()).toMatchObject([{ call: id, enteredAt, owner: world.deps.owner }]);
    expect(customer.bridge?.id).toBe("q-support");
    await world.signIn("AGT-001");
    await world.clock.pass(1_000);
    phones[0]?.pickUp();
    await bothTalk(phones[0], customer);
  });

  it("while her telephone rang first: she answers, and the agent's phone rings", async () => {
    await world.stop();
    await open("customer-first");
    await left([dialled]);
    await waits(true);
    const customer = await rung("customer");
    await adopt();
    expect(phones).toEqual([]);
    customer.pickUp();
    await world.clock.pass(1_000);
    expect(phones).toHaveLength(1);
    phones[0]?.pickUp();
    await bothTalk(phones[0], customer);
  });
});

describe("a caller who was promised to be called back when her process died", () => {
  it("hears it again, and waits no more", async () => {
    world.telephony.onCall(() => undefined);
    const caller = world.telephony.incoming({ from: "outside", dialled: ourLine });
    caller.holder = "kituo-other";
    caller.answered = true;
    const mine = callOn(caller.id);
    const facts: readonly CallFact[] = [
      {
        type: "started",
        direction: "inbound",
        caller: asha,
        callerName: "",
        dialled: ourLine,
        channel: caller.id,
      },
      { type: "answered" },
      { type: "queued", queue: support, priority: 0 },
      { type: "left_queue", queue: support, why: "key_1" },
      { type: "callback_requested", queue: support, by: id },
    ];
    const at = world.clock.now();
    const events = facts.map((fact, index) => ({ ...fact, call: mine, seq: index + 1, at }));
    await world.deps.store.calls.append(events, [fold(events)]);
    await world.deps.desk.saveCall(fold(events), dead);
    await adopt();
    expect(caller.heard).toEqual(["en:callback-confirmed"]);
    expect(world.states().get(mine)?.ending).toMatchObject({
      result: "completed",
      reason: "callback_requested",
    });
    expect(await place()).toEqual([]);
  });
});
