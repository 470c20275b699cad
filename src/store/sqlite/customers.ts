import {
  type Customer,
  type CustomerSort,
  changeCustomer,
  customerLimits,
  emptied,
  mergeCustomers,
  nameOrder,
  newCustomer,
} from "../../domain/customer.ts";
import type { CustomerId } from "../../domain/ids.ts";
import type { CustomerFilter, CustomerRefusal, Customers, NewCustomer } from "../../ports/store.ts";
import { customerIdFrom, customerShape, pageSize, parseRecord } from "../shapes.ts";
import type { Connection, Prepare } from "./connection.ts";
import { type Condition, whereOf } from "./where.ts";

const SELECT = `
  SELECT id, name, email, notes, tags, fields, legal_hold AS legalHold, version, merged_into AS mergedInto,
    (SELECT json_group_array(phone) FROM
      (SELECT phone FROM customer_phones WHERE customer = customers.id ORDER BY place)) AS phones,
    created_at AS createdAt, updated_at AS updatedAt
  FROM customers`;

const INSERT = `
  INSERT INTO customers (number, id, name, name_order, email, notes, tags, fields, legal_hold, version,
    created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const UPDATE = `
  UPDATE customers SET name = ?, name_order = ?, email = ?, notes = ?, tags = ?, fields = ?, legal_hold = ?,
    version = ?, updated_at = ?
  WHERE id = ?`;

/** Every step runs under the write lock, so that nobody, in any process, comes between its reading and its writing. */
export function sqliteCustomers(connection: Connection): Customers {
  return {
    ensure: (phone, name, now) =>
      connection.write((prepare) => {
        const known = ofPhone(prepare, phone);
        if (known === null) return insert(prepare, { phones: [phone], name }, now);
        if (known.name !== "" || name === "") return known;
        return save(prepare, changeCustomer(known, { name }, now));
      }),

    add: (customer, now) =>
      connection.write(
        (prepare) => takenBy(prepare, customer.phones, null) ?? insert(prepare, customer, now),
      ),

    get: (id) => connection.read((prepare) => find(prepare, id)),

    byPhone: (phone) => connection.read((prepare) => ofPhone(prepare, phone)),

    update: (id, change, now, versions) =>
      connection.write((prepare) => {
        const found = find(prepare, id);
        if (found === null) return { refused: "unknown" };
        if (versions !== undefined && !versions.includes(found.version))
          return { refused: "changed" };
        const taken = takenBy(prepare, change.phones ?? [], found.id);
        return taken ?? save(prepare, changeCustomer(found, change, now));
      }),

    merge: (stays, other, now) =>
      connection.write((prepare) => {
        const [kept, gone] = [find(prepare, stays), find(prepare, other)];
        if (kept === null || gone === null) return { refused: "unknown" };
        if (kept.id === gone.id) return kept;
        const merged = mergeCustomers(kept, gone, now);
        if (merged.phones.length > customerLimits.phones) return { refused: "too_many_numbers" };
        save(prepare, emptied(gone, now));
        prepare("UPDATE customers SET merged_into = ? WHERE id = ?").run(kept.id, gone.id);
        return save(prepare, merged);
      }),

    erase: (id, now) =>
      connection.write((prepare) => {
        const found = find(prepare, id);
        if (found === null) return { refused: "unknown" };
        if (found.legalHold !== null) return { refused: "on_hold" };
        save(prepare, emptied(found, now));
        prepare("UPDATE customers SET erased_at = ? WHERE id = ?").run(now, found.id);
        return null;
      }),

    list: (filter) =>
      connection.read((prepare) => {
        const { sort = { by: "createdAt", descending: true } } = filter;
        const direction = sort.descending ? "DESC" : "ASC";
        const order = columnsOf[sort.by].map((column) => `${column} ${direction}`).join(", ");
        const { where, values } = whereOf([
          ["merged_into IS NULL"],
          ["erased_at IS NULL"],
          ...conditions(filter, sort),
        ]);
        return prepare(`${SELECT} ${where} ORDER BY ${order} LIMIT ?`)
          .all(...values, pageSize(filter.limit))
          .map(customerOf);
      }),
  };
}

/** What each list is sorted by; the last column tells all customers apart. */
const columnsOf: Readonly<Record<CustomerSort, readonly string[]>> = {
  createdAt: ["number"],
  updatedAt: ["updated_at", "number"],
  name: ["name_order", "number"],
};

function conditions(
  { name, digits, after }: CustomerFilter,
  sort: NonNullable<CustomerFilter["sort"]>,
): Condition[] {
  const found: Condition[] = [];
  // Not LIKE, whose wildcards people type.
  if (name !== undefined) found.push(["instr(name_order, ?) > 0", nameOrder(name)]);
  if (digits !== undefined) {
    const one =
      "SELECT 1 FROM customer_phones WHERE customer = customers.id AND instr(phone, ?) > 0";
    found.push([`EXISTS (${one})`, digits]);
  }
  if (after !== undefined) {
    const columns = columnsOf[sort.by];
    const number = "(SELECT number FROM customers WHERE id = ?)";
    const place = columns.length === 1 ? number : `?, ${number}`;
    const values = columns.length === 1 ? [after.id] : [after.value, after.id];
    found.push([`(${columns.join(", ")}) ${sort.descending ? "<" : ">"} (${place})`, ...values]);
  }
  return found;
}

/** The customer of this id, or the one that it was merged into. */
function find(prepare: Prepare, id: CustomerId): Customer | null {
  const row = prepare(`${SELECT} WHERE id = ? AND erased_at IS NULL`).get(id);
  if (row === undefined) return null;
  const { mergedInto } = row;
  return mergedInto === null ? customerOf(row) : find(prepare, String(mergedInto) as CustomerId);
}

function ofPhone(prepare: Prepare, phone: string): Customer | null {
  const row = prepare(
    `${SELECT} WHERE id = (SELECT customer FROM customer_phones WHERE phone = ?)`,
  ).get(phone);
  return row === undefined ? null : customerOf(row);
}

/** Who else has one of these numbers. */
function takenBy(
  prepare: Prepare,
  phones: readonly string[],
  own: CustomerId | null,
): CustomerRefusal | null {
  for (const phone of phones) {
    const owner = ofPhone(prepare, phone);
    if (owner !== null && owner.id !== own) return { refused: "number_taken", phone, by: owner.id };
  }
  return null;
}

function insert(prepare: Prepare, wish: NewCustomer, now: number): Customer {
  const last = prepare("SELECT coalesce(max(number), 0) AS number FROM customers").get();
  const number = Number(last?.["number"]) + 1;
  const customer = newCustomer(wish, customerIdFrom(number), now);
  prepare(INSERT).run(number, customer.id, ...details(customer), customer.version, now, now);
  writePhones(prepare, customer);
  return customer;
}

function save(prepare: Prepare, customer: Customer): Customer {
  prepare(UPDATE).run(...details(customer), customer.version, customer.updatedAt, customer.id);
  writePhones(prepare, customer);
  return customer;
}

/** In the order of the statements. */
function details({ name, email, notes, tags, fields, legalHold }: Customer) {
  const hold = legalHold === null ? null : JSON.stringify(legalHold);
  return [name, nameOrder(name), email, notes, JSON.stringify(tags), JSON.stringify(fields), hold];
}

function writePhones(prepare: Prepare, { id, phones }: Customer): void {
  prepare("DELETE FROM customer_phones WHERE customer = ?").run(id);
  const add = prepare("INSERT INTO customer_phones (phone, customer, place) VALUES (?, ?, ?)");
  for (const [place, phone] of phones.entries()) add.run(phone, id, place);
}

function customerOf(row: Record<string, unknown>): Customer {
  const { legalHold } = row;
  return parseRecord(
    customerShape,
    {
      ...row,
      phones: JSON.parse(String(row["phones"])),
      tags: JSON.parse(String(row["tags"])),
      fields: JSON.parse(String(row["fields"])),
      legalHold: typeof legalHold === "string" ? JSON.parse(legalHold) : null,
    },
    "customer",
  );
}
