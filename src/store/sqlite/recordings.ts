import type { RecordingEntry, RecordingFilter, Recordings } from "../../ports/store.ts";
import { pageSize, parseRecord, recordingShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { type Condition, whereOf } from "./where.ts";

const SAVE = `
  INSERT INTO recordings (name, call, kind, file, bytes, duration_ms, sha256, at, queue)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE
  SET call = excluded.call, kind = excluded.kind, file = excluded.file, bytes = excluded.bytes,
    duration_ms = excluded.duration_ms, sha256 = excluded.sha256, at = excluded.at, queue = excluded.queue`;

const SELECT = `
  SELECT name, call, kind, file, bytes, duration_ms AS durationMs, sha256, at, queue,
    deleted_at AS deletedAt, deleted_by AS deletedBy,
    (SELECT json_group_array(agent ORDER BY agent) FROM recording_agents WHERE recording = name) AS agents
  FROM recordings`;

function conditions(filter: RecordingFilter): Condition[] {
  const { call, queue, agent, kind, recorded, deleted, after } = filter;
  const found: Condition[] = [];
  if (call !== undefined) found.push(["call = ?", call]);
  if (queue !== undefined) found.push(["queue = ?", queue]);
  if (kind !== undefined) found.push(["kind = ?", kind]);
  if (agent !== undefined) {
    found.push(["name IN (SELECT recording FROM recording_agents WHERE agent = ?)", agent]);
  }
  if (recorded?.from !== undefined) found.push(["at >= ?", recorded.from]);
  if (recorded?.to !== undefined) found.push(["at < ?", recorded.to]);
  if (deleted !== undefined) found.push([`deleted_at IS ${deleted ? "NOT " : ""}NULL`]);
  if (after !== undefined) found.push(["(at, name) < (?, ?)", after.at, after.name]);
  return found;
}

export function sqliteRecordings(connection: Connection): Recordings {
  return {
    save: (entry) =>
      connection.write((prepare) => {
        const { name, call, kind, file, bytes, durationMs, sha256, at } = entry;
        const { queue = null, agents = [] } = entry;
        prepare(SAVE).run(name, call, kind, file, bytes, durationMs, sha256, at, queue);
        prepare("DELETE FROM recording_agents WHERE recording = ?").run(name);
        for (const agent of new Set(agents)) {
          prepare("INSERT INTO recording_agents (recording, agent) VALUES (?, ?)").run(name, agent);
        }
      }),

    get: (name) =>
      connection.read((prepare) => {
        const row = prepare(`${SELECT} WHERE name = ?`).get(name);
        return row === undefined ? null : recordingOf(row);
      }),

    ofCall: (call) =>
      connection.read((prepare) =>
        prepare(`${SELECT} WHERE call = ? ORDER BY at DESC, name DESC`).all(call).map(recordingOf),
      ),

    list: (filter) =>
      connection.read((prepare) => {
        const { where, values } = whereOf(conditions(filter));
        return prepare(`${SELECT} ${where} ORDER BY at DESC, name DESC LIMIT ?`)
          .all(...values, pageSize(filter.limit))
          .map(recordingOf);
      }),

    markDeleted: (name, by, at) =>
      connection.write((prepare) => {
        prepare(
          "UPDATE recordings SET deleted_at = ?, deleted_by = ? WHERE name = ? AND deleted_at IS NULL",
        ).run(at, by, name);
        const row = prepare(`${SELECT} WHERE name = ?`).get(name);
        return row === undefined ? null : recordingOf(row);
      }),
  };
}

function recordingOf({ deletedAt, deletedBy, ...row }: Record<string, unknown>): RecordingEntry {
  const deleted = deletedAt === null ? null : { at: deletedAt, by: deletedBy };
  const agents: unknown = JSON.parse(String(row["agents"]));
  return parseRecord(recordingShape, { ...row, agents, deleted }, "recording");
}
