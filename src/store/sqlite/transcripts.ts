import type { CallId } from "../../domain/ids.ts";
import type { NewLine, TranscriptLine, Transcripts } from "../../ports/store.ts";
import { lineShape, parseRecord } from "../shapes.ts";
import type { Connection, Prepare } from "./connection.ts";

const INSERT = `
  INSERT INTO transcript_lines (call, seq, key, speaker, content, language, at, source)
  SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7 FROM transcript_lines WHERE call = ?1
  ON CONFLICT (call, key) DO NOTHING`;

export function sqliteTranscripts(connection: Connection): Transcripts {
  return {
    append: (call, lines) =>
      connection.write((prepare) => lines.map((line) => numbered(prepare, call, line))),

    list: (call) =>
      connection.read((prepare) =>
        prepare("SELECT * FROM transcript_lines WHERE call = ? ORDER BY seq")
          .all(call)
          .map((row) => parseRecord(lineShape, row, "transcript line")),
      ),
  };
}

/** The line as it stands under its key: this one, or the one that was there. */
function numbered(prepare: Prepare, call: CallId, line: NewLine): TranscriptLine {
  const { key, speaker, content, language, at, source } = line;
  prepare(INSERT).run(call, key, speaker, content, language, at, source);
  const row = prepare("SELECT * FROM transcript_lines WHERE call = ? AND key = ?").get(call, key);
  return parseRecord(lineShape, row, "transcript line");
}
