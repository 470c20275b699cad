import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import type { TranscriptLine } from "../../src/domain/record.ts";
import type { JournalStore } from "../../src/journal/delivery.ts";
import { frame } from "../../src/journal/frame.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { readable } from "../../src/journal/reading.ts";
import type { Entry, Journal } from "../../src/ports/journal.ts";
import type { Store } from "../../src/ports/store.ts";
import { until } from "../lab/until.ts";
import { callAt, factAt, lineAt, logTo, numbersOf, openStage, type Stage, upTo } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.remove());

const call = callAt(1);
const down = () => Promise.reject(new KituoError("store_down", "away"));
/** The store, but it takes nothing while `away` says so. */
function leaving(store: Store, away: () => boolean): Pick<Store, "calls" | "transcripts"> {
  return {
    calls: {
      ...store.calls,
      append: (...given) => (away() ? down() : store.calls.append(...given)),
    },
    transcripts: {
      ...store.transcripts,
      append: (of, lines) => (away() ? down() : store.transcripts.append(of, lines)),
    },
  };
}

describe("a journal over a store that works", () => {
  it("brings facts and lines to the store, in order, once", async () => {
    const journal = await stage.life();
    const told: TranscriptLine[] = [];
    journal.onLines((lines) => told.push(...lines));
    for (const seq of upTo(300)) {
      void journal.keep(factAt(call, seq));
      if (seq % 3 === 0) void journal.keep(lineAt(call, seq));
    }
    await journal.written();
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(300), state: 300 });
    const lines = await stage.store.transcripts.list(call);
    expect(lines.map(({ key }) => key)).toEqual(upTo(100).map((each) => `1/${each * 3}`));
    expect(told).toEqual(lines);
    expect(journal.health()).toEqual({ state: "up", waiting: 0 });
  });

  it("has a fact on the disk when it says so, and leaves nothing there when it ends", async () => {
    const journal = await stage.life({ store: leaving(stage.store, () => true) });
    await journal.keep(factAt(call, 1));
    const [name = ""] = await stage.segments();
    expect(await readFile(join(stage.spool, name))).toEqual(frame(factAt(call, 1)));
    await journal.stop();
    const next = await stage.life();
    await next.written();
    expect(await numbersOf(stage.store, call)).toEqual({ events: [1], state: 1 });
    await next.stop();
    expect(await readdir(stage.spool)).toEqual([]);
  });

  it("overlooks nothing that is kept just when it has come to the end", async () => {
    const journal = await stage.life();
    for (const seq of upTo(120)) {
      // Each round comes so many steps after the last entry was brought.
      for (let step = 0; step < seq % 40; step += 1) await Promise.resolve();
      void journal.keep(factAt(call, seq));
      await until("it is in the store", () => journal.health().waiting === 0);
      for (let step = 0; step < seq % 12; step += 1) await Promise.resolve();
      await journal.written();
    }
    const other = await openStage();
    try {
      const fresh = await other.life();
      void fresh.keep(factAt(call, 1));
      await until("it is in the store", () => fresh.health().waiting === 0);
    } finally {
      await other.remove();
    }
  });

  it("drops segments once they are drained", async () => {
    const journal = await stage.life();
    for (const seq of upTo(4_000)) {
      void journal.keep(factAt(call, seq, "x".repeat(1_000)));
      if (seq % 200 === 0) await journal.written();
    }
    await journal.written();
    await until("the drained segments are gone", async () => (await stage.segments()).length <= 2);
  });

  it("takes whatever is kept in whatever portions", async () => {
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30), { minLength: 1, maxLength: 10 }), async (portions) => {
        calls += 1;
        const one = callAt(1_000 + calls);
        const journal = await stage.life();
        let seq = 0;
        for (const portion of portions) {
          for (let count = 0; count < portion; count += 1) void journal.keep(factAt(one, ++seq));
          if (portion % 3 === 0) await journal.written();
          if (portion % 4 === 1) await journal.keep(factAt(one, ++seq));
        }
        await journal.written();
        expect((await numbersOf(stage.store, one)).events).toEqual(upTo(seq));
        await journal.stop();
        expect(await stage.segments()).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it("brings together what is noted one after another, and the rest at once when somebody waits for it", async () => {
    let requests = 0;
    const { calls } = stage.store;
    const counting: JournalStore["calls"] = {
      ...calls,
      append: async (events, states) => {
        requests += 1;
        await calls.append(events, states);
      },
    };
    const journal = await stage.life({ store: { ...stage.store, calls: counting } });
    for (const seq of upTo(60)) await journal.keep(factAt(call, seq));
    await journal.written();
    expect((await numbersOf(stage.store, call)).state).toBe(60);
    expect(requests).toBeLessThan(20);
  });

  it("is read with all that was noted before somebody asks", async () => {
    const journal = await stage.life();
    const store = readable(stage.store, journal);
    for (const seq of upTo(3)) void journal.keep(factAt(call, seq));
    expect((await store.calls.get(call))?.state.seq).toBe(3);
    void journal.keep(lineAt(call, 1));
    expect(await store.transcripts.list(call)).toHaveLength(1);
  });
});

describe("a journal whose store is away", () => {
  it("drains in order, quickly, when it is back; and what an earlier life left comes first", async () => {
    let away = true;
    const first = await stage.life({ store: leaving(stage.store, () => away) });
    for (const seq of upTo(2_000)) void first.keep(factAt(call, seq));
    await first.written();
    expect(first.health()).toEqual({ state: "behind", waiting: 2_000 });
    await first.stop();
    const seen: number[] = [];
    const watched = leaving(stage.store, () => away);
    const second = await stage.life({
      store: {
        ...watched,
        calls: {
          ...watched.calls,
          append: async (events, states) => {
            await watched.calls.append(events, states);
            seen.push(...events.map(({ seq }) => seq));
          },
        },
      },
    });
    for (const seq of upTo(2_000)) void second.keep(factAt(call, 2_000 + seq));
    away = false;
    const from = performance.now();
    await until("all is drained", () => second.health().waiting === 0);
    const perSecond = Math.round(4_000 / ((performance.now() - from) / 1_000));
    expect(perSecond).toBeGreaterThan(1_000);
    expect(seen).toEqual(upTo(4_000));
    expect((await numbersOf(stage.store, call)).state).toBe(4_000);
  });

  it("holds a bounded part of what waits in memory, the rest on the disk", async () => {
    let away = true;
    const journal = await stage.life({ store: leaving(stage.store, () => away) });
    const filling = "x".repeat(4_000);
    const held: WeakRef<Entry>[] = [];
    for (const seq of upTo(3_000)) {
      const entry = factAt(call, seq, filling);
      held.push(new WeakRef(entry));
      // Settles when it is on the disk, so at most one is on its way there.
      await journal.keep(entry);
    }
    const journalBytes = 3_000 * 4_000;
    await until("all but the ends are let go from memory", async () => {
      const { default: v8 } = await import("node:v8");
      const { default: vm } = await import("node:vm");
      v8.setFlagsFromString("--expose-gc");
      (vm.runInNewContext("gc") as () => void)();
      const kept = held.filter((each) => each.deref() !== undefined).length;
      return kept < (2.5 * 1024 * 1024 * held.length) / journalBytes;
    });
    expect(journal.health()).toEqual({ state: "behind", waiting: 3_000 });
    away = false;
    let least = Infinity;
    await until("it has caught up", () => {
      const { state, waiting } = journal.health();
      if (state === "behind") least = Math.min(least, waiting);
      return state === "up";
    });
    expect(journal.health()).toEqual({ state: "up", waiting: 0 });
    // It says that it is behind until the last is there, not only until the first is taken.
    expect(least).toBeLessThan(1_500);
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(3_000), state: 3_000 });
  });

  it("keeps the event loop free while another process holds the database for 3 s, and catches up", async () => {
    const journal = await stage.life();
    const other = new DatabaseSync(stage.file);
    other.exec("BEGIN EXCLUSIVE");
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let seq = 0;
    let slowest = 0;
    const until3s = performance.now() + 3_000;
    while (performance.now() < until3s) {
      const from = performance.now();
      await journal.keep(factAt(call, ++seq));
      await stage.store.health();
      slowest = Math.max(slowest, performance.now() - from);
      await new Promise((resolve) => setImmediate(resolve));
    }
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(1_000);
    expect(slowest).toBeLessThan(1_500);
    expect(journal.health()).toMatchObject({ state: "behind" });
    other.exec("COMMIT");
    other.close();
    await until("all is drained", () => journal.health().waiting === 0);
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(seq), state: seq });
  });
});

describe("an entry that the store refuses for good", () => {
  it("is put aside, and those around it go on", async () => {
    const journal = await stage.life();
    const entry = factAt(call, 2);
    const bad = { ...entry, events: [{ ...entry.events[0], type: null }] } as unknown as Entry;
    for (const each of [factAt(call, 1), bad, factAt(call, 3)]) void journal.keep(each);
    await journal.written();
    expect((await numbersOf(stage.store, call)).events).toEqual([1, 3]);
    expect(stage.logged).toContain("the store refuses an entry, which was put aside");
    const refused = await readFile(join(stage.spool, "refused"), "utf8");
    expect(JSON.parse(refused)).toMatchObject({ entry: bad });
    expect(journal.health()).toEqual({ state: "up", waiting: 0 });
  });
});

describe("segments that an earlier life left", () => {
  const leave = async (bytes: Buffer): Promise<void> => {
    const life = await stage.life({ store: leaving(stage.store, () => true) });
    await life.stop();
    await writeFile(join(stage.spool, "000000000000001-000001.segment"), bytes);
  };

  it("are drained up to the torn tail", async () => {
    const records = upTo(5).map((seq) => frame(factAt(call, seq)));
    await leave(Buffer.concat(records).subarray(0, -3));
    const journal = await stage.life();
    await journal.written();
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(4), state: 4 });
    expect(stage.logged).toContain("the journal ends in the middle of a record, which was cut off");
    expect(await stage.segments()).toEqual([]);
  });

  it("are drained around a damaged part, which is told and left for somebody to look at", async () => {
    const bytes = Buffer.concat(upTo(5).map((seq) => frame(factAt(call, seq))));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await leave(bytes);
    const journal = await stage.life();
    await journal.written();
    expect(await numbersOf(stage.store, call)).toEqual({ events: [1, 2, 4, 5], state: 5 });
    expect(stage.logged).toContain(
      "a part of the journal is damaged: what it held is missing from the history",
    );
    expect(await readdir(stage.spool)).toContain("000000000000001-000001.segment.damaged");
  });

  it("change nothing when the store has them already", async () => {
    const before = await stage.life();
    for (const seq of upTo(3)) void before.keep(factAt(call, seq));
    void before.keep(lineAt(call, 1));
    await before.written();
    const [name = ""] = await stage.segments();
    const bytes = await readFile(join(stage.spool, name));
    await before.stop();
    await appendFile(join(stage.spool, "000000000000001-000001.segment"), bytes);
    const after = await stage.life();
    void after.keep(factAt(call, 4));
    await after.written();
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(4), state: 4 });
    expect(await stage.store.transcripts.list(call)).toHaveLength(1);
  });
});

describe("the journal of another process that has died", () => {
  it("is brought to the store by one that takes its place, and is empty then", async () => {
    const dead = await stage.life({ store: leaving(stage.store, () => true) });
    for (const seq of upTo(20)) await dead.keep(factAt(call, seq));
    expect(await stage.segments()).toHaveLength(1);
    const beside = await openBeside(stage, "kituo-b");
    await beside.inherit(basename(stage.spool));
    expect(await numbersOf(stage.store, call)).toEqual({ events: upTo(20), state: 20 });
    expect(await stage.segments()).toEqual([]);
    await beside.inherit("a-name-that-never-was");
    await beside.stop();
  });
});

/** The journal of a process of another name on the same machine. */
async function openBeside({ spool, store, logged }: Stage, name: string): Promise<Journal> {
  const journal = openJournal({ folder: join(dirname(spool), name), store, log: logTo(logged) });
  await journal.start();
  return journal;
}
