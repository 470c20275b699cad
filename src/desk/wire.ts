import { type Agent, noTally } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import type { Closing } from "../domain/closing.ts";
import type { WaitingCall } from "../domain/queue.ts";
import type { LiveCall, Peer } from "../ports/desk.ts";
import { type AgentRecord, agentOf, type DeskRecords } from "./record.ts";

// What the scripts answer, as what it means.

/** A list as Lua's JSON writes it: an empty one comes back as an empty object. */
function listOf<Item>(list: readonly Item[]): readonly Item[] {
  return Array.isArray(list) ? list : [];
}

/** What an agent lacks whom an earlier version put into Redis. */
type Later = "tally" | "unanswered" | "mark" | "movedAt";
type Stored = Omit<AgentRecord, Later> & Partial<Pick<AgentRecord, Later>>;

export function recordOf(record: Stored): AgentRecord {
  const { tally = noTally, unanswered = 0, mark = "", movedAt = 0 } = record;
  // An empty object is what an empty list is to Lua, too.
  const offeredAt = Array.isArray(tally.offeredAt) ? {} : tally.offeredAt;
  const queues = listOf(record.queues);
  return { ...record, queues, unanswered, mark, movedAt, tally: { ...tally, offeredAt } };
}

export function agentFrom(text: string): Agent {
  return agentOf(recordOf(JSON.parse(text) as Stored));
}

/** A live call is kept as its owner, a line break, and its state. */
export function liveCallFrom(text: string): LiveCall {
  const end = text.indexOf("\n");
  const state = stateOf(JSON.parse(text.slice(end + 1)) as StoredState);
  return { state, owner: text.slice(0, end) };
}

/** A live call as Redis has it; one that an earlier version put there knows less of its wait. */
type StoredState = Omit<CallState, keyof typeof notKnown> & Partial<CallState>;
const notKnown = {
  promisedBy: null,
  joinedAt: null,
  overflowed: [],
  widened: false,
  alsoQueues: [],
  moves: 0,
  callback: null,
  calledBackBy: null,
  ringing: [],
  outside: null,
  rating: null,
};

const stateOf = (state: StoredState): CallState => ({
  ...notKnown,
  joinedAt: state.queuedAt,
  ...state,
});

export function liveCallOrNull(text: unknown): LiveCall | null {
  return typeof text === "string" ? liveCallFrom(text) : null;
}

export function peersFrom(flat: readonly string[]): readonly Peer[] {
  const peers: Peer[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    peers.push({ owner: flat[index] ?? "", beats: Number(flat[index + 1]) });
  }
  return peers;
}

/** What the snapshot answers: waiting calls, agents, processes and how often each said that it lives, closings. */
export type Snapshot = readonly [
  waiting: string,
  agents: string,
  peers: readonly string[],
  closings: string,
];

export function recordsFrom([waiting, agents, peers, closings]: Snapshot): DeskRecords {
  return {
    waiting: (JSON.parse(waiting) as WaitingCall[]).map(entryOf),
    agents: (JSON.parse(agents) as Stored[]).map(recordOf),
    peers: peersFrom(peers),
    closings: JSON.parse(closings) as Closing[],
  };
}

export function agentOrNull(text: unknown): Agent | null {
  return typeof text === "string" ? agentFrom(text) : null;
}

export function entryOf(entry: WaitingCall): WaitingCall {
  return { ...entry, passedBy: listOf(entry.passedBy) };
}
