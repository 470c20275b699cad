import type { CallState } from "../../domain/call.ts";
import type { CallId } from "../../domain/ids.ts";
import type { Board, Origin } from "../../ports/board.ts";

/** The newest state of each call that the board told of. */
export interface LatestCalls {
  /** What the desk gave, made as new as the board: newer states, calls it lacks, without those that have ended. */
  over(fromDesk: readonly CallState[], now: number): CallState[];
  /** A live call as the board told of it last. */
  get(id: CallId): CallState | null;
  stop(): void;
}

/** How many ended calls are remembered, so that a late answer of the desk does not bring one back. */
const mostEnded = 5_000;
/** A call that the desk still lacks this long after its last fact is gone: whoever held it died. */
const settledMs = 10_000;

/**
 * Keeps the newest state of each call. The board hears of a fact before the desk has written it: a snapshot of the
 * desk alone could lack what was told a moment before a reader came, and nobody would tell it again.
 */
export function keepLatest(board: Board): LatestCalls {
  const live = new Map<CallId, { state: CallState; at: number; origin: Origin }>();
  const ended = new Set<CallId>();
  const stop = board.subscribe((event, origin) => {
    if (event.type === "missed") {
      // The end of a call elsewhere may be what was missed: of those the desk knows more.
      for (const [id, call] of live) if (call.origin === "elsewhere") live.delete(id);
      return;
    }
    if (event.type !== "call") return;
    const { state } = event;
    if (state.stage !== "ended") {
      live.set(state.id, { state, at: event.event.at, origin });
      return;
    }
    live.delete(state.id);
    ended.add(state.id);
    if (ended.size > mostEnded) {
      const [oldest] = ended;
      if (oldest !== undefined) ended.delete(oldest);
    }
  });
  return {
    over(fromDesk, now) {
      const onDesk = new Set(fromDesk.map(({ id }) => id));
      const merged = new Map<CallId, CallState>();
      for (const [id, { state, at }] of live) {
        if (onDesk.has(id) || now - at < settledMs) merged.set(id, state);
        else live.delete(id);
      }
      for (const state of fromDesk) {
        if (state.stage === "ended" || ended.has(state.id)) continue;
        const known = merged.get(state.id);
        if (known === undefined || known.seq < state.seq) merged.set(state.id, state);
      }
      return [...merged.values()];
    },
    get: (id) => live.get(id)?.state ?? null,
    stop,
  };
}
