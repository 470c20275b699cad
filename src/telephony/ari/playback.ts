import type { Language } from "../../domain/call-fact.ts";
import { KituoError } from "../../domain/errors.ts";
import type { ChannelId } from "../../domain/ids.ts";
import type { Playback } from "../../ports/telephony.ts";
import { goneStatuses } from "./client.ts";
import { farewell } from "./farewell.ts";
import type { Context } from "./registry.ts";

type Outcome = "played" | "stopped" | "failed";

/**
 * A hangup also makes a playback fail, and its own event can come a moment later: so long it is waited for before a
 * failure is put down to the prompt.
 */
const hangupGraceMs = 100;

/** A comma or a colon in a name would make ARI play something else. */
const promptName = /^[A-Za-z0-9][A-Za-z0-9_/-]*$/;

function mediaOf(prompts: readonly string[]): readonly string[] {
  return prompts.map((prompt) => {
    if (!promptName.test(prompt)) throw new KituoError("internal", `${prompt} names no prompt`);
    return `sound:kituo/${prompt}`;
  });
}

/**
 * The ids of what plays on a channel, used in turn. They follow from the channel, so that another process, which takes
 * it over, can stop what it hears.
 */
export const playbackIds = (channel: ChannelId): readonly [string, string] => [
  `play-${channel}-0`,
  `play-${channel}-1`,
];

/** A playback of nothing, or on a channel that has gone. */
const over = (outcome: Outcome): Playback => ({
  finished: Promise.resolve(outcome),
  stop: () => Promise.resolve(),
});

/** Starts prompts on a channel; settles when Asterisk has taken them on. */
export async function startPlayback(
  context: Context,
  channel: { readonly id: ChannelId; readonly gone: AbortSignal },
  playbackId: string,
  prompts: readonly string[],
  language: Language,
): Promise<Playback> {
  if (channel.gone.aborted) return over("stopped");
  if (prompts.length === 0) return over("played");
  const { ari, registry } = context;
  const { promise: finished, resolve } = Promise.withResolvers<Outcome>();
  let stopped = false;
  let grace: NodeJS.Timeout | null = null;

  const finish = (outcome: Outcome): void => {
    if (grace !== null) clearTimeout(grace);
    registry.playbacks.delete(playbackId);
    channel.gone.removeEventListener("abort", cut);
    resolve(outcome);
  };
  const cut = (): void => finish("stopped");
  registry.playbacks.set(playbackId, (state) => {
    if (stopped) finish("stopped");
    else if (state === "failed") grace ??= setTimeout(() => finish("failed"), hangupGraceMs);
    else finish("played");
  });
  channel.gone.addEventListener("abort", cut, { once: true });

  try {
    const answer = await ari.ask("POST /channels/{channelId}/play/{playbackId}", {
      path: { channelId: channel.id, playbackId },
      query: { media: mediaOf(prompts), lang: language },
    });
    if (!answer.ok && goneStatuses.has(answer.status)) void farewell(channel.gone).then(cut);
    else if (!answer.ok) finish("failed");
  } catch (error) {
    finish("failed");
    throw error;
  }

  return {
    finished,
    async stop() {
      if (!registry.playbacks.has(playbackId)) return;
      stopped = true;
      const done = await ari.tell("DELETE /playbacks/{playbackId}", { path: { playbackId } });
      if (done === null) finish("stopped");
      await finished;
    },
  };
}
