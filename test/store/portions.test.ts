import { describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { Portions } from "../../src/store/mongo/portions.ts";

describe("what is asked for at once", () => {
  it("goes as one portion, and what is asked for meanwhile as the next", async () => {
    const written: (readonly number[])[] = [];
    const first = Promise.withResolvers<void>();
    const portions = new Portions<number, number>(async (items) => {
      written.push(items);
      await first.promise;
      return items.map((item) => item * 10);
    });
    const asked = [1, 2, 3].map((item) => portions.put(item));
    await expect.poll(() => written.length).toBe(1);
    asked.push(portions.put(4), portions.put(5));
    first.resolve();
    expect(await Promise.all(asked)).toEqual([10, 20, 30, 40, 50]);
    expect(written).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it("fails alone where it cannot be kept", async () => {
    const portions = new Portions<number, number>(async (items) => {
      if (items.includes(2)) throw new KituoError("internal", "2 cannot be kept");
      return items;
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => portions.put(item)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await portions.put(4)).toBe(4);
  });

  it("is asked for no further when the database is away", async () => {
    let requests = 0;
    const portions = new Portions<number, number>(async () => {
      requests += 1;
      throw new KituoError("store_down", "away");
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => portions.put(item)));
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    expect(requests).toBe(1);
  });
});
