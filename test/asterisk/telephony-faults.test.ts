import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import { startAgents, unregister } from "../../src/ops/phones/agents.ts";
import { type Caller, callIn } from "../../src/ops/phones/callers.ts";
import type { Sipp } from "../../src/ops/phones/sipp.ts";
import { Inbox } from "../../src/ports/inbox.ts";
import type { HungUp, Leg } from "../../src/ports/telephony.ts";
import type { AsteriskTelephony } from "../../src/telephony/ari/telephony.ts";
import { telephonyOn } from "../telephony/asterisk-rig.ts";
import { type Exchange, startExchange } from "../telephony/exchange.ts";
import { startProxy } from "../telephony/proxy.ts";

describe("telephony on a real Asterisk, when things go wrong", () => {
  let exchange: Exchange;
  const owned: { stop(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    exchange = await startExchange();
  });
  afterEach(async () => {
    for (const each of owned.splice(0).reverse()) await each.stop();
  });
  afterAll(async () => {
    await exchange?.stop();
  });

  /** A process of its own, with the calls that it got. */
  async function server(port?: number) {
    const calls = new Inbox<Leg>();
    const telephony = telephonyOn(exchange, `kituo-${randomUUID().slice(0, 8)}`, port);
    telephony.onCall((leg) => calls.put(leg));
    await telephony.start();
    owned.push(telephony);
    return { telephony, calls };
  }

  async function dialIn(caller: Partial<Caller> = {}): Promise<Sipp> {
    const sipp = await callIn(exchange.phones, {
      called: "+254711000001",
      number: "+254700000001",
      mediaMs: 30_000,
      ...caller,
    });
    owned.push(sipp);
    return sipp;
  }

  const soon = () => AbortSignal.timeout(10_000);
  const gone = async (leg: Leg): Promise<HungUp> => {
    await expect.poll(() => leg.gone.aborted, { timeout: 15_000 }).toBe(true);
    return leg.gone.reason as HungUp;
  };
  const connected = (sipp: Sipp) => sipp.message((message) => message.method === "ACK");
  const dial = (telephony: AsteriskTelephony, originator: Leg) =>
    telephony.dial({
      id: asChannelId(`test-${randomUUID()}`),
      call: asCallId("CALL-0A1B2C3D"),
      extension: "1001",
      callerNumber: "",
      callerName: "",
      originator: originator.id,
      timeoutMs: 20_000,
    });

  it("learns after a lost connection who hung up meanwhile, and goes on with the others", async () => {
    const proxy = await startProxy(exchange.site.controlAddress, exchange.site.httpPort);
    owned.push(proxy);
    const { telephony, calls } = await server(proxy.port);
    const stays = await dialIn({ steps: [{ waitMs: 4_000 }, { keys: "7" }] });
    const stayed = await calls.next(soon());
    await stayed.answer();
    await connected(stays);
    const leaves = await dialIn();
    const left = await calls.next(soon());
    await left.answer();
    await connected(leaves);

    proxy.bar(true);
    proxy.cut();
    await expect.poll(() => telephony.health()).toBe("down");
    await leaves.hangup();
    expect(left.gone.aborted).toBe(false);
    proxy.bar(false);

    await gone(left);
    await expect.poll(() => telephony.health(), { timeout: 10_000 }).toBe("up");
    expect(stayed.gone.aborted).toBe(false);
    expect(await stayed.keys.next(soon())).toBe("7");
    await stays.hangup();
    expect((await gone(stayed)).hangupCause).toBe("normal");
  });

  it("hears the answer of a phone that rang through a lost connection", async () => {
    const proxy = await startProxy(exchange.site.controlAddress, exchange.site.httpPort);
    owned.push(proxy);
    const { telephony, calls } = await server(proxy.port);
    const caller = await dialIn();
    const leg = await calls.next(soon());
    await leg.answer();
    await connected(caller);
    const password = exchange.site.secrets.extensions["1001"] ?? "";
    const accounts = [{ extension: "1001", password }];
    const phone = await startAgents(exchange.phones, { accounts, ring: 1_500, then: "answer" });
    owned.push(phone, { stop: () => unregister(exchange.phones, accounts) });

    const rung = dial(telephony, leg);
    await phone.message((message) => message.method === "INVITE");
    proxy.cut();
    expect(await rung.outcome).toBe("answered");
    await rung.hangup();
    await gone(rung);
    await caller.hangup();
    await gone(leg);
  });

  it("gives each call to one of two servers", async () => {
    const servers = [await server(), await server()];
    const callers = 6;
    for (let count = 0; count < callers; count += 1) await dialIn();
    const taken = () => servers.reduce((sum, { calls }) => sum + calls.ready, 0);
    await expect.poll(taken, { timeout: 10_000 }).toBe(callers);
    const inventories = await Promise.all(servers.map(({ telephony }) => telephony.inventory()));
    const channels = inventories.flatMap((inventory) => inventory.channels);
    expect(new Set(channels).size).toBe(callers);
    for (const { calls } of servers) {
      while (calls.ready > 0) await (await calls.next(soon())).hangup();
    }
  });

  it("takes calls of callers who withhold or garble their number", async () => {
    const { calls } = await server();
    const froms = [
      "<sip:anonymous@anonymous.invalid>",
      '"\u0001<script>" <sip:not-a-number@127.0.0.2>',
      "<sip:123456789012345678901234567890@127.0.0.2>",
    ];
    for (const from of froms) {
      await dialIn({ from });
      const leg = await calls.next(soon());
      expect(leg.callerNumber).toBe("");
      expect(leg.callerName).not.toMatch(/\p{C}/u);
      await leg.hangup();
      await gone(leg);
    }
  });

  it("lets a caller go when the dead-man's switch is not wound", async () => {
    const { calls } = await server();
    const caller = await dialIn();
    const leg = await calls.next(soon());
    await leg.answer();
    await connected(caller);
    await leg.label({
      call: asCallId("CALL-0A1B2C3D"),
      role: "caller",
      queue: asQueueName("support"),
    });
    await leg.wind(1_000);
    expect((await gone(leg)).hangupCause).toBe("released");
    // The dialplan has her now: her phone was not hung up on.
    expect((await caller.trace()).some((message) => message.method === "BYE")).toBe(false);
    await caller.hangup();
  });
});
