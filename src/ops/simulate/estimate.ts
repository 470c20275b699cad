/** A mean of a simulation, and how far it is likely to be from the true one. */
export interface Estimate {
  readonly mean: number;
  /** The standard error: two runs out of three are closer than this. */
  readonly error: number;
}

/** What a batch came to beside what is measured: how far it was from something of which the true mean is known. */
type Control = readonly number[];

/**
 * The mean of batch means. Calls that follow each other wait alike, so that single calls say less than their number;
 * long batches of them are as good as independent. Where controls are given (a batch had more calls than it should have
 * had, or longer ones), what they explain is taken out by least squares: Lavenberg and Welch 1981.
 */
export function estimate(batches: readonly number[], controls: readonly Control[] = []): Estimate {
  const rows = batches.map((_, batch) => [1, ...controls.map((control) => control[batch] ?? 0)]);
  const width = controls.length + 1;
  const normal = Array.from({ length: width }, (_, row) =>
    Array.from({ length: width }, (__, column) =>
      sum(rows.map((each) => at(each, row) * at(each, column))),
    ),
  );
  const inverse = invert(normal);
  const moments = normal.map((_, row) =>
    sum(rows.map((each, batch) => at(each, row) * at(batches, batch))),
  );
  const fitted = inverse.map((row) => sum(row.map((value, column) => value * at(moments, column))));
  const misses = rows.map(
    (row, batch) =>
      at(batches, batch) - sum(row.map((value, column) => value * at(fitted, column))),
  );
  const variance = sum(misses.map((miss) => miss * miss)) / (batches.length - width);
  return { mean: at(fitted, 0), error: Math.sqrt(variance * at(inverse[0] ?? [], 0)) };
}

const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** The inverse of a small matrix, by elimination with the largest pivot. */
function invert(matrix: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const size = matrix.length;
  const rows = matrix.map((row, index) => [
    ...row,
    ...Array.from({ length: size }, (_, column) => (column === index ? 1 : 0)),
  ]);
  for (let column = 0; column < size; column += 1) {
    const rest = rows.slice(column).map((row) => Math.abs(at(row, column)));
    const best = column + rest.indexOf(Math.max(...rest));
    const pivot = rows[best] ?? [];
    rows[best] = rows[column] ?? [];
    const scale = at(pivot, column);
    const lead = pivot.map((value) => value / scale);
    rows.forEach((row, index) => {
      const factor = at(row, column);
      rows[index] = row.map((value, place) => value - factor * at(lead, place));
    });
    rows[column] = lead;
  }
  return rows.map((row) => row.slice(size));
}
