import { describe, expect, it } from "vitest";
import { asAgentId, asCustomerId, asQueueName } from "../../../src/domain/ids.ts";
import type { User, Users } from "../../../src/ports/store.ts";
import { DAY, newCall } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of customers, agents and users. */
export function peopleConformance(stage: Stage): void {
  describe("customers", () => {
    it("makes one customer a number, and fills an empty name once", async () => {
      const made = await stage.store.customers.ensure("+254733000001", "", DAY);
      const named = await stage.store.customers.ensure("+254733000001", "Zawadi", DAY + 1);
      const kept = await stage.store.customers.ensure("+254733000001", "Somebody Else", DAY + 2);
      expect(made.id).toMatch(/^CUST-\d{3,}$/);
      expect(made).toMatchObject({ phone: "+254733000001", name: "", createdAt: DAY });
      expect([named, kept]).toEqual([
        { ...made, name: "Zawadi" },
        { ...made, name: "Zawadi" },
      ]);
      expect(await stage.store.customers.get(made.id)).toEqual(kept);
      expect(await stage.store.customers.get(asCustomerId("CUST-999"))).toBeNull();
    });

    it("makes one, with numbers that follow, when two processes ask at once", async () => {
      const other = await stage.another();
      const phones = Array.from({ length: 8 }, (_, index) => `+25473400000${index}`);
      const made = await Promise.all(
        [...phones, ...phones].map((phone, index) =>
          (index % 2 === 0 ? stage.store : other).customers.ensure(phone, "", DAY),
        ),
      );
      const ids = new Map(made.map(({ phone, id }) => [phone, id]));
      for (const { phone, id } of made) expect(id).toBe(ids.get(phone));
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
  });

  describe("customers who are looked for", () => {
    it("are found by their number, by digits of it, and by a part of their name in any case", async () => {
      const { customers } = stage.store;
      const about = [
        ["+254735000001", "Zawadi O'Brien (50%_)"],
        ["+254735000002", "ÉMILE zawadi"],
        ["+254735000003", "أمل"],
      ] as const;
      const made = [];
      for (const [phone, name] of about) made.push(await customers.ensure(phone, name, DAY));
      const ids = async (filter: { name?: string; digits?: string }) =>
        (await customers.list({ ...filter, limit: 500 })).map(({ id }) => id);
      const [first, second, third] = made.map(({ id }) => id);
      expect(await customers.byPhone("+254735000002")).toEqual(made[1]);
      expect(await customers.byPhone("+254735999999")).toBeNull();
      expect(await ids({ name: "zAWADI", digits: "25473500" })).toEqual([second, first]);
      expect(await ids({ name: "émile", digits: "25473500" })).toEqual([second]);
      expect(await ids({ name: "مل", digits: "25473500" })).toEqual([third]);
      expect(await ids({ name: "50%_)" })).toEqual([first]);
      expect(await ids({ name: "50_" })).toEqual([]);
      expect(await ids({ name: ".*" })).toEqual([]);
      expect(await ids({ digits: "735000001" })).toEqual([first]);
    });

    it("are listed in pages, newest first, and get another name", async () => {
      const { customers } = stage.store;
      for (const last of ["1", "2", "3"]) await customers.ensure(`+25473600000${last}`, "", DAY);
      const all = await customers.list({ digits: "25473600", limit: 500 });
      expect(all.map(({ phone }) => phone.slice(-1))).toEqual(["3", "2", "1"]);
      const [newest, ...rest] = all;
      const page = await customers.list({
        digits: "25473600",
        limit: 500,
        ...(newest === undefined ? {} : { before: newest.id }),
      });
      expect(page).toEqual(rest);
      const nobody = asCustomerId("CUST-NONE");
      expect(await customers.list({ before: nobody, limit: 500 })).toEqual([]);
      expect(newest && (await customers.rename(newest.id, "Neema"))).toMatchObject({
        ...newest,
        name: "Neema",
      });
      expect(await customers.rename(nobody, "Nobody")).toBeNull();
    });
  });

  describe("what came of a conversation", () => {
    it("is one entry for each call and agent, the last that was said", async () => {
      const call = newCall();
      const first = {
        call,
        agent: asAgentId("AGT-001"),
        code: "sold",
        note: "",
        author: "amina",
        at: DAY,
      };
      const other = { ...first, agent: asAgentId("AGT-002"), author: "brian", at: DAY + 1 };
      await stage.store.wrapUps.save(first);
      await stage.store.wrapUps.save(other);
      expect(await stage.store.wrapUps.ofCall(call)).toEqual([other, first]);
      const changed = { ...first, code: "lost", note: "Line one.\nTwo ☎", at: DAY + 2 };
      await stage.store.wrapUps.save(changed);
      const another = await stage.another();
      expect(await another.wrapUps.ofCall(call)).toEqual([changed, other]);
      expect(await stage.store.wrapUps.ofCall(newCall())).toEqual([]);
    });
  });

  describe("agents, users", () => {
    it("writes agents by id and lists them by id", async () => {
      const [sales, support] = [asQueueName("sales"), asQueueName("support")];
      const brian = {
        id: asAgentId("AGT-002"),
        name: "Brian",
        extension: "1002",
        queues: [sales],
      };
      const amina = { id: asAgentId("AGT-001"), name: "Amina", extension: "1001", queues: [] };
      await stage.store.agents.save([brian, amina]);
      const moved = { ...amina, extension: "1009", queues: [sales, support] };
      await stage.store.agents.save([moved]);
      await stage.store.agents.save([]);
      expect(await stage.store.agents.list()).toEqual([moved, brian]);
      expect(await stage.store.agents.get(brian.id)).toEqual(brian);
      expect(await stage.store.agents.get(asAgentId("AGT-777"))).toBeNull();
    });

    it("adds users, each name once, and changes what is named of them", async () => {
      const { users } = stage.store;
      const old: User = {
        username: "amina",
        role: "agent",
        passwordHash: "scrypt$1",
        agent: asAgentId("AGT-001"),
        email: "amina@example.com",
        active: true,
        planMark: null,
        failures: 0,
        failedAt: null,
        createdAt: DAY,
      };
      const admin = {
        ...old,
        username: "root",
        role: "admin" as const,
        agent: null,
        email: null,
        planMark: "mark",
        createdAt: DAY + 1,
      };
      const other = (await stage.another()).users;
      const added = await Promise.all([users.add(old), users.add(admin), other.add(old)]);
      expect(added.filter(Boolean)).toHaveLength(2);
      expect(await users.add({ ...old, role: "admin" })).toBe(false);
      expect(await users.list()).toEqual([admin, old]);
      const change = { role: "supervisor", passwordHash: "scrypt$2", active: false } as const;
      const changed = { ...old, ...change, agent: null, email: null };
      expect(await users.update("amina", { ...change, agent: null, email: null })).toEqual(changed);
      expect(await users.update("nobody", change)).toBeNull();
      expect(await other.get("amina")).toEqual(changed);
      expect(await users.get("Amina")).toBeNull();
      expect(await users.list()).toEqual([admin, changed]);
      expect(await users.remove("amina")).toBe(true);
      expect(await users.remove("amina")).toBe(false);
      expect(await other.get("amina")).toBeNull();
    });

    it("counts wrong passwords in a row, in whichever process, and begins anew after a while", async () => {
      const { users } = stage.store;
      const other = (await stage.another()).users;
      const user = { role: "viewer", passwordHash: "", agent: null, email: null } as const;
      const rest = { active: true, planMark: null, failures: 0, failedAt: null, createdAt: DAY };
      await users.add({ username: "tried", ...user, ...rest });
      const fail = (of: Users, at: number) => of.fail("tried", at, at - 1_000);
      expect(await fail(users, DAY)).toBe(1);
      await Promise.all([users, users, users, users].map((each) => fail(each, DAY + 1)));
      expect(await users.get("tried")).toMatchObject({ failures: 5, failedAt: DAY + 1 });
      expect(await fail(other, DAY + 1_001)).toBe(1);
      await users.update("tried", { failures: 0, failedAt: null });
      expect(await fail(users, DAY + 1_002)).toBe(1);
      expect(await users.fail("nobody", DAY, 0)).toBe(0);
      await users.remove("tried");
    });
  });
}
