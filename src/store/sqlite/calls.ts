import type { CallState } from "../../domain/call.ts";
import type { CallFilter, CallLogs } from "../../ports/store.ts";
import { eventShape, pageSize, parseRecord, ratingShape, stateShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { type Condition, whereOf } from "./where.ts";

const APPEND = `
  INSERT INTO call_events (call, seq, at, type, event) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (call, seq) DO NOTHING`;

const SAVE = `
  INSERT INTO calls (id, seq, state) VALUES (?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, state = excluded.state
  WHERE excluded.seq > calls.seq`;

const RATINGS = `
  SELECT queue, agent, state ->> '$.rating' AS rating, COUNT(*) AS calls FROM calls
  WHERE started_at >= ? AND started_at < ? AND rating IS NOT NULL
  GROUP BY queue, agent, rating ORDER BY queue, agent, rating`;

const BETWEEN = `
  SELECT state FROM calls WHERE started_at >= ? AND started_at < ? AND (started_at, id) > (?, ?)
  ORDER BY started_at, id LIMIT ?`;

/** Each condition a list may have, with the values it needs. */
function conditions(filter: CallFilter): Condition[] {
  const found: Condition[] = [];
  if (filter.queue !== undefined) found.push(["queue = ?", filter.queue]);
  if (filter.agent !== undefined) found.push(["agent = ?", filter.agent]);
  if (filter.caller !== undefined) found.push(["caller = ?", filter.caller]);
  if (filter.result !== undefined) found.push(["result = ?", filter.result]);
  if (filter.before !== undefined) {
    // Without an id nothing of that millisecond is listed: no text comes before the empty one.
    found.push(["(started_at, id) < (?, ?)", filter.before, filter.beforeId ?? ""]);
  }
  return found;
}

export function sqliteCalls(connection: Connection): CallLogs {
  return {
    append: (events, states) =>
      connection.write((prepare) => {
        const append = prepare(APPEND);
        for (const event of events) {
          append.run(event.call, event.seq, event.at, event.type, JSON.stringify(event));
        }
        // Whoever is killed between the two would leave facts that no state has, and its successor would go on before them.
        const save = prepare(SAVE);
        for (const state of states) save.run(state.id, state.seq, JSON.stringify(state));
      }),

    get: (id) =>
      connection.read((prepare) => {
        const call = prepare("SELECT state FROM calls WHERE id = ?").get(id);
        if (call === undefined) return null;
        const events = prepare("SELECT event FROM call_events WHERE call = ? ORDER BY seq").all(id);
        return {
          state: stateOf(call["state"]),
          events: events.map((row) => parseRecord(eventShape, json(row["event"]), "call event")),
        };
      }),

    state: (id) =>
      connection.read((prepare) => {
        const call = prepare("SELECT state FROM calls WHERE id = ?").get(id);
        return call === undefined ? null : stateOf(call["state"]);
      }),

    newer: (known) =>
      connection.read((prepare) => {
        const newer = prepare("SELECT state FROM calls WHERE id = ? AND seq > ?");
        return known.flatMap(({ id, seq }) => {
          const call = newer.get(id, seq);
          return call === undefined ? [] : stateOf(call["state"]);
        });
      }),

    list: (filter) =>
      connection.read((prepare) => {
        const { where, values } = whereOf(conditions(filter));
        return prepare(`SELECT state FROM calls ${where} ORDER BY started_at DESC, id DESC LIMIT ?`)
          .all(...values, pageSize(filter.limit))
          .map((row) => stateOf(row["state"]));
      }),

    between: (from, to, after, limit) =>
      connection.read((prepare) => {
        const events = prepare("SELECT event FROM call_events WHERE call = ? ORDER BY seq");
        const { startedAt = from, id = "" } = after ?? {};
        // From where the part before ended: from the beginning, each part would go through all that came before it.
        return prepare(BETWEEN)
          .all(startedAt, to, startedAt, id, pageSize(limit))
          .map((row) => stateOf(row["state"]))
          .map((state) => ({
            state,
            events: events
              .all(state.id)
              .map((row) => parseRecord(eventShape, json(row["event"]), "call event")),
          }));
      }),

    ratings: (from, to) =>
      connection.read((prepare) =>
        prepare(RATINGS)
          .all(from, to)
          .map((row) => parseRecord(ratingShape, row, "rating")),
      ),
  };
}

function stateOf(text: unknown): CallState {
  return parseRecord(stateShape, json(text), "call");
}

/** The columns that are read with this are checked to be JSON by the database itself. */
function json(text: unknown): unknown {
  return JSON.parse(String(text));
}
