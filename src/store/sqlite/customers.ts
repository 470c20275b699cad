import type { Customer, CustomerFilter, Customers } from "../../ports/store.ts";
import { customerIdFrom, customerShape, pageSize, parseRecord } from "../shapes.ts";
import type { Connection } from "./connection.ts";

const SELECT = "SELECT id, phone, name, created_at AS createdAt FROM customers";

export function sqliteCustomers(connection: Connection): Customers {
  return {
    ensure: (phone, name, now) =>
      connection.write((prepare) => {
        const row = prepare(`${SELECT} WHERE phone = ?`).get(phone);
        if (row !== undefined) {
          const known = customerOf(row);
          if (known.name !== "" || name === "") return known;
          prepare("UPDATE customers SET name = ? WHERE id = ?").run(name, known.id);
          return { ...known, name };
        }
        const last = prepare("SELECT coalesce(max(number), 0) AS number FROM customers").get();
        const number = Number(last?.["number"]) + 1;
        const id = customerIdFrom(number);
        prepare(
          "INSERT INTO customers (number, id, phone, name, created_at) VALUES (?, ?, ?, ?, ?)",
        ).run(number, id, phone, name, now);
        return { id, phone, name, createdAt: now };
      }),

    get: (id) =>
      connection.read((prepare) => {
        const row = prepare(`${SELECT} WHERE id = ?`).get(id);
        return row === undefined ? null : customerOf(row);
      }),

    byPhone: (phone) =>
      connection.read((prepare) => {
        const row = prepare(`${SELECT} WHERE phone = ?`).get(phone);
        return row === undefined ? null : customerOf(row);
      }),

    rename: (id, name) =>
      connection.write((prepare) => {
        prepare("UPDATE customers SET name = ? WHERE id = ?").run(name, id);
        const row = prepare(`${SELECT} WHERE id = ?`).get(id);
        return row === undefined ? null : customerOf(row);
      }),

    list: (filter) =>
      connection.read((prepare) => {
        const wanted = conditions(filter);
        const where =
          wanted.length === 0 ? "" : `WHERE ${wanted.map(([sql]) => sql).join(" AND ")}`;
        return prepare(`${SELECT} ${where} ORDER BY number DESC LIMIT ?`)
          .all(...wanted.map(([, value]) => value), pageSize(filter.limit))
          .map(customerOf);
      }),
  };
}

type Condition = readonly [sql: string, value: string];

function conditions({ name, digits, before }: CustomerFilter): Condition[] {
  const found: Condition[] = [];
  // Not LIKE, whose wildcards people type, and which knows the case of Latin letters only.
  if (name !== undefined) found.push(["instr(lower_case(name), lower_case(?)) > 0", name]);
  if (digits !== undefined) found.push(["instr(phone, ?) > 0", digits]);
  if (before !== undefined)
    found.push(["number < (SELECT number FROM customers WHERE id = ?)", before]);
  return found;
}

function customerOf(row: unknown): Customer {
  return parseRecord(customerShape, row, "customer");
}
