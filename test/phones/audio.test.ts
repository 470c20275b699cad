import { describe, expect, it } from "vitest";
import { part, readWav, rms, sine, toneLevel, writeWav } from "../../src/ops/phones/audio.ts";

describe("sound", () => {
  it("comes back from a WAV file as it was", () => {
    const tone = sine(440, 250);
    expect(readWav(writeWav(tone))).toEqual(tone);
  });

  it("is read from a file whose writer has not finished", () => {
    const file = writeWav(sine(440, 250));
    new DataView(file.buffer, file.byteOffset).setUint32(40, 0xffff_ffff, true);
    expect(readWav(file).samples).toHaveLength(2_000);
  });

  it("tells one tone from another, and from silence", () => {
    const tone = sine(500, 1_000);
    expect(rms(tone)).toBeCloseTo(0.3 / Math.SQRT2, 3);
    expect(toneLevel(tone, 500)).toBeCloseTo(rms(tone), 2);
    expect(toneLevel(tone, 800)).toBeLessThan(0.005);
    expect(rms(sine(0, 1_000))).toBe(0);
  });

  it("can be cut, also from its end", () => {
    const tone = sine(500, 1_000);
    expect(part(tone, 200, 300).samples).toHaveLength(800);
    expect(part(tone, -250).samples).toHaveLength(2_000);
  });

  it("is not read from what is no WAV file", () => {
    expect(() => readWav(new Uint8Array(64))).toThrow(RangeError);
  });
});
