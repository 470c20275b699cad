import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CallState, fold } from "../../src/domain/call.ts";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { asChannelId, asQueueName, type CallId } from "../../src/domain/ids.ts";
import { callOn } from "../../src/flows/identity.ts";
import { importNativeCalls } from "../../src/flows/native.ts";
import type { NativeCall } from "../../src/ports/telephony.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
let start: number;
beforeEach(async () => {
  world = await openWorld();
  start = world.clock.now();
});
afterEach(async () => {
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

const channel = asChannelId("1795264408.1");
const id = callOn(channel);
const support = asQueueName("support");

/** A caller from outside whom the dialplan took after a second and who left after ten; `change` tells the rest. */
function native(change: Partial<NativeCall> = {}): NativeCall {
  return {
    channel,
    entry: { from: "outside", dialled: "+254711000001" },
    callerNumber: "+254700000001",
    callerName: "Zawadi",
    arrivedAt: start,
    takenAt: start + 1_000,
    queuedAt: null,
    queue: null,
    answeredBy: null,
    connectedAt: null,
    message: null,
    endedAt: start + 10_000,
    ...change,
  };
}

const answered = (): Partial<NativeCall> => ({
  queuedAt: start + 4_000,
  queue: support,
  answeredBy: "1002",
  connectedAt: start + 6_000,
});

/** Imports what the dialplan keeps now; settles when the work that follows is done too. */
async function imported(): Promise<void> {
  await importNativeCalls([...world.telephony.natives.values()], world.deps);
  await world.clock.pass(1_000);
}

/** A call that a server had brought so far, with the facts a second apart. */
async function known(owner: string, ...facts: readonly CallFact[]): Promise<CallState> {
  const started: CallFact = {
    type: "started",
    direction: "inbound",
    caller: "+254700000001",
    callerName: "Zawadi",
    dialled: "+254711000001",
    channel: native().channel,
  };
  const events = [started, ...facts].map((fact, at) => ({
    ...fact,
    call: id,
    seq: at + 1,
    at: start + at * 100,
  }));
  const state = fold(events);
  await world.deps.journal.keep({ type: "facts", events, state });
  await world.deps.desk.saveCall(state, owner);
  return state;
}

const queued: CallFact = { type: "queued", queue: support, priority: 0 };

async function logs() {
  const { store } = world.deps;
  const calls = await store.calls.list({ limit: 500 });
  return await Promise.all(calls.map(async ({ id }) => await logOf(id)));
}

async function logOf(id: CallId) {
  const log = await world.deps.store.calls.get(id);
  return {
    state: log?.state,
    facts: log?.events.map(({ type, at }) => [type, at - start]) ?? [],
  };
}

describe("a call that no server knew", () => {
  it("gets a log of its own at its true times, and is forgotten in Asterisk", async () => {
    world.telephony.tellNative(native(answered()));
    await imported();
    const [log, ...more] = await logs();
    expect(more).toEqual([]);
    expect(log?.facts).toEqual([
      ["started", 0],
      ["released", 1_000],
      ["queued", 4_000],
      ["answered_natively", 6_000],
      ["ended", 10_000],
    ]);
    expect(log?.state).toMatchObject({
      caller: "+254700000001",
      queue: "support",
      queuedAt: start + 1_000,
      agent: "AGT-002",
      extension: "1002",
      ending: { result: "completed", reason: "talked_natively", by: "caller" },
    });
    expect(world.telephony.natives.size).toBe(0);
    expect(world.events.filter(({ type }) => type === "call")).toHaveLength(5);
  });

  it("is one call, however often it is imported", async () => {
    const row = native(answered());
    for (let time = 0; time < 3; time += 1) {
      world.telephony.tellNative(row);
      await imported();
    }
    expect(await logs()).toHaveLength(1);
  });

  it("of a caller who gave up in the hold is one to call back", async () => {
    world.telephony.tellNative(native());
    await imported();
    const [log] = await logs();
    expect(log?.state?.ending).toEqual({
      result: "abandoned",
      reason: "hung_up_waiting",
      by: "caller",
    });
    expect(await world.deps.store.tickets.list({ limit: 10 })).toMatchObject([
      { source: "abandoned", customerPhone: "+254700000001" },
    ]);
  });

  it("with a message opens a ticket for it and has its length", async () => {
    const message = "fallback/1795264408.1";
    world.telephony.fetchRecording = async (name) => (name === message ? wav(2_500) : null);
    world.telephony.tellNative(
      native({ ...answered(), connectedAt: null, answeredBy: null, message }),
    );
    await imported();
    const [log] = await logs();
    expect(log?.facts.slice(2)).toEqual([
      ["queued", 4_000],
      ["voicemail_started", 7_500],
      ["voicemail_left", 10_000],
      ["ended", 10_000],
    ]);
    expect(log?.state?.ending).toMatchObject({ result: "completed", reason: "left_message" });
    expect(await world.deps.store.recordings.get(message)).toMatchObject({ durationMs: 2_500 });
    expect(await world.deps.store.tickets.list({ limit: 10 })).toMatchObject([
      { source: "voicemail", department: "support" },
    ]);
  });

  it("from one phone to another is an internal one", async () => {
    const entry = { from: "extension", extension: "1001", dialled: "1002" } as const;
    const inside = { entry, callerNumber: "1001" };
    world.telephony.tellNative(
      native({ ...inside, answeredBy: "1002", connectedAt: start + 2_000 }),
    );
    world.telephony.tellNative(native({ ...inside, channel: asChannelId("1795264408.2") }));
    const code = { ...entry, dialled: "*45" };
    world.telephony.tellNative(native({ entry: code, channel: asChannelId("1795264408.3") }));
    await imported();
    const states = (await logs()).map(
      ({ state }) => `${state?.direction} ${state?.ending?.reason}`,
    );
    expect(new Set(states)).toEqual(new Set(["internal no_answer", "internal talked_natively"]));
    expect(states).toHaveLength(2);
    expect(world.telephony.natives.size).toBe(0);
  });
});

describe("a call that a server had begun", () => {
  it("goes on where its record stands", async () => {
    await known(world.deps.owner, queued);
    world.telephony.tellNative(native(answered()));
    await imported();
    expect((await logOf(id)).facts).toEqual([
      ["started", 0],
      ["queued", 100],
      ["released", 1_000],
      ["answered_natively", 6_000],
      ["ended", 10_000],
    ]);
    expect(await world.deps.desk.liveCalls()).toEqual([]);
    expect(await logs()).toHaveLength(1);
  });

  it("is not released twice, and may be another process's when that has let it go", async () => {
    await known("kituo-other/1", queued, { type: "released" });
    world.telephony.tellNative(native());
    await imported();
    expect((await logOf(id)).facts).toEqual([
      ["started", 0],
      ["queued", 100],
      ["released", 200],
      ["ended", 10_000],
    ]);
  });

  it("comes to the same when it was imported half and is imported again", async () => {
    const state = await known(world.deps.owner, queued);
    const row = native(answered());
    world.telephony.tellNative(row);
    await imported();
    const whole = (await logOf(id)).facts;
    await world.deps.desk.saveCall(state, world.deps.owner);
    world.telephony.tellNative(row);
    await imported();
    expect((await logOf(id)).facts).toEqual(whole);
    expect(await world.deps.desk.liveCalls()).toEqual([]);
  });

  it("is left alone while a flow or another process has it, and when a server held it to the end", async () => {
    await known("kituo-other/1", queued);
    world.telephony.tellNative(native());
    await imported();
    await world.deps.desk.takeOver(id, "kituo-other/1", world.deps.owner);
    await world.deps.running.run(id, imported);
    world.telephony.tellNative(native({ takenAt: null }));
    await imported();
    expect((await logOf(id)).facts).toHaveLength(2);
    expect(world.telephony.natives.size).toBe(1);
    await world.deps.desk.removeCall(id);
  });

  it("is left as its own flow ends it that is just doing so and has not come to the desk", async () => {
    world.telephony.tellNative(native());
    const hangup = Promise.withResolvers<void>();
    const flow = world.deps.running.run(id, async () => {
      await hangup.promise;
      const ending = { result: "completed", reason: "talked", by: "agent" } as const;
      await known(world.deps.owner, { type: "ended", ending });
      await world.deps.desk.removeCall(id);
    });
    const importing = imported();
    await world.clock.pass(100);
    hangup.resolve();
    await Promise.all([flow, importing]);
    const log = await world.deps.store.calls.get(id);
    expect(log?.events.map(({ type }) => type)).toEqual(["started", "ended"]);
    expect(log?.state.ending).toMatchObject({ reason: "talked" });
    expect(world.telephony.natives.size).toBe(0);
  });

  it("is left as it is when it is ended, however often it is told of", async () => {
    const ending = { result: "abandoned", reason: "hung_up_in_menu", by: "caller" } as const;
    await known(world.deps.owner, queued, { type: "ended", ending });
    await world.deps.desk.removeCall(id);
    world.telephony.tellNative(native());
    await imported();
    world.telephony.tellNative(native({ takenAt: null }));
    await imported();
    expect(await logs()).toHaveLength(1);
    expect((await logOf(id)).state?.ending).toEqual(ending);
    expect(world.telephony.natives.size).toBe(0);
  });
});

/** A WAV file as Asterisk writes it, of silence. */
function wav(durationMs: number): Uint8Array {
  const bytes = Buffer.alloc(44 + durationMs * 16);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(16_000, 28);
  return bytes;
}
