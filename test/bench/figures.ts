/** What is reported of one set of measurements. */
export interface Figures {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The value below which that share of the values lies, between the two nearest ones; not a number without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

/** The figures of all values together. */
export function figures(values: readonly number[]): Figures {
  const at = (share: number) => rounded(quantile(values, share));
  return { n: values.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Microseconds are as much as a message trace tells. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** The same thing measured on both sides, one list a round. */
export interface Sides {
  readonly kituo: readonly (readonly number[])[];
  readonly peer: readonly (readonly number[])[];
}

interface Measured {
  /** What the values are. */
  readonly unit: "ms" | "us" | "ms/s" | "calls/s" | "reads/s" | "deliveries/s" | "share";
  /** Which values are the better ones. */
  readonly better: "lower" | "higher";
  readonly peerIs: string;
}

/** One comparison: the same form in every benchmark. */
export interface Result extends Measured {
  readonly name: string;
  readonly kituo: Figures;
  readonly peer: Figures;
  /** How many times better Kituo's median is than its peer's: above 1 it is better, below 1 it is worse. */
  readonly ratio: number;
  /** Rounds of each side. */
  readonly runs: number;
  /** The medians of the rounds. */
  readonly medians: { readonly kituo: readonly number[]; readonly peer: readonly number[] };
  /** The least and the greatest of them. */
  readonly ranges: { readonly kituo: readonly number[]; readonly peer: readonly number[] };
}

/** Compares both sides over all their rounds; milliseconds of which fewer are better, when nothing else is said. */
export function compare(name: string, sides: Sides, said: Partial<Measured> = {}): Result {
  const measured = { unit: "ms", better: "lower", peerIs: "app_queue", ...said } as const;
  const kituo = figures(sides.kituo.flat());
  const peer = figures(sides.peer.flat());
  const medians = {
    kituo: sides.kituo.map((values) => figures(values).p50),
    peer: sides.peer.map((values) => figures(values).p50),
  };
  const range = (values: readonly number[]) => [Math.min(...values), Math.max(...values)];
  const [over, under] = measured.better === "lower" ? [peer, kituo] : [kituo, peer];
  return {
    name,
    ...measured,
    kituo,
    peer,
    ratio: rounded(over.p50 / under.p50),
    runs: sides.kituo.length,
    medians,
    ranges: { kituo: range(medians.kituo), peer: range(medians.peer) },
  };
}

const digits = {
  ms: 2,
  us: 2,
  "ms/s": 1,
  "calls/s": 2,
  "reads/s": 0,
  "deliveries/s": 0,
  share: 4,
} as const;

/** A table of one comparison, for people. Where a round gives one value, its quantiles would say nothing. */
export function table(title: string, result: Result): string {
  const { unit, better, peerIs, ratio, runs } = result;
  const shown = (value: number) => value.toFixed(value < 100 ? digits[unit] : 0);
  const spread = result.kituo.n > result.medians.kituo.length;
  const row = (name: string, side: "kituo" | "peer"): string[] => {
    const { n, p50, p95, p99, max } = result[side];
    const quantiles = spread ? [p50, p95, p99, max] : [p50];
    return [
      name,
      String(n),
      ...quantiles.map(shown),
      result.ranges[side].map(shown).join(" - "),
      ...(spread ? [] : [result.medians[side].map(shown).join(", ")]),
    ];
  };
  const heads = spread ? ["p50", "p95", "p99", "max", "p50 of each round"] : ["median", "range"];
  const rows = [
    [unit, "n", ...heads, ...(spread ? [] : ["each round"])],
    row("Kituo", "kituo"),
    row(peerIs, "peer"),
  ];
  const widths = spread ? [12, 7, 10, 10, 10, 10, 22] : [12, 7, 10, 20, 44];
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join("");
  const [over, under] = better === "lower" ? [peerIs, "Kituo"] : ["Kituo", peerIs];
  const said = `ratio ${ratio}: median of ${over} by that of ${under}, ${runs} rounds of each; above 1 Kituo is better`;
  return [title, ...rows.map((cells) => `  ${line(cells)}`), `  ${said}`, ""].join("\n");
}
