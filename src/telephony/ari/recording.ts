import type { Recording } from "../../ports/telephony.ts";
import type { Context, RecordingNews } from "./registry.ts";
import type { Answer } from "./requests.ts";

/** How long the end of a recording may take to be told once its channel or bridge has gone. */
const graceMs = 2_000;

export type RecordingEnd = { readonly durationMs: number; readonly failed: boolean };

/**
 * Waits for one recording. `start` sends the request that begins it; `gone`, where there is one, is the end of the
 * channel it records: the file is complete a moment after that, not at once.
 */
export async function startRecording(
  context: Context,
  name: string,
  start: () => Promise<Answer<unknown>>,
  gone: AbortSignal | null,
): Promise<Recording> {
  const { ari, registry, log } = context;
  const { promise: finished, resolve } = Promise.withResolvers<RecordingEnd>();
  let startedAt: number | null = null;
  let grace: NodeJS.Timeout | null = null;

  const finish = (end: RecordingEnd): void => {
    if (grace !== null) clearTimeout(grace);
    gone?.removeEventListener("abort", expectEnd);
    registry.recordings.delete(name);
    resolve(end);
  };
  const hear = (news: RecordingNews): void => {
    if (news.is === "started") startedAt = news.at;
    else if (news.is === "failed") finish({ durationMs: 0, failed: true });
    else {
      const silent = news.talkingS !== null && news.talkingS <= 0;
      const durationMs = silent || startedAt === null ? 0 : Math.max(0, news.at - startedAt);
      finish({ durationMs, failed: false });
    }
  };
  /** The event may have been lost with a connection; the list of complete files is the second witness. */
  const askForFile = async (): Promise<void> => {
    try {
      const stored = await ari.tell("GET /recordings/stored/{recordingName}", {
        path: { recordingName: name },
      });
      const durationMs = startedAt === null ? 0 : Math.max(0, Date.now() - startedAt);
      finish({ durationMs: stored === null ? 0 : durationMs, failed: stored === null });
    } catch (error) {
      log.warn({ error, recording: name }, "recording: its end could not be learnt");
      finish({ durationMs: 0, failed: true });
    }
  };
  const expectEnd = (): void => {
    grace ??= setTimeout(() => void askForFile(), graceMs);
  };

  registry.recordings.set(name, hear);
  gone?.addEventListener("abort", expectEnd, { once: true });
  if (gone?.aborted === true) expectEnd();
  try {
    const answer = await start();
    if (!answer.ok) {
      const ordinary = [404, 409, 412].includes(answer.status);
      if (!ordinary) log.warn({ recording: name, status: answer.status }, "recording: refused");
      finish({ durationMs: 0, failed: true });
    }
  } catch (error) {
    finish({ durationMs: 0, failed: true });
    throw error;
  }

  return {
    name,
    finished,
    async stop() {
      if (!registry.recordings.has(name)) return;
      const done = await ari.tell("POST /recordings/live/{recordingName}/stop", {
        path: { recordingName: name },
      });
      if (done === null) expectEnd();
    },
  };
}
