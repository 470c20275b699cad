import {
  type Customer,
  type CustomerChange,
  changeCustomer,
  customerLimits,
} from "../../domain/customer.ts";
import { type ImportRow, importRowSchema } from "../contract/customer.ts";
import { type CsvRow, readTable } from "./csv-reader.ts";
import { cellSeparator, fieldPrefix, readHeader } from "./customer-table.ts";
import type { CustomerDeps } from "./customers.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import { faultsOf } from "./request.ts";

/** How many rows a table may have, how many of them the store works on at once, and how many faults are told. */
const MOST = 5_000;
const AT_ONCE = 100;
const TOLD = 100;

/** What a row is about once its numbers were looked up. */
interface Planned {
  readonly line: number;
  readonly phones: readonly string[];
  readonly change: CustomerChange;
  /** Who has one of the numbers; `null`: nobody, so she is added. */
  readonly known: Customer | null;
}
/** Each with the line. */
type Faults = readonly string[];
type Outcome = "created" | "updated" | "unchanged" | Faults;

/** Customers out of a table: who has the number is changed, whoever nobody has is added. */
export function customerImportHandlers(deps: CustomerDeps): Some<"importCustomers"> {
  return {
    async importCustomers({ input, csv, audit }) {
      const dry = input.dry_run === "true";
      const [header, ...rows] = await readTable(csv, MOST);
      if (header === undefined) throw new Problem("bad_request", "The table is empty.");
      const places = readHeader(header);
      const read = rows.map((row) => readRow(row, places));
      const plans = withoutTwins(
        await inParts(read, (row) => ("row" in row ? plan(row, deps) : row.faults)),
      );
      const faulty = plans.filter(isFaults);
      if (faulty.length > 0 && input.skip_faulty !== "true") {
        const detail = `${faulty.length} of ${rows.length} rows have a fault; nothing was stored.`;
        throw new Problem("bad_request", detail, { faults: told(faulty.flat()) });
      }
      const outcomes = await inParts(plans, (each) =>
        isFaults(each) ? each : carryOut(each, dry, deps),
      );
      const count = (word: Outcome) => outcomes.filter((outcome) => outcome === word).length;
      const faults = outcomes.filter(isFaults);
      const counts = {
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        skipped: faults.length,
      };
      if (!dry) await audit("customers_imported", "customers", { detail: counts });
      return { success: true, dry_run: dry, ...counts, faults: told(faults.flat()) };
    },
  };
}

/** A row as it is to be stored, or what is wrong with it. */
async function plan(
  { line, row }: Read,
  { store, e164 }: Pick<CustomerDeps, "store" | "e164">,
): Promise<Planned | Faults> {
  const faults: string[] = [];
  const phones = row.phone_numbers.flatMap((number) => {
    const phone = e164(number);
    if (phone === null) faults.push(`line ${line}: phone_numbers: ${number} is no number`);
    return phone ?? [];
  });
  const owners = await Promise.all(phones.map((phone) => store.customers.byPhone(phone)));
  const [known = null, ...others] = owners.filter((owner) => owner !== null);
  const other = others.find(({ id }) => id !== known?.id);
  if (other !== undefined)
    faults.push(
      `line ${line}: phone_numbers: are those of ${known?.id} and ${other.id}; merge them first`,
    );
  if (row.customer_id !== "" && row.customer_id !== known?.id)
    faults.push(
      `line ${line}: customer_id: ${row.customer_id} has none of these numbers; leave it empty to add a customer`,
    );
  const all = new Set([...(known?.phones ?? []), ...phones]);
  if (all.size > customerLimits.phones)
    faults.push(
      `line ${line}: phone_numbers: there may be ${customerLimits.phones} with those that she has`,
    );
  if (faults.length > 0) return faults;
  const details = detailsOf(row);
  const fields = details.fields && { fields: { ...known?.fields, ...details.fields } };
  return { line, phones, change: { ...details, ...fields, phones: [...all] }, known };
}

/** Two rows about one customer are no plan: it would be chance which of them counts. */
function withoutTwins(plans: readonly (Planned | Faults)[]): readonly (Planned | Faults)[] {
  const lines = new Map<string, number>();
  return plans.map((each) => {
    if (isFaults(each)) return each;
    const names = [...each.phones, ...(each.known === null ? [] : [each.known.id])];
    const twin = names.find((name) => lines.has(name));
    if (twin !== undefined)
      return [`line ${each.line}: ${twin} is on line ${lines.get(twin)} already`];
    for (const name of names) lines.set(name, each.line);
    return each;
  });
}

async function carryOut(
  { line, phones, change, known }: Planned,
  dry: boolean,
  { store, clock }: Pick<CustomerDeps, "store" | "clock">,
): Promise<Outcome> {
  const now = clock.now();
  if (known === null) {
    const added = dry ? null : await store.customers.add({ ...change, phones }, now);
    return added !== null && "refused" in added ? [`line ${line}: ${meanwhile}`] : "created";
  }
  if (changeCustomer(known, change, now) === known) return "unchanged";
  const changed = dry
    ? known
    : await store.customers.update(known.id, change, now, [known.version]);
  return "refused" in changed ? [`line ${line}: ${meanwhile}`] : "updated";
}

const meanwhile = "somebody else has changed the customer in the meantime; import this row again";

interface Read {
  readonly line: number;
  readonly row: ImportRow;
}

/** The cells of a row by what they mean, checked; an empty one is as one that is not there. */
function readRow(
  { line, cells }: CsvRow,
  places: ReadonlyMap<string, number>,
): Read | { readonly faults: Faults } {
  const more = cells.slice(places.size).filter((cell) => cell !== "");
  if (more.length > 0) return { faults: [`line ${line}: has more cells than there are columns`] };
  const cell = (name: string): string => cells[places.get(name) ?? -1] ?? "";
  const list = (name: string): readonly string[] =>
    cell(name)
      .split(cellSeparator)
      .map((part) => part.trim())
      .filter((part) => part !== "");
  const some = <T>(name: string, value: T): object => (cell(name) === "" ? {} : { [name]: value });
  const fields = [...places.keys()]
    .filter((name) => name.startsWith(fieldPrefix) && cell(name) !== "")
    .map((name) => [name.slice(fieldPrefix.length), cell(name)]);
  const raw = {
    customer_id: cell("customer_id"),
    phone_numbers: list("phone_numbers"),
    ...some("name", cell("name")),
    ...some("email", cell("email")),
    ...some("notes", cell("notes")),
    ...some("tags", list("tags")),
    ...(fields.length > 0 ? { fields: Object.fromEntries(fields) } : {}),
  };
  const row = importRowSchema.safeParse(raw);
  if (row.success) return { line, row: row.data };
  return { faults: faultsOf(row.error, raw).map((fault) => `line ${line}: ${fault}`) };
}

function detailsOf({ name, email, notes, tags, fields }: ImportRow): CustomerChange {
  return {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(notes === undefined ? {} : { notes }),
    ...(tags === undefined ? {} : { tags }),
    ...(fields === undefined ? {} : { fields }),
  };
}

function told(faults: readonly string[]): string[] {
  const rest = faults.length - TOLD;
  return rest > 0 ? [...faults.slice(0, TOLD), `and ${rest} more`] : [...faults];
}

const isFaults = <T>(each: T | Faults): each is Faults => Array.isArray(each);

/** Does it with all of them, some at once. */
async function inParts<T, R>(
  list: readonly T[],
  step: (each: T) => R | Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < list.length; at += AT_ONCE) {
    results.push(...(await Promise.all(list.slice(at, at + AT_ONCE).map(step))));
  }
  return results;
}
