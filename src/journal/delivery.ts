import type { CallState } from "../domain/call.ts";
import type { CallEvent } from "../domain/call-fact.ts";
import { hasCode } from "../domain/errors.ts";
import type { CallId } from "../domain/ids.ts";
import type { NewLine, TranscriptLine } from "../domain/record.ts";
import type { Entry } from "../ports/journal.ts";
import type { Store } from "../ports/store.ts";

export type JournalStore = Pick<Store, "calls" | "transcripts">;

/**
 * Brings entries to the store, all in one go: events, lines and of each call the last state, asked for in this order.
 * Gives back the lines with their numbers. When something of it fails all of it may be brought again.
 */
export async function deliver(
  store: JournalStore,
  entries: readonly Entry[],
): Promise<readonly TranscriptLine[]> {
  const events: CallEvent[] = [];
  const states = new Map<CallId, CallState>();
  const lines = new Map<CallId, NewLine[]>();
  for (const entry of entries) {
    if (entry.type === "lines") {
      lines.set(entry.call, [...(lines.get(entry.call) ?? []), ...entry.lines]);
      continue;
    }
    events.push(...entry.events);
    const known = states.get(entry.state.id);
    if (known === undefined || known.seq < entry.state.seq) states.set(entry.state.id, entry.state);
  }
  const requests: Promise<readonly TranscriptLine[]>[] = [];
  if (events.length > 0)
    requests.push(store.calls.append(events, [...states.values()]).then(() => []));
  for (const [call, said] of lines) requests.push(store.transcripts.append(call, said));
  const results = await Promise.allSettled(requests);
  const faults = results.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  if (faults.length > 0) throw faults.find(isDown) ?? faults[0];
  return results.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

/** Whether the store may take later what it did not take now. */
export function isDown(error: unknown): boolean {
  return hasCode(error, "store_down");
}
