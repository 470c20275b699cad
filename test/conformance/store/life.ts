import { describe, expect, it } from "vitest";
import { fold } from "../../../src/domain/call.ts";
import { historyOf, newCall, ticketFor } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of its start, stop and restart. */
export function lifeConformance(stage: Stage): void {
  describe("starting and stopping", () => {
    it("keeps everything over a restart, and numbers go on", async () => {
      const call = newCall();
      const now = Date.UTC(2027, 7, 1);
      const events = historyOf(call);
      const before = await stage.another();
      await before.calls.append(events, [fold(events)]);
      const words = {
        key: "1/1",
        speaker: "bot" as const,
        content: "Karibu",
        language: null,
        at: now,
        source: "menu",
      };
      const [line] = await before.transcripts.append(call, [words]);
      const ticket = await before.tickets.open(ticketFor(call), now);
      const customer = await before.customers.ensure("+254735000000", "Ali", now);
      await before.stop();

      const after = await stage.another();
      expect(await after.calls.get(call)).toEqual({ state: fold(events), events });
      expect(await after.transcripts.list(call)).toEqual([line]);
      expect(await after.tickets.open(ticketFor(call), now + 9)).toEqual(ticket);
      expect((await after.tickets.open(ticketFor(null), now)).id).toBe("TKT-20270801-0002");
      expect(await after.customers.get(customer.id)).toEqual(customer);
      const [more] = await after.transcripts.append(call, [{ ...words, key: "2/1" }]);
      expect(more?.seq).toBe(2);
    });

    it("loses nothing that was asked for before it stopped", async () => {
      const call = newCall();
      const events = historyOf(call);
      const before = await stage.another();
      await Promise.all([
        ...events.map((event) => before.calls.append([event], [])),
        before.calls.append([], [fold(events)]),
      ]);
      await before.stop();
      expect((await stage.store.calls.get(call))?.events).toEqual(events);
    });

    it("says whether it can be reached, and rejects with store_down when it is not open", async () => {
      const other = stage.open();
      expect(await other.health()).toBe("down");
      await expect(other.calls.list({ limit: 1 })).rejects.toMatchObject({ code: "store_down" });
      await other.start();
      await other.start();
      expect(await other.health()).toBe("up");
      await other.stop();
      await other.stop();
      expect(await other.health()).toBe("down");
      await expect(other.calls.append(historyOf(newCall()), [])).rejects.toMatchObject({
        code: "store_down",
      });
      await other.start();
      expect(await other.health()).toBe("up");
      await other.stop();
    });
  });
}
