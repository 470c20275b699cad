import type { Talk } from "./contacts.ts";
import { share } from "./service-level.ts";

/** What conversations took, of a queue or an agent: sums in milliseconds, so that parts can be added. */
export interface Handling {
  /** Conversations that are over. */
  readonly handled: number;
  readonly transferred: number;
  /** From the moment both were connected to the end, what is not kept as hold. */
  readonly talkMs: number;
  /** `null`: the history does not keep it. */
  readonly holdMs: number | null;
  readonly wrapMs: number | null;
}

/** No fact tells yet when a caller is on hold and when after-call work ends, so neither is known of any conversation. */
export const noHandling: Handling = {
  handled: 0,
  transferred: 0,
  talkMs: 0,
  holdMs: null,
  wrapMs: null,
};

/** The sums with one more conversation; one that goes on counts for nothing yet. */
export function handling(sums: Handling, { at, endedAt, transferred }: Talk): Handling {
  if (endedAt === null) return sums;
  return {
    ...sums,
    handled: sums.handled + 1,
    transferred: sums.transferred + (transferred ? 1 : 0),
    talkMs: sums.talkMs + endedAt - at,
  };
}

/** Two parts together; what is not known of one is not known of both. */
export const handledTogether = (left: Handling, right: Handling): Handling => ({
  handled: left.handled + right.handled,
  transferred: left.transferred + right.transferred,
  talkMs: left.talkMs + right.talkMs,
  holdMs: left.holdMs === null || right.holdMs === null ? null : left.holdMs + right.holdMs,
  wrapMs: left.wrapMs === null || right.wrapMs === null ? null : left.wrapMs + right.wrapMs,
});

/**
 * Average handling time: (talk + hold + wrap) / handled, in milliseconds. What the history does not keep is left out, so
 * it is then the least that it can be. `null` when nothing was handled.
 */
export const averageHandling = ({ handled, talkMs, holdMs, wrapMs }: Handling): number | null =>
  share(talkMs + (holdMs ?? 0) + (wrapMs ?? 0), handled);

/**
 * Occupancy: (talk + hold + wrap) / (those + the time available), 0 to 1. `null` when one of them is not known: the
 * occupancy of a part of somebody's work means nothing. `availableMs` is what the history does not keep yet.
 */
export function occupancy(
  { talkMs, holdMs, wrapMs }: Handling,
  availableMs: number | null,
): number | null {
  if (holdMs === null || wrapMs === null || availableMs === null) return null;
  const busyMs = talkMs + holdMs + wrapMs;
  return share(busyMs, busyMs + availableMs);
}
