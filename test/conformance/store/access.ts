import { describe, expect, it } from "vitest";
import type { ApiKey, AuditEntry, AuditFilter, Session } from "../../../src/ports/access.ts";
import { DAY } from "./examples.ts";
import type { Stage } from "./stage.ts";

const HOUR = 3_600_000;

const session = (id: string, change: Partial<Session> = {}): Session => ({
  id,
  username: "amina",
  refreshHash: "one",
  createdAt: DAY,
  expiresAt: DAY + HOUR,
  endedAt: null,
  endedWhy: null,
  ...change,
});

const apiKey = (id: string, change: Partial<ApiKey> = {}): ApiKey => ({
  id,
  name: "CRM “Soko”",
  hash: `hash of ${id}`,
  scopes: ["calls:read", "tickets:write"],
  createdBy: "root",
  createdAt: DAY,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  ...change,
});

/** What every store promises of sessions, keys and the audit trail. */
export function accessConformance(stage: Stage): void {
  describe("sessions", () => {
    it("exchange a refresh token once, though it is brought several times at once", async () => {
      const { sessions } = stage.store;
      const other = (await stage.another()).sessions;
      await sessions.begin(session("s-1"));
      await sessions.begin(session("s-1", { refreshHash: "another beginning" }));
      expect(await other.get("s-1")).toEqual(session("s-1"));
      const rotated = await Promise.all(
        [0, 1, 2].map((index) => sessions.rotate("s-1", "one", `two-${index}`)),
      );
      expect(rotated.filter(Boolean)).toHaveLength(1);
      expect((await sessions.get("s-1"))?.refreshHash).toBe(`two-${rotated.indexOf(true)}`);
      expect(await other.rotate("s-1", "one", "three")).toBe(false);
      expect(await sessions.rotate("nothing", "one", "three")).toBe(false);
    });

    it("end once, and give nothing for a refresh token from then on", async () => {
      const { sessions } = stage.store;
      await sessions.begin(session("s-2"));
      expect(await sessions.end("s-2", DAY + 1, "signed out")).toBe(true);
      expect(await sessions.end("s-2", DAY + 2, "again")).toBe(false);
      expect(await sessions.rotate("s-2", "one", "two")).toBe(false);
      expect(await sessions.get("s-2")).toEqual(
        session("s-2", { endedAt: DAY + 1, endedWhy: "signed out" }),
      );
      expect(await sessions.get("nothing")).toBeNull();
    });

    it("of one user end together, all or all but one", async () => {
      const { sessions } = stage.store;
      const username = "brian";
      for (const id of ["b-1", "b-2", "b-3"]) await sessions.begin(session(id, { username }));
      await sessions.begin(session("c-1", { username: "caro" }));
      const ended = await sessions.endOf(username, DAY + 5, "password changed", "b-2");
      expect([...ended].sort()).toEqual(["b-1", "b-3"]);
      expect(await sessions.get("b-2")).toEqual(session("b-2", { username }));
      expect(await sessions.get("b-3")).toMatchObject({ endedAt: DAY + 5 });
      expect(await sessions.endOf(username, DAY + 6, "removed")).toEqual(["b-2"]);
      expect(await sessions.get("b-1")).toMatchObject({ endedWhy: "password changed" });
      expect((await sessions.get("c-1"))?.endedAt).toBeNull();
    });

    it("are forgotten when nothing can come of them any more", async () => {
      const { sessions } = stage.store;
      await sessions.begin(session("old", { expiresAt: DAY - 1 }));
      await sessions.begin(session("new", { expiresAt: DAY }));
      await sessions.forget(DAY);
      expect(await sessions.get("old")).toBeNull();
      expect(await sessions.get("new")).not.toBeNull();
    });
  });

  describe("API keys", () => {
    it("are found by id and by hash, and listed newest first", async () => {
      const { keys } = stage.store;
      const first = apiKey("KEY-1");
      const second = apiKey("KEY-2", { createdAt: DAY + 1, expiresAt: DAY + HOUR, scopes: [] });
      await keys.add(first);
      await keys.add(second);
      const other = (await stage.another()).keys;
      expect(await other.get("KEY-1")).toEqual(first);
      expect(await other.byHash(second.hash)).toEqual(second);
      expect(await other.byHash("no such hash")).toBeNull();
      expect(await other.get("KEY-9")).toBeNull();
      expect(await other.list()).toEqual([second, first]);
    });

    it("are taken back once and remember when they were used", async () => {
      const { keys } = stage.store;
      await keys.add(apiKey("KEY-3"));
      await keys.used("KEY-3", DAY + 3);
      expect(await keys.revoke("KEY-3", DAY + 4)).toBe(true);
      expect(await keys.revoke("KEY-3", DAY + 5)).toBe(false);
      expect(await keys.revoke("KEY-9", DAY + 5)).toBe(false);
      const revoked = apiKey("KEY-3", { lastUsedAt: DAY + 3, revokedAt: DAY + 4 });
      expect(await keys.get("KEY-3")).toEqual(revoked);
    });
  });

  describe("the audit trail", () => {
    const entry = (number: number, change: Partial<AuditEntry> = {}): AuditEntry => ({
      id: `AUD-${String(number).padStart(4, "0")}`,
      // Three at a time happen in the same millisecond.
      at: DAY + Math.floor(number / 3),
      by: number % 2 === 0 ? "amina" : "brian",
      address: "::1",
      action: number % 4 === 0 ? "recording_read" : "signed_in",
      object: `object-${number % 5}`,
      outcome: number % 6 === 0 ? "refused" : "done",
      detail: { number, "$odd.name": ["a", null, { b: "ü" }] },
      ...change,
    });
    const entries = Array.from({ length: 24 }, (_, number) => entry(number));
    const newestFirst = entries.toReversed();
    const list = (filter: Partial<AuditFilter> = {}) =>
      stage.store.audit.list({ limit: 500, ...filter });

    it("keeps each entry as it was first written", async () => {
      const { audit } = stage.store;
      for (const each of entries) await audit.append(each);
      const other = (await stage.another()).audit;
      await other.append(entry(7, { by: "somebody else", detail: {} }));
      expect(await list()).toEqual(newestFirst);
      expect(await list({ limit: 0 })).toEqual([]);
    });

    it("is filtered by who, what, to what, with which outcome and when", async () => {
      expect(await list({ by: "amina" })).toEqual(newestFirst.filter(({ by }) => by === "amina"));
      expect(await list({ action: "recording_read", outcome: "done" })).toEqual(
        newestFirst.filter(
          ({ action, outcome }) => action === "recording_read" && outcome === "done",
        ),
      );
      expect(await list({ object: "object-3" })).toEqual(
        newestFirst.filter(({ object }) => object === "object-3"),
      );
      expect(await list({ since: DAY + 2, before: DAY + 4 })).toEqual(
        newestFirst.filter(({ at }) => at >= DAY + 2 && at < DAY + 4),
      );
    });

    it("loses and repeats no entry between pages", async () => {
      const seen: AuditEntry[] = [];
      for (;;) {
        const last = seen.at(-1);
        const from = last === undefined ? {} : { before: last.at, beforeId: last.id };
        const page = await list({ limit: 5, ...from });
        if (page.length === 0) break;
        seen.push(...page);
      }
      expect(seen).toEqual(newestFirst);
    });
  });
}
