import type { Customer } from "../../domain/customer.ts";
import { fieldNameSchema } from "../contract/customer.ts";
import { toTime } from "../contract/words.ts";
import type { CsvRow } from "./csv-reader.ts";
import { listedCustomers } from "./customer-list.ts";
import type { CustomerDeps } from "./customers.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

/** How many customers are asked of the store at once, and are in one table. */
const PAGE = 500;
const MOST = 10_000;

/** Between several numbers or tags in one cell. */
export const cellSeparator = ";";
/** Columns that every table has; of these, those that an import heeds are `importColumns`. */
const columns = [
  "customer_id",
  "phone_numbers",
  "name",
  "email",
  "tags",
  "notes",
  "created_at",
  "updated_at",
] as const;
type Column = (typeof columns)[number];
/** Columns of what the centre keeps of its own accord are named with this before. */
export const fieldPrefix = "fields.";

/** Customers as a table for spreadsheets. */
export function customerTableHandlers(deps: CustomerDeps): Some<"customerTable"> {
  return {
    async customerTable({ input, audit }) {
      const customers: Customer[] = [];
      let next: string | null = input.cursor ?? null;
      do {
        const cursor: object = next === null ? {} : { cursor: next };
        const part = await listedCustomers(deps, { ...input, ...cursor }, PAGE);
        customers.push(...part.found);
        next = part.next;
      } while (next !== null && customers.length < MOST);
      await audit("customers_read", "customers", { detail: { rows: customers.length } });
      const names = new Set(customers.flatMap(({ fields }) => Object.keys(fields)));
      const fields = [...names].sort();
      return {
        fileName: "customers.csv",
        columns: [...columns, ...fields.map((name) => fieldPrefix + name)],
        rows: customers.map((customer) => [
          ...columns.map((column) => cellOf(customer, column)),
          ...fields.map((name) => customer.fields[name] ?? null),
        ]),
        ...(next === null ? {} : { next: addressOf({ ...input, cursor: next }) }),
      };
    },
  };
}

function cellOf(customer: Customer, column: Column): string | null {
  switch (column) {
    case "customer_id":
      return customer.id;
    case "phone_numbers":
      return customer.phones.join(cellSeparator);
    case "name":
    case "email":
    case "notes":
      return customer[column];
    case "tags":
      return customer.tags.join(cellSeparator);
    case "created_at":
      return toTime(customer.createdAt);
    case "updated_at":
      return toTime(customer.updatedAt);
    default:
      return column satisfies never;
  }
}

function addressOf(input: Readonly<Record<string, string | undefined>>): string {
  const named = Object.entries(input).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return `/api/customers.csv?${new URLSearchParams(named).toString()}`;
}

/** Where each column stands. Every name that is none, and every one that is missing, is named. */
export function readHeader({ line, cells }: CsvRow): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const faults: string[] = [];
  for (const [place, cell] of cells.entries()) {
    const written = cell.toLowerCase();
    const name = written === "phone_number" ? "phone_numbers" : written;
    const field = name.startsWith(fieldPrefix) ? name.slice(fieldPrefix.length) : null;
    if (field !== null && !fieldNameSchema.safeParse(field).success) {
      faults.push(`line ${line}: column ${name}: must be named in a-z, 0-9 and _`);
    } else if (field === null && !columns.some((column) => column === name)) {
      const known = [...columns, `${fieldPrefix}NAME`].join(", ");
      faults.push(`line ${line}: column ${JSON.stringify(cell)}: must be one of ${known}`);
    } else if (places.has(name)) {
      faults.push(`line ${line}: column ${name}: is there twice`);
    } else places.set(name, place);
  }
  if (!places.has("phone_numbers")) faults.push(`line ${line}: column phone_numbers: is missing`);
  if (faults.length === 0) return places;
  throw new Problem("bad_request", "The first line must name the columns.", { faults });
}
