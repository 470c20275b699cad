import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { CsvError, parse } from "csv-parse";
import { unguarded } from "./csv.ts";
import { Problem } from "./problems.ts";

/** A row of a table, and the line of the text on which it begins, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** So much is read at once; then whoever waits for the event loop has a turn, a caller for instance. */
const PART = 16 * 1024;

/**
 * The rows of a table (RFC 4180), its header among them; without a byte order mark, empty lines, and the apostrophes
 * that `csvOf` gives. Refuses (`bad_request`) what is no table, and one of more rows than this.
 */
export async function readTable(csv: string, most: number): Promise<readonly CsvRow[]> {
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
  const rows: CsvRow[] = [];
  try {
    for await (const { record, info } of Readable.from(partsOf(csv)).pipe(parser) as AsyncIterable<{
      record: readonly string[];
      info: { lines: number };
    }>) {
      const within = record.reduce((sum, cell) => sum + cell.split(/\r\n|\n|\r/).length - 1, 0);
      rows.push({ line: info.lines - within, cells: record.map((cell) => unguarded(cell).trim()) });
      if (rows.length > most + 1) throw tooMany(most);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { lines?: unknown }).lines);
    throw new Problem("bad_request", "The table cannot be read.", {
      faults: [`line ${line}: ${faultOf(error)}`],
    });
  }
  return rows;
}

const tooMany = (most: number) =>
  new Problem("bad_request", `The table has more than ${most} rows; send it in parts.`);

async function* partsOf(csv: string): AsyncGenerator<string> {
  for (let at = 0; at < csv.length; at += PART) {
    yield csv.slice(at, at + PART);
    await setImmediate();
  }
}

function faultOf({ code }: CsvError): string {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "a cell begins with a quote that never ends";
    case "INVALID_OPENING_QUOTE":
      return "a quote stands within a cell; such a cell is written in quotes, and the quote twice";
    case "CSV_INVALID_CLOSING_QUOTE":
      return "after the quote that ends a cell there is something else";
    default:
      return "is no row of a table";
  }
}
