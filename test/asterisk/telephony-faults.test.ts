import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { asCallId, asQueueName } from "../../src/domain/ids.ts";
import { Bed, connected, gone, soon } from "../telephony/bed.ts";
import { type Exchange, startExchange } from "../telephony/exchange.ts";

describe("telephony on a real Asterisk, when things go wrong", () => {
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

  it("learns after a lost connection who hung up meanwhile, and goes on with the others", async () => {
    const proxy = await bed.proxy();
    const server = await bed.server({ port: proxy.port });
    const { telephony } = server;
    const steps = [{ waitMs: 6_000 }, { keys: "7" }];
    const { phone: stays, leg: stayed } = await bed.caller(server, { steps });
    const { phone: leaves, leg: left } = await bed.caller(server);

    proxy.bar(true);
    proxy.cut();
    await expect.poll(() => telephony.health()).toBe("down");
    await leaves.hangup();
    expect(left.gone.aborted).toBe(false);
    proxy.bar(false);

    await gone(left);
    await expect.poll(() => telephony.health()).toBe("up");
    expect(stayed.gone.aborted).toBe(false);
    expect(await stayed.keys.next(soon())).toBe("7");
    await stays.hangup();
    expect((await gone(stayed)).hangupCause).toBe("normal");
  });

  it("hears the answer of a phone that rang through a lost connection", async () => {
    const proxy = await bed.proxy();
    const server = await bed.server({ port: proxy.port });
    const { phone: caller, leg } = await bed.caller(server);
    const phone = await bed.phone("1001", { ring: 1_500, then: "answer" });

    const rung = bed.dial(server, leg, "1001");
    await phone.message((message) => message.method === "INVITE");
    proxy.cut();
    expect(await rung.outcome).toBe("answered");
    await rung.hangup();
    await gone(rung);
    await caller.hangup();
    await gone(leg);
  });

  it("gives each call to one of two servers", async () => {
    const servers = [await bed.server(), await bed.server()];
    const callers = 6;
    for (let count = 0; count < callers; count += 1) await bed.dialIn();
    const taken = () => servers.reduce((sum, { calls }) => sum + calls.ready, 0);
    await expect.poll(taken).toBe(callers);
    const inventories = await Promise.all(servers.map(({ telephony }) => telephony.inventory()));
    const channels = inventories.flatMap((inventory) => inventory.channels);
    expect(new Set(channels).size).toBe(callers);
    for (const { calls } of servers) {
      while (calls.ready > 0) await (await calls.next(soon())).hangup();
    }
  });

  it("takes calls of callers who withhold or garble their number", async () => {
    const { calls } = await bed.server();
    const froms = [
      "<sip:anonymous@anonymous.invalid>",
      '"\u0001<script>" <sip:not-a-number@127.0.0.2>',
      "<sip:123456789012345678901234567890@127.0.0.2>",
    ];
    for (const from of froms) {
      await bed.dialIn({ from });
      const leg = await calls.next(soon());
      expect(leg.callerNumber).toBe("");
      expect(leg.callerName).not.toMatch(/\p{C}/u);
      await leg.hangup();
      await gone(leg);
    }
  });

  it("lets a caller go when the dead-man's switch is not wound", async () => {
    const { calls } = await bed.server();
    const caller = await bed.dialIn();
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
