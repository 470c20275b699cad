import { randomUUID } from "node:crypto";
import { asCallId } from "../../domain/ids.ts";
import { presentMessage } from "../contract/present.ts";
import { findCall } from "./calls.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { filterOf, nextCursor, presentMatch } from "./transcript-search.ts";

type TranscriptDeps = Pick<FacadeDeps, "desk" | "store" | "board" | "clock">;

/** What was said in a call. */
export function transcriptHandlers(
  deps: TranscriptDeps,
): Some<"searchTranscripts" | "getTranscript" | "addMessage"> {
  const { store, board, clock } = deps;
  return {
    async searchTranscripts({ input, audit }) {
      const { q: words, call_id, limit } = input;
      const lines = await store.transcripts.search(filterOf(input));
      // Who searched read what was found.
      const calls = [...new Set(lines.map(({ call }) => call))];
      const sought = words.map(({ text, isPrefix }) => (isPrefix ? `${text}*` : text)).join(" ");
      await audit("transcripts_searched", call_id ?? "", { detail: { calls, pii: { sought } } });
      return {
        matches: lines.map((line) => presentMatch(line, words)),
        next_cursor: nextCursor(lines, limit),
      };
    },

    async getTranscript({ params, audit }) {
      const call = asCallId(params.call_id);
      const lines = await store.transcripts.list(call);
      if (lines.length === 0) await findCall(deps, call);
      // Who read what people said is on record.
      await audit("transcript_read", call, { detail: { call } });
      return { call_id: call, messages: lines.map(presentMessage) };
    },

    async addMessage({ params, input }) {
      const { state } = await findCall(deps, asCallId(params.call_id));
      const at = clock.now();
      const { speaker, content } = input;
      const language = input.language ?? null;
      const [line] = await store.transcripts.append(state.id, [
        { key: `api/${randomUUID()}`, speaker, content, language, at, source: "api" },
      ]);
      if (line === undefined)
        throw new Error("the store gave back no line for the one it was given");
      board.publish({ type: "transcript", call: state.id, line, at });
      return { success: true, message: presentMessage(line) };
    },
  };
}
