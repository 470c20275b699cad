import { afterEach, describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { asBridgeId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { adoptCalls } from "../../src/flows/adopt.ts";
import { callOn } from "../../src/flows/identity.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { notedByTheDead } from "./left-behind.ts";
import { dialIn, openWorld, smallCentre, type World } from "./world.ts";

const line = "+254711000002";
const number = "+254700000009";
const support = asQueueName("support");
const id = callOn(asChannelId("in-1"));

let world: World;
afterEach(async () => {
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(await world.deps.desk.liveCalls()).toEqual([]);
  expect(world.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  await world.stop();
});

/** The small centre with a trunk, whose queue `support` leads to a number outside after ten seconds. */
function centreWith(said: { readonly support?: object; readonly trunk?: object } = {}): Centre {
  const overflow = [{ when: { waitedMs: 10_000 }, do: { number } }];
  return centreSchema.parse({
    ...smallCentre,
    trunks: [{ name: "provider", host: "sip.example.org", ...said.trunk }],
    queues: smallCentre.queues.map((queue) =>
      queue.name === "support" ? { ...queue, overflow, ...said.support } : queue,
    ),
  });
}

/** Opens a world in which Amina is on a break; gives the telephones outside that have been rung. */
async function open(centre = centreWith(), onRing?: (phone: FakeLeg) => void): Promise<FakeLeg[]> {
  world = await openWorld({ centre, fake: { promptMs: 2_000 } });
  const rung: FakeLeg[] = [];
  world.telephony.plugInOutside(number, (phone) => {
    rung.push(phone);
    onRing?.(phone);
  });
  for (const extension of ["1001", "1003"]) world.telephony.plugIn(extension, () => undefined);
  for (const agent of ["AGT-001", "AGT-003"]) {
    await world.signIn(agent);
    const presence = { is: "paused", reason: "tea" } as const;
    await world.deps.desk.setPresence((await agentWith(agent)).id, presence, world.clock.now());
  }
  return rung;
}

async function agentWith(agent: string) {
  const found = (await world.deps.desk.agents()).find((each) => each.id === agent);
  if (found === undefined) throw new Error(`there is no ${agent}`);
  return found;
}

/** Calls in, and waits until a number outside is rung for her. */
async function forwarded(): Promise<FakeLeg> {
  const caller = dialIn(world, line);
  await world.clock.pass(10_100);
  return caller;
}

const state = (): CallState => world.states().get(id) as CallState;
const types = () => world.eventsOf(id).map(({ type }) => type);
const facts = (type: string) => world.eventsOf(id).filter((event) => event.type === type);

describe("a caller whose queue leads to a number outside", () => {
  it("leaves the queue, hears its music while it rings, and talks to whoever answers", async () => {
    const rung = await open();
    const caller = await forwarded();
    expect(rung).toHaveLength(1);
    expect(state()).toMatchObject({ stage: "ringing", queue: "support", agent: null });
    expect(state().outside).toEqual({ number, trunk: "provider", outcome: null });
    expect((await world.deps.desk.snapshot()).waiting).toEqual([]);
    expect(caller.bridge?.id).toBe("q-support");
    // Somebody outside sees the number that was dialled.
    expect(rung[0]?.callerNumber).toBe(line);
    // The dead-man's switch of the dialplan is wound all the time.
    for (let second = 0; second < 25; second += 1) {
      await world.clock.pass(1_000);
      expect(caller.switchAt).toBeGreaterThan(world.clock.now());
    }
    rung[0]?.pickUp();
    await world.clock.pass(1_000);
    expect(state().stage).toBe("in_progress");
    expect(caller.bridge?.members).toEqual(new Set([caller, rung[0]]));
    expect(caller.switchAt).toBe(0);
    await world.clock.pass(5_000);
    rung[0]?.end("normal");
    await world.clock.pass(1_000);
    expect(state().ending).toEqual({ result: "completed", reason: "talked", by: "agent" });
    expect(types().slice(3)).toEqual([
      "position_told",
      "left_queue",
      "forwarded",
      "connected_outside",
      "recording_started",
      "recording_ended",
      "ended",
    ]);
    expect(caller.gone.aborted).toBe(true);
    expect(await agentWith("AGT-001")).toMatchObject({ tally: { calls: 0 } });
  });

  it("is written down before anybody is rung, so that whoever takes the call up knows of it", async () => {
    const rung = await open();
    const { journal } = world.deps;
    const keep = journal.keep.bind(journal);
    const disk = Promise.withResolvers<void>();
    Object.assign(journal, {
      keep: async (...kept: Parameters<typeof keep>) => {
        await disk.promise;
        await keep(...kept);
      },
    });
    const caller = await forwarded();
    expect(types()).toContain("forwarded");
    expect(rung).toEqual([]);
    disk.resolve();
    await world.clock.pass(100);
    expect(rung).toHaveLength(1);
    expect((await world.deps.desk.liveCall(id))?.state.outside).toMatchObject({ number });
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("is not recorded where the queue records nothing, and ends the call when she hangs up", async () => {
    const rung = await open(centreWith({ support: { record: false } }), (phone) => phone.pickUp());
    const caller = await forwarded();
    await world.clock.pass(1_000);
    expect(state().stage).toBe("in_progress");
    caller.end("normal");
    await world.clock.pass(1_000);
    expect(rung[0]?.gone.aborted).toBe(true);
    expect(state()).toMatchObject({
      recording: null,
      ending: { result: "completed", reason: "talked", by: "caller" },
    });
  });

  it("who hangs up while it rings lets the telephone outside stop", async () => {
    const rung = await open();
    const caller = await forwarded();
    caller.end("normal");
    await world.clock.pass(1_000);
    expect(rung.map(({ gone }) => gone.aborted)).toEqual([true]);
    expect(state().ending).toMatchObject({ result: "abandoned", reason: "hung_up_ringing" });
  });

  it.each([
    ["busy", "busy", { voicemail: true }, "voicemail"],
    ["declined", "declined", { menu: "department" }, "menu"],
    ["failed", "unreachable", { queue: "sales" }, "queued"],
  ] as const)("goes where `otherwise` says when it is %s", async (cause, outcome, way, stage) => {
    await open(centreWith({ support: { otherwise: way } }), (phone) => phone.end(cause));
    const caller = await forwarded();
    await world.clock.pass(1_000);
    expect(facts("forward_ended")).toMatchObject([{ outcome }]);
    expect(state().stage).toBe(stage);
    expect(world.eventsOf(id)).toContainEqual(
      expect.objectContaining({ why: `number_${outcome}` }),
    );
    if (stage === "queued") expect(state()).toMatchObject({ queue: "sales", outside: null });
    else expect(caller.bridge).toBeNull();
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("goes there too when nobody answers for half a minute", async () => {
    const rung = await open();
    const caller = await forwarded();
    await world.clock.pass(29_000);
    expect(state().stage).toBe("ringing");
    await world.clock.pass(2_000);
    expect(rung.map(({ gone }) => gone.aborted)).toEqual([true]);
    expect(facts("forward_ended")).toMatchObject([{ outcome: "no_answer" }]);
    expect(caller.heard.at(-1)).toBe("en:leave-message");
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("is put through at once when the queue does not take her, and is answered before", async () => {
    const overflow = [{ when: { noAgents: true }, do: { number } }];
    const rung = await open(centreWith({ support: { overflow } }));
    const offline = { is: "offline" } as const;
    await world.deps.desk.setPresence((await agentWith("AGT-001")).id, offline, world.clock.now());
    const caller = dialIn(world, line);
    await world.clock.pass(500);
    expect(caller.answered).toBe(true);
    expect(caller.bridge?.id).toBe("q-support");
    rung[0]?.pickUp();
    await world.clock.pass(500);
    expect(caller.bridge?.members).toEqual(new Set([caller, rung[0]]));
    expect(types()).not.toContain("queued");
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("shows her own number where the trunk lets it", async () => {
    const rung = await open(centreWith({ trunk: { showsCallers: true } }));
    const caller = await forwarded();
    expect(rung[0]?.callerNumber).toBe("+254700000001");
    caller.end("normal");
    await world.clock.pass(1_000);
  });
});

describe("a caller with somebody outside, who is taken up by another process", () => {
  const channel = asChannelId(`${id}-outside-x`);
  const start: readonly CallFact[] = [
    { type: "answered" },
    { type: "queued", queue: support, priority: 0 },
    { type: "left_queue", queue: support, why: "overflow_1" },
    { type: "forwarded", queue: support, number, trunk: "provider" },
  ];
  const talks: readonly CallFact[] = [
    ...start,
    { type: "connected_outside", bridge: asBridgeId(`c-${channel}`), channel },
  ];

  /** A caller whom a process that is dead now had brought so far; its facts came a second apart, the last just now. */
  async function left(all: readonly CallFact[]): Promise<FakeLeg> {
    world.telephony.onCall(() => undefined);
    const caller = dialIn(world, line);
    caller.holder = "kituo-other";
    caller.answered = true;
    const started: CallFact = {
      type: "started",
      direction: "inbound",
      caller: "+254700000001",
      callerName: "",
      dialled: line,
      channel: caller.id,
    };
    await notedByTheDead(world, id, [started, ...all]);
    return caller;
  }

  /** The telephone outside, as the dead process rang it. */
  async function phone(caller: FakeLeg): Promise<FakeLeg> {
    const { telephony, clock } = world;
    const to = { number, trunk: "provider", role: "agent" } as const;
    const shown = { callerNumber: "", callerName: "", originator: caller.id };
    telephony.dial({ id: channel, call: id, to, ...shown, timeoutMs: 35_000 });
    const found = telephony.adoptDialled(channel, null);
    await clock.pass(10);
    const leg = (await found) as FakeLeg;
    leg.holder = "kituo-other";
    return leg;
  }

  async function adopt(): Promise<void> {
    void adoptCalls(new Set([world.deps.owner]), world.deps);
    await world.clock.pass(500);
  }

  it("hears music until the telephone is answered that rang already", async () => {
    const rung = await open();
    const caller = await left(start);
    const found = await phone(caller);
    await adopt();
    expect(state().stage).toBe("ringing");
    expect(caller.bridge?.id).toBe("q-support");
    found.pickUp();
    await world.clock.pass(500);
    expect(caller.bridge?.members).toEqual(new Set([caller, found]));
    expect(rung).toEqual([found]);
    found.end("normal");
    await world.clock.pass(1_000);
    expect(state().ending).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  });

  it("waits for it as long as it has still got", async () => {
    await open();
    const caller = await left(start);
    await phone(caller);
    await world.clock.pass(20_000);
    await adopt();
    await world.clock.pass(8_000);
    expect(state().stage).toBe("ringing");
    await world.clock.pass(3_000);
    expect(facts("forward_ended")).toMatchObject([{ outcome: "no_answer" }]);
    expect(state().stage).toBe("voicemail");
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it("rings anew for what is left of its time when none is found to ring", async () => {
    const rung = await open();
    const caller = await left(start);
    await world.clock.pass(10_000);
    await adopt();
    expect(rung).toHaveLength(1);
    expect(facts("forwarded")).toEqual([]);
    await world.clock.pass(20_000);
    expect(rung.map(({ gone }) => gone.aborted)).toEqual([true]);
    expect(state().stage).toBe("voicemail");
    caller.end("normal");
    await world.clock.pass(1_000);
  });

  it.each([
    ["has given up meanwhile", [], 31_000],
    ["had given up before", [{ type: "forward_ended", outcome: "busy" } as const], 0],
  ] as const)(
    "goes where `otherwise` says when it %s, and nobody is rung again",
    async (_, more, ms) => {
      const rung = await open();
      const caller = await left([...start, ...more]);
      await world.clock.pass(ms);
      await adopt();
      expect(rung).toEqual([]);
      expect(state().stage).toBe("voicemail");
      expect(caller.bridge).toBeNull();
      caller.end("normal");
      await world.clock.pass(1_000);
    },
  );

  it("talks on", async () => {
    await open();
    const caller = await left(talks);
    const found = await phone(caller);
    found.pickUp();
    const making = world.telephony.createBridge(asBridgeId(`c-${channel}`));
    await world.clock.pass(10);
    const adding = (await making).add(caller, found);
    await world.clock.pass(10);
    await adding;
    await adopt();
    expect(caller.bridge?.members).toEqual(new Set([caller, found]));
    expect(types()).toEqual(["adopted", "recording_started"]);
    caller.end("normal");
    await world.clock.pass(1_000);
    expect(found.gone.aborted).toBe(true);
    expect(state().ending).toMatchObject({ result: "completed", reason: "talked", by: "caller" });
  });

  it("has talked when the other side left unseen", async () => {
    await open();
    const caller = await left(talks);
    await adopt();
    expect(caller.gone.aborted).toBe(true);
    expect(state().ending).toMatchObject({ result: "completed", reason: "talked", by: "agent" });
  });
});
