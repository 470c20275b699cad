import { describe, expect, it } from "vitest";
import { Netstrings, netstring } from "../../src/ops/phones/netstring.ts";
import { parseTrace } from "../../src/ops/phones/trace.ts";

describe("SIPp's message log", () => {
  const log = [
    "2026-11-21T04:50:12.375667Z\tS\tabc@127.0.0.2\tCSeq:1 INVITE\tINVITE sip:1001@127.0.0.1 SIP/2.0",
    "2026-11-21T04:50:12.376693Z\tR\tabc@127.0.0.2\tCSeq:1 INVITE\tSIP/2.0 486 Busy Here",
    "",
  ].join("\n");

  it("is read to the microsecond", () => {
    const [sent, received] = parseTrace(log);
    expect(sent).toMatchObject({ direction: "sent", method: "INVITE", callId: "abc@127.0.0.2" });
    expect(sent?.status).toBeUndefined();
    expect(received).toMatchObject({ direction: "received", method: "INVITE", status: 486 });
    expect((received?.at ?? 0) - (sent?.at ?? 0)).toBeCloseTo(1.026, 3);
  });

  it("leaves out a line that is not complete yet", () => {
    expect(parseTrace(log.slice(0, -10))).toHaveLength(1);
  });
});

describe("netstrings", () => {
  it("come out whole, however they arrive", () => {
    const bytes = Buffer.from(netstring('{"a":"ä"}') + netstring("second"));
    const strings = new Netstrings();
    const texts = [...bytes].flatMap((byte) => strings.take(Uint8Array.of(byte)));
    expect(texts).toEqual(['{"a":"ä"}', "second"]);
  });
});
