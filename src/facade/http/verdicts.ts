import { setTimeout } from "node:timers/promises";
import { hasCode } from "../../domain/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";

/** How long what is known of a session or key counts before the store is asked again: what another process ended. */
const checkMs = 2_000;
/** How long a request waits for a store that is slow to say whether what was good still is. */
const patienceMs = 250;
const mostKnown = 10_000;

/** Whether sessions and keys are good: asked of the store, remembered for a moment, and told to whoever has to know. */
export interface Verdicts {
  /** Rejects with `store_down` only for what was never known. What ended stays ended. */
  isGood(id: string): Promise<boolean>;
  /**
   * Calls the handler once when this ends: at once where it is ended here, within {@link checkMs} where another process
   * ended it. Returns what takes the handler away.
   */
  onEnded(id: string, handler: () => void): () => void;
  /** Says that these have ended. */
  ended(ids: readonly string[]): void;
  stop(): void;
}

export function createVerdicts(
  ask: (id: string) => Promise<boolean>,
  clock: Clock,
  log: Log,
): Verdicts {
  const known = new Map<string, { readonly isGood: boolean; readonly at: number }>();
  const asking = new Map<string, Promise<boolean>>();
  const handlers = new Map<string, Set<() => void>>();
  let timer: NodeJS.Timeout | null = null;

  function note(id: string, isGood: boolean): void {
    known.delete(id);
    known.set(id, { isGood, at: clock.now() });
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
    if (isGood) return;
    const waiting = handlers.get(id) ?? [];
    handlers.delete(id);
    rest();
    for (const handler of waiting) handler();
  }

  async function lookUp(id: string): Promise<boolean> {
    const isGood = await ask(id);
    // It may have been ended here while the store was asked.
    if (known.get(id)?.isGood === false) return false;
    note(id, isGood);
    return isGood;
  }

  /** The store is asked once, however many want to know. */
  function asked(id: string): Promise<boolean> {
    const under = asking.get(id) ?? lookUp(id).finally(() => asking.delete(id));
    asking.set(id, under);
    return under;
  }

  async function look(): Promise<void> {
    try {
      await Promise.all([...handlers.keys()].map(asked));
    } catch (error) {
      if (!hasCode(error, "store_down")) throw error;
      log.warn({ err: error }, "the store could not be asked which sessions have ended");
    }
  }

  function rest(): void {
    if (handlers.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    async isGood(id) {
      const last = known.get(id);
      if (last?.isGood === false) return false;
      if (last !== undefined && Math.abs(clock.now() - last.at) < checkMs) return true;
      const answer = asked(id);
      if (last === undefined) return await answer;
      const unlessAway = answer.catch((error: unknown) => {
        if (hasCode(error, "store_down")) return null;
        throw error;
      });
      const said = await Promise.race([unlessAway, setTimeout(patienceMs, null, { ref: false })]);
      if (said !== null) return said;
      // The live state does without the store; so do those who are at work while it is away, and without waiting each time.
      if (known.get(id)?.isGood !== false) note(id, true);
      return known.get(id)?.isGood !== false;
    },

    onEnded(id, handler) {
      if (known.get(id)?.isGood === false) {
        handler();
        return () => {};
      }
      const of = handlers.get(id) ?? new Set();
      handlers.set(id, of.add(handler));
      timer ??= setInterval(() => {
        look().catch((error: unknown) => log.error({ err: error }, "sessions were not looked at"));
      }, checkMs).unref();
      return () => {
        of.delete(handler);
        if (of.size === 0 && handlers.get(id) === of) handlers.delete(id);
        rest();
      };
    },

    ended(ids) {
      for (const id of ids) note(id, false);
    },

    stop() {
      handlers.clear();
      rest();
    },
  };
}
