/** How lengths of time are spread; all in milliseconds, `null` where there is none. */
export interface Spread {
  readonly count: number;
  readonly totalMs: number;
  readonly averageMs: number | null;
  readonly leastMs: number | null;
  readonly medianMs: number | null;
  readonly p90Ms: number | null;
  readonly mostMs: number | null;
}

/** The n-th percentile is the least value that n percent of all do not exceed (nearest rank): it is one that was seen. */
export function spreadOf(lengths: readonly number[]): Spread {
  const sorted = lengths.toSorted((left, right) => left - right);
  const count = sorted.length;
  const totalMs = sorted.reduce((sum, length) => sum + length, 0);
  const rank = (part: number) => sorted[Math.max(0, Math.ceil(part * count) - 1)] ?? null;
  return {
    count,
    totalMs,
    averageMs: count === 0 ? null : totalMs / count,
    leastMs: sorted[0] ?? null,
    medianMs: rank(0.5),
    p90Ms: rank(0.9),
    mostMs: sorted.at(-1) ?? null,
  };
}
