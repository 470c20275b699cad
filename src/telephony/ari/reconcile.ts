import { foundIn } from "./look.ts";
import type { Context } from "./registry.ts";

/** What is learnt when a connection was made. */
export interface Reconciled {
  /** When this life of Asterisk began, in its own words. */
  readonly startedAt: string;
}

/**
 * After a connection was made anew: whatever happened while nobody listened is learnt by asking. `before` is the life
 * of Asterisk that was known, `lostAt` when it was last heard of: if it is another one now, nothing of before is left.
 */
export async function reconcile(
  context: Context,
  before: string | null,
  lostAt: number | null,
): Promise<Reconciled> {
  const { ari, registry } = context;
  const info = await ari.tell("GET /asterisk/info", { query: { only: ["status"] } });
  const startedAt = info?.value.status?.startup_time ?? "";
  const restarted = before !== null && before !== startedAt;
  const playbacks = [...registry.playbacks.keys()];
  const recordings = [...registry.recordings.keys()];
  if (registry.legs.size + playbacks.length + recordings.length === 0) return { startedAt };

  await Promise.all([
    lookAfterLegs(context, { since: lostAt, restarted }),
    ...playbacks.map(async (playbackId) => {
      const live = await ari.tell("GET /playbacks/{playbackId}", { path: { playbackId } });
      if (live === null) registry.playbacks.get(playbackId)?.("done");
    }),
    ...recordings.map(async (recordingName) => {
      const live = await ari.tell("GET /recordings/live/{recordingName}", {
        path: { recordingName },
      });
      if (live !== null) return;
      const news = { is: "finished", at: Date.now(), talkingS: null } as const;
      registry.recordings.get(recordingName)?.(news);
    }),
  ]);
  return { startedAt };
}

/** A time in which nobody was heard; `since` in milliseconds since 1970, `null` when there was none. */
interface Silence {
  readonly since: number | null;
  /** Another life of Asterisk has begun meanwhile. */
  readonly restarted: boolean;
}

/** Tells each leg how its channel stands. */
export async function lookAfterLegs(context: Context, silence: Silence): Promise<void> {
  // Before the look: a phone that is asked to ring meanwhile may be missing in it.
  const legs = [...context.registry.legs.values()].filter((leg) => leg.exists);
  if (legs.length === 0) return;
  const look = await context.look();
  const found = legs.map((leg) => ({ leg, state: foundIn(look, leg.id, context.ari.app) }));
  const ends = found.some(({ state }) => state.is === "gone") ? await context.ends() : noEnds;
  for (const { leg, state } of found) {
    if (state.is !== "gone") leg.onFound(state);
    else if (silence.restarted) {
      leg.onFound({ is: "asterisk_died", at: silence.since ?? Date.now() });
    } else {
      // The dialplan keeps no end that came within a second of our last sign of life.
      const at = ends.get(leg.id) ?? silence.since;
      leg.onFound(at === null ? state : { is: "gone", at });
    }
  }
}

const noEnds: ReadonlyMap<string, number> = new Map();
