import { beforeAll, describe, expect, it } from "vitest";
import { asAgentId, asTicketId } from "../../../src/domain/ids.ts";
import { sortValueOf, type Ticket } from "../../../src/domain/ticket.ts";
import type { TicketFilter } from "../../../src/ports/store.ts";
import { newCall, ticketFor } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of the work on tickets: what is on record of it, and how they are found. */
export function ticketWorkConformance(stage: Stage): void {
  describe("the record of a ticket", () => {
    const activity = async (id: Ticket["id"], page = {}) =>
      await stage.store.tickets.activity(id, { limit: 500, ...page });

    it("has who changed what, from what to what and when, newest first", async () => {
      const now = Date.UTC(2028, 0, 1);
      const call = newCall();
      const { id } = await stage.store.tickets.open(
        { ...ticketFor(null), tags: ["VIP", "billing", "vip"], by: "brian" },
        now,
      );
      const changed = await stage.store.tickets.update(
        id,
        {
          by: "amina",
          status: "resolved",
          priority: "urgent",
          dueAt: now + 60_000,
          addTags: ["عاجل"],
          removeTags: ["Billing"],
          linkCall: call,
          note: { text: "Paid back", visibility: "public" },
        },
        now + 1,
      );
      expect(changed).toMatchObject({
        tags: ["vip", "عاجل"],
        dueAt: now + 60_000,
        linkedCalls: [call],
        notes: [{ at: now + 1, text: "Paid back", by: "amina", visibility: "public" }],
        resolvedAt: now + 1,
        closedAt: null,
      });
      expect(await stage.store.tickets.get(id)).toEqual(changed);
      const by = { at: now + 1, by: "amina" };
      const expected = [
        { seq: 1, at: now, by: "brian", field: "status", from: null, to: "open" },
        { seq: 2, ...by, field: "status", from: "open", to: "resolved" },
        { seq: 3, ...by, field: "priority", from: "medium", to: "urgent" },
        { seq: 4, ...by, field: "dueAt", from: null, to: now + 60_000 },
        { seq: 5, ...by, field: "tags", from: ["billing", "vip"], to: ["vip", "عاجل"] },
        { seq: 6, ...by, field: "linkedCalls", from: null, to: call },
        { seq: 7, ...by, field: "notes", from: null, to: "public" },
      ];
      expect(await activity(id)).toEqual(expected.toReversed());
      expect(await activity(id, { before: 4, limit: 2 })).toEqual([expected[2], expected[1]]);
      expect(await activity(asTicketId("TKT-20280101-9999"))).toEqual([]);
    });

    it("has nothing of a change that changes nothing, nor of one that is refused", async () => {
      const now = Date.UTC(2028, 0, 2);
      const opened = await stage.store.tickets.open({ ...ticketFor(newCall()), tags: ["a"] }, now);
      const same = { by: "amina", status: "open", addTags: ["A"], assignee: null } as const;
      const linked = opened.call === null ? {} : { linkCall: opened.call };
      expect(await stage.store.tickets.update(opened.id, { ...same, ...linked }, now + 1)).toEqual(
        opened,
      );
      const tags = Array.from({ length: 21 }, (_, index) => `tag ${index}`);
      await expect(
        stage.store.tickets.update(opened.id, { by: "amina", status: "closed", tags }, now + 1),
      ).rejects.toMatchObject({ code: "conflict" });
      expect(await stage.store.tickets.get(opened.id)).toEqual(opened);
      expect(await activity(opened.id)).toHaveLength(1);
    });

    it("says since when a ticket is resolved and closed, until it is opened again", async () => {
      const now = Date.UTC(2028, 0, 3);
      const { id } = await stage.store.tickets.open(ticketFor(null), now);
      const ends = [];
      for (const [index, status] of (["resolved", "closed", "open", "closed"] as const).entries()) {
        const ticket = await stage.store.tickets.update(id, { by: "a", status }, now + index);
        ends.push([ticket?.resolvedAt, ticket?.closedAt]);
      }
      expect(ends).toEqual([
        [now, null],
        [now, now + 1],
        [null, null],
        [null, now + 3],
      ]);
    });

    it("loses nothing of what many change at once", async () => {
      const now = Date.UTC(2028, 0, 4);
      const { id } = await stage.store.tickets.open(ticketFor(null), now);
      const calls = Array.from({ length: 10 }, newCall);
      await Promise.all(
        calls.map((linkCall, index) =>
          stage.store.tickets.update(id, { by: "a", linkCall, addTags: [`t${index}`] }, now),
        ),
      );
      const ticket = await stage.store.tickets.get(id);
      expect(ticket?.linkedCalls.toSorted()).toEqual(calls.toSorted());
      expect(ticket?.tags).toHaveLength(10);
      const record = await activity(id);
      expect(record.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, i) => 21 - i));
    });
  });

  describe("the list of tickets", () => {
    const department = "findings";
    const start = Date.UTC(2028, 1, 1);
    const call = newCall();
    const made: Ticket[] = [];
    const list = async (filter: Partial<TicketFilter> = {}) =>
      await stage.store.tickets.list({ department, limit: 500, ...filter });
    const only = (test: (ticket: Ticket) => boolean) => made.toReversed().filter(test);

    beforeAll(async () => {
      const priorities = ["low", "medium", "high", "urgent"] as const;
      for (let index = 0; index < 12; index += 1) {
        const { id } = await stage.store.tickets.open(
          {
            ...ticketFor(index === 5 ? call : null),
            department,
            priority: priorities[index % 4] ?? "low",
            assignee: index % 3 === 0 ? asAgentId("AGT-007") : null,
            customerPhone: index % 2 === 0 ? "+254700000777" : "1001",
            tags: index % 4 === 0 ? ["vip"] : [],
            dueAt: index % 3 === 0 ? null : start + 100 - index,
          },
          // Two at a time in one millisecond.
          start + Math.floor(index / 2),
        );
        const change = {
          by: "a",
          ...(index === 7 ? { linkCall: call } : {}),
          ...(index >= 10 ? { status: "closed" as const } : {}),
        };
        made.push((await stage.store.tickets.update(id, change, start + 50)) as Ticket);
      }
    });

    it("is filtered by assignee, tag, call, customer and span of time", async () => {
      const assignee = asAgentId("AGT-007");
      expect(await list({ assignee })).toEqual(only((ticket) => ticket.assignee === assignee));
      expect(await list({ assignee: null })).toEqual(only((ticket) => ticket.assignee === null));
      expect(await list({ tag: "vip" })).toEqual(only(({ tags }) => tags.includes("vip")));
      expect(await list({ tag: "v" })).toEqual([]);
      expect(await list({ call })).toEqual([made[7], made[5]]);
      const customerPhone = "+254700000777";
      expect(await list({ customerPhone })).toEqual(
        only((ticket) => ticket.customerPhone === customerPhone),
      );
      expect(await list({ created: { from: start + 1, to: start + 3 } })).toEqual(
        only(({ createdAt }) => createdAt >= start + 1 && createdAt < start + 3),
      );
      expect(await list({ updated: { from: start + 50 } })).toEqual(
        only(({ updatedAt }) => updatedAt >= start + 50),
      );
    });

    it("tells what is overdue from what is not", async () => {
      const at = start + 95;
      const isLate = ({ dueAt, status }: Ticket) =>
        dueAt !== null && dueAt < at && status === "open";
      const late = await list({ overdue: { at, is: true } });
      expect(late.length).toBeGreaterThan(1);
      expect(late).toEqual(only(isLate));
      expect(await list({ overdue: { at, is: false } })).toEqual(only((each) => !isLate(each)));
    });

    it.each(["createdAt", "updatedAt", "dueAt", "priority"] as const)(
      "is sorted by %s in both directions, page by page, and loses none between two pages",
      async (by) => {
        for (const descending of [false, true]) {
          const sign = descending ? -1 : 1;
          const sorted = made.toSorted(
            (left, right) =>
              sign *
              (sortValueOf(left, by) - sortValueOf(right, by) ||
                left.createdAt - right.createdAt ||
                (left.id < right.id ? -1 : 1)),
          );
          const seen: Ticket[] = [];
          for (;;) {
            const last = seen.at(-1);
            const after =
              last === undefined ? {} : { after: { ...last, value: sortValueOf(last, by) } };
            const page = await list({ sort: { by, descending }, limit: 5, ...after });
            if (page.length === 0) break;
            seen.push(...page);
          }
          expect(seen).toEqual(sorted);
        }
      },
    );
  });
}
