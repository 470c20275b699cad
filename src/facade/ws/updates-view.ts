import { asQueueName } from "../../domain/ids.ts";
import { presentAgent, presentCall, presentParts, presentTicket } from "../contract/present.ts";
import { routes } from "../contract/routes.ts";
import type { Snapshot as WireSnapshot } from "../contract/updates.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "../http/deps.ts";
import type { RecordOf } from "./events.ts";
import type { LiveState } from "./live-state.ts";
import type { Snapshot, Snapshots } from "./snapshots.ts";
import type { Stream } from "./stream.ts";
import type { View } from "./view.ts";
import { type Written, write } from "./written.ts";

type ViewDeps = Pick<FacadeDeps, "centre" | "parts" | "clock">;

/** `/ws/updates`: all of the stream. One view serves all its readers. */
export function updatesView(
  stream: Stream,
  snapshots: Snapshots,
  recordOf: RecordOf,
  deps: ViewDeps,
): View {
  /** A snapshot is written once for all who begin with it. */
  const written = new WeakMap<Snapshot, Written>();
  const messageOf = (snapshot: Snapshot): Written => {
    const known = written.get(snapshot);
    if (known !== undefined) return known;
    const data = presentSnapshot(snapshot.state, deps, recordOf);
    const at = toTime(deps.clock.now());
    const message = write({ type: "snapshot", at, data }, stream.markOf(snapshot.from));
    written.set(snapshot, message);
    return message;
  };
  const readsMessages = routes.getTranscript.who as readonly string[];
  return {
    async open() {
      const snapshot = await snapshots.take();
      return { messages: [messageOf(snapshot)], from: snapshot.from, newness: snapshot.newness };
    },
    tell(entry, { role }) {
      // Who may not read transcripts over HTTP does not read them here either.
      if (entry.event.type === "transcript" && !readsMessages.includes(role)) return null;
      return entry.written;
    },
    endsWith: () => false,
    isFor: () => true,
  };
}

function presentSnapshot(
  state: LiveState,
  { centre, parts }: ViewDeps,
  recordOf: RecordOf,
): WireSnapshot {
  return {
    calls: state.calls
      .toSorted((left, right) => left.startedAt - right.startedAt)
      .map((call) => presentCall(call)),
    agents: state.agents
      .toSorted((left, right) => (left.id < right.id ? -1 : 1))
      .map((agent) => presentAgent(agent, recordOf(agent.id))),
    queues: centre.queues.map(({ name, title, weight }) => ({
      queue: name,
      title,
      weight,
      waiting: state.waiting.filter((entry) => entry.queue === asQueueName(name)).length,
    })),
    tickets: state.tickets.map(presentTicket),
    parts: presentParts(parts()),
  };
}
