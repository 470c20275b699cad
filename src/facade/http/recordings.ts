import { asCallId, type CallId } from "../../domain/ids.ts";
import type { RecordingEntry } from "../../domain/record.ts";
import { presentRecording } from "../contract/present.ts";
import { toTime } from "../contract/words.ts";
import type { Audit } from "./audit.ts";
import { findCall } from "./calls.ts";
import type { FacadeDeps } from "./deps.ts";
import type { AudioFile, Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import { createRecordingLinks } from "./recording-links.ts";
import { filterOf, nextCursor } from "./recording-list.ts";
import type { SignedIn } from "./token.ts";

type RecordingDeps = Pick<FacadeDeps, "desk" | "store" | "archive" | "clock" | "tokenSecret">;

/** The sound of calls. Agents hear the calls that they talked in; each hearing is on record. */
export function recordingHandlers(
  deps: RecordingDeps,
): Some<
  | "listRecordings"
  | "listCallRecordings"
  | "getCallRecording"
  | "downloadCallRecording"
  | "deleteCallRecording"
  | "getRecording"
  | "getSignedRecording"
> {
  const { store, archive, clock } = deps;
  const links = createRecordingLinks(deps.tokenSecret);

  /** Refuses agents who were not in the call, and puts on record that they wanted to. */
  async function refuseStrangers(
    entry: RecordingEntry,
    user: SignedIn,
    wish: () => Promise<void>,
  ): Promise<void> {
    if (user.role !== "agent" || (await wasInIt(deps, entry.call, user))) return;
    await wish();
    throw new Problem("not_allowed", "Agents may hear their own calls only.");
  }

  async function open(entry: RecordingEntry, audit: Audit, by?: string): Promise<AudioFile> {
    refuseDeleted(entry);
    const bytes = await archive.read(entry.file);
    if (bytes === null) throw new Problem("not_found", "The recording's file is gone.");
    const signed = by === undefined ? {} : { by };
    const via = by === undefined ? {} : { via: "link" };
    await audit("recording_read", entry.name, { ...signed, detail: { ...aboutOf(entry), ...via } });
    return { bytes, fileName: `${entry.call}-${entry.kind}.wav`, tag: entry.sha256 };
  }

  async function hear(entry: RecordingEntry, user: SignedIn, audit: Audit): Promise<AudioFile> {
    const refused = { outcome: "refused", detail: aboutOf(entry) } as const;
    await refuseStrangers(entry, user, () => audit("recording_read", entry.name, refused));
    return open(entry, audit);
  }

  /** A call's recordings, newest first; with a name that one alone. Refuses where there are none. */
  async function entriesOf(id: CallId, name?: string): Promise<readonly RecordingEntry[]> {
    const { state } = await findCall(deps, id);
    const entries = await store.recordings.ofCall(state.id);
    const wanted = name === undefined ? entries : entries.filter((entry) => entry.name === name);
    if (wanted.length > 0) return wanted;
    if (entries.length > 0)
      throw new Problem("not_found", "The call has no recording of that name.");
    const detail =
      state.endedAt === null
        ? "The call is live: its recording can be had when it has ended."
        : "The call has no recording.";
    throw new Problem("not_found", detail);
  }

  return {
    async listRecordings({ input, user }) {
      const recordings = await store.recordings.list(filterOf(input, user));
      return {
        recordings: recordings.map(presentRecording),
        next_cursor: nextCursor(recordings, input.limit),
      };
    },

    async listCallRecordings({ params, user }) {
      const { state } = await findCall(deps, asCallId(params.id));
      if (user.role === "agent" && !(await wasInIt(deps, state.id, user))) {
        throw new Problem("not_allowed", "Agents may see the recordings of their own calls only.");
      }
      const entries = await store.recordings.ofCall(state.id);
      return { call_id: state.id, recordings: entries.map(presentRecording) };
    },

    async getCallRecording({ params, user, audit }) {
      return hear(mainOf(await entriesOf(asCallId(params.id))), user, audit);
    },

    async downloadCallRecording({ params, input, user, audit }) {
      const entry = mainOf(await entriesOf(asCallId(params.id), input.name));
      const { name, call } = entry;
      const refused = { outcome: "refused", detail: aboutOf(entry) } as const;
      await refuseStrangers(entry, user, () => audit("recording_link", name, refused));
      refuseDeleted(entry);
      const expires = Math.floor(clock.now() / 1_000) + input.expires_in_seconds;
      const url = links.sign({ name, user: user.username, expires });
      await audit("recording_link", name, { detail: { ...aboutOf(entry), expires } });
      return {
        success: true,
        call_id: call,
        recording: presentRecording(entry),
        url,
        expires_at: toTime(expires * 1_000),
      };
    },

    async deleteCallRecording({ params, input, user, audit }) {
      const call = asCallId(params.id);
      const entries = await entriesOf(call, input.name);
      const there = entries.filter(({ deleted }) => deleted === null);
      if (there.length === 0) refuseDeleted(mainOf(entries));
      const removed: RecordingEntry[] = [];
      for (const entry of there) {
        // The audio first: an entry that says it is deleted never has any.
        await archive.remove(entry.file);
        const marked = await store.recordings.markDeleted(entry.name, user.username, clock.now());
        await audit("recording_deleted", entry.name, { detail: aboutOf(entry) });
        removed.push(marked ?? entry);
      }
      return { success: true, call_id: call, recordings: removed.map(presentRecording) };
    },

    async getRecording({ params, user, audit }) {
      const entry = await store.recordings.get(params.name);
      if (entry === null) throw new Problem("not_found", "There is no such recording.");
      return hear(entry, user, audit);
    },

    async getSignedRecording({ params, input, audit }) {
      const { name } = params;
      const { user, expires, signature } = input;
      links.check({ name, user, expires }, signature, clock.now());
      const entry = await store.recordings.get(name);
      if (entry === null) throw new Problem("not_found", "There is no such recording.");
      return open(entry, audit, user);
    },
  };
}

const aboutOf = ({ call, name }: RecordingEntry) => ({ call, recording: name });

/** What is meant by the recording of a call: its newest conversation, or else what is newest; audio that is there first. */
function mainOf(entries: readonly RecordingEntry[]): RecordingEntry {
  const there = entries.filter(({ deleted }) => deleted === null);
  const newestFirst = there.length > 0 ? there : entries;
  const entry = newestFirst.find(({ kind }) => kind === "conversation") ?? newestFirst[0];
  if (entry === undefined) throw new Error("a call without recordings was asked for its main one");
  return entry;
}

function refuseDeleted({ deleted }: RecordingEntry): void {
  if (deleted === null) return;
  const { by, at } = deleted;
  throw new Problem("recording_deleted", `The recording was deleted by ${by} at ${toTime(at)}.`);
}

async function wasInIt(
  deps: Pick<FacadeDeps, "desk" | "store">,
  call: CallId,
  { agent }: SignedIn,
): Promise<boolean> {
  const { state, events } = await findCall(deps, call);
  return (
    agent !== null &&
    (state.agent === agent ||
      events.some((event) => event.type === "connected" && event.agent === agent))
  );
}
