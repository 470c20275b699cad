import type { BridgeId } from "../../domain/ids.ts";
import { wavDurationMs } from "../../domain/record.ts";
import type { Recording } from "../../ports/telephony.ts";
import { goneStatuses } from "./client.ts";
import { farewell } from "./farewell.ts";
import { isAway } from "./owed.ts";
import type { Context, RecordingNews } from "./registry.ts";
import type { Answer } from "./requests.ts";

/** How soon it is looked whether a recording has ended, and how long the pauses between looks become. */
const lookAfterMs = { first: 100, most: 1_000 } as const;

export type RecordingEnd = { readonly durationMs: number; readonly failed: boolean };

/** A recording that is waited for, and what tells of it. */
interface Watch {
  readonly recording: Recording;
  /** Its end could not be, or need not be, waited for. */
  readonly finish: (end: RecordingEnd) => void;
  /** Asterisk has taken it on; when it really began is told a moment later, as a rule. */
  readonly begun: () => void;
  /** It has ended, and the event that says so may have been lost. */
  readonly expectEnd: () => void;
}

/** Waits for the end of a recording that began at `startedAt`, or begins when that is told. */
function watch(context: Context, name: string, since: number | null): Watch {
  const { ari, owed, registry, log } = context;
  const path = { recordingName: name };
  const { promise: finished, resolve } = Promise.withResolvers<RecordingEnd>();
  let startedAt = since;
  let looking: NodeJS.Timeout | null = null;

  const finish = (end: RecordingEnd): void => {
    if (looking !== null) clearTimeout(looking);
    if (registry.recordings.get(name) === hear) registry.recordings.delete(name);
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
  const askForFile = async (): Promise<void> => {
    try {
      const stored = await ari.tell("GET /recordings/stored/{recordingName}", { path });
      const durationMs = startedAt === null ? 0 : Math.max(0, Date.now() - startedAt);
      finish({ durationMs: stored === null ? 0 : durationMs, failed: stored === null });
    } catch (error) {
      log.warn({ error, recording: name }, "recording: its end could not be learnt");
      finish({ durationMs: 0, failed: true });
    }
  };
  /** Of two looks that do not find it any more the second is to be believed: its event may overtake the first. */
  const look = async (afterMs: number, isMissed: boolean): Promise<void> => {
    try {
      const live = await ari.tell("GET /recordings/live/{recordingName}", { path });
      if (!registry.recordings.has(name)) return;
      if (live === null && isMissed) return await askForFile();
      lookIn(live === null ? afterMs : Math.min(2 * afterMs, lookAfterMs.most), live === null);
    } catch (error) {
      if (isAway(error)) return lookIn(lookAfterMs.most, false);
      log.warn({ error, recording: name }, "recording: it could not be looked after");
      finish({ durationMs: 0, failed: true });
    }
  };
  const lookIn = (ms: number, isMissed: boolean): void => {
    looking = setTimeout(() => void look(ms, isMissed), ms).unref(); // It never rejects.
  };
  /**
   * The event is lost with a connection, and also when both parties leave a conversation before its recording has
   * ended: Asterisk tells us of a bridge only while a channel of ours is in it.
   */
  const expectEnd = (): void => {
    if (looking === null) lookIn(lookAfterMs.first, false);
  };

  registry.recordings.set(name, hear);
  const recording: Recording = {
    name,
    finished,
    async stop() {
      if (!registry.recordings.has(name)) return;
      await owed.end(`recording ${name}`, async () => {
        const done = await ari.tell("POST /recordings/live/{recordingName}/stop", { path });
        // It has ended before, so its file is complete; whether that is still to be told need not be waited for.
        if (done === null) await askForFile();
      });
      if (registry.recordings.has(name)) expectEnd();
    },
  };
  const begun = (): void => {
    startedAt ??= Date.now();
  };
  return { recording, finish, begun, expectEnd };
}

/**
 * Begins a recording. `start` sends the request for it; `gone` is the end of what it records: the file is complete a
 * moment after that, not at once.
 */
export async function startRecording(
  context: Context,
  name: string,
  start: () => Promise<Answer<unknown>>,
  gone: AbortSignal,
): Promise<Recording> {
  const { recording, finish, begun, expectEnd } = watch(context, name, null);
  try {
    const answer = await start();
    if (answer.ok) {
      begun();
      gone.addEventListener("abort", expectEnd, { once: true });
      void recording.finished.then(() => gone.removeEventListener("abort", expectEnd));
      if (gone.aborted) expectEnd();
      return recording;
    }
    if (goneStatuses.has(answer.status)) await farewell(gone);
    else context.log.warn({ recording: name, status: answer.status }, "recording: refused");
    finish({ durationMs: 0, failed: true });
    return recording;
  } catch (error) {
    finish({ durationMs: 0, failed: true });
    throw error;
  }
}

/** Takes up a recording that another process began, or finds the file that it left; `null` when there is neither. */
export async function adoptRecording(
  context: Context,
  name: string,
  since: number,
  of: BridgeId | null,
): Promise<Recording | null> {
  const { ari, registry } = context;
  const path = { recordingName: name };
  const { recording, finish } = watch(context, name, since);
  try {
    // Of a conversation that another process made we hear only when we ask for it: its end is told then, or seen.
    if (of !== null) await context.subscribe(`bridge:${of}`);
    const live = await ari.tell("GET /recordings/live/{recordingName}", { path });
    if (live === null) {
      const file = await ari.tell("GET /recordings/stored/{recordingName}/file", { path });
      finish({ durationMs: file === null ? 0 : wavDurationMs(file.value), failed: file === null });
      return file === null ? null : recording;
    }
    const [kind, id = ""] = live.value.target_uri.split(":");
    if (kind === "channel") registry.legs.get(id)?.track(recording);
    return recording;
  } catch (error) {
    finish({ durationMs: 0, failed: true });
    throw error;
  }
}
