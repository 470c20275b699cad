import { describe, expect, it } from "vitest";
import { asAgentId, asQueueName } from "../../../src/domain/ids.ts";
import type { User, Users } from "../../../src/ports/store.ts";
import { DAY, newCall } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of agents and users. */
export function peopleConformance(stage: Stage): void {
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
