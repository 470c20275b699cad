import type { CallState } from "../../../domain/call.ts";
import { dateIn, momentOf } from "../../../domain/hours.ts";
import { type Measured, measured } from "../../../domain/metrics/contacts.ts";
import { toTime } from "../../contract/words.ts";
import type { FacadeDeps } from "../deps.ts";
import { Problem } from "../problems.ts";

/** How many calls are in memory at once. */
const PART = 250;
const MOST_MS = 400 * 86_400_000;

/** The stretch of time that a report is about. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly zone: string;
  readonly queue: string | null;
}

/** Reads what was asked for; refuses what is backwards, too long, or about a queue that does not exist. */
export function windowOf(
  input: {
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly zone: string;
    readonly queue?: string | undefined;
  },
  { clock, centre }: Pick<FacadeDeps, "clock" | "centre">,
): Window {
  const { zone, queue = null } = input;
  const to = input.to ?? clock.now();
  const from = input.from ?? momentOf(zone, dateIn(zone, to), 0);
  const faults: string[] = [];
  if (from >= to) faults.push("from: must be before to");
  if (to - from > MOST_MS) faults.push("from: must be at most 400 days before to");
  if (queue !== null && !centre.queues.some(({ name }) => name === queue))
    faults.push(`queue: must be one of ${centre.queues.map(({ name }) => name).join(", ")}`);
  if (faults.length > 0) throw new Problem("bad_request", "The report cannot be made.", { faults });
  return { from, to, zone, queue };
}

/** What an answer says of its window. */
export const presentWindow = ({ from, to, zone }: Window) => ({
  from: toTime(from),
  to: toTime(to),
  zone,
});

/** The calls of a window, one after another, whatever there are of them. */
export async function* callsIn(
  { from, to }: Window,
  { store }: Pick<FacadeDeps, "store">,
): AsyncGenerator<Measured & { readonly state: CallState }> {
  let after: CallState | null = null;
  for (;;) {
    const part = await store.calls.between(from, to, after, PART);
    // A log whose first facts are still on their way to the store tells nothing yet.
    for (const { state, events } of part)
      if (events[0]?.type === "started") yield { state, ...measured(events) };
    after = part.at(-1)?.state ?? null;
    if (after === null || part.length < PART) return;
  }
}
