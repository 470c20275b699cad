import type { CallState } from "./call.ts";
import { type KeptPlace, overflowedIn } from "./queue.ts";

/** Endings by which a caller was cut off, or gave up, before she was served. */
const cutShort: ReadonlySet<string> = new Set([
  "hung_up_waiting",
  "hung_up_ringing",
  "channel_lost",
  "agent_lost",
  "asterisk_died",
]);

/**
 * The place that a caller has when she dials again: she gave up while she waited, or the call broke off then or in the
 * conversation, on whichever side. What the queue's overflow had done for her goes with it. `null` when there is none. `caller` is her number, `null` when she withheld it: then nobody can know
 * that it is she who calls again.
 */
export function placeToKeep(
  state: CallState,
  caller: string | null,
  keepMs: number,
): KeptPlace | null {
  const { ending, queue, queuedAt, endedAt, priority, overflowed } = state;
  if (ending === null || endedAt === null || !cutShort.has(ending.reason)) return null;
  if (caller === null || queue === null || queuedAt === null || keepMs === 0) return null;
  const asked = { priority, ...overflowedIn(state) };
  return { queue, caller, enteredAt: queuedAt, until: endedAt + keepMs, asked, overflowed };
}
