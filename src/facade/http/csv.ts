/** A table for spreadsheets. */
export interface Table {
  /** What a browser saves it as; letters, digits, `.`, `_` and `-`. */
  readonly fileName: string;
  readonly columns: readonly string[];
  /** Each as long as `columns`; `null` is an empty cell. */
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** The address of the rest, where this is not all. */
  readonly next?: string;
}

/** Without it Excel takes Arabic for Latin. */
const byteOrderMark = "\uFEFF";
/** What a spreadsheet takes for a formula, and would run (OWASP, "CSV injection"). */
const formulaStart = /^[=+\-@\t\r\n]/;

/**
 * A table as CSV (RFC 4180), UTF-8 with a byte order mark. A text that a spreadsheet would run as a formula gets an
 * apostrophe before it; a number that is a number does not.
 */
export function csvOf({ columns, rows }: Pick<Table, "columns" | "rows">): string {
  const line = (cells: Table["rows"][number]): string => `${cells.map(cellOf).join(",")}\r\n`;
  return byteOrderMark + [columns, ...rows].map(line).join("");
}

/** A cell as it was before the apostrophe that `csvOf` gives it. */
export function unguarded(text: string): string {
  return text.startsWith("'") && formulaStart.test(text.slice(1)) ? text.slice(1) : text;
}

function cellOf(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = formulaStart.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
