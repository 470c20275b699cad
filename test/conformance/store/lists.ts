import { beforeAll, describe, expect, it } from "vitest";
import { type CallState, fold } from "../../../src/domain/call.ts";
import { asAgentId, asQueueName } from "../../../src/domain/ids.ts";
import { DAY, historyOf, newCall } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of the list of calls. */
export function listsConformance(stage: Stage): void {
  describe("the list of calls", () => {
    const caller = "+254722000000";
    const saved: CallState[] = [];

    beforeAll(async () => {
      for (let index = 0; index < 23; index += 1) {
        // Three at a time start in the same millisecond.
        const at = DAY + 86_400_000 + Math.floor(index / 3) * 60_000;
        const queue = index % 2 === 0 ? "sales" : "complaints";
        const events = historyOf(newCall(), at, { caller, queue });
        saved.push(fold(index % 4 === 0 ? events.slice(0, 6) : events));
      }
      await Promise.all(saved.map((state) => stage.store.calls.append([], [state])));
      saved.sort((left, right) =>
        right.startedAt === left.startedAt
          ? left.id < right.id
            ? 1
            : -1
          : right.startedAt - left.startedAt,
      );
    });

    it("is newest first and no longer than asked", async () => {
      expect(await stage.store.calls.list({ caller, limit: 5 })).toEqual(saved.slice(0, 5));
      expect(await stage.store.calls.list({ caller, limit: 500 })).toEqual(saved);
      expect(await stage.store.calls.list({ caller, limit: 0 })).toEqual([]);
    });

    it("is filtered by queue, agent and result, one or all", async () => {
      const list = async (filter: object): Promise<readonly CallState[]> =>
        await stage.store.calls.list({ caller, limit: 500, ...filter });
      const sales = asQueueName("sales");
      const agent = asAgentId("AGT-002");
      expect(await list({ queue: sales })).toEqual(saved.filter((call) => call.queue === sales));
      expect(await list({ agent })).toEqual(saved.filter((call) => call.agent === agent));
      expect(await list({ result: "completed" })).toEqual(
        saved.filter((call) => call.ending?.result === "completed"),
      );
      expect(await list({ queue: sales, agent, result: "completed" })).toEqual(
        saved.filter((call) => call.queue === sales && call.agent === agent),
      );
      expect(await list({ result: "no-such-result" })).toEqual([]);
    });

    it("gives those before a time", async () => {
      const before = saved[4]?.startedAt ?? 0;
      expect(await stage.store.calls.list({ caller, before, limit: 500 })).toEqual(
        saved.filter((call) => call.startedAt < before),
      );
    });

    it("loses and repeats no call between pages, though calls start in the same millisecond", async () => {
      const seen: CallState[] = [];
      for (;;) {
        const last = seen.at(-1);
        const from = last === undefined ? {} : { before: last.startedAt, beforeId: last.id };
        const page = await stage.store.calls.list({ caller, limit: 4, ...from });
        if (page.length === 0) break;
        seen.push(...page);
      }
      expect(seen).toEqual(saved);
    });
  });
}
