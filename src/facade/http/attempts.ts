/** Counts failed attempts and says how long the next one has to wait. In memory: each process counts for itself. */
export interface Attempts {
  /** Takes one attempt. 0: go ahead; else the milliseconds until there is one again. */
  take(key: string, now: number): number;
  /** Gives back what a right answer did not deserve to lose. */
  forget(key: string): void;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** At most `burst` attempts at once for each key, and one more every `everyMs`. */
export function createAttempts(burst: number, everyMs: number, mostKeys = 10_000): Attempts {
  const buckets = new Map<string, Bucket>();
  return {
    take(key, now) {
      const known = buckets.get(key);
      const tokens =
        known === undefined ? burst : Math.min(burst, known.tokens + (now - known.at) / everyMs);
      // Written anew each time, so that the map is in order of last use.
      buckets.delete(key);
      buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
      if (buckets.size > mostKeys) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return tokens < 1 ? Math.ceil((1 - tokens) * everyMs) : 0;
    },
    forget(key) {
      buckets.delete(key);
    },
  };
}
