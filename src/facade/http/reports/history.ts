import { setImmediate } from "node:timers/promises";
import type { CallState } from "../../../domain/call.ts";
import type { Centre } from "../../../domain/centre.ts";
import { dateIn, momentOf } from "../../../domain/hours.ts";
import { type Measured, measured } from "../../../domain/metrics/contacts.ts";
import {
  type IntervalSize,
  intervalsIn,
  mostIntervals,
} from "../../../domain/metrics/intervals.ts";
import { toTime } from "../../contract/words.ts";
import type { FacadeDeps } from "../deps.ts";
import { Problem } from "../problems.ts";

/** How many calls are in memory at once, and are read without a pause. */
const PART = 20;
const MOST_MS = 400 * 86_400_000;
/** A month of quarters of an hour; and as many for each of some queues or agents. */
const MOST_INTERVALS = 3_000;
const MOST_ROWS = 20_000;

/** The stretch of time that a report is about. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly zone: string;
  readonly queue: string | null;
  readonly agent: string | null;
}

/** Reads what was asked for; refuses what is backwards, too long, or about a queue that does not exist. */
export function windowOf(
  input: {
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly zone?: string | undefined;
    readonly queue?: string | undefined;
    readonly agent?: string | undefined;
    readonly interval?: IntervalSize | undefined;
  },
  { clock, centre }: Pick<FacadeDeps, "clock" | "centre">,
  /** How many rows there are for each interval. */
  rows = 1,
): Window {
  const { zone = zoneOf(centre), queue = null, agent = null, interval } = input;
  const to = input.to ?? clock.now();
  const from = input.from ?? momentOf(zone, dateIn(zone, to), 0);
  const faults: string[] = [];
  if (from >= to) faults.push("from: must be before to");
  if (to - from > MOST_MS) faults.push("from: must be at most 400 days before to");
  if (queue !== null && !centre.queues.some(({ name }) => name === queue))
    faults.push(`queue: must be one of ${centre.queues.map(({ name }) => name).join(", ")}`);
  if (agent !== null && !centre.agents.some(({ id }) => id === agent))
    faults.push("agent: there is no such agent");
  const most = Math.min(MOST_INTERVALS, Math.floor(MOST_ROWS / rows));
  if (interval !== undefined && from < to && mostIntervals(from, to, interval) > most)
    faults.push(
      `interval: so short a one gives more than ${most} rows for each queue or agent; ask for a longer one, or for less time`,
    );
  if (faults.length > 0) throw new Problem("bad_request", "The report cannot be made.", { faults });
  return { from, to, zone, queue, agent };
}

/** The zone of a centre is that of its hours. */
const zoneOf = ({ queues }: Centre): string =>
  queues.find(({ hours }) => hours !== null)?.hours?.zone ?? "UTC";

/** The beginnings of the intervals of a window. */
export const startsOf = ({ from, to, zone }: Window, interval: IntervalSize): readonly number[] =>
  intervalsIn(from, to, interval, zone);

/** What an answer says of its window. */
export const presentWindow = ({ from, to, zone }: Window) => ({
  from: toTime(from),
  to: toTime(to),
  zone,
});

/**
 * The calls of a window, one after another, whatever there are of them. SQLite answers at once: without a pause between
 * the parts nothing else would be done before the last of them, and calls wait for nobody's report.
 */
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
    await setImmediate();
  }
}
