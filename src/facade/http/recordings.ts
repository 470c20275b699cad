import { asCallId } from "../../domain/ids.ts";
import type { RecordingEntry } from "../../domain/record.ts";
import type { Audit } from "./audit.ts";
import { findCall } from "./calls.ts";
import type { FacadeDeps } from "./deps.ts";
import type { AudioFile, Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import type { SignedIn } from "./token.ts";

type RecordingDeps = Pick<FacadeDeps, "desk" | "store" | "archive">;

/** The sound of calls. Agents hear the calls that they talked in; each hearing is on record. */
export function recordingHandlers(deps: RecordingDeps): Some<"getCallRecording" | "getRecording"> {
  const { store, archive } = deps;

  async function open(entry: RecordingEntry, user: SignedIn, audit: Audit): Promise<AudioFile> {
    const about = { call: entry.call, recording: entry.name };
    if (user.role === "agent" && !(await wasInIt(deps, entry, user))) {
      await audit("recording_read", entry.name, { outcome: "refused", detail: about });
      throw new Problem("not_allowed", "Agents may hear their own calls only.");
    }
    const bytes = await archive.read(entry.file);
    if (bytes === null) throw new Problem("not_found", "The recording's file is gone.");
    await audit("recording_read", entry.name, { detail: about });
    return { bytes, fileName: `${entry.call}-${entry.kind}.wav`, tag: entry.sha256 };
  }

  return {
    async getCallRecording({ params, user, audit }) {
      const { state } = await findCall(deps, asCallId(params.id));
      const entries = await store.recordings.ofCall(state.id);
      const newestFirst = entries.toSorted((left, right) => right.at - left.at);
      const entry = newestFirst.find(({ kind }) => kind === "conversation") ?? newestFirst[0];
      if (entry === undefined) {
        const detail =
          state.endedAt === null
            ? "The call is live: its recording can be had when it has ended."
            : "The call has no recording.";
        throw new Problem("not_found", detail);
      }
      return open(entry, user, audit);
    },

    async getRecording({ params, user, audit }) {
      const entry = await store.recordings.get(params.name);
      if (entry === null) throw new Problem("not_found", "There is no such recording.");
      return open(entry, user, audit);
    },
  };
}

async function wasInIt(
  deps: RecordingDeps,
  entry: RecordingEntry,
  { agent }: SignedIn,
): Promise<boolean> {
  const { state, events } = await findCall(deps, entry.call);
  return (
    agent !== null &&
    (state.agent === agent ||
      events.some((event) => event.type === "connected" && event.agent === agent))
  );
}
