import { describe, expect, it } from "vitest";
import { asAgentId, asTicketId } from "../../../src/domain/ids.ts";
import { newCall, ticketFor } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of tickets. */
export function ticketsConformance(stage: Stage): void {
  describe("tickets", () => {
    it("opens a ticket, open and without notes, with the number of its UTC day", async () => {
      const now = Date.UTC(2027, 0, 1, 23, 59, 59, 999);
      const first = await stage.store.tickets.open(ticketFor(newCall()), now);
      const second = await stage.store.tickets.open(ticketFor(null, "api"), now);
      const nextDay = await stage.store.tickets.open(ticketFor(null, "api"), now + 1);
      expect([first.id, second.id, nextDay.id]).toEqual([
        "TKT-20270101-0001",
        "TKT-20270101-0002",
        "TKT-20270102-0001",
      ]);
      expect(first).toEqual({
        ...ticketFor(first.call),
        id: first.id,
        status: "open",
        tags: [],
        dueAt: null,
        linkedCalls: [],
        notes: [],
        createdAt: now,
        updatedAt: now,
        resolvedAt: null,
        closedAt: null,
      });
      expect(await stage.store.tickets.get(first.id)).toEqual(first);
      expect(await stage.store.tickets.get(asTicketId("TKT-20270101-0099"))).toBeNull();
    });

    it("opens at most one for each call and source", async () => {
      const call = newCall();
      const now = Date.UTC(2027, 1, 1);
      const first = await stage.store.tickets.open(ticketFor(call), now);
      const again = await stage.store.tickets.open(
        { ...ticketFor(call), subject: "Other" },
        now + 5_000,
      );
      const voicemail = await stage.store.tickets.open(ticketFor(call, "voicemail"), now);
      expect(again).toEqual(first);
      expect(voicemail).toMatchObject({ id: "TKT-20270201-0002", recording: `${call}/message` });
      expect(first.recording).toBeNull();
      expect(await stage.store.tickets.list({ call, limit: 9 })).toEqual([voicemail, first]);
    });

    it("numbers without gap, and once a call, when two processes open many at once", async () => {
      const other = await stage.another();
      const now = Date.UTC(2027, 2, 1);
      const calls = Array.from({ length: 10 }, newCall);
      const wishes = [...calls, ...calls, ...calls, null, null, null, null, null];
      const opened = await Promise.all(
        wishes.map((call, index) =>
          (index % 2 === 0 ? stage.store : other).tickets.open(ticketFor(call), now),
        ),
      );
      const ids = [...new Set(opened.map(({ id }) => id))].sort();
      expect(ids).toEqual(
        Array.from(
          { length: 15 },
          (_, index) => `TKT-20270301-00${String(index + 1).padStart(2, "0")}`,
        ),
      );
      for (const [index, call] of calls.entries()) {
        const same = [opened[index], opened[index + 10], opened[index + 20]];
        expect(same.map((ticket) => ticket?.call)).toEqual([call, call, call]);
        expect(new Set(same.map((ticket) => ticket?.id)).size).toBe(1);
      }
    });

    it("opens once a call though midnight (UTC) is between two processes that ask at once", async () => {
      const other = await stage.another();
      const midnight = Date.UTC(2027, 3, 2);
      const calls = Array.from({ length: 20 }, newCall);
      const opened = await Promise.all(
        calls.flatMap((call) => [
          stage.store.tickets.open(ticketFor(call), midnight - 1),
          other.tickets.open(ticketFor(call), midnight),
        ]),
      );
      for (const call of calls) {
        const [one, two, ...more] = opened.filter((ticket) => ticket.call === call);
        expect(one).toEqual(two);
        expect(more).toEqual([]);
        expect(await stage.store.tickets.list({ call, limit: 9 })).toEqual([one]);
      }
    });

    it("changes what is given, leaves the rest, and adds the note", async () => {
      const now = Date.UTC(2027, 4, 1);
      const ticket = await stage.store.tickets.open(
        { ...ticketFor(null), assignee: asAgentId("AGT-001") },
        now,
      );
      const first = await stage.store.tickets.update(
        ticket.id,
        {
          by: "amina",
          status: "in_progress",
          note: { text: "Called back", visibility: "private" },
        },
        now + 1,
      );
      const note = { at: now + 1, text: "Called back", by: "amina", visibility: "private" };
      expect(first).toEqual({
        ...ticket,
        status: "in_progress",
        notes: [note],
        updatedAt: now + 1,
      });
      const second = await stage.store.tickets.update(
        ticket.id,
        { by: "amina", priority: "urgent", assignee: null, department: "billing" },
        now + 2,
      );
      expect(second).toEqual({
        ...ticket,
        status: "in_progress",
        priority: "urgent",
        assignee: null,
        department: "billing",
        notes: [note],
        updatedAt: now + 2,
      });
      expect(await stage.store.tickets.get(ticket.id)).toEqual(second);
      const nobody = asTicketId("TKT-20270501-0999");
      const closing = { by: "amina", status: "closed" } as const;
      expect(await stage.store.tickets.update(nobody, closing, now)).toBeNull();
    });

    it("keeps every note of many that are added at once", async () => {
      const now = Date.UTC(2027, 5, 1);
      const { id } = await stage.store.tickets.open(ticketFor(null), now);
      const texts = Array.from({ length: 10 }, (_, index) => `note ${index}`);
      await Promise.all(
        texts.map((text) => {
          const note = { text, visibility: "private" } as const;
          return stage.store.tickets.update(id, { by: "amina", note }, now);
        }),
      );
      const kept = (await stage.store.tickets.get(id))?.notes.map(({ text }) => text);
      expect(kept?.toSorted()).toEqual(texts);
    });

    it("lists newest first, filtered, no longer than asked", async () => {
      const now = Date.UTC(2027, 6, 1);
      const department = "returns";
      const made = [];
      for (let index = 0; index < 6; index += 1) {
        const priority = index % 2 === 0 ? "high" : "low";
        made.push(
          await stage.store.tickets.open({ ...ticketFor(null), priority, department }, now + index),
        );
      }
      const closed = await stage.store.tickets.update(
        made[3]?.id ?? asTicketId(""),
        { by: "amina", status: "closed" },
        now,
      );
      const newest = made.map((ticket) => (ticket.id === closed?.id ? closed : ticket)).reverse();
      const list = async (filter: object) =>
        await stage.store.tickets.list({ department, limit: 50, ...filter });
      expect(await list({})).toEqual(newest);
      expect(await list({ limit: 2 })).toEqual(newest.slice(0, 2));
      expect(await list({ limit: 0 })).toEqual([]);
      expect(await list({ priority: "high" })).toEqual(newest.filter((t) => t.priority === "high"));
      expect(await list({ status: "closed" })).toEqual([closed]);
    });
  });
}
