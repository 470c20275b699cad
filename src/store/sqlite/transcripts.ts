import type { CallId } from "../../domain/ids.ts";
import type { NewLine, TranscriptFilter, TranscriptLine, Transcripts } from "../../ports/store.ts";
import { lineShape, pageSize, parseRecord } from "../shapes.ts";
import type { Connection, Prepare } from "./connection.ts";
import { type Condition, whereOf } from "./where.ts";

const INSERT = `
  INSERT INTO transcript_lines (call, seq, key, speaker, content, language, at, source)
  SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7 FROM transcript_lines WHERE call = ?1
  ON CONFLICT (call, key) DO NOTHING`;

const SEARCH = `
  SELECT line.* FROM transcript_words
  JOIN transcript_places AS place ON place.id = transcript_words.rowid
  JOIN transcript_lines AS line ON line.call = place.call AND line.seq = place.seq`;

/** The first place of a millisecond. As an integer, or FTS5 would not take it for a limit. */
const FIRST = "CAST(? AS INTEGER) * 1000";

function conditions({ call, said, after }: TranscriptFilter): Condition[] {
  const found: Condition[] = [];
  if (said?.from !== undefined) found.push([`transcript_words.rowid >= ${FIRST}`, said.from]);
  if (said?.to !== undefined) found.push([`transcript_words.rowid < ${FIRST}`, said.to]);
  if (call !== undefined) {
    // Lines of one call stand near each other, so the index is read there alone.
    const end = (which: string) =>
      `(SELECT coalesce(${which}(id), -1) FROM transcript_places WHERE call = ?)`;
    const between = `transcript_words.rowid BETWEEN ${end("min")} AND ${end("max")}`;
    found.push([`place.call = ? AND ${between}`, call, call, call]);
  }
  if (after !== undefined) {
    const place = "(SELECT id FROM transcript_places WHERE call = ? AND seq = ?)";
    const behind = `transcript_words.rowid < coalesce(${place}, ${FIRST})`;
    found.push([behind, after.call, after.seq, after.at]);
  }
  return found;
}

/** The query of FTS5. In a word there are letters and digits alone, so nothing of it can end the quotes. */
function matchOf({ words, speaker, language }: TranscriptFilter): string {
  const each = words.map(({ text, isPrefix }) => `"${text}"${isPrefix ? "*" : ""}`);
  const said = `words : (${each.join(" AND ")})`;
  const by = speaker === undefined ? "" : ` AND speaker : "${speaker}"`;
  return `${said}${by}${language === undefined ? "" : ` AND language : "${language}"`}`;
}

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

    search: (filter) =>
      connection.read((prepare) => {
        const { where, values } = whereOf([
          ["transcript_words MATCH ?", matchOf(filter)],
          ...conditions(filter),
        ]);
        return prepare(`${SEARCH} ${where} ORDER BY transcript_words.rowid DESC LIMIT ?`)
          .all(...values, pageSize(filter.limit))
          .map((row) => parseRecord(lineShape, row, "transcript line"));
      }),
  };
}

/** The line as it stands under its key: this one, or the one that was there. */
function numbered(prepare: Prepare, call: CallId, line: NewLine): TranscriptLine {
  const { key, speaker, content, language, at, source } = line;
  prepare(INSERT).run(call, key, speaker, content, language, at, source);
  const row = prepare("SELECT * FROM transcript_lines WHERE call = ? AND key = ?").get(call, key);
  return parseRecord(lineShape, row, "transcript line");
}
