import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { asBridgeId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { answerOutside, outsideAddress } from "../../src/ops/phones/callers.ts";
import type { DialledLeg, Leg } from "../../src/ports/telephony.ts";
import { Bed, connected, dropped, gone, type Server, soon, testCall } from "../telephony/bed.ts";
import { type Exchange, startExchange } from "../telephony/exchange.ts";

describe("channels of a process that is no more, on a real Asterisk", () => {
  let exchange: Exchange;
  let bed: Bed;

  beforeAll(async () => {
    exchange = await startExchange();
    bed = new Bed(exchange);
  });
  afterEach(() => bed.clear());
  afterAll(async () => {
    await exchange?.stop();
  });

  /** Ends a process as a crash does for Asterisk: its connections are gone, its channels stay. */
  const die = (server: Server) => server.telephony.stop();
  const found = async ({ telephony }: Server, leg: Leg) =>
    (await telephony.survey()).channels.find((channel) => channel.id === leg.id);
  /** Something that can be heard in a recording takes its time. */
  const lasts = (since: number, ms: number) =>
    expect.poll(() => Date.now() - since).toBeGreaterThan(ms);
  /** A command that Asterisk answers only when nothing plays or records on the channel. */
  const takesCommands = async (leg: Leg) => {
    const since = performance.now();
    await leg.wind(15_000);
    expect(performance.now() - since).toBeLessThan(1_000);
  };

  it("are found with all that is known of them, and taken up out of a waiting room", async () => {
    const [first, second] = [await bed.server(), await bed.server()];
    const steps = [{ waitMs: 4_000 }, { keys: "7" }];
    first.telephony.drain();
    second.telephony.drain();
    const third = await bed.server();
    const { phone, leg } = await bed.caller(third, { name: "Asha", steps });
    expect(await (await third.telephony.waitingRoom(asQueueName("support"))).enter(leg)).toBe(true);
    await die(third);

    expect(await found(first, leg)).toEqual({
      id: leg.id,
      holder: third.name,
      call: testCall,
      role: "caller",
      extension: null,
      answered: true,
      since: leg.arrivedAt,
    });
    const adopted = await first.telephony.adopt(leg.id, null);
    expect(adopted).toMatchObject({
      entry: { from: "outside", dialled: "+254711000001" },
      callerNumber: "+254700000001",
      callerName: "Asha",
      arrivedAt: leg.arrivedAt,
      again: true,
    });
    expect(await first.telephony.adopt(leg.id, null)).toBe(adopted);
    await expect.poll(async () => (await found(second, leg))?.holder).toBe(first.name);
    expect(await adopted.keys.next(soon())).toBe("7");
    await takesCommands(adopted);
    await phone.hangup();
    expect((await gone(adopted)).hangupCause).toBe("normal");
  });

  it("are taken up by the same name", async () => {
    const before = await bed.server();
    const { phone, leg } = await bed.caller(before, { steps: [{ waitMs: 4_000 }, { keys: "8" }] });
    await die(before);
    const after = await bed.server({ name: before.name });
    const adopted = await after.telephony.adopt(leg.id, null);
    expect(await adopted.keys.next(soon())).toBe("8");
    await phone.hangup();
    expect((await gone(adopted)).hangupCause).toBe("normal");
  });

  it("of which the caller has hung up meanwhile, or whom the dialplan has, are gone", async () => {
    const first = await bed.server();
    const left = await bed.caller(first);
    const released = await bed.caller(first);
    await released.leg.wind(1_000);
    await die(first);
    await left.phone.hangup();
    const second = await bed.server();
    second.telephony.drain();
    await expect.poll(async () => (await found(second, released.leg))?.holder).toBe(null);
    await expect.poll(() => found(second, left.leg)).toBe(undefined);
    expect((await second.telephony.adopt(left.leg.id, null)).gone.aborted).toBe(true);
    expect((await second.telephony.adopt(released.leg.id, null)).gone.reason).toMatchObject({
      hangupCause: "released",
    });
    await released.phone.hangup();
  });

  it("hear no prompt of before any more", async () => {
    const first = await bed.server();
    const { phone, leg } = await bed.caller(first);
    await leg.play(["long"], "en");
    await die(first);
    const second = await bed.server();
    const adopted = await second.telephony.adopt(leg.id, null);
    await takesCommands(adopted);
    const playback = await adopted.play(["short"], "en");
    expect(await playback.finished).toBe("played");
    await phone.hangup();
    await gone(adopted);
  });

  it("go on recording a message", async () => {
    const first = await bed.server();
    const { phone, leg } = await bed.caller(first);
    const name = `${randomUUID()}/message`;
    const since = Date.now();
    await leg.record(name, { maxMs: 30_000, silenceMs: 10_000 });
    await lasts(since, 1_500);
    await die(first);
    const second = await bed.server();
    const adopted = await second.telephony.adopt(leg.id, null);
    const recording = await second.telephony.adoptRecording(name, since, null);
    expect(adopted.gone.reason).toBe(undefined);
    await phone.hangup();
    const { durationMs, failed } = (await recording?.finished) ?? {};
    expect(failed).toBe(false);
    const again = await second.telephony.adoptRecording(name, since, null);
    expect(durationMs).toBeGreaterThan(0);
    expect(Math.abs(((await again?.finished)?.durationMs ?? 0) - (durationMs ?? 0))).toBeLessThan(
      500,
    );
    expect(await second.telephony.adoptRecording(`${name}-of-another`, since, null)).toBeNull();
    await gone(adopted);
  });

  it("are taken by another while their process lives: it is told, and nothing was hung up", async () => {
    const first = await bed.server();
    const { phone, leg } = await bed.caller(first);
    const second = await bed.server();
    const adopted = await second.telephony.adopt(leg.id, null);
    await expect.poll(() => first.taken).toEqual([leg.id]);
    expect(leg.gone.aborted).toBe(false);
    expect(await dropped(phone)).toBe(false);
    await phone.hangup();
    await gone(adopted);
  });

  describe("that ring a phone", () => {
    async function ringing(extension: string, plan: Parameters<Bed["phone"]>[1]) {
      const first = await bed.server();
      const { phone: caller, leg } = await bed.caller(first);
      const phone = await bed.phone(extension, plan);
      const rung = bed.dial(first, leg, extension);
      await phone.message((message) => message.method === "INVITE");
      await expect
        .poll(() => found(first, rung))
        .toMatchObject({ holder: first.name, call: testCall, role: "agent", answered: false });
      await die(first);
      const second = await bed.server();
      return { second, caller, leg, phone, rung };
    }

    it.each([
      ["answers", "answer", "answered"],
      ["declines", "decline", "declined"],
      ["is busy", "busy", "busy"],
    ] as const)("that %s after it was taken up", async (_, then, outcome) => {
      const { second, rung } = await ringing("1001", { ring: 2_000, then });
      const adopted = await second.telephony.adoptDialled(rung.id, "1001");
      expect(adopted.gone.aborted).toBe(false);
      expect(await adopted.outcome).toBe(outcome);
      await adopted.hangup();
      await gone(adopted);
    });

    it("that answers unseen: she is not hung up on, and meets the caller", async () => {
      const { second, caller, leg, phone, rung } = await ringing("1002", {
        ring: 1_000,
        then: "answer",
      });
      await connected(phone);
      await expect
        .poll(() => found(second, rung))
        .toMatchObject({
          call: testCall,
          role: "agent",
          extension: "1002",
          answered: true,
        });
      const [adopted, agent]: [Leg, DialledLeg] = await Promise.all([
        second.telephony.adopt(leg.id, null),
        second.telephony.adoptDialled(rung.id, "1002"),
      ]);
      expect(await agent.outcome).toBe("answered");
      const bridge = await second.telephony.createBridge(asBridgeId(`c-${randomUUID()}`));
      expect(await bridge.add(adopted, agent)).toEqual([adopted.id, agent.id]);
      await agent.wind(0);
      expect(await dropped(phone)).toBe(false);
      await expect
        .poll(async () => (await second.telephony.survey()).channels.map(({ holder }) => holder))
        .toEqual([second.name, second.name]);
      await Promise.all([agent.hangup(), bridge.destroy(), caller.hangup()]);
      await Promise.all([gone(adopted), gone(agent)]);
    });

    it("that was answered and told something: it is over before she is told more, or meets somebody", async () => {
      const first = await bed.server();
      const { phone: caller, leg } = await bed.caller(first);
      await bed.phone("1004", { ring: 0, then: "answer" });
      const rung = bed.dial(first, leg, "1004");
      expect(await rung.outcome).toBe("answered");
      await rung.play(["long"], "en");
      await die(first);
      const second = await bed.server();
      const [adopted, agent] = await Promise.all([
        second.telephony.adopt(leg.id, null),
        second.telephony.adoptDialled(rung.id, "1004"),
      ]);
      await agent.play(["long"], "en");
      const bridge = await second.telephony.createBridge(asBridgeId(`c-${randomUUID()}`));
      const since = performance.now();
      expect(await bridge.add(adopted, agent)).toEqual([adopted.id, agent.id]);
      expect(performance.now() - since).toBeLessThan(1_000);
      await Promise.all([agent.hangup(), bridge.destroy(), caller.hangup()]);
      await Promise.all([gone(adopted), gone(agent)]);
    });

    it("that has given up meanwhile", async () => {
      const { second, rung } = await ringing("1003", { ring: 500, then: "decline" });
      await expect.poll(() => found(second, rung)).toBe(undefined);
      const adopted = await second.telephony.adoptDialled(rung.id, "1003");
      expect(adopted.gone.aborted).toBe(true);
      expect(await adopted.outcome).toBe("no_answer");
    });
  });

  it("of somebody who was called back go to the dialplan like any caller's, and come again", async () => {
    const first = await bed.server();
    const phone = await answerOutside(exchange.phones, {
      address: outsideAddress,
      port: exchange.outsidePort,
      ring: 0,
      then: "answer",
      toneHz: 700,
    });
    const rung = first.telephony.dial({
      id: asChannelId(`callback-${randomUUID()}`),
      call: testCall,
      to: { number: "+254700000009", trunk: "simulator", role: "caller" },
      callerNumber: "+254711000001",
      callerName: "",
      originator: null,
      timeoutMs: 20_000,
    });
    expect(await rung.outcome).toBe("answered");
    // As a caller who waits and whose server falls silent.
    await rung.wind(1_000);
    expect((await gone(rung)).hangupCause).toBe("released");
    const again = await first.calls.next(soon());
    expect(again).toMatchObject({
      id: rung.id,
      entry: { from: "outside", dialled: "+254711000001" },
      again: true,
    });
    expect(await dropped(phone)).toBe(false);
    await again.hangup();
    await gone(again);
    await phone.stop();
  });

  it("talk on, recorded, into one whole file", async () => {
    const first = await bed.server();
    const { phone: caller, leg } = await bed.caller(first);
    await bed.phone("1004", { ring: 0, then: "answer" });
    const rung = bed.dial(first, leg, "1004");
    expect(await rung.outcome).toBe("answered");
    const id = asBridgeId(`c-${randomUUID()}`);
    const bridge = await first.telephony.createBridge(id);
    await bridge.add(leg, rung);
    const name = `${randomUUID()}/talk`;
    const since = Date.now();
    await bridge.record(name);
    await die(first);

    const second = await bed.server();
    const found = await second.telephony.survey();
    expect(found.bridges).toEqual([{ id, maker: first.name, channels: expect.any(Array) }]);
    expect([...(found.bridges[0]?.channels ?? [])].sort()).toEqual([leg.id, rung.id].sort());
    const [adopted, agent] = await Promise.all([
      second.telephony.adopt(leg.id, null),
      second.telephony.adoptDialled(rung.id, "1004"),
    ]);
    const talk = second.telephony.adoptBridge(id);
    const recording = await second.telephony.adoptRecording(name, since, id);
    await Promise.all([adopted.wind(0), agent.wind(0)]);
    await lasts(since, 2_000);
    const stoppedAt = Date.now();
    await recording?.stop();
    const end = await recording?.finished;
    expect(end?.failed).toBe(false);
    expect(Math.abs((end?.durationMs ?? 0) - (stoppedAt - since))).toBeLessThan(500);
    const bytes = await second.telephony.fetchRecording(name);
    expect((bytes?.length ?? 0) / 16).toBeGreaterThan(stoppedAt - since - 500);
    await Promise.all([agent.hangup(), talk.destroy(), caller.hangup()]);
    expect((await gone(adopted)).hangupCause).toBe("normal");
    await gone(agent);
    await expect.poll(async () => (await second.telephony.survey()).bridges).toEqual([]);
  });

  it("leave a recording whose end is known at once, whoever was told of it", async () => {
    const server = await bed.server();
    await bed.phone("1005", { ring: 0, then: "answer" });
    // Asterisk tells us of a bridge only while somebody is in it, so its last word is sometimes lost.
    for (let times = 0; times < 8; times += 1) {
      const { leg } = await bed.caller(server);
      const rung = bed.dial(server, leg, "1005");
      expect(await rung.outcome).toBe("answered");
      const bridge = await server.telephony.createBridge(asBridgeId(`c-${randomUUID()}`));
      await bridge.add(leg, rung);
      const recording = await bridge.record(`${randomUUID()}/talk`);
      const since = performance.now();
      await Promise.all([leg.hangup(), rung.hangup(), bridge.destroy()]);
      await recording.stop();
      expect((await recording.finished).failed).toBe(false);
      expect(performance.now() - since).toBeLessThan(1_000);
    }
  });
});
