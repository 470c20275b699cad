import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { begin } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { asCallId, asChannelId, type CallId } from "../../src/domain/ids.ts";
import type { JournalStore } from "../../src/journal/delivery.ts";
import type { Disk } from "../../src/journal/disk.ts";
import { openJournal } from "../../src/journal/journal.ts";
import type { Entry, Journal } from "../../src/ports/journal.ts";
import type { Log } from "../../src/ports/log.ts";
import type { Store } from "../../src/ports/store.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";

/** A folder with a spool and a real database, and lives of a journal over them. */
export interface Stage {
  readonly spool: string;
  readonly file: string;
  readonly store: Store;
  /** The messages that the journals logged. */
  readonly logged: string[];
  /** Another life of the process. */
  life(change?: { disk?: Disk; store?: JournalStore }): Promise<Journal>;
  segments(): Promise<string[]>;
  remove(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "kituo-journal-"));
  const spool = join(folder, "journal");
  const file = join(folder, "history.db");
  const store = openSqliteStore({ file });
  await store.start();
  const logged: string[] = [];
  const lives: Journal[] = [];
  return {
    spool,
    file,
    store,
    logged,
    life: async (change = {}) => {
      const journal = openJournal({ folder: spool, store, log: logTo(logged), ...change });
      lives.push(journal);
      await journal.start();
      return journal;
    },
    segments: async () => (await readdir(spool)).filter((name) => name.endsWith(".segment")).sort(),
    remove: async () => {
      for (const journal of lives) await journal.stop();
      await store.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function logTo(messages: string[]): Log {
  const write = (_fields: unknown, message: string): void => {
    messages.push(message);
  };
  return { debug: write, info: write, warn: write, error: write, child: () => logTo(messages) };
}

export const callAt = (index: number): CallId => asCallId(`CALL-${String(index).padStart(8, "0")}`);

/** The `seq`-th fact of a call, as an entry. */
export function factAt(call: CallId, seq: number, filling = ""): Entry & { type: "facts" } {
  const at = 1_763_625_600_000 + seq;
  const started: CallEvent = {
    type: "started",
    direction: "inbound",
    caller: "+254711000001",
    callerName: filling,
    dialled: "+254711000000",
    channel: asChannelId("channel-1"),
    call,
    seq: 1,
    at,
  };
  const event: CallEvent = { type: "key_pressed", menu: "main", key: "1", call, seq, at };
  return {
    type: "facts",
    events: [seq === 1 ? started : event],
    state: { ...begin(started), seq },
  };
}

/** A line of a call, as an entry. */
export const lineAt = (call: CallId, key: number): Entry => ({
  type: "lines",
  call,
  lines: [
    {
      key: `1/${key}`,
      speaker: "bot",
      content: `line ${key}`,
      language: "sw",
      at: 1,
      source: "menu",
    },
  ],
});

/** The numbers of the facts that the store has of a call, and that of its state. */
export async function numbersOf(
  store: Store,
  call: CallId,
): Promise<{ events: readonly number[]; state: number }> {
  const log = await store.calls.get(call);
  return { events: log?.events.map(({ seq }) => seq) ?? [], state: log?.state.seq ?? 0 };
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
