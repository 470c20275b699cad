/** Seconds with one decimal. */
export function secondsOf(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 100) / 10;
}

/** A share with four decimals. */
export function rateOf(share: number | null): number | null {
  return share === null ? null : Math.round(share * 10_000) / 10_000;
}
