import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CallStage, transitions } from "../../src/domain/call.ts";
import { adoptCalls, takeOrphans } from "../../src/flows/adopt.ts";
import { takeCall } from "../../src/flows/take.ts";
import {
  adopt,
  afterADeath,
  amina,
  connected,
  dead,
  during,
  ending,
  id,
  inCentre,
  left,
  offered,
  phoneId,
  queued,
  rung,
  support,
  talking,
  types,
  waiting,
  world,
} from "./left-behind.ts";
import { smallCentre } from "./world.ts";

afterADeath();

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
    const queues = [{ name: "support", title: "Support", survey: {} }];
    const agents = smallCentre.agents.slice(0, 1);
    await inCentre({ queues, agents });
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
