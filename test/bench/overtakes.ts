/** When somebody came, and when a phone rang for her first: infinite when none did. */
export interface Turn {
  readonly came: number;
  readonly rung: number;
}

/** Who was overtaken, of all who called. */
export interface Overtakes {
  /** Callers for whom a phone rang, or who were overtaken by one of those. */
  readonly of: number;
  readonly overtaken: number;
  readonly share: number;
  /** Those of them whose phone rang at least `spacedMs` after that of the first who passed them. */
  readonly clearly: number;
  /** How many came later than one and the same caller, and were rung for before her. */
  readonly mostPlaces: number;
  /** How much later than the first of those her own phone rang, at most, in milliseconds; `null` when it never did. */
  readonly longestMs: number | null;
}

/** Whoever came closer together than this may have been served in any order. */
export const spacedMs = 2;

/**
 * A caller is overtaken by whoever came at least `spacedMs` later and was rung for earlier, be it by a microsecond. Who
 * was never rung for was overtaken by everybody behind her who was.
 */
export function overtakesOf(turns: readonly Turn[]): Overtakes {
  const passed = turns.map(({ came, rung }) => {
    const by = turns.filter((other) => other.came >= came + spacedMs && other.rung < rung);
    const first = by.reduce((least, other) => Math.min(least, other.rung), rung);
    return { rung, places: by.length, lateMs: by.length === 0 ? 0 : rung - first };
  });
  const counted = passed.filter(({ rung, places }) => Number.isFinite(rung) || places > 0);
  const overtaken = counted.filter(({ places }) => places > 0);
  const greatest = (values: readonly number[]) =>
    values.reduce((one, two) => Math.max(one, two), 0);
  const longestMs = greatest(overtaken.map(({ lateMs }) => lateMs));
  return {
    of: counted.length,
    overtaken: overtaken.length,
    share: counted.length === 0 ? 0 : overtaken.length / counted.length,
    clearly: overtaken.filter(({ lateMs }) => lateMs >= spacedMs).length,
    mostPlaces: greatest(overtaken.map(({ places }) => places)),
    longestMs: Number.isFinite(longestMs) ? longestMs : null,
  };
}
