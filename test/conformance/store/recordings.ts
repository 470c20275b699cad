import { beforeAll, describe, expect, it } from "vitest";
import { asAgentId, asQueueName } from "../../../src/domain/ids.ts";
import type { NewRecording, RecordingEntry, RecordingFilter } from "../../../src/ports/store.ts";
import { DAY, newCall } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of recordings. */
export function recordingsConformance(stage: Stage): void {
  const [amina, brian] = [asAgentId("AGT-001"), asAgentId("AGT-002")];
  const unknown = { queue: null, agents: [], deleted: null };
  const entryOf = (call = newCall()): NewRecording => ({
    name: `${call}-1`,
    call,
    kind: "conversation",
    file: `2026/11/20/${call}-1.wav`,
    bytes: 5_000_000_000,
    durationMs: 61_250.5,
    sha256: "ab".repeat(32),
    at: DAY,
  });

  describe("recordings", () => {
    it("are written by name and found by their call", async () => {
      const entry = entryOf();
      const { call } = entry;
      const later = { ...entry, name: `${call}-2`, kind: "voicemail" as const, at: DAY + 1 };
      await Promise.all([stage.store.recordings.save(entry), stage.store.recordings.save(later)]);
      const more = { ...entry, bytes: 7, queue: asQueueName("sales"), agents: [brian, amina] };
      await stage.store.recordings.save(more);
      const saved = { ...more, agents: [amina, brian], deleted: null };
      expect(await stage.store.recordings.ofCall(call)).toEqual([{ ...later, ...unknown }, saved]);
      expect(await stage.store.recordings.get(entry.name)).toEqual(saved);
      expect(await stage.store.recordings.get("none")).toBeNull();
      expect(await stage.store.recordings.ofCall(newCall())).toEqual([]);
    });

    it("stay on record when their audio is deleted, with who did it first", async () => {
      const entry = entryOf();
      await stage.store.recordings.save(entry);
      const marked = await stage.store.recordings.markDeleted(entry.name, "amina", DAY + 5);
      const deleted = { ...entry, ...unknown, deleted: { at: DAY + 5, by: "amina" } };
      expect(marked).toEqual(deleted);
      expect(await stage.store.recordings.markDeleted(entry.name, "brian", DAY + 9)).toEqual(
        deleted,
      );
      await stage.store.recordings.save(entry);
      expect(await stage.store.recordings.get(entry.name)).toEqual(deleted);
      expect(await stage.store.recordings.markDeleted("none", "amina", DAY)).toBeNull();
    });
  });

  describe("the list of recordings", () => {
    const start = DAY + 40 * 86_400_000;
    const call = newCall();
    const made: RecordingEntry[] = [];
    const list = async (filter: Partial<RecordingFilter> = {}) =>
      await stage.store.recordings.list({
        recorded: { from: start, to: start + 1_000 },
        limit: 500,
        ...filter,
      });
    const only = (test: (entry: RecordingEntry) => boolean) => made.filter(test);

    beforeAll(async () => {
      for (let index = 0; index < 12; index += 1) {
        const entry = {
          ...entryOf(index === 4 ? call : newCall()),
          kind: index % 4 === 0 ? ("voicemail" as const) : ("conversation" as const),
          queue: index % 3 === 0 ? null : asQueueName(index % 3 === 1 ? "sales" : "support"),
          agents: index % 4 === 0 ? [] : index % 2 === 0 ? [amina, brian] : [brian],
          // Three at a time in one millisecond.
          at: start + Math.floor(index / 3),
        };
        await stage.store.recordings.save(entry);
        const deleted = index % 5 === 0 ? { at: start, by: "amina" } : null;
        if (deleted !== null) {
          await stage.store.recordings.markDeleted(entry.name, deleted.by, deleted.at);
        }
        made.push({ ...entry, deleted });
      }
      made.sort((left, right) => right.at - left.at || (left.name < right.name ? 1 : -1));
    });

    it("is newest first, filtered by each of what is known", async () => {
      expect(await list()).toEqual(made);
      expect(await list({ call })).toEqual(only((entry) => entry.call === call));
      expect(await list({ queue: asQueueName("sales") })).toEqual(
        only(({ queue }) => queue === "sales"),
      );
      expect(await list({ agent: amina })).toEqual(only(({ agents }) => agents.includes(amina)));
      expect(await list({ kind: "voicemail" })).toEqual(only(({ kind }) => kind === "voicemail"));
      expect(await list({ deleted: true })).toEqual(only(({ deleted }) => deleted !== null));
      expect(await list({ deleted: false, agent: brian })).toEqual(
        only(({ deleted, agents }) => deleted === null && agents.includes(brian)),
      );
      expect(await list({ recorded: { from: start + 1, to: start + 2 } })).toEqual(
        only(({ at }) => at === start + 1),
      );
      expect(await list({ limit: 0 })).toEqual([]);
    });

    it("loses and repeats none between two pages", async () => {
      const seen: RecordingEntry[] = [];
      for (;;) {
        const last = seen.at(-1);
        const page = await list({ limit: 5, ...(last === undefined ? {} : { after: last }) });
        if (page.length === 0) break;
        seen.push(...page);
      }
      expect(seen).toEqual(made);
    });
  });
}
