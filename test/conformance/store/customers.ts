import { describe, expect, it } from "vitest";
import { type Customer, customerLimits } from "../../../src/domain/customer.ts";
import { asCustomerId, type CustomerId } from "../../../src/domain/ids.ts";
import type { CustomerFilter, CustomerRefusal } from "../../../src/ports/store.ts";
import { DAY } from "./examples.ts";
import type { Stage } from "./stage.ts";

const nobody = asCustomerId("CUST-99999");

/** The customer that was written; a refusal is a fault of the test. */
function done(result: Customer | CustomerRefusal): Customer {
  if ("refused" in result) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}

/** What every store promises of customers. */
export function customersConformance(stage: Stage): void {
  describe("customers", () => {
    it("makes one customer a number, and fills an empty name once", async () => {
      const { customers } = stage.store;
      const made = await customers.ensure("+254733000001", "", DAY);
      const named = await customers.ensure("+254733000001", "Zawadi", DAY + 1);
      const kept = await customers.ensure("+254733000001", "Somebody Else", DAY + 2);
      expect(made.id).toMatch(/^CUST-\d{3,}$/);
      expect(made).toMatchObject({
        phones: ["+254733000001"],
        name: "",
        version: 1,
        createdAt: DAY,
      });
      expect(named).toEqual({ ...made, name: "Zawadi", version: 2, updatedAt: DAY + 1 });
      expect(kept).toEqual(named);
      expect(await customers.get(made.id)).toEqual(kept);
      expect(await customers.get(nobody)).toBeNull();
    });

    it("makes one, with numbers that follow, when two processes ask at once", async () => {
      const other = await stage.another();
      const phones = Array.from({ length: 8 }, (_, index) => `+25473400000${index}`);
      const made = await Promise.all(
        [...phones, ...phones].map((phone, index) =>
          (index % 2 === 0 ? stage.store : other).customers.ensure(phone, "", DAY),
        ),
      );
      const ids = new Map(made.map((customer) => [customer.phones[0], customer.id]));
      for (const { phones: own, id } of made) expect(id).toBe(ids.get(own[0]));
      const numbers = [...ids.values()].map((id) => Number(id.slice(5))).sort((a, b) => a - b);
      const first = numbers[0] ?? 0;
      expect(numbers).toEqual(phones.map((_, index) => first + index));
      const newest = await stage.store.customers.list({ limit: 3 });
      expect(newest.map(({ id }) => Number(id.slice(5)))).toEqual([
        first + 7,
        first + 6,
        first + 5,
      ]);
    });

    it("keeps all that is known of one, and gives a number to one only", async () => {
      const { customers } = stage.store;
      const wish = {
        phones: ["+254737000001", "+254737000002", "+254737000001"],
        name: "أمل 😀",
        email: "amal@example.com",
        notes: "Line one.\nLine two.",
        tags: ["VIP", "abroad", "vip"],
        fields: { plan: "gold", constructor: "x" },
      };
      const made = done(await customers.add(wish, DAY));
      expect(made).toMatchObject({
        ...wish,
        phones: ["+254737000001", "+254737000002"],
        tags: ["abroad", "vip"],
        legalHold: null,
        updatedAt: DAY,
      });
      const after = (await stage.another()).customers;
      expect(await after.get(made.id)).toEqual(made);
      expect(await after.byPhone("+254737000002")).toEqual(made);
      const taken = { refused: "number_taken", phone: "+254737000002", by: made.id };
      expect(await after.add({ phones: ["+254737000009", "+254737000002"] }, DAY)).toEqual(taken);
      expect(await after.byPhone("+254737000009")).toBeNull();
      const all = await Promise.all(
        [customers, after, customers, after].map((each) =>
          each.add({ phones: ["+254737000010", "+254737000011"] }, DAY),
        ),
      );
      expect(all.filter((each) => "refused" in each)).toHaveLength(3);
    });

    it("changes what is named, where nobody else has changed her since", async () => {
      const { customers } = stage.store;
      const made = done(await customers.add({ phones: ["+254738000001"], name: "Ali" }, DAY));
      const other = done(await customers.add({ phones: ["+254738000009"] }, DAY));
      const hold = { reason: "a dispute", by: "root", at: DAY };
      const change = { notes: "Calls on Fridays", fields: { b: "2", a: "1" }, legalHold: hold };
      const changed = done(await customers.update(made.id, change, DAY + 1));
      expect(changed).toEqual({ ...made, ...change, version: 2, updatedAt: DAY + 1 });
      expect(await customers.get(made.id)).toEqual(changed);
      expect(await customers.update(made.id, change, DAY + 2)).toEqual(changed);
      expect(await customers.update(made.id, { name: "B" }, DAY + 2, [1])).toEqual({
        refused: "changed",
      });
      expect(await customers.update(nobody, { name: "B" }, DAY)).toEqual({ refused: "unknown" });
      const phones = ["+254738000002", "+254738000001"];
      expect(await customers.update(made.id, { phones }, DAY + 3, [1, 2])).toMatchObject({
        phones,
      });
      expect(await customers.update(other.id, { phones: [...phones] }, DAY)).toEqual({
        refused: "number_taken",
        phone: "+254738000002",
        by: made.id,
      });
      done(await customers.update(made.id, { phones: ["+254738000002"] }, DAY + 4));
      expect(await customers.byPhone("+254738000001")).toBeNull();
      const both = await Promise.all([
        customers.update(made.id, { name: "One" }, DAY + 5, [4]),
        customers.update(made.id, { name: "Two" }, DAY + 5, [4]),
      ]);
      expect(both.filter((each) => "refused" in each)).toHaveLength(1);
      const last = await customers.get(made.id);
      expect(both).toContainEqual(last);
    });
  });

  describe("customers who are looked for", () => {
    it("are found by their numbers, by digits of them, and by a part of their name in any case", async () => {
      const { customers } = stage.store;
      const about = [
        ["+254735000001", "Zawadi O'Brien (50%_)"],
        ["+254735000002", "ÉMILE zawadi"],
        ["+254735000003", "أمل"],
      ] as const;
      const made: Customer[] = [];
      for (const [phone, name] of about)
        made.push(done(await customers.add({ phones: [phone, `${phone}9`], name }, DAY)));
      const ids = async (filter: { name?: string; digits?: string }) =>
        (await customers.list({ ...filter, limit: 500 })).map(({ id }) => id);
      const [first, second, third] = made.map(({ id }) => id);
      expect(await customers.byPhone("+2547350000029")).toEqual(made[1]);
      expect(await customers.byPhone("+254735999999")).toBeNull();
      expect(await ids({ name: "zAWADI", digits: "25473500" })).toEqual([second, first]);
      expect(await ids({ name: "e\u0301mile", digits: "25473500" })).toEqual([second]);
      expect(await ids({ name: "مل", digits: "25473500" })).toEqual([third]);
      expect(await ids({ name: "50%_)" })).toEqual([first]);
      expect(await ids({ name: "50_" })).toEqual([]);
      expect(await ids({ name: ".*" })).toEqual([]);
      expect(await ids({ digits: "7350000019" })).toEqual([first]);
    });

    it("are listed in pages, in each order, with none twice and none left out", async () => {
      const { customers } = stage.store;
      const names = ["b", "A", "أ", "", "b", "ä"];
      const made: CustomerId[] = [];
      for (const [index, name] of names.entries())
        made.push((await customers.ensure(`+25473600000${index}`, name, DAY + (index % 2))).id);
      const orders: [NonNullable<CustomerFilter["sort"]>, readonly number[]][] = [
        [{ by: "createdAt", descending: true }, [5, 4, 3, 2, 1, 0]],
        [{ by: "createdAt", descending: false }, [0, 1, 2, 3, 4, 5]],
        [{ by: "updatedAt", descending: true }, [5, 3, 1, 4, 2, 0]],
        [{ by: "name", descending: false }, [3, 1, 0, 4, 5, 2]],
        [{ by: "name", descending: true }, [2, 5, 4, 0, 1, 3]],
      ];
      for (const [sort, order] of orders) {
        const seen: CustomerId[] = [];
        let after: CustomerFilter["after"];
        for (;;) {
          const page = await customers.list({
            digits: "25473600",
            sort,
            limit: 4,
            ...(after === undefined ? {} : { after }),
          });
          seen.push(...page.map(({ id }) => id));
          const last = page.at(-1);
          if (page.length < 4 || last === undefined) break;
          const value = sort.by === "name" ? last.name.toLowerCase() : last[sort.by];
          after = { value, id: last.id };
        }
        expect([sort, seen]).toEqual([sort, order.map((index) => made[index])]);
      }
      const none = { value: "", id: nobody };
      expect(await customers.list({ after: none, limit: 500 })).toEqual([]);
      expect(await customers.list({ limit: 0 })).toEqual([]);
    });
  });

  describe("customers who are one", () => {
    it("have all that both had under the id that stays, and nobody gets the other", async () => {
      const { customers } = stage.store;
      const hold = { reason: "a dispute", by: "root", at: DAY };
      const stays = done(
        await customers.add(
          { phones: ["+254739000001"], name: "Ali", tags: ["vip"], fields: { plan: "gold" } },
          DAY,
        ),
      );
      const wish = {
        phones: ["+254739000002", "+254739000003"],
        name: "Ali Hassan",
        email: "ali@example.com",
        notes: "Calls on Fridays",
        tags: ["abroad"],
        fields: { plan: "silver", town: "Kisumu" },
      };
      const other = done(await customers.add(wish, DAY));
      done(await customers.update(other.id, { legalHold: hold }, DAY));
      const merged = done(await customers.merge(stays.id, other.id, DAY + 1));
      expect(merged).toMatchObject({
        id: stays.id,
        phones: ["+254739000001", "+254739000002", "+254739000003"],
        name: "Ali",
        email: "ali@example.com",
        notes: `${other.id}: Ali Hassan, plan: silver\nCalls on Fridays`,
        tags: ["abroad", "vip"],
        fields: { plan: "gold", town: "Kisumu" },
        legalHold: hold,
        createdAt: DAY,
        updatedAt: DAY + 1,
      });
      expect(merged.version).toBeGreaterThan(stays.version);
      const second = (await stage.another()).customers;
      for (const found of [
        await second.get(other.id),
        await second.get(stays.id),
        await second.byPhone("+254739000003"),
        await second.ensure("+254739000002", "", DAY + 2),
        await second.merge(stays.id, other.id, DAY + 3),
        await second.merge(other.id, stays.id, DAY + 3),
      ])
        expect(found).toEqual(merged);
      const listed = await customers.list({ digits: "25473900000", limit: 500 });
      expect(listed).toEqual([merged]);
      expect((await customers.ensure("+254739000004", "", DAY)).id).not.toBe(other.id);
      expect(await customers.merge(stays.id, nobody, DAY)).toEqual({ refused: "unknown" });
      expect(await customers.merge(nobody, stays.id, DAY)).toEqual({ refused: "unknown" });
    });

    it("are one whichever way round they are made one at the same moment", async () => {
      const { customers } = stage.store;
      for (let round = 0; round < 5; round += 1) {
        const [one, two] = await Promise.all([
          customers.ensure(`+25473980000${round}`, "", DAY),
          customers.ensure(`+25473990000${round}`, "", DAY),
        ]);
        await Promise.all([
          customers.merge(one.id, two.id, DAY),
          customers.merge(two.id, one.id, DAY),
        ]);
        const left = await customers.get(one.id);
        expect(left?.phones.toSorted()).toEqual([...one.phones, ...two.phones]);
        expect(await customers.get(two.id)).toEqual(left);
      }
    });

    it("are not made one when that one would have too many numbers", async () => {
      const { customers } = stage.store;
      const phones = (digit: number) =>
        Array.from(
          { length: customerLimits.phones },
          (_, index) => `+25474${digit}000${100 + index}`,
        );
      const one = done(await customers.add({ phones: phones(1) }, DAY));
      const two = done(await customers.add({ phones: phones(2) }, DAY));
      expect(await customers.merge(one.id, two.id, DAY)).toEqual({ refused: "too_many_numbers" });
      expect(await customers.get(two.id)).toEqual(two);
    });
  });

  describe("customers who are erased", () => {
    it("are gone with all that was theirs; their ids stay theirs, their numbers do not", async () => {
      const { customers } = stage.store;
      const [one, two] = [
        await customers.ensure("+254745000001", "Ali", DAY),
        await customers.ensure("+254745000002", "Hassan", DAY),
      ];
      await customers.merge(one.id, two.id, DAY);
      const hold = { reason: "a dispute", by: "root", at: DAY };
      done(await customers.update(one.id, { legalHold: hold }, DAY));
      expect(await customers.erase(one.id, DAY)).toEqual({ refused: "on_hold" });
      done(await customers.update(one.id, { legalHold: null }, DAY));
      expect(await customers.erase(one.id, DAY)).toBeNull();
      const second = (await stage.another()).customers;
      expect(await second.get(one.id)).toBeNull();
      expect(await second.get(two.id)).toBeNull();
      expect(await second.byPhone("+254745000002")).toBeNull();
      expect(await second.list({ digits: "25474500000", limit: 500 })).toEqual([]);
      expect(await second.update(two.id, { name: "Back" }, DAY)).toEqual({ refused: "unknown" });
      expect(await second.erase(one.id, DAY)).toEqual({ refused: "unknown" });
      const anew = await second.ensure("+254745000002", "", DAY);
      expect([one.id, two.id]).not.toContain(anew.id);
      expect(anew.name).toBe("");
    });
  });
}
