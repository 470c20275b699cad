import { setTimeout } from "node:timers/promises";
import type { Journal } from "../ports/journal.ts";
import type { Store } from "../ports/store.ts";

/** How long a reader waits at most for what is on its way: of a store that takes nothing he may still read. */
const WITHIN_MS = 250;

/**
 * The store for those who have heard of a fact and ask for the rest: of calls and transcripts it has all that this process
 * had noted when they asked.
 */
export function readable(store: Store, journal: Pick<Journal, "written">): Store {
  const { calls, transcripts } = store;
  async function first<Value>(read: () => Promise<Value>): Promise<Value> {
    const late = new AbortController();
    const moment = setTimeout(WITHIN_MS, undefined, { signal: late.signal });
    await Promise.race([journal.written(), moment.catch(() => undefined)]);
    late.abort();
    return await read();
  }
  return {
    ...store,
    calls: {
      ...calls,
      get: (id) => first(() => calls.get(id)),
      state: (id) => first(() => calls.state(id)),
      list: (filter) => first(() => calls.list(filter)),
      ratings: (from, to) => first(() => calls.ratings(from, to)),
    },
    transcripts: {
      // Lines are numbered in the order in which they come.
      append: (call, lines) => first(() => transcripts.append(call, lines)),
      list: (call) => first(() => transcripts.list(call)),
      search: (filter) => first(() => transcripts.search(filter)),
    },
  };
}
