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

/** The last line of a benchmark that was asked for JSON. */
export interface Result {
  readonly name: string;
  readonly unit: "ms" | "us";
  readonly kituo: Figures;
  readonly peer: Figures;
  /** How many times longer the peer takes: its median by ours. */
  readonly ratio: number;
  /** Rounds of each side. */
  readonly runs: number;
  /** The medians of the rounds. */
  readonly medians: { readonly kituo: readonly number[]; readonly peer: readonly number[] };
}

/** Compares both sides over all their rounds. */
export function compare(name: string, sides: Sides, unit: Result["unit"] = "ms"): Result {
  const kituo = figures(sides.kituo.flat());
  const peer = figures(sides.peer.flat());
  const medians = (rounds: Sides["kituo"]) => rounds.map((values) => figures(values).p50);
  return {
    name,
    unit,
    kituo,
    peer,
    ratio: rounded(peer.p50 / kituo.p50),
    runs: sides.kituo.length,
    medians: { kituo: medians(sides.kituo), peer: medians(sides.peer) },
  };
}

const shown = (value: number): string => value.toFixed(value < 100 ? 2 : 0);

/** A table of one comparison, for people. */
export function table(title: string, result: Result): string {
  const row = (name: string, side: Figures, medians: readonly number[]): string[] => [
    name,
    String(side.n),
    ...[side.p50, side.p95, side.p99, side.max].map(shown),
    `${shown(Math.min(...medians))} - ${shown(Math.max(...medians))}`,
  ];
  const rows = [
    ["ms", "n", "p50", "p95", "p99", "max", "p50 of each round"],
    row("Kituo", result.kituo, result.medians.kituo),
    row("app_queue", result.peer, result.medians.peer),
  ];
  const widths = [10, 6, 9, 9, 9, 9, 20];
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join("");
  const ratio = `app_queue takes ${result.ratio.toFixed(result.ratio < 10 ? 2 : 1)} times as long as Kituo (medians of all ${result.runs} rounds of each)`;
  return [title, ...rows.map((cells) => `  ${line(cells)}`), `  ${ratio}`, ""].join("\n");
}
