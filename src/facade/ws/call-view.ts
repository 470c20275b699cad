import type { CallState } from "../../domain/call.ts";
import { asCallId } from "../../domain/ids.ts";
import { type CallStreamMessage, presentSession } from "../contract/call-stream.ts";
import { routes } from "../contract/routes.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "../http/deps.ts";
import type { LatestCalls } from "./latest.ts";
import type { Stream } from "./stream.ts";
import type { View } from "./view.ts";
import { type Written, write } from "./written.ts";

type CallViewDeps = Pick<FacadeDeps, "desk" | "store" | "clock"> & {
  readonly latest: LatestCalls;
};

/** `/api/calls/stream/{session_id}`: one call, until it has ended. */
export function callView(session: string, stream: Stream, deps: CallViewDeps): View {
  const { clock, desk, store, latest } = deps;
  const id = asCallId(session);

  /** The newest that is known of the call: the board hears of it first, and the store keeps it. */
  async function newest(): Promise<CallState | null> {
    const atDesk = (await desk.liveCall(id))?.state ?? null;
    const told = latest.get(id);
    if (told !== null && told.seq >= (atDesk?.seq ?? 0)) return told;
    return atDesk ?? (await store.calls.get(id))?.state ?? null;
  }

  function message(type: Type, state: CallState, at: number, resume: string | null): Written {
    return write({ type, at: toTime(at), data: presentSession(session, state) }, resume);
  }

  return {
    async open() {
      const from = stream.position;
      const state = await newest();
      if (state === null) return null;
      const initiated = message("call_initiated", state, clock.now(), stream.markOf(from));
      const newness = {
        isOver: () => false,
        of: ({ call }: { readonly call: { readonly now: CallState } | null }) =>
          call !== null && call.now.seq > state.seq,
      };
      if (state.stage !== "ended") return { messages: [initiated], from, newness };
      // Who comes late is told how it ended, like all others.
      const ended = message("call_update", state, state.endedAt ?? clock.now(), null);
      return { messages: [initiated, ended], from, newness, isEnd: true };
    },
    tell({ call, resume }) {
      if (call?.now.id !== id) return null;
      const { before, now } = call;
      if (before !== null && wordsOf(session, before) === wordsOf(session, now)) return null;
      return message("call_update", now, now.lastAt, resume);
    },
    endsWith: ({ call }) => call?.now.id === id && call.now.stage === "ended",
    isFor: ({ role }) => (routes.getCall.who as readonly string[]).includes(role),
  };
}

type Type = Extract<CallStreamMessage["type"], `call_${string}`>;

/** All that is told of a call, so that two states can be compared. */
const wordsOf = (session: string, state: CallState): string =>
  JSON.stringify(presentSession(session, state));
