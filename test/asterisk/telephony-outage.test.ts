import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { asQueueName } from "../../src/domain/ids.ts";
import { signalProgram } from "../lab/program.ts";
import { Bed, connected, dropped, gone, type Server, soon } from "../telephony/bed.ts";
import { type Exchange, startExchange } from "../telephony/exchange.ts";

/** A hung Asterisk, and a way to it that swallows everything, is to be seen within this. */
const seenWithinMs = 4_000;

describe("telephony on a real Asterisk that cannot be talked to for a while", () => {
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

  const health = (server: Server, is: "up" | "down", timeout: number) =>
    expect.poll(() => server.telephony.health(), { timeout }).toBe(is);
  const lasts = (since: number, ms: number) =>
    expect.poll(() => performance.now() - since, { timeout: ms + 5_000 }).toBeGreaterThan(ms);

  it("sees a way that swallows everything, and goes on when it leads somewhere again", async () => {
    const proxy = await bed.proxy();
    const server = await bed.server({ port: proxy.port });
    const leaves = await bed.caller(server);
    const unwanted = await bed.caller(server);
    const early = await bed.caller(server);
    // The last, so that she presses her key when all of it is over.
    const stays = await bed.caller(server, { steps: [{ waitMs: 15_000 }, { keys: "7" }] });
    // Longer than all of it, or the dialplan would take her back before.
    await stays.leg.wind(60_000);
    const since = performance.now();
    const wall = Date.now();
    proxy.swallow(true);
    // The dialplan still takes the server for alive and keeps nothing of this end.
    await early.phone.hangup();
    await health(server, "down", seenWithinMs);
    // To be ended while nobody hears it: it is, later.
    await unwanted.leg.hangup();
    await leaves.phone.hangup();
    await lasts(since, 10_000);
    expect(leaves.leg.gone.aborted).toBe(false);
    proxy.swallow(false);
    await health(server, "up", 10_000);
    await expect.poll(() => server.returns).toMatchObject([{ restarted: false }]);
    expect(Math.abs((server.returns[0]?.lostAt ?? 0) - wall)).toBeLessThan(2_000);
    expect((await gone(leaves.leg)).hangupCause).toBe("normal");
    expect(Math.abs(((await gone(early.leg)).at ?? Infinity) - wall)).toBeLessThan(1_500);
    await gone(unwanted.leg);
    await expect.poll(() => dropped(unwanted.phone)).toBe(true);
    expect(await stays.leg.keys.next(soon())).toBe("7");
    await stays.phone.hangup();
    expect((await gone(stays.leg)).hangupCause).toBe("normal");
  });

  it("sees that Asterisk hangs, and ends afterwards what could not be ended meanwhile", async () => {
    const server = await bed.server();
    const { phone, leg } = await bed.caller(server);
    const unwanted = await bed.caller(server);
    const since = performance.now();
    signalProgram(exchange.asterisk, "SIGSTOP");
    try {
      await health(server, "down", seenWithinMs);
      await unwanted.leg.hangup();
      await lasts(since, 6_000);
    } finally {
      signalProgram(exchange.asterisk, "SIGCONT");
    }
    await health(server, "up", 10_000);
    await expect.poll(() => server.returns).toMatchObject([{ restarted: false }]);
    await gone(unwanted.leg);
    expect(leg.gone.aborted).toBe(false);
    await leg.wind(15_000);
    await phone.hangup();
    await gone(leg);
  });

  it("goes on with an Asterisk that was killed and started anew", async () => {
    const server = await bed.server();
    const { leg: lost } = await bed.caller(server);
    const room = await server.telephony.waitingRoom(asQueueName("support"));
    expect(await room.enter(lost)).toBe(true);
    const wall = Date.now();
    await exchange.restart();
    const { hangupCause, at } = await gone(lost);
    expect(hangupCause).toBe("asterisk_died");
    expect(Math.abs((at ?? 0) - wall)).toBeLessThan(2_000);
    await health(server, "up", 15_000);
    await expect.poll(() => server.returns).toEqual([{ restarted: true, lostAt: at }]);

    const phone = await bed.dialIn();
    const leg = await server.calls.next(soon());
    await leg.answer();
    await connected(phone);
    expect(await room.enter(leg)).toBe(true);
    await phone.hangup();
    await gone(leg);
    // The end of a call is told at its first sign, a moment before Asterisk has taken the channel down.
    await expect.poll(() => server.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  });

  it("takes a caller up again whom the dead-man's switch gave to the dialplan", async () => {
    const server = await bed.server();
    const { phone, leg } = await bed.caller(server);
    expect(leg.again).toBe(false);
    await leg.wind(1_000);
    expect((await gone(leg)).hangupCause).toBe("released");
    const back = await server.calls.next(soon());
    expect(back).toMatchObject({ id: leg.id, again: true, arrivedAt: leg.arrivedAt });
    expect(await dropped(phone)).toBe(false);
    await phone.hangup();
    await gone(back);
  });
});
