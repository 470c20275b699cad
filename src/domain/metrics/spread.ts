/** How lengths of time are spread; all in milliseconds, `null` where there is none. */
export interface Spread {
  readonly count: number;
  readonly totalMs: number;
  readonly averageMs: number | null;
  readonly leastMs: number | null;
  readonly medianMs: number | null;
  readonly p90Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly mostMs: number | null;
}

/** As fine as lengths are told. */
const STEP_MS = 100;

/**
 * Lengths of time in bounded memory: how many there were of each tenth of a second, so a year of calls needs no more room
 * than its longest call has tenths. The sum and the average are to the millisecond, all else is to the tenth.
 */
export class Lengths {
  #count = 0;
  #totalMs = 0;
  readonly #times = new Map<number, number>();

  add(ms: number): void {
    const step = Math.round(ms / STEP_MS);
    this.#count += 1;
    this.#totalMs += ms;
    this.#times.set(step, (this.#times.get(step) ?? 0) + 1);
  }

  /** The n-th percentile is the least value that n percent of all do not exceed (nearest rank): it is one that was seen. */
  spread(): Spread {
    const sorted = [...this.#times].sort(([left], [right]) => left - right);
    const rank = (percent: number): number | null => {
      let seen = 0;
      const wanted = Math.max(1, Math.ceil((percent * this.#count) / 100));
      for (const [step, times] of sorted) {
        seen += times;
        if (seen >= wanted) return step * STEP_MS;
      }
      return null;
    };
    return {
      count: this.#count,
      totalMs: this.#totalMs,
      averageMs: this.#count === 0 ? null : this.#totalMs / this.#count,
      leastMs: rank(0),
      medianMs: rank(50),
      p90Ms: rank(90),
      p95Ms: rank(95),
      p99Ms: rank(99),
      mostMs: rank(100),
    };
  }
}
