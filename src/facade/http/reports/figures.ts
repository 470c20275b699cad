import { type Handling, occupancy } from "../../../domain/metrics/handling.ts";

/** Seconds with one decimal. */
export function secondsOf(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 100) / 10;
}

/** A share with four decimals. */
export function rateOf(share: number | null): number | null {
  return share === null ? null : Math.round(share * 10_000) / 10_000;
}

/** What conversations took, but for their average, which every report has in a place of its own. */
export function presentHandling(work: Handling) {
  return {
    transferred: work.transferred,
    handled: work.handled,
    talk_seconds: secondsOf(work.talkMs) ?? 0,
    hold_seconds: secondsOf(work.holdMs),
    wrap_seconds: secondsOf(work.wrapMs),
    // No record says yet when agents were available.
    occupancy: rateOf(occupancy(work, null)),
  };
}

/** Which parts of a handling time are on record. */
export function handlingCovers({
  holdMs,
  wrapMs,
}: Pick<Handling, "holdMs" | "wrapMs">): ("talk" | "hold" | "wrap")[] {
  return [
    "talk",
    ...(holdMs === null ? [] : (["hold"] as const)),
    ...(wrapMs === null ? [] : (["wrap"] as const)),
  ];
}
