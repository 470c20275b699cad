import { setTimeout as pause } from "node:timers/promises";
import { KituoError } from "../domain/errors.ts";
import type { Instance } from "./instance.ts";
import type { Part } from "./part.ts";

/** How long to wait before a part is started again: not at all the first time, then longer and longer. */
const pausesMs = [0, 250, 500, 1_000, 2_000, 4_000, 5_000];
/** A part that lived for so long is well; what was before is forgotten. */
const longLifeMs = 60_000;
const mostDeaths = 10;

type Kept = Pick<Instance, "onEnded" | "startServer" | "restartAsterisk" | "restartRedis" | "note">;

export interface KeeperOptions {
  readonly report: (line: string) => void;
  /** Aborts when the instance is being stopped. */
  readonly signal: AbortSignal;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Starts each part of an instance again that ends by itself; callers stay where they are meanwhile, and a server takes
 * its calls up again. Settles, with the part, when one dies again and again. A server that ended in order, because
 * somebody drained or stopped it, stays away.
 */
export function keepUp(instance: Kept, options: KeeperOptions): Promise<Part> {
  const { report, signal, now = () => performance.now(), wait = waitFor } = options;
  const starts: Readonly<Record<string, () => Promise<unknown>>> = {
    "The server": () => instance.startServer(),
    Asterisk: () => instance.restartAsterisk(),
    Redis: () => instance.restartRedis(),
  };
  const deaths = new Map<string, Deaths>();
  return new Promise((giveUp, reject) => {
    const revive = async (part: Part): Promise<void> => {
      const { name } = part;
      const status = await part.ended;
      if (name === "The server" && status === 0) {
        await instance.note();
        report(`${name} ended in order and stays away; \`kituo down\` ends the rest.`);
        return;
      }
      const counted = deaths.get(name) ?? new Deaths(now);
      deaths.set(name, counted);
      let what = `${name} ended by itself with status ${status}`;
      for (;;) {
        const pauseMs = counted.another();
        if (pauseMs === null) return giveUp(part);
        report(`${what}; it is started again${pauseMs === 0 ? "" : ` in ${pauseMs} ms`}.`);
        await wait(pauseMs, signal);
        if (signal.aborted) return;
        try {
          await starts[name]?.();
          counted.lives();
          report(`${name} is up again.`);
          return;
        } catch (error) {
          if (!(error instanceof KituoError)) throw error;
          for (const line of [error.message, ...error.faults]) report(line);
          what = `${name} could not be started`;
        }
      }
    };
    instance.onEnded((part) => {
      revive(part).catch(reject);
    });
  });
}

/** How often one part has died without a long life in between. */
class Deaths {
  readonly #now: () => number;
  #count = 0;
  #bornAt: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  lives(): void {
    this.#bornAt = this.#now();
  }

  /** Counts one more; the pause before the next life, or `null` when there is to be none. */
  another(): number | null {
    if (this.#bornAt !== null && this.#now() - this.#bornAt >= longLifeMs) this.#count = 0;
    this.#bornAt = null;
    this.#count += 1;
    if (this.#count >= mostDeaths) return null;
    return pausesMs[Math.min(this.#count, pausesMs.length) - 1] ?? 0;
  }
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
