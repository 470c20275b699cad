import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Centre } from "../../src/domain/centre.ts";
import { asChannelId } from "../../src/domain/ids.ts";
import { part, readWav, rms, type Sound, toneLevel } from "../../src/ops/phones/audio.ts";
import { outsideAddress } from "../../src/ops/phones/callers.ts";
import type { NativeCall } from "../../src/ports/telephony.ts";
import { type AmiClient, createAmiClient } from "../../src/telephony/ami/client.ts";
import { valueOf } from "../../src/telephony/ami/message.ts";
import { forgetNative, nativeCalls, nativeEvent } from "../../src/telephony/ari/native.ts";
import { Lab, mainNumber, supportLine } from "../lab/lab.ts";
import { conversation, until } from "../lab/until.ts";
import { quietLog } from "../telephony/log.ts";

const holdMs = 2_000;
const quick = (centre: Centre): Centre => ({ ...centre, holdMs });

/** What Asterisk does by itself when there is no server, and what it keeps of it. */
describe("without a server", () => {
  let lab: Lab;
  let ami: AmiClient;
  const told: string[] = [];
  beforeAll(async () => {
    lab = await Lab.start({ server: false, centre: quick });
    const { secrets, ports } = lab.instance;
    ami = createAmiClient({
      host: "127.0.0.1",
      port: ports.ami,
      user: secrets.site.amiUser,
      password: secrets.site.amiPassword,
      log: quietLog,
      events: ["UserEvent"],
      onEvent: (event) => {
        if (valueOf(event, "userevent") === nativeEvent) told.push(valueOf(event, "ended"));
      },
      onReady: () => Promise.resolve(),
    });
    await ami.start();
  });
  afterEach(async () => {
    await lab.clear();
    for (const call of await nativeCalls(ami, quietLog)) await forgetNative(ami, call.channel);
    expect(await nativeCalls(ami, quietLog)).toEqual([]);
  });
  afterAll(async () => {
    ami?.close();
    await lab?.stop();
  });

  /** The one call that the dialplan has kept. */
  async function kept(): Promise<NativeCall> {
    let calls: readonly NativeCall[] = [];
    await until("what the dialplan keeps", async () => {
      calls = await nativeCalls(ami, quietLog);
      return calls.length > 0;
    });
    expect(calls).toHaveLength(1);
    return calls[0] as NativeCall;
  }

  it("holds a caller with music, then takes her to the native queue, which rings an agent", async () => {
    const agent = await lab.phone("1001", 500);
    const caller = await lab.outside("+254700000401", 1_000);
    await caller.dial(mainNumber);
    await agent.event("CALL_INCOMING");
    await agent.answer();
    await agent.event("CALL_ESTABLISHED");
    await conversation(2_000);
    await caller.hangup();
    await agent.event("CALL_CLOSED");
    const heard = part(await agent.heard(), -800);
    expect(toneLevel(heard, 1_000) / rms(heard)).toBeGreaterThan(0.9);
    expect(silenceMs(part(await caller.heard(), 200, holdMs))).toBeLessThan(300);
    await lab.nothingLeft();

    const call = await kept();
    expect(call).toMatchObject({
      entry: { from: "outside", dialled: mainNumber },
      callerNumber: "+254700000401",
      queue: "fallback",
      answeredBy: "1001",
      message: null,
    });
    await until("word of it", () => told.includes(call.channel));
    const { arrivedAt, takenAt, queuedAt, connectedAt, endedAt } = call;
    expect(ascending(arrivedAt, takenAt, queuedAt, connectedAt, endedAt)).toBe(true);
    expect((queuedAt ?? 0) - (takenAt ?? 0)).toBeGreaterThanOrEqual(holdMs);
    expect((queuedAt ?? 0) - (takenAt ?? 0)).toBeLessThan(holdMs + 2_000);
    expect(endedAt - (connectedAt ?? 0)).toBeGreaterThan(1_000);
  });

  it("takes a message where no phone can be rung, which is found as any recording is", async () => {
    const caller = await lab.outside("+254700000404", 1_000);
    await caller.dial(supportLine);
    await until(
      "the recording of the message",
      async () => {
        const channels = await lab.ari<{ dialplan: { app_name: string } }[]>("GET", "channels");
        return channels.some(({ dialplan }) => dialplan.app_name === "Record");
      },
      20_000,
    );
    await conversation(1_500);
    await caller.hangup();
    await lab.nothingLeft();
    const call = await kept();
    expect(call).toMatchObject({ queue: "fallback", answeredBy: null, connectedAt: null });
    const message = readWav(await recording(call.message ?? ""));
    expect(toneLevel(message, 1_000) / rms(message)).toBeGreaterThan(0.9);
    expect(message.samples.length / message.rate).toBeGreaterThan(1);
  });

  it("keeps of a caller who gives up in the hold when she did", async () => {
    const caller = await lab.outside("+254700000405");
    await caller.dial(mainNumber);
    await caller.event("CALL_ESTABLISHED");
    await conversation(300);
    await caller.hangup();
    const call = await kept();
    expect(call).toMatchObject({ queuedAt: null, queue: null, answeredBy: null, message: null });
    expect(ascending(call.arrivedAt, call.takenAt, call.endedAt)).toBe(true);
  });

  it("lets one phone call another, at once", async () => {
    const amina = await lab.phone("1001", 500);
    const brian = await lab.phone("1002", 900);
    await amina.dial("1002");
    await brian.event("CALL_INCOMING", holdMs);
    await brian.answer();
    await amina.event("CALL_ESTABLISHED");
    await conversation(2_000);
    await amina.hangup();
    await brian.event("CALL_CLOSED");
    const heard = part(await brian.heard(), -800);
    expect(toneLevel(heard, 500) / rms(heard)).toBeGreaterThan(0.9);
    await lab.nothingLeft();
    expect(await kept()).toMatchObject({
      entry: { from: "extension", extension: "1001", dialled: "1002" },
      callerNumber: "1001",
      answeredBy: "1002",
    });
  });

  it("keeps names of every kind, and more calls than fit into one answer of a function", async () => {
    const number = "+254700000406";
    const from = `"A, B; c=d|50% \u00e9" <sip:${number}@${outsideAddress}>`;
    await lab.caller({ called: mainNumber, number, from, stay: 300 });
    const call = await kept();
    expect(call.callerName).toBe("A, B; c=d|50% \u00e9");
    const row = (ended: number) =>
      `entry=outside:s&number=&name=%FFo&arrived=1795264408899&ended=${ended}&taken=`;
    const keys = Array.from({ length: 500 }, (_, index) => `1795264408.${index}`);
    const put = (key: string, value: string) =>
      ami.act("DBPut", { Family: "kituo-native", Key: key, Val: value });
    for (const [index, key] of keys.entries()) await put(key, row(1_795_264_409_000 + index));
    await put("nonsense", "arrived=soon");
    const calls = await nativeCalls(ami, quietLog);
    expect(calls.slice(0, 500).map(({ channel }) => channel)).toEqual(keys);
    expect(calls[0]).toMatchObject({ callerName: "\ufffdo", takenAt: null });
    expect(calls).toHaveLength(501);
    await forgetNative(ami, asChannelId("nonsense"));
  });

  async function recording(name: string): Promise<Uint8Array> {
    const { secrets, ports } = lab.instance;
    const credentials = btoa(`${secrets.site.ariUser}:${secrets.site.ariPassword}`);
    const answer = await fetch(
      `http://127.0.0.1:${ports.ari}/ari/recordings/stored/${encodeURIComponent(name)}/file`,
      { headers: { authorization: `Basic ${credentials}` } },
    );
    expect(answer.status).toBe(200);
    return new Uint8Array(await answer.arrayBuffer());
  }
});

describe("when the server dies", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({ centre: (centre) => ({ ...centre, holdMs: 6_000 }) });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab?.stop());

  it("talks go on, a new caller reaches the native queue, and the next server knows of both", async () => {
    const board = await lab.watch();
    const first = await lab.phone("1001", 500);
    await lab.signIn("1001");
    const talking = await lab.outside("+254700000402", 1_000);
    await talking.dial(supportLine);
    const id = await board.begun("+254700000402");
    await first.event("CALL_INCOMING");
    await first.answer();
    await board.fact(id, "connected");
    const second = await lab.phone("1002");

    await lab.killServer();
    const next = await lab.outside("+254700000403");
    await next.dial(supportLine);
    await second.event("CALL_INCOMING");
    await second.answer();
    await second.event("CALL_ESTABLISHED");
    await conversation(500);
    await next.hangup();
    await second.event("CALL_CLOSED");

    // Nobody is left to hang up for her when the caller does.
    await talking.hangup();
    const hungUpAt = Date.now();
    await first.hangup();
    const heard = part(await first.heard(), -1_000);
    expect(toneLevel(heard, 1_000) / rms(heard)).toBeGreaterThan(0.9);

    await lab.startServer();
    await until("both calls in the log", async () => (await lab.api.pastCalls()).length === 2);
    const calls = await lab.api.pastCalls();
    const talked = calls.find((call) => call.call_id === id);
    expect(talked?.ending).toMatchObject({ result: "completed", reason: "talked" });
    expect(Math.abs(Date.parse(talked?.ended_at ?? "") - hungUpAt)).toBeLessThan(500);
    expect(calls.find((call) => call.call_id !== id)).toMatchObject({
      phone_number: "+254700000403",
      extension: "1002",
      agent_id: lab.agentId("1002"),
      ending: { result: "completed", reason: "talked_natively" },
    });
  });

  async function liveCall(phoneNumber: string): Promise<string> {
    const call = (await lab.api.liveCalls()).find((each) => each.phone_number === phoneNumber);
    if (call === undefined) throw new Error("she has no live call");
    return call.call_id;
  }

  it("a caller who is held goes on with the next server", async () => {
    const agent = await lab.phone("1001", 500);
    // Signed in before: a queue takes nobody in whom nobody is there for, and who is held is taken at once.
    await lab.api.setAgent(lab.agentId("1001"), "available");
    await lab.killServer();
    const caller = await lab.outside("+254700000407", 1_000);
    await caller.dial(supportLine);
    await caller.event("CALL_ESTABLISHED");
    await lab.startServer();
    const board = await lab.watch();
    await agent.event("CALL_INCOMING");
    await agent.answer();
    const id = await liveCall("+254700000407");
    await board.fact(id, "connected");
    expect(await lab.api.call(id)).toMatchObject({
      queue: "support",
      agent_id: lab.agentId("1001"),
    });
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
  });
});

/** The longest stretch of a sound in which nothing is heard. */
function silenceMs(sound: Sound): number {
  const step = 20;
  const length = (sound.samples.length / sound.rate) * 1_000;
  let longest = 0;
  let silent = 0;
  for (let at = 0; at + step <= length; at += step) {
    silent = rms(part(sound, at, at + step)) < 0.001 ? silent + step : 0;
    longest = Math.max(longest, silent);
  }
  return longest;
}

const ascending = (...moments: readonly (number | null)[]): boolean =>
  moments.every((moment, at) => moment !== null && (at === 0 || (moments[at - 1] ?? 0) <= moment));
