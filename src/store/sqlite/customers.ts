import type { Customer, Customers } from "../../ports/store.ts";
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

    list: (limit) =>
      connection.read((prepare) =>
        prepare(`${SELECT} ORDER BY number DESC LIMIT ?`).all(pageSize(limit)).map(customerOf),
      ),
  };
}

function customerOf(row: unknown): Customer {
  return parseRecord(customerShape, row, "customer");
}
