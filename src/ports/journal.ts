import type { CallState } from "../domain/call.ts";
import type { CallEvent } from "../domain/call-fact.ts";
import type { CallId } from "../domain/ids.ts";
import type { NewLine, TranscriptLine } from "../domain/record.ts";

/** Something that is to be kept of a call. Keeping it twice changes nothing. */
export type Entry =
  /** Facts, in order, and the state that they led to. */
  | { readonly type: "facts"; readonly events: readonly CallEvent[]; readonly state: CallState }
  /** Lines of the transcript. */
  | { readonly type: "lines"; readonly call: CallId; readonly lines: readonly NewLine[] };

/**
 * The way of facts into the store. A call never waits for it and never fails by it: what is handed in is on this
 * machine's disk a moment later, and in the store as soon as the store takes it, in the order of handing in, each
 * thing once. What a process that died had not brought to the store, its next life brings there first.
 *
 * Not here: files, checksums, retries, the store's own errors.
 */
export interface Journal {
  /** Sets what is told of lines once the store has numbered them. Set before `start`. */
  onLines(handler: (lines: readonly TranscriptLine[]) => void): void;
  /** Opens it and begins to drain what an earlier life left; settles when `keep` may be called. */
  start(): Promise<void>;
  /** Lets what is under way end, for at most a moment; the rest stays on the disk for the next life. */
  stop(): Promise<void>;
  /**
   * Takes an entry; settles when it outlives this process (it has been handed to the disk, though perhaps not synced),
   * or when the disk does not take it. Never rejects.
   */
  keep(entry: Entry): Promise<void>;
  /** Settles when all that was handed in before is in the store, or the store does not take it now. */
  written(): Promise<void>;
  /**
   * Brings to the store what a dead process of this name had not, if its journal is on this machine. Settles when that
   * is done, or cannot be done now.
   */
  inherit(name: string): Promise<void>;
  health(): JournalHealth;
}

export interface JournalHealth {
  /**
   * `up`: what is handed in reaches the store; `behind`: the store does not take it now, or has not caught up yet, and
   * it waits on the disk;
   * `failing`: it waits in memory, for the disk takes nothing either.
   */
  readonly state: "up" | "behind" | "failing";
  /** How many entries wait. */
  readonly waiting: number;
}
