import { describe, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";

const faultsOf = (queue: object): readonly string[] => {
  const parsed = centreSchema.safeParse({
    queues: [{ name: "support", title: "Support", ...queue }],
    agents: [],
  });
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
};
const codes = [
  { code: "sold", title: "Sold" },
  { code: "lost", title: "Lost" },
];

describe("the wrap-up codes of a queue", () => {
  it("are taken, required or not", () => {
    expect(faultsOf({ wrapUpCodes: codes })).toEqual([]);
    expect(faultsOf({ wrapUpCodes: codes, wrapUpRequired: true })).toEqual([]);
  });

  it("are refused twice, and where nobody could give one", () => {
    expect(faultsOf({ wrapUpCodes: [...codes, codes[0]] })).toEqual([
      "queues.0.wrapUpCodes.2: queue support has the wrap-up code sold twice",
    ]);
    expect(faultsOf({ wrapUpRequired: true })).toEqual([
      "queues.0.wrapUpRequired: queue support requires a wrap-up code and has none",
    ]);
    expect(faultsOf({ wrapUpCodes: codes, wrapUpRequired: true, wrapUpMs: 0 })).toEqual([
      "queues.0.wrapUpRequired: queue support requires a wrap-up code and leaves no time for it: wrapUpMs is 0",
    ]);
  });
});
