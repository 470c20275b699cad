import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CallStage, fold, transitions } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId, asBridgeId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { adoptCalls, takeOrphans } from "../../src/flows/adopt.ts";
import { callOn } from "../../src/flows/identity.ts";
import { takeCall } from "../../src/flows/take.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { openWorld, smallCentre, type World } from "./world.ts";

const dead = "kituo-other/1";
const support = asQueueName("support");
const amina = asAgentId("AGT-001");
/** The call of the first who calls in. */
const id = callOn(asChannelId("in-1"));
const phoneId = asChannelId(`${id}-1001-x`);

let world: World;
beforeEach(async () => {
  world = await openWorld();
  // Whoever calls in from here on was another process's caller.
  world.telephony.onCall(() => undefined);
});
afterEach(async () => {
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(await world.deps.desk.liveCalls()).toEqual([]);
  for (const agent of await world.deps.desk.agents()) {
    expect([agent.activity.is, agent.reservation.is === "offered"]).toEqual(["none", false]);
  }
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

/** A caller whom a process that is dead now had brought so far; its facts came a second apart, the last just now. */
async function left(facts: readonly CallFact[]): Promise<FakeLeg> {
  const leg = world.telephony.incoming({ from: "outside", dialled: "+254711000001" });
  leg.holder = "kituo-other";
  leg.answered = true;
  const started: CallFact = {
    type: "started",
    direction: "inbound",
    caller: "+254700000001",
    callerName: "",
    dialled: "+254711000001",
    channel: leg.id,
  };
  const all: readonly CallFact[] = [started, { type: "answered" }, ...facts];
  const now = world.clock.now();
  const events = all.map(
    (fact, at): CallEvent => ({
      ...fact,
      call: id,
      seq: at + 1,
      at: now - (all.length - at - 1) * 1_000,
    }),
  );
  await world.deps.store.calls.append(events);
  await world.deps.store.calls.save(fold(events));
  await world.deps.desk.saveCall(fold(events), dead);
  return leg;
}

const queued: CallFact = { type: "queued", queue: support, priority: 0 };
const offered: CallFact = {
  type: "offered",
  agent: amina,
  extension: "1001",
  queue: support,
  reasons: [],
};
const connected: CallFact = {
  type: "connected",
  agent: amina,
  extension: "1001",
  bridge: asBridgeId(`c-${phoneId}`),
  channel: phoneId,
};

/** The dead process's place for the call at the desk. */
async function waiting(): Promise<void> {
  const state = (await world.deps.desk.liveCall(id))?.state;
  await world.deps.desk.join({
    call: id,
    queue: support,
    priority: 0,
    language: null,
    enteredAt: state?.queuedAt ?? 0,
    owner: dead,
  });
}

/** Amina's phone, as the dead process rang it. */
async function rung(caller: FakeLeg): Promise<FakeLeg> {
  await world.signIn("AGT-001");
  world.telephony.plugIn("1001", () => undefined);
  await world.deps.desk.reserve(id, amina, world.clock.now() + 10_000);
  world.telephony.dial({
    id: phoneId,
    call: id,
    to: { extension: "1001" },
    callerNumber: "",
    callerName: "",
    originator: caller.id,
    timeoutMs: 20_000,
  });
  return (await during(world.telephony.adoptDialled(phoneId, "1001"))) as FakeLeg;
}

/** The caller and Amina in the conversation that the dead process made. */
async function talking(): Promise<{ readonly caller: FakeLeg; readonly phone: FakeLeg }> {
  const caller = await left([
    queued,
    offered,
    { type: "offer_ended", agent: amina, outcome: "answered" },
    connected,
  ]);
  await waiting();
  const phone = await rung(caller);
  phone.pickUp();
  await world.deps.desk.connect(id, amina, world.clock.now());
  const bridge = await during(world.telephony.createBridge(asBridgeId(`c-${phoneId}`)));
  await during(bridge.add(caller, phone));
  return { caller, phone };
}

/** Winds the clock while something is done on the exchange. */
async function during<T>(work: Promise<T>): Promise<T> {
  await world.clock.pass(500);
  return await work;
}

async function adopt(...others: string[]): Promise<void> {
  await during(adoptCalls(new Set([world.deps.owner, ...others]), world.deps));
}

const types = () => world.eventsOf(id).map((event) => event.type);
const ending = async () => (await world.deps.store.calls.get(id))?.state.ending;

/** For each stage: what is found, and what a caller and an agent notice of it. */
const scenes: Readonly<Record<CallStage, () => Promise<void>>> = {
  async initiated() {
    const caller = await left([]);
    await adopt();
    expect(types()).toEqual(["adopted", "menu_entered"]);
    expect(caller.heard).toContain("en:choose-language");
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ reason: "hung_up_in_menu" });
  },

  async menu() {
    const caller = await left([
      { type: "menu_entered", menu: "language", prompts: [] },
      { type: "language_chosen", language: "sw" },
      { type: "menu_entered", menu: "department", prompts: [] },
    ]);
    await adopt();
    expect(caller.heard).toEqual(["sw:choose-department"]);
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "abandoned", reason: "hung_up_in_menu" });
  },

  async queued() {
    const caller = await left([queued, { type: "position_told", queue: support, position: 1 }]);
    await world.signIn("AGT-001");
    await waiting();
    const entered = (await world.deps.desk.liveCall(id))?.state.queuedAt;
    await adopt();
    expect((await world.deps.desk.snapshot()).waiting).toMatchObject([
      { call: id, enteredAt: entered, owner: world.deps.owner },
    ]);
    expect(caller.bridge?.id).toBe("q-support");
    // She knows her place already.
    expect(caller.heard).toEqual([]);
    world.telephony.plugIn("1001", (phone) => phone.pickUp());
    await world.clock.pass(1_000);
    expect(types()).toContain("connected");
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked" });
  },

  async ringing() {
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    // She answered while nobody was there to hear it.
    phone.pickUp();
    await adopt();
    expect(types()).toContain("connected");
    expect(caller.bridge?.members).toEqual(new Set([caller, phone]));
    expect(await world.status("AGT-001")).toMatchObject({ activity: { is: "talking", call: id } });
    phone.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  },

  async in_progress() {
    const { caller, phone } = await talking();
    await adopt();
    expect(caller.bridge?.members).toEqual(new Set([caller, phone]));
    expect(types()).toEqual(["adopted", "recording_started"]);
    caller.end("normal");
    await world.clock.pass(100);
    expect(phone.gone.aborted).toBe(true);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "caller" });
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "after_call" } });
  },

  async survey() {
    await world.stop();
    const queues = [{ name: "support", title: "Support", survey: {} }];
    const agents = smallCentre.agents.slice(0, 1);
    world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, queues, agents }) });
    world.telephony.onCall(() => undefined);
    const caller = await left([
      queued,
      offered,
      { type: "offer_ended", agent: amina, outcome: "answered" },
      connected,
      { type: "survey_started", queue: support, agent: amina },
    ]);
    await adopt();
    expect(caller.heard).toEqual(["en:survey"]);
    caller.keys.put("4");
    await world.clock.pass(10_000);
    expect(types()).toEqual(["adopted", "survey_answered", "ended"]);
    expect((await world.deps.store.calls.get(id))?.state).toMatchObject({
      rating: 4,
      ending: { result: "completed", reason: "talked", by: "agent" },
    });
  },

  async voicemail() {
    const caller = await left([{ type: "voicemail_started", queue: support, why: "chosen" }]);
    await adopt();
    expect(caller.heard).toContain("en:leave-message");
    await world.clock.pass(20_000);
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "completed", reason: "left_message" });
  },

  async fallback() {
    const caller = await left([queued, { type: "released" }]);
    caller.holder = null;
    await adopt();
    // The dialplan has her: nothing is taken by force.
    expect(types()).toEqual([]);
    expect(caller.bridge).toBe(null);
    // It offers her again, and this process claims her.
    caller.again = true;
    caller.holder = "kituo-test";
    await world.signIn("AGT-001");
    void takeCall(caller, world.deps);
    await world.clock.pass(500);
    expect(types()).toEqual(["adopted", "queued", "position_told"].slice(0, types().length));
    expect(caller.bridge?.id).toBe("q-support");
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "abandoned", reason: "hung_up_waiting" });
  },

  async ended() {
    const caller = await left([
      { type: "ended", ending: { result: "completed", reason: "talked", by: "caller" } },
    ]);
    caller.end("normal");
    await world.deps.desk.removeCall(id);
    await adopt();
    expect(types()).toEqual([]);
  },
};

describe("a call that a dead process left", () => {
  for (const stage of Object.keys(transitions) as CallStage[]) {
    it(`goes on where it was: ${stage}`, () => scenes[stage]());
  }

  it("is described for every stage in ARCHITECTURE.md", () => {
    const text = readFileSync(join(import.meta.dirname, "../../ARCHITECTURE.md"), "utf8");
    const table = /\| stage .*re-entered[\s\S]*?\n\n/.exec(text)?.[0] ?? "";
    const described = [...table.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]);
    expect(described).toEqual(Object.keys(transitions));
  });

  it("is taken up once, however often that is tried", async () => {
    const caller = await left([queued]);
    await world.signIn("AGT-001");
    await waiting();
    const once = () => adoptCalls(new Set([world.deps.owner]), world.deps);
    await during(Promise.all([once(), once()]));
    await adopt();
    expect(types().filter((type) => type === "adopted")).toHaveLength(1);
    caller.end("normal");
    await world.clock.pass(100);
  });

  it("is closed at the time its caller left, when she left unseen", async () => {
    const caller = await left([queued]);
    await waiting();
    await world.clock.pass(1_000);
    const endedAt = world.clock.now() - 300;
    caller.end("normal");
    world.telephony.natives.set(caller.id, {
      channel: caller.id,
      entry: null,
      callerNumber: "",
      callerName: "",
      arrivedAt: endedAt - 3_000,
      endedAt,
      takenAt: null,
      queuedAt: null,
      queue: null,
      answeredBy: null,
      connectedAt: null,
      message: null,
    });
    await adopt();
    expect(await ending()).toMatchObject({ result: "abandoned", reason: "hung_up_waiting" });
    expect((await world.deps.store.calls.get(id))?.state.endedAt).toBe(endedAt);
  });

  it("is closed at the last sign of life of a server, when its caller left right after it", async () => {
    const caller = await left([queued]);
    await waiting();
    await world.clock.pass(1_000);
    const servedUntil = world.clock.now() - 300;
    caller.end("normal");
    await during(takeOrphans(new Set([world.deps.owner]), world.deps, servedUntil));
    expect((await world.deps.store.calls.get(id))?.state.endedAt).toBe(servedUntil);
  });

  it("is closed no earlier than its last fact, whenever a server was last heard of", async () => {
    const caller = await left([{ type: "menu_entered", menu: "language", prompts: [] }]);
    const menuAt = world.clock.now();
    await world.clock.pass(1_000);
    caller.end("normal");
    await during(takeOrphans(new Set([world.deps.owner]), world.deps, menuAt - 400));
    expect((await world.deps.store.calls.get(id))?.state.endedAt).toBe(menuAt);
  });

  it("keeps the recording of a conversation that nobody had come to write down", async () => {
    const { phone } = await talking();
    await world.clock.pass(5_000);
    world.telephony.leaveRecording(`${id}/${phoneId}`);
    phone.end("normal");
    await adopt();
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
    const ended = world.eventsOf(id).find(({ type }) => type === "recording_ended");
    expect(ended).toMatchObject({ recording: `${id}/${phoneId}`, durationMs: expect.any(Number) });
    expect(ended?.type === "recording_ended" && ended.durationMs).toBeGreaterThan(4_000);
  });

  it("lets the agent go whose caller left unseen", async () => {
    const { caller, phone } = await talking();
    caller.end("normal");
    await adopt();
    expect(phone.gone.aborted).toBe(true);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "caller" });
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "after_call" } });
  });

  it("goes on with a phone that rang before anybody had written that down", async () => {
    const caller = await left([queued]);
    await waiting();
    const phone = await rung(caller);
    phone.pickUp();
    await adopt();
    expect(types()).toEqual(expect.arrayContaining(["adopted", "offered", "connected"]));
    expect(caller.bridge?.members).toEqual(new Set([caller, phone]));
    phone.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  });

  it("goes on with every phone that rang for it, and one that nobody had written down", async () => {
    await world.stop();
    const queues = [{ name: "support", title: "Support", ring: "all" }];
    const agents = smallCentre.agents.map((agent) => ({ ...agent, queues: ["support"] }));
    world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, queues, agents }) });
    world.telephony.onCall(() => undefined);
    const caller = await left([
      queued,
      offered,
      { ...offered, agent: asAgentId("AGT-002"), extension: "1002" },
    ]);
    await waiting();
    await world.signIn("AGT-001", "AGT-002", "AGT-003");
    const phones: FakeLeg[] = [];
    for (const { id: agent, extension } of agents) {
      world.telephony.plugIn(extension, (leg) => void phones.push(leg));
      const until = world.clock.now() + 10_000;
      await world.deps.desk.reserve(id, asAgentId(agent), until, true);
      // The second had given up unseen.
      if (extension === "1002") continue;
      world.telephony.dial({
        id: asChannelId(`${id}-${extension}-x`),
        call: id,
        to: { extension },
        callerNumber: "",
        callerName: "",
        originator: caller.id,
        timeoutMs: 20_000,
      });
    }
    await world.clock.pass(100);
    await adopt();
    expect(phones.map((leg) => leg.gone.aborted)).toEqual([false, false]);
    expect((await world.deps.store.calls.get(id))?.state.stage).toBe("ringing");
    phones[1]?.pickUp();
    await world.clock.pass(1_000);
    expect(caller.bridge?.members).toEqual(new Set([caller, phones[1]]));
    expect(phones[0]?.gone.aborted).toBe(true);
    expect(types()).toEqual([
      "adopted",
      "offered",
      "offer_ended",
      "offer_ended",
      "connected",
      "offer_ended",
      "recording_started",
    ]);
    caller.end("normal");
    await world.clock.pass(20_000);
  });

  it("is with one agent only when the phone that rang had given up unseen", async () => {
    // An agent of hers is free: her call is offered again in the very moment in which the first is let go.
    await world.stop();
    const [sales, help] = smallCentre.queues;
    const agents = smallCentre.agents.map((agent) => ({ ...agent, queues: ["support"] }));
    const queues = [sales, { ...help, strategy: "round-robin" }];
    world = await openWorld({ centre: centreSchema.parse({ ...smallCentre, queues, agents }) });
    world.telephony.onCall(() => undefined);
    const rang: string[] = [];
    for (const extension of ["1002", "1003"])
      world.telephony.plugIn(extension, () => void rang.push(extension));
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    await world.signIn("AGT-002");
    await world.signIn("AGT-003");
    phone.end("no_answer");
    await adopt();
    const reserved = (await world.deps.desk.agents()).filter(
      ({ reservation }) => reservation.is === "offered",
    );
    expect(reserved.map(({ extension }) => extension)).toEqual(rang);
    expect(rang).toHaveLength(1);
    caller.end("normal");
    await world.clock.pass(100);
  });

  it("waits on when the phone that rang had given up unseen", async () => {
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    await during(world.telephony.createBridge(asBridgeId(`c-${phoneId}`)));
    phone.end("no_answer");
    await world.signIn("AGT-002");
    await adopt();
    expect((await world.deps.desk.snapshot()).waiting).toMatchObject([
      { call: id, offeredTo: null },
    ]);
    expect(types()).toContain("offer_ended");
    expect(await world.telephony.inventory()).toMatchObject({ bridges: [] });
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ reason: "hung_up_waiting" });
  });

  it("goes on as it was noted when the desk has lost it: whoever talks, talks on", async () => {
    const { caller, phone } = await talking();
    await world.deps.desk.removeCall(id);
    await adopt();
    expect(caller.bridge?.members).toEqual(new Set([caller, phone]));
    expect(types()).toEqual(["adopted", "recording_started"]);
    phone.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  });

  it("waits on since she came when the desk has lost her", async () => {
    await world.signIn("AGT-001");
    world.telephony.plugIn("1001", () => undefined);
    const caller = await left([queued]);
    const noted = (await world.deps.desk.liveCall(id))?.state;
    await world.deps.desk.removeCall(id);
    await world.clock.pass(3_000);
    await adopt();
    expect((await world.deps.desk.snapshot()).waiting).toMatchObject([
      { call: id, enteredAt: noted?.queuedAt, owner: world.deps.owner },
    ]);
    caller.end("normal");
    await world.clock.pass(100);
    expect(await ending()).toMatchObject({ result: "abandoned" });
  });

  it("is left alone when the desk has lost it and a living process holds its caller", async () => {
    const caller = await left([queued]);
    await world.deps.desk.removeCall(id);
    await adopt(dead);
    expect(types()).toEqual([]);
    caller.end("normal");
    await world.deps.desk.removeCall(id);
  });

  it("frees phones, conversations and agents that belong to no call", async () => {
    const caller = await left([queued]);
    await waiting();
    const phone = await rung(caller);
    const stray = await during(world.telephony.createBridge(asBridgeId("c-stray")));
    caller.end("normal");
    await world.deps.desk.removeCall(id);
    await world.deps.desk.reserveDirect(
      asCallId("CALL-FFFFFFFF"),
      amina,
      world.clock.now() + 9_000,
    );
    await adopt();
    expect(phone.gone.aborted).toBe(true);
    expect(world.telephony.adoptBridge(stray.id)).not.toBe(stray);
  });

  it("leaves no agent in after-call work that nobody was asked to end, nor without the break after it", async () => {
    const { desk } = world.deps;
    await world.signIn("AGT-001");
    await desk.setDevice("1001", "idle", world.clock.now());
    expect(await desk.reserveDirect(id, amina, world.clock.now() + 9_000)).toBe("reserved");
    await desk.connect(id, amina, world.clock.now());
    await desk.setPresence(amina, { is: "paused", reason: "lunch" }, world.clock.now());
    // The dead process had no time to ask for the end of it.
    await desk.finish(id, amina, world.clock.now() + 20_000, world.clock.now());
    await adopt();
    const during = { presence: { is: "after_call", call: id }, pending: "paused" };
    expect(await desk.agent(amina)).toMatchObject(during);
    await world.clock.pass(21_000);
    const after = { presence: { is: "paused", reason: "lunch" }, pending: null };
    expect(await desk.agent(amina)).toMatchObject(after);
  });

  it.each([
    ["a break", { is: "paused", reason: "lunch" }],
    ["a sign-out", { is: "offline" }],
  ] as const)("keeps %s that its agent has asked for until its end", async (_, wish) => {
    const { caller } = await talking();
    const { desk, clock } = world.deps;
    await desk.setPresence(amina, wish, clock.now());
    await adopt();
    expect(await desk.agent(amina)).toMatchObject({
      activity: { is: "talking", call: id },
      pending: wish.is,
    });
    caller.end("normal");
    await world.clock.pass(100);
    expect(await desk.agent(amina)).toMatchObject({
      presence: { is: "after_call" },
      pending: wish.is,
    });
    await world.clock.pass(20_000);
    expect(await desk.agent(amina)).toMatchObject({ presence: wish, pending: null });
  });

  it("keeps no agent for it whom the dead process had reserved and not rung", async () => {
    const caller = await left([queued, offered]);
    await waiting();
    await world.signIn("AGT-001", "AGT-002");
    for (const extension of ["1001", "1002"])
      world.telephony.plugIn(extension, (phone) => phone.pickUp());
    // Amina had not answered, which was not written down, and the next was reserved when the process died.
    await world.deps.desk.reserve(id, asAgentId("AGT-002"), world.clock.now() + 60_000);
    await adopt();
    await world.clock.pass(1_000);
    expect(types()).toContain("connected");
    caller.end("normal");
    await world.clock.pass(100);
  });

  it("leaves no agent resting whose rest nobody was asked to end", async () => {
    const { desk } = world.deps;
    const other = asCallId("CALL-FFFFFFFF");
    await desk.setDevice("1001", "idle", world.clock.now());
    expect(await desk.reserveDirect(other, amina, world.clock.now() + 9_000)).toBe("reserved");
    await desk.release(other, amina, "no_answer", world.clock.now() + 5_000);
    await adopt();
    expect((await desk.agent(amina))?.reservation.is).toBe("resting");
    await world.clock.pass(6_000);
    expect((await desk.agent(amina))?.reservation.is).toBe("none");
  });

  it("is one call however often its caller is offered, labelled or not", async () => {
    world.telephony.onCall((leg) => void takeCall(leg, world.deps));
    const caller = world.telephony.incoming({ from: "outside", dialled: "+254711000001" });
    await world.clock.pass(500);
    caller.end("released");
    await world.clock.pass(500);
    const back = world.telephony.offerAgain(caller);
    await world.clock.pass(500);
    expect(types()).toEqual(expect.arrayContaining(["menu_entered", "released", "adopted"]));
    expect(await world.deps.desk.liveCalls()).toHaveLength(1);
    back.end("normal");
    await world.clock.pass(100);
    expect(await world.deps.store.calls.list({ limit: 10 })).toMatchObject([
      { id, ending: { reason: "hung_up_in_menu" } },
    ]);
  });

  it.each(["waits on", "has hung up by then"])(
    "goes on once when its caller is offered again while others are adopted, and %s",
    async (then) => {
      const caller = await left([queued]);
      await waiting();
      const others = Promise.withResolvers<void>();
      const adopt = world.telephony.adopt.bind(world.telephony);
      vi.spyOn(world.telephony, "adopt").mockImplementationOnce(async (...args) => {
        const leg = await adopt(...args);
        await others.promise;
        return leg;
      });
      world.telephony.onCall((leg) => void takeCall(leg, world.deps));
      const adopting = adoptCalls(new Set([world.deps.owner]), world.deps);
      await world.clock.pass(500);
      caller.end("released");
      const back = world.telephony.offerAgain(caller);
      await world.clock.pass(500);
      if (then === "has hung up by then") {
        back.end("normal");
        await world.clock.pass(500);
      }
      others.resolve();
      await during(adopting);
      back.end("normal");
      await world.clock.pass(500);
      expect(types().filter((type) => type === "adopted")).toHaveLength(1);
      expect(types().at(-1)).toBe("ended");
      expect(await ending()).toMatchObject({ reason: "hung_up_waiting" });
    },
  );

  it.each(["while no server was there", "when her caller is back"])(
    "goes on with the phone that rings though the dialplan has its caller: the agent answers %s",
    async (when) => {
      const caller = await left([queued, offered]);
      await waiting();
      const phone = await rung(caller);
      caller.holder = null;
      if (when === "while no server was there") phone.pickUp();
      world.telephony.onCall((leg) => void takeCall(leg, world.deps));
      await adopt();
      await world.clock.pass(900);
      expect(phone.gone.aborted).toBe(false);
      const back = world.telephony.offerAgain(caller);
      await world.clock.pass(500);
      if (when === "when her caller is back") phone.pickUp();
      await world.clock.pass(500);
      expect(back.bridge?.members).toEqual(new Set([back, phone]));
      expect(types().filter((type) => type === "adopted" || type === "released")).toEqual([
        "adopted",
      ]);
      phone.end("normal");
      await world.clock.pass(500);
      expect(await ending()).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
    },
  );

  it("lets the phone go that rings when the dialplan, which has its caller, does not offer her again", async () => {
    const caller = await left([queued, offered]);
    await waiting();
    const phone = await rung(caller);
    caller.holder = null;
    await adopt();
    await world.clock.pass(1_500);
    expect(phone.gone.aborted).toBe(false);
    await world.clock.pass(2_000);
    expect(phone.gone.aborted).toBe(true);
    expect(types()).toEqual(["released"]);
    expect((await world.deps.desk.agent(amina))?.reservation.is).toBe("none");
    world.telephony.onCall((leg) => void takeCall(leg, world.deps));
    world.telephony.offerAgain(caller).end("normal");
    await world.clock.pass(500);
    expect(await ending()).toMatchObject({ reason: "hung_up_waiting" });
  });

  it("is one call when its channel is found before it is told that she was claimed", async () => {
    const caller = world.telephony.incoming({ from: "outside", dialled: "+254711000001" });
    caller.again = true;
    void takeCall(caller, world.deps);
    world.telephony.onCall((leg) => void takeCall(leg, world.deps));
    const told = world.telephony.offerAgain(caller, false);
    await world.clock.pass(500);
    told.end("normal");
    await world.clock.pass(100);
    expect(await world.deps.store.calls.list({ limit: 10 })).toMatchObject([
      { id, ending: { reason: "hung_up_in_menu" } },
    ]);
    const log = await world.deps.store.calls.get(id);
    expect(log?.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["started", "released", "adopted", "ended"]),
    );
  });

  it("is new when nothing of it had been written down", async () => {
    const caller = world.telephony.incoming({ from: "outside", dialled: "+254711000001" });
    caller.holder = "kituo-other";
    await adopt();
    const [state] = world.states().values();
    expect(state).toMatchObject({ stage: "menu", channel: caller.id });
    caller.end("normal");
    await world.clock.pass(100);
  });

  it("is left alone when a living process holds it", async () => {
    const caller = await left([queued]);
    await adopt(dead);
    expect(types()).toEqual([]);
    caller.end("normal");
    await adopt();
  });
});
