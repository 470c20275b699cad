import type { TranscriptLine, Transcripts } from "../../ports/store.ts";
import { lineShape, parseRecord } from "../shapes.ts";
import type { Connection } from "./connection.ts";

export function sqliteTranscripts(connection: Connection): Transcripts {
  return {
    append: (call, lines) =>
      connection.write((prepare) => {
        const last = prepare(
          "SELECT coalesce(max(seq), 0) AS seq FROM transcript_lines WHERE call = ?",
        ).get(call);
        const insert = prepare(`
          INSERT INTO transcript_lines (call, seq, speaker, content, language, at, source)
          VALUES (?, ?, ?, ?, ?, ?, ?)`);
        return lines.map((line, index): TranscriptLine => {
          const seq = Number(last?.["seq"]) + index + 1;
          insert.run(call, seq, line.speaker, line.content, line.language, line.at, line.source);
          return { ...line, call, seq };
        });
      }),

    list: (call) =>
      connection.read((prepare) =>
        prepare("SELECT * FROM transcript_lines WHERE call = ? ORDER BY seq")
          .all(call)
          .map((row) => parseRecord(lineShape, row, "transcript line")),
      ),
  };
}
