import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame, readFrames } from "../../src/journal/frame.ts";

const values = fc.array(fc.jsonValue(), { maxLength: 12 });
const whole = (bytes: Buffer): unknown[] =>
  readFrames(bytes).payloads.map((payload) => JSON.parse(payload.toString()) as unknown);
const asJson = (given: readonly unknown[]): unknown[] =>
  given.map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe("the records of the journal", () => {
  it("come back as they were written", () => {
    fc.assert(
      fc.property(values, (given) => {
        const bytes = Buffer.concat(given.map(frame));
        expect(whole(bytes)).toEqual(asJson(given));
        expect(readFrames(bytes)).toMatchObject({ damaged: 0, torn: 0 });
      }),
    );
  });

  it("come back up to the last whole one, wherever the file was torn off", () => {
    const given = ["a", { b: "Karibu, ٣" }, [], "d".repeat(40)];
    const frames = given.map(frame);
    const bytes = Buffer.concat(frames);
    for (let end = 0; end <= bytes.length; end += 1) {
      let [count, size] = [0, 0];
      for (const { length } of frames) {
        if (size + length > end) break;
        size += length;
        count += 1;
      }
      const torn = bytes.subarray(0, end);
      expect(whole(torn)).toEqual(given.slice(0, count));
      expect(readFrames(torn)).toMatchObject({ damaged: 0, torn: end - size });
    }
  });

  it("are lost one by one where bits were flipped, and never come back as something else", () => {
    const given = upTo(9);
    const frames = given.map(frame);
    const size = frames[0]?.length ?? 0;
    const bits = size * given.length * 8;
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(bits - 1), { minLength: 1, maxLength: 6 }), (flips) => {
        const bytes = Buffer.concat(frames);
        for (const bit of flips) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const hit = new Set(flips.map((bit) => Math.floor((bit >> 3) / size)));
        expect(whole(bytes)).toEqual(given.filter((_, index) => !hit.has(index)));
        const found = readFrames(bytes);
        expect(found.damaged + found.torn).toBe(hit.size * size);
      }),
      { numRuns: 500 },
    );
  });

  it("are found among any rubbish", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }), (rubbish) => {
        const parts = rubbish.flatMap((bytes, index) => [Buffer.from(bytes), frame(index)]);
        // Rubbish that happens to be a record of its own would be one; a mark is four bytes, so it is not.
        expect(whole(Buffer.concat(parts))).toEqual(rubbish.map((_, index) => index));
      }),
    );
  });
});

const upTo = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `value ${index}`);
