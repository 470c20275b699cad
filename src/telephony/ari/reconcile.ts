import type { Context } from "./registry.ts";

/**
 * After a connection was made anew: whatever happened while nobody listened is learnt by asking, and the channels that
 * still live are subscribed again. On the first connection there is nothing to ask about.
 */
export async function reconcile(context: Context): Promise<void> {
  const { ari, registry } = context;
  const legs = [...registry.legs.values()];
  const playbacks = [...registry.playbacks.keys()];
  const recordings = [...registry.recordings.keys()];
  if (legs.length + playbacks.length + recordings.length === 0) return;

  const listed = (await ari.tell("GET /channels", {}))?.value ?? [];
  const states = new Map(listed.map((channel) => [channel.id, channel.state]));
  for (const leg of legs) {
    const state = states.get(leg.id);
    leg.onFound(state === undefined ? null : { up: state === "Up" });
  }
  const applicationName = ari.app;
  await Promise.all([
    ...legs
      .filter((leg) => states.has(leg.id))
      .map((leg) =>
        ari.ask("POST /applications/{applicationName}/subscription", {
          path: { applicationName },
          query: { eventSource: [`channel:${leg.id}`] },
        }),
      ),
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
}
