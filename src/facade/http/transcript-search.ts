import { z } from "zod";
import { asCallId } from "../../domain/ids.ts";
import { type SearchWord, snippetOf } from "../../domain/search.ts";
import type { TranscriptFilter, TranscriptLine } from "../../ports/store.ts";
import { presentMessage } from "../contract/present.ts";
import type { transcriptSearchInputSchema } from "../contract/transcript.ts";
import { cursorOf, placeOf } from "./cursor.ts";
import { refuseEmptySpan, spanOf } from "./spans.ts";

const placeSchema = z.strictObject({ at: z.number(), call: z.string(), seq: z.number() });

/** A search as clients ask for it, as the store takes it. */
export function filterOf(input: z.output<typeof transcriptSearchInputSchema>): TranscriptFilter {
  const { q: words, call_id, speaker, language, from, to, cursor, limit } = input;
  refuseEmptySpan(null, from, to);
  const said = spanOf(from, to);
  return {
    words,
    limit,
    ...(call_id === undefined ? {} : { call: asCallId(call_id) }),
    ...(speaker === undefined ? {} : { speaker }),
    ...(language === undefined ? {} : { language }),
    ...(said === undefined ? {} : { said }),
    ...(cursor === undefined ? {} : { after: placeIn(cursor) }),
  };
}

/** What asks for the page after this one; `null` when there is none. */
export function nextCursor(page: readonly TranscriptLine[], limit: number): string | null {
  const last = page.length < limit ? undefined : page.at(-1);
  return last === undefined ? null : cursorOf({ at: last.at, call: last.call, seq: last.seq });
}

/** A line that was found, and where in it. */
export function presentMatch(line: TranscriptLine, words: readonly SearchWord[]) {
  const { text, begins, found } = snippetOf(line.content, words);
  return {
    call_id: line.call,
    message: presentMessage(line),
    snippet: { text, begins_at: begins, found: found.map((stretch) => ({ ...stretch })) },
  };
}

function placeIn(cursor: string): NonNullable<TranscriptFilter["after"]> {
  const { at, call, seq } = placeOf(placeSchema, cursor);
  return { at, call: asCallId(call), seq };
}
