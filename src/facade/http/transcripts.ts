import { randomUUID } from "node:crypto";
import { asCallId } from "../../domain/ids.ts";
import { presentMessage } from "../contract/present.ts";
import { findCall } from "./calls.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";

type TranscriptDeps = Pick<FacadeDeps, "desk" | "store" | "board" | "clock">;

/** What was said in a call. */
export function transcriptHandlers(deps: TranscriptDeps): Some<"getTranscript" | "addMessage"> {
  const { store, board, clock } = deps;
  return {
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
