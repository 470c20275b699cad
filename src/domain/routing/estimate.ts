/**
 * How long a caller has to wait yet: `(place / effective agents) x handling time`, in whole minutes. It is a promise to
 * somebody who listens, so it errs to the long side, its end is never put off once it was told, and it is not told at all
 * when too little is known.
 */
const MINUTE_MS = 60_000;

/** So many of an agent's last calls weigh; those before fade away. */
const MEMORY_CALLS = 10;
/** As many calls as the assumed handling time weighs. */
const PRIOR_CALLS = 5;
/** A handling time outside of this is a fault of measuring. */
const LEAST_HANDLING_MS = 10_000;
const MOST_HANDLING_MS = 3_600_000;
/** Nobody is told more than this. */
const MOST_WAIT_MS = 120 * MINUTE_MS;

/** How long the calls of one queue take one agent, talk and after-call work together. */
export interface Handled {
  /** How many there were. */
  readonly calls: number;
  /** What they took lately, in whole milliseconds: each new one weighs a tenth, the first ones more. */
  readonly ms: number;
}

/** What an estimate is made from, as the queue's settings say. */
export interface EstimateSettings {
  /** The handling time that is assumed before any is known. */
  readonly priorMs: number;
  /** Nothing is told before so many calls of the queue have been handled. */
  readonly fromCalls: number;
}

/** The handling time after one more call. Whole numbers only: a script in Redis works out the same. */
export function afterHandling(before: Handled | undefined, tookMs: number): Handled {
  const { calls, ms } = before ?? { calls: 0, ms: 0 };
  const weight = Math.min(calls + 1, MEMORY_CALLS);
  return { calls: calls + 1, ms: ms + Math.floor((tookMs - ms) / weight) };
}

/** What one call of a queue takes an agent: what was seen of each, and what is assumed, by how many calls stand behind. */
export function handlingTime(handled: readonly Handled[], priorMs: number): number {
  let sum = priorMs * PRIOR_CALLS;
  let weights = PRIOR_CALLS;
  for (const { calls, ms } of handled) {
    const weight = Math.min(calls, MEMORY_CALLS);
    sum += ms * weight;
    weights += weight;
  }
  return Math.min(Math.max(sum / weights, LEAST_HANDLING_MS), MOST_HANDLING_MS);
}

/** The wait of whoever has this place (from 1) in whole minutes, as milliseconds; `null` when too little is known. */
export function estimateWait(
  place: number,
  load: { readonly effective: number; readonly handled: readonly Handled[] },
  settings: EstimateSettings,
): number | null {
  const known = load.handled.reduce((sum, { calls }) => sum + calls, 0);
  if (load.effective <= 0 || known < settings.fromCalls) return null;
  const waitMs = (place / load.effective) * handlingTime(load.handled, settings.priorMs);
  return Math.min(Math.ceil(waitMs / MINUTE_MS) * MINUTE_MS, MOST_WAIT_MS);
}

/** The estimate, when it can be told now: it ends no later than what was told before; `null` for nothing. */
export function worthTelling(
  estimateMs: number | null,
  promisedBy: number | null,
  now: number,
): number | null {
  if (estimateMs === null || promisedBy === null) return estimateMs;
  return now + estimateMs <= promisedBy ? estimateMs : null;
}
