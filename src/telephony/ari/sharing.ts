import { setImmediate } from "node:timers/promises";

/**
 * Work that many ask for at once and that is done for all of them: one run at a time, and whoever asks while one is
 * under way shares the next with all others who do. A run always begins after it was asked for, at the end of that turn
 * of the event loop, so that all who ask in one turn share one.
 */
export function sharing<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<Value> | null = null;

  async function begin(): Promise<Value> {
    await setImmediate();
    next = null;
    const begun = work();
    current = begun;
    return await begun;
  }

  return () => {
    next ??= current.then(begin, begin);
    return next;
  };
}
