import { type TicketId, ticketIdFrom } from "../../domain/ids.ts";
import type { Ticket, TicketSort } from "../../domain/ticket.ts";
import { changeTicket, type NewActivity, openTicket } from "../../domain/ticket-change.ts";
import type { TicketFilter, Tickets } from "../../ports/store.ts";
import { activityShape, dayOf, numberOf, pageSize, parseRecord, ticketShape } from "../shapes.ts";
import type { Connection, Prepare } from "./connection.ts";
import { type Condition, whereOf } from "./where.ts";

const SELECT = `
  SELECT id, subject, description, status, priority, department, assignee, call, recording, source, notes,
    customer_name AS customerName, customer_phone AS customerPhone, due_at AS dueAt,
    created_at AS createdAt, updated_at AS updatedAt, resolved_at AS resolvedAt, closed_at AS closedAt,
    (SELECT json_group_array(tag ORDER BY tag) FROM ticket_tags WHERE ticket = id) AS tags,
    (SELECT json_group_array(linked.call ORDER BY linked.place) FROM ticket_calls AS linked
      WHERE linked.ticket = id) AS linkedCalls
  FROM tickets`;

const INSERT = `
  INSERT INTO tickets (id, day, number, subject, description, status, priority, department,
    assignee, customer_name, customer_phone, call, recording, source, due_at, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const UPDATE = `
  UPDATE tickets SET status = ?, priority = ?, assignee = ?, department = ?, notes = ?, due_at = ?,
    updated_at = ?, resolved_at = ?, closed_at = ?
  WHERE id = ?`;

const RECORD = `
  INSERT INTO ticket_activity (ticket, seq, at, author, field, before, after)
  SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM ticket_activity WHERE ticket = ?1`;

const ACTIVITY = `
  SELECT seq, at, author AS by, field, before, after FROM ticket_activity
  WHERE ticket = ? AND seq < ? ORDER BY seq DESC LIMIT ?`;

/** Where what tickets are sorted by stands; see `sortValueOf` of `domain/ticket.ts`. */
const columns: Record<TicketSort, string> = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  dueAt: "due_order",
  priority: "priority_order",
};

type Value = string | number;

function conditions(filter: TicketFilter): Condition[] {
  const { assignee, call, overdue, after } = filter;
  const found: Condition[] = [];
  const is = (sql: string, value: Value | undefined) =>
    value === undefined ? undefined : found.push([sql, value]);
  is("status = ?", filter.status);
  is("priority = ?", filter.priority);
  is("department = ?", filter.department);
  is("customer_phone = ?", filter.customerPhone);
  is("created_at >= ?", filter.created?.from);
  is("created_at < ?", filter.created?.to);
  is("updated_at >= ?", filter.updated?.from);
  is("updated_at < ?", filter.updated?.to);
  is("id IN (SELECT ticket FROM ticket_tags WHERE tag = ?)", filter.tag);
  if (assignee === null) found.push(["assignee IS NULL"]);
  else is("assignee = ?", assignee);
  if (call !== undefined) {
    const linked = "id IN (SELECT ticket FROM ticket_calls WHERE ticket_calls.call = ?)";
    found.push([`(tickets.call = ? OR ${linked})`, call, call]);
  }
  if (overdue !== undefined) {
    const late = "due_order < ? AND status IN ('open', 'in_progress')";
    found.push([overdue.is ? late : `NOT (${late})`, overdue.at]);
  }
  if (after !== undefined) {
    const { by, descending } = orderOf(filter);
    const behind = `(${columns[by]}, created_at, number) ${descending ? "<" : ">"} (?, ?, ?)`;
    found.push([behind, after.value, after.createdAt, numberOf(after.id)]);
  }
  return found;
}

const orderOf = ({ sort }: TicketFilter) => sort ?? { by: "createdAt", descending: true };

/** Every step runs under the write lock, so that nobody, in any process, comes between its reading and its writing. */
export function sqliteTickets(connection: Connection): Tickets {
  return {
    open: (wish, now) =>
      connection.write((prepare) => {
        if (wish.call !== null) {
          const row = prepare(`${SELECT} WHERE tickets.call = ? AND source = ?`).get(
            wish.call,
            wish.source,
          );
          if (row !== undefined) return ticketOf(row);
        }
        const day = dayOf(now);
        const last = prepare(
          "SELECT coalesce(max(number), 0) AS number FROM tickets WHERE day = ?",
        ).get(day);
        const number = Number(last?.["number"]) + 1;
        const { ticket, activity } = openTicket(wish, ticketIdFrom(now, number), now);
        const { id, subject, description, priority, department, assignee } = ticket;
        const about = [subject, description, priority, department, assignee];
        const { customerName, customerPhone, call, recording, source, dueAt } = ticket;
        const origin = [customerName, customerPhone, call, recording, source, dueAt];
        prepare(INSERT).run(id, day, number, ...about, ...origin, now, now);
        keepTags(prepare, id, [], ticket.tags);
        record(prepare, id, activity);
        return ticket;
      }),

    get: (id) => connection.read((prepare) => find(prepare, id)),

    list: (filter) =>
      connection.read((prepare) => {
        const { where, values } = whereOf(conditions(filter));
        const { by, descending } = orderOf(filter);
        const order = [columns[by], "created_at", "number"]
          .map((column) => `${column} ${descending ? "DESC" : "ASC"}`)
          .join(", ");
        return prepare(`${SELECT} ${where} ORDER BY ${order} LIMIT ?`)
          .all(...values, pageSize(filter.limit))
          .map(ticketOf);
      }),

    update: (id, change, now) =>
      connection.write((prepare) => {
        const found = find(prepare, id);
        if (found === null) return null;
        const { ticket, activity } = changeTicket(found, change, now);
        if (activity.length === 0) return found;
        const { status, priority, assignee, department, notes, dueAt } = ticket;
        const { updatedAt, resolvedAt, closedAt } = ticket;
        const about = [status, priority, assignee, department, JSON.stringify(notes), dueAt];
        prepare(UPDATE).run(...about, updatedAt, resolvedAt, closedAt, id);
        keepTags(prepare, id, found.tags, ticket.tags);
        for (const [place, call] of ticket.linkedCalls.entries()) {
          if (place < found.linkedCalls.length) continue;
          prepare("INSERT INTO ticket_calls (ticket, call, place) VALUES (?, ?, ?)").run(
            id,
            call,
            place,
          );
        }
        record(prepare, id, activity);
        return ticket;
      }),

    activity: (id, { before = Number.MAX_SAFE_INTEGER, limit }) =>
      connection.read((prepare) =>
        prepare(ACTIVITY)
          .all(id, before, pageSize(limit))
          .map(({ before: from, after: to, ...row }) =>
            parseRecord(
              activityShape,
              { ...row, from: JSON.parse(String(from)), to: JSON.parse(String(to)) },
              "ticket activity",
            ),
          ),
      ),
  };
}

function keepTags(
  prepare: Prepare,
  id: TicketId,
  before: Ticket["tags"],
  after: Ticket["tags"],
): void {
  for (const tag of before) {
    if (after.includes(tag)) continue;
    prepare("DELETE FROM ticket_tags WHERE ticket = ? AND tag = ?").run(id, tag);
  }
  for (const tag of after) {
    if (before.includes(tag)) continue;
    prepare("INSERT INTO ticket_tags (ticket, tag) VALUES (?, ?)").run(id, tag);
  }
}

function record(prepare: Prepare, id: TicketId, activity: readonly NewActivity[]): void {
  for (const { at, by, field, from, to } of activity) {
    prepare(RECORD).run(id, at, by, field, JSON.stringify(from), JSON.stringify(to));
  }
}

function find(prepare: Prepare, id: Ticket["id"]): Ticket | null {
  const row = prepare(`${SELECT} WHERE id = ?`).get(id);
  return row === undefined ? null : ticketOf(row);
}

function ticketOf(row: Record<string, unknown>): Ticket {
  const lists = ["notes", "tags", "linkedCalls"].map((key) => [
    key,
    JSON.parse(String(row[key])) as unknown,
  ]);
  return parseRecord(ticketShape, { ...row, ...Object.fromEntries(lists) }, "ticket");
}
