import type { RecordingEntry, Recordings } from "../../ports/store.ts";
import { parseRecord, recordingShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";

const SAVE = `
  INSERT INTO recordings (name, call, kind, file, bytes, duration_ms, sha256, at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE
  SET call = excluded.call, kind = excluded.kind, file = excluded.file, bytes = excluded.bytes,
    duration_ms = excluded.duration_ms, sha256 = excluded.sha256, at = excluded.at`;

const SELECT =
  "SELECT name, call, kind, file, bytes, duration_ms AS durationMs, sha256, at FROM recordings";

export function sqliteRecordings(connection: Connection): Recordings {
  return {
    save: ({ name, call, kind, file, bytes, durationMs, sha256, at }) =>
      connection.write((prepare) => {
        prepare(SAVE).run(name, call, kind, file, bytes, durationMs, sha256, at);
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
  };
}

function recordingOf(row: unknown): RecordingEntry {
  return parseRecord(recordingShape, row, "recording");
}
