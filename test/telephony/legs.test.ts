import { afterEach, describe, expect, it } from "vitest";
import { asBridgeId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import type { DialRequest, HungUp } from "../../src/ports/telephony.ts";
import { createMixingBridge } from "../../src/telephony/ari/bridge.ts";
import { unansweredCauseOf } from "../../src/telephony/ari/cause.ts";
import { RungLeg } from "../../src/telephony/ari/dialled.ts";
import { callerIdFor, cleanName, cleanNumber, entryFrom } from "../../src/telephony/ari/entry.ts";
import { AsteriskLeg } from "../../src/telephony/ari/leg.ts";
import { RingTurns } from "../../src/telephony/ari/turns.ts";
import { type Owned, openContext } from "./context.ts";

const owned: Owned = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each.close();
});
const context = () => openContext(owned);

const request: DialRequest = {
  id: asChannelId("agent"),
  call: asCallId("CALL-0A1B2C3D"),
  to: { extension: "1001" },
  callerNumber: "+254700000001",
  callerName: "Asha",
  originator: asChannelId("caller"),
  timeoutMs: 15_000,
};

const isDial = (got: { method: string; path: string }) =>
  got.method === "POST" && got.path.startsWith("/channels/agent?");
const answer = { type: "StasisStart", args: ["dialled"], channel: { id: "agent" } };
/** What she dials on another line of her phone. */
const ofHers = {
  id: asChannelId("other"),
  entry: { from: "extension", extension: "1001", dialled: "1002" },
  callerNumber: "1001",
  callerName: "",
  arrivedAt: 0,
  again: false,
} as const;
const isHangup = (got: { method: string }) => got.method === "DELETE";

describe("a phone that is rung", () => {
  it("takes one request, with its labels in it", async () => {
    const { context: made, ari } = await context();
    const before = ari.received.length;
    const leg = new RungLeg(made, request);
    await ari.request(isDial);
    ari.send(answer);
    expect(await leg.outcome).toBe("answered");
    expect(ari.received.length - before).toBe(1);
    const sent = new URL(ari.received[before]?.path ?? "", "http://ari").searchParams;
    expect(Object.fromEntries(sent)).toMatchObject({
      endpoint: "PJSIP/1001",
      context: "kituo-agent",
      originator: "caller",
      timeout: "15",
      callerId: '"Asha" <+254700000001>',
    });
    expect(ari.received[before]?.body).toMatchObject({
      variables: {
        KITUO_CALL: { value: "CALL-0A1B2C3D", report_events: true },
        KITUO_APP: { value: "kituo-test", report_events: true },
      },
    });
  });

  it("is free at once when she hangs up, unless somebody else did or it has another call", async () => {
    const { context: made, ari, freed } = await context();
    const hangs = async (soft: boolean, other: boolean): Promise<void> => {
      const leg = new RungLeg(made, request);
      await leg.asked;
      ari.send(answer);
      await leg.outcome;
      const calls = other ? new AsteriskLeg(made, ofHers) : null;
      ari.send({ type: "ChannelHangupRequest", cause: 16, soft, channel: { id: "agent" } });
      await expect.poll(() => leg.gone.aborted).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
      calls?.onDestroyed(16, 0);
    };
    await hangs(true, false);
    await hangs(false, true);
    expect(freed).toEqual([]);
    await hangs(false, false);
    expect(freed).toEqual(["1001"]);
  });

  it("rings after those of the call that came first, and at once with others of its own", async () => {
    const { context: made, ari } = await context();
    // However busy the machine is, the others wait for the first.
    const patient = { ...made, turns: new RingTurns(60_000) };
    const first = Promise.withResolvers<null>();
    ari.onRequest = (got) => (got.path.startsWith("/channels/first?") ? first.promise : null);
    const rung = () =>
      ari.received.flatMap(({ path }) => /^\/channels\/(\w+)\?/.exec(path)?.[1] ?? []);
    const ring = (id: string, call: string) =>
      new RungLeg(patient, { ...request, id: asChannelId(id), call: asCallId(call) });
    const legs = [
      ring("first", "CALL-00000001"),
      ring("beside", "CALL-00000001"),
      ring("second", "CALL-00000002"),
      ring("third", "CALL-00000003"),
    ];
    await legs[1]?.asked;
    expect(rung()).toEqual(["first", "beside"]);
    first.resolve(null);
    await legs[3]?.asked;
    expect(rung()).toEqual(["first", "beside", "second", "third"]);
  });

  it("rings soon though Asterisk does not answer for the call that came first", async () => {
    const { context: made, ari } = await context();
    ari.onRequest = (got) => (got.path.startsWith("/channels/first?") ? "silence" : null);
    const first = new RungLeg(made, { ...request, id: asChannelId("first") });
    const second = new RungLeg(made, { ...request, call: asCallId("CALL-00000002") });
    await second.asked;
    expect(first.exists).toBe(false);
  });

  it("is not told to stop before it was told to ring", async () => {
    const { context: made, ari } = await context();
    const dialled = Promise.withResolvers<null>();
    ari.onRequest = (got) => (isDial(got) ? dialled.promise : null);
    const leg = new RungLeg(made, request);
    const hangup = leg.hangup();
    await ari.request(isDial);
    expect(ari.received.some(isHangup)).toBe(false);
    dialled.resolve(null);
    await hangup;
    expect(ari.received.some(isHangup)).toBe(true);
    leg.onUnanswered(16);
    expect(await leg.outcome).toBe("normal");
  });

  it("does not count as answered when the answer crosses our cancel", async () => {
    const { context: made, ari } = await context();
    const leg = new RungLeg(made, request);
    await ari.request(isDial);
    await leg.hangup("answered_elsewhere");
    ari.send(answer);
    ari.send({ type: "ChannelDestroyed", cause: 16, channel: { id: "agent" } });
    expect(await leg.outcome).toBe("answered_elsewhere");
    expect((leg.gone.reason as HungUp).hangupCause).toBe("answered_elsewhere");
  });

  it("is taken back when Asterisk does not answer the request", async () => {
    const { context: made, ari } = await context();
    ari.onRequest = (got) => (isDial(got) ? "silence" : null);
    const leg = new RungLeg(made, request);
    expect(await leg.outcome).toBe("failed");
    expect(leg.gone.aborted).toBe(true);
    await ari.request(isHangup);
  });

  it("tells busy, declined, no answer and unreachable apart", () => {
    const told = [17, 21, 18, 19, 16, 20, 3, 1, 27, 34, 38, 44, 26, 127].map(unansweredCauseOf);
    expect(told.join(" ")).toBe(
      "busy declined no_answer no_answer no_answer unreachable unreachable unreachable unreachable unreachable unreachable unreachable answered_elsewhere failed",
    );
  });
});

describe("a conversation", () => {
  it("is ended when Asterisk did not answer the request that makes it", async () => {
    const { context: made, ari } = await context();
    ari.onRequest = ({ method }) => (method === "POST" ? "silence" : null);
    await expect(createMixingBridge(made, asBridgeId("c-1"))).rejects.toMatchObject({
      code: "telephony_down",
    });
    await ari.request(({ method, path }) => method === "DELETE" && path.includes("/bridges/c-1"));
  });
});

describe("who calls", () => {
  it("is not labelled with what her channel says already", async () => {
    const { context: made, ari } = await context();
    const labels = { call: request.call, role: "caller", queue: asQueueName("support") } as const;
    const leg = new AsteriskLeg(made, {
      id: asChannelId("caller"),
      entry: { from: "outside", dialled: "" },
      callerNumber: "",
      callerName: "",
      arrivedAt: 0,
      again: true,
      variables: { KITUO_CALL: request.call, KITUO_ROLE: "caller", KITUO_QUEUE: "support" },
    });
    const labelled = () => ari.received.filter(({ path }) => path.endsWith("/variables")).length;
    await leg.label(labels);
    expect(labelled()).toBe(0);
    await leg.label({ ...labels, queue: asQueueName("sales") });
    await leg.label(labels);
    expect(labelled()).toBe(2);
  });

  it("is a number or nothing", () => {
    expect(cleanNumber("+254700000001")).toBe("+254700000001");
    expect(cleanNumber("0700 000-001")).toBe("0700000001");
    for (const absurd of ["", "anonymous", "+", "12+34", "1".repeat(21), "1001;x=y", "٠١٢"]) {
      expect(cleanNumber(absurd)).toBe("");
    }
  });

  it("has a printable name of at most 60 characters", () => {
    expect(cleanName("  Asha\r\n Otieno\u202e\0 ")).toBe("Asha Otieno");
    expect(Array.from(cleanName("😀".repeat(100)))).toHaveLength(60);
  });

  it("cannot break out of a caller id", () => {
    expect(callerIdFor("+2547<x>", 'A "b" <1>\\')).toBe('"A b 1" <>');
  });

  it("came in as the dialplan said", () => {
    expect(entryFrom(["outside", "+254"])).toEqual({ from: "outside", dialled: "+254" });
    expect(entryFrom(["extension", "1001", "*45"])).toEqual({
      from: "extension",
      extension: "1001",
      dialled: "*45",
    });
    for (const odd of [[], ["outside"], ["extension", "1001"], ["dialled"]]) {
      expect(entryFrom(odd)).toBeNull();
    }
  });
});
