import { ticketIdFrom } from "../../domain/ids.ts";
import type { Ticket, TicketFilter, Tickets } from "../../ports/store.ts";
import { dayOf, pageSize, parseRecord, ticketShape } from "../shapes.ts";
import type { Connection, Prepare } from "./connection.ts";

const SELECT = `
  SELECT id, subject, description, status, priority, department, assignee, call, recording, source, notes,
    customer_name AS customerName, customer_phone AS customerPhone,
    created_at AS createdAt, updated_at AS updatedAt
  FROM tickets`;

const INSERT = `
  INSERT INTO tickets (id, day, number, subject, description, status, priority, department,
    assignee, customer_name, customer_phone, call, recording, source, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const UPDATE = `
  UPDATE tickets SET status = ?, priority = ?, assignee = ?, department = ?, notes = ?, updated_at = ?
  WHERE id = ?`;

type Condition = readonly [sql: string, value: string];

function conditions(filter: TicketFilter): Condition[] {
  const found: Condition[] = [];
  if (filter.status !== undefined) found.push(["status = ?", filter.status]);
  if (filter.priority !== undefined) found.push(["priority = ?", filter.priority]);
  if (filter.department !== undefined) found.push(["department = ?", filter.department]);
  if (filter.call !== undefined) found.push(["call = ?", filter.call]);
  if (filter.customerPhone !== undefined) found.push(["customer_phone = ?", filter.customerPhone]);
  return found;
}

/** Every step runs under the write lock, so that nobody, in any process, comes between its reading and its writing. */
export function sqliteTickets(connection: Connection): Tickets {
  return {
    open: (ticket, now) =>
      connection.write((prepare) => {
        if (ticket.call !== null) {
          const row = prepare(`${SELECT} WHERE call = ? AND source = ?`).get(
            ticket.call,
            ticket.source,
          );
          if (row !== undefined) return ticketOf(row);
        }
        const day = dayOf(now);
        const last = prepare(
          "SELECT coalesce(max(number), 0) AS number FROM tickets WHERE day = ?",
        ).get(day);
        const number = Number(last?.["number"]) + 1;
        const { subject, description, priority, department, assignee } = ticket;
        const id = ticketIdFrom(now, number);
        const about = [subject, description, priority, department, assignee];
        const { customerName, customerPhone, call, recording, source } = ticket;
        const origin = [customerName, customerPhone, call, recording, source];
        prepare(INSERT).run(id, day, number, ...about, ...origin, now, now);
        return { ...ticket, id, status: "open", notes: [], createdAt: now, updatedAt: now };
      }),

    get: (id) => connection.read((prepare) => find(prepare, id)),

    list: (filter) =>
      connection.read((prepare) => {
        const wanted = conditions(filter);
        const where =
          wanted.length === 0 ? "" : `WHERE ${wanted.map(([sql]) => sql).join(" AND ")}`;
        const values = wanted.map(([, value]) => value);
        return prepare(`${SELECT} ${where} ORDER BY created_at DESC, number DESC LIMIT ?`)
          .all(...values, pageSize(filter.limit))
          .map(ticketOf);
      }),

    update: (id, change, now) =>
      connection.write((prepare) => {
        const found = find(prepare, id);
        if (found === null) return null;
        const { note, ...fields } = change;
        const notes = note === undefined ? found.notes : [...found.notes, { at: now, ...note }];
        const changed: Ticket = { ...found, ...fields, notes, updatedAt: now };
        prepare(UPDATE).run(
          changed.status,
          changed.priority,
          changed.assignee,
          changed.department,
          JSON.stringify(changed.notes),
          now,
          id,
        );
        return changed;
      }),
  };
}

function find(prepare: Prepare, id: Ticket["id"]): Ticket | null {
  const row = prepare(`${SELECT} WHERE id = ?`).get(id);
  return row === undefined ? null : ticketOf(row);
}

function ticketOf(row: Record<string, unknown>): Ticket {
  return parseRecord(ticketShape, { ...row, notes: JSON.parse(String(row["notes"])) }, "ticket");
}
