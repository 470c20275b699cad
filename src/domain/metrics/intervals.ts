import { dateIn, momentOf } from "../hours.ts";

export const intervalSizes = ["15m", "30m", "hour", "day", "week", "month"] as const;
export type IntervalSize = (typeof intervalSizes)[number];

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Parts of an hour are the same everywhere: clocks are changed by whole quarters of one. */
const lengths: Partial<Record<IntervalSize, number>> = {
  "15m": 15 * MINUTE_MS,
  "30m": 30 * MINUTE_MS,
  hour: 60 * MINUTE_MS,
};

/**
 * The beginning of the interval that a moment is in, by the clocks of a zone: a day begins at midnight there, a week on
 * Monday, a month on its first, and may be an hour longer or shorter where clocks are changed.
 */
export function intervalAt(at: number, size: IntervalSize, zone: string): number {
  const date = dateIn(zone, at);
  const midnight = momentOf(zone, date, 0);
  const length = lengths[size];
  if (length !== undefined) return midnight + Math.floor((at - midnight) / length) * length;
  return size === "day" ? midnight : momentOf(zone, firstDate(date, size), 0);
}

/** How many intervals of this size a stretch of time has at most; told without looking at a calendar. */
export function mostIntervals(from: number, to: number, size: IntervalSize): number {
  const shortest = { day: 0.9, week: 6.9, month: 27.9 } as const;
  const length =
    size === "day" || size === "week" || size === "month" ? shortest[size] * DAY_MS : lengths[size];
  return Math.ceil((to - from) / (length ?? DAY_MS)) + 1;
}

/** The place of the interval that a moment is in, in a list of their beginnings; -1 when it is before all of them. */
export function placeIn(starts: readonly number[], at: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The beginnings of all intervals that touch a stretch of time, in order. */
export function intervalsIn(
  from: number,
  to: number,
  size: IntervalSize,
  zone: string,
): readonly number[] {
  const found: number[] = [];
  for (let at = intervalAt(from, size, zone); at < to; at = after(at, size, zone)) found.push(at);
  return found;
}

/** The beginning of the next interval: a step into it that no change of clocks makes too short or too long. */
function after(at: number, size: IntervalSize, zone: string): number {
  const length = lengths[size];
  if (length !== undefined) return intervalAt(at + length, size, zone);
  const steps = { day: 1.5, week: 7.5, month: 32 } as const;
  const step = size === "day" || size === "week" || size === "month" ? steps[size] : 1;
  return intervalAt(at + step * DAY_MS, size, zone);
}

/** The date on which the week or the month of a date begins. */
function firstDate(date: string, size: "week" | "month" | IntervalSize): string {
  if (size === "month") return `${date.slice(0, 8)}01`;
  const day = new Date(`${date}T00:00:00Z`);
  const sinceMonday = (day.getUTCDay() + 6) % 7;
  return new Date(day.getTime() - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}
