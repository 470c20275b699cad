import { once } from "node:events";
import { fstatSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Log } from "../../ports/log.ts";

/** How far the WAL may grow between two checkpoints. */
const WAL_BYTES = 4 * 1024 * 1024;

/** Keeps the WAL short, in a thread of its own, because SQLite waits for the disk as it checkpoints. */
export class Checkpoints {
  readonly #file: string;
  readonly #wal: number;
  readonly #log: Log | null;
  #nextAt = WAL_BYTES;
  #thread: Worker | null = null;

  constructor(file: string, wal: number, log: Log | null) {
    this.#file = file;
    this.#wal = wal;
    this.#log = log;
  }

  /**
   * Empties the WAL when it is long. Nobody of this process may write meanwhile: a commit that met a WAL checkpointed
   * to its end would begin it anew, and wait for the disk on the event loop. Never rejects: without a checkpoint all
   * goes on, and the WAL grows by as much again before the next attempt.
   */
  async limitWal(): Promise<void> {
    try {
      if (this.#bytes() < this.#nextAt) return;
      const from = performance.now();
      try {
        await this.#checkpoint();
      } finally {
        // Another process that reads or writes may have kept it from being emptied.
        this.#nextAt = this.#bytes() + WAL_BYTES;
      }
      const tookMs = Math.round(performance.now() - from);
      this.#log?.debug({ file: this.#file, tookMs }, "the history database was checkpointed");
    } catch (error) {
      this.#log?.warn(
        { file: this.#file, err: error },
        "the history database was not checkpointed",
      );
    }
  }

  /** Ends the thread; nothing may be under way. */
  async stop(): Promise<void> {
    await this.#thread?.terminate();
  }

  #bytes(): number {
    return fstatSync(this.#wal).size;
  }

  /** Settles when the thread has done it, and rejects with its error; after one the next has a thread of its own. */
  async #checkpoint(): Promise<void> {
    this.#thread ??= startThread();
    const thread = this.#thread;
    // While it works the process has something to wait for.
    thread.ref();
    try {
      thread.postMessage(this.#file);
      await once(thread, "message");
    } catch (error) {
      this.#thread = null;
      throw error;
    } finally {
      thread.unref();
    }
  }
}

/** A thread that waits for work: starting one takes a hundred times as long as a checkpoint. */
function startThread(): Worker {
  return new Worker(new URL("./checkpoint-thread.ts", import.meta.url), {
    // The options of this process are about its own program, for example one given with --eval.
    execArgv: [],
  });
}
