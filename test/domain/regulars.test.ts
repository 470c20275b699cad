import { expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import { addedPriority, preferredBy } from "../../src/domain/regulars.ts";

const number = "+254700000011";
const queues = [{ name: "support", title: "Support" }];
const day = 86_400_000;

it("refuses a VIP who has two priorities, and says where", () => {
  const vip = [{ number }, { number, priority: 3 }];
  const parsed = centreSchema.safeParse({ queues, agents: [], routing: { vip } });
  expect(parsed.error?.issues).toMatchObject([
    { message: `${number} has two priorities`, path: ["routing", "vip", 1, "number"] },
  ]);
});

it("adds priority for a VIP's number, and for no other or hidden one", () => {
  const centre = centreSchema.parse({ queues, agents: [], routing: { vip: [{ number }] } });
  expect(["+254700000012", null, number].map((each) => addedPriority(centre, each))).toEqual([
    0, 0, 10,
  ]);
});

it("prefers who served a caller within the days that the queue says", () => {
  const queue = { lastAgent: { withinDays: 7, graceMs: 0 } };
  const served = { agent: asAgentId("AGT-001"), at: 1_000 };
  expect(preferredBy(queue, served, 1_000 + 7 * day)).toBe("AGT-001");
  expect(preferredBy(queue, served, 1_001 + 7 * day)).toBeNull();
  expect(preferredBy({ lastAgent: null }, served, 1_000)).toBeNull();
});
