import { describe, expect, it } from "vitest";
import { keyEveryMs, mediaFile } from "../../src/ops/phones/media.ts";

interface Packet {
  readonly atMs: number;
  readonly payload: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly body: Uint8Array;
}

/** The RTP packets of a pcap file, read as any other program would. */
function packets(file: Uint8Array): Packet[] {
  const bytes = Buffer.from(file);
  const found: Packet[] = [];
  for (let at = 24; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at + 8);
    const rtp = bytes.subarray(at + 16 + 42, at + 16 + size);
    found.push({
      atMs: bytes.readUInt32LE(at) * 1000 + bytes.readUInt32LE(at + 4) / 1000,
      payload: (rtp[1] ?? 0) & 0x7f,
      sequence: rtp.readUInt16BE(2),
      timestamp: rtp.readUInt32BE(4),
      body: rtp.subarray(12),
    });
    at += 16 + size;
  }
  return found;
}

describe("the media of a simulated phone", () => {
  it("is one stream: every sequence number follows the one before", () => {
    const keys = "12#".split("").map((key, index) => ({ atMs: 200 + index * keyEveryMs, key }));
    const sent = packets(mediaFile({ durationMs: 2_000, toneHz: 700, keys }));
    expect(sent.map((packet) => packet.sequence)).toEqual(sent.map((_, index) => index + 1));
  });

  it("presses each key once, at its time, with an end that is told three times", () => {
    const keys = [
      { atMs: 500, key: "7" },
      { atMs: 1_000, key: "*" },
    ];
    const sent = packets(mediaFile({ durationMs: 2_000, toneHz: 0, keys }));
    const events = sent.filter((packet) => packet.payload === 101);
    const pressed = [...new Set(events.map((event) => event.timestamp))].map((timestamp) => {
      const same = events.filter((event) => event.timestamp === timestamp);
      const ends = same.filter((event) => ((event.body[1] ?? 0) & 0x80) !== 0);
      return { key: same[0]?.body[0], atMs: same[0]?.atMs, ends: ends.length };
    });
    expect(pressed).toEqual([
      { key: 7, atMs: 500, ends: 3 },
      { key: 10, atMs: 1_000, ends: 3 },
    ]);
  });

  it("refuses what is no key", () => {
    const keys = [{ atMs: 0, key: "x" }];
    expect(() => mediaFile({ durationMs: 100, toneHz: 0, keys })).toThrow(RangeError);
  });
});
