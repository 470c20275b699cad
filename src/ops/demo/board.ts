import type { WireAgent } from "../../facade/contract/agent.ts";
import type { Call } from "../../facade/contract/call.ts";
import type { Update } from "../../facade/contract/updates.ts";

/** What one agent does, in the board's words. */
export type AgentWord =
  | "free"
  | "ringing"
  | "talking"
  | "wrap-up"
  | "on break"
  | "resting"
  | "busy"
  | "no phone"
  | "signed out";

/** Something live, and since when it has been in its present state. */
export interface Since<T> {
  readonly value: T;
  readonly since: number;
}

export interface Totals {
  readonly answered: number;
  readonly abandoned: number;
  readonly messages: number;
  /** Ended without an agent, a message or the caller's giving up. */
  readonly other: number;
  readonly tickets: number;
  /** Of the answered ones, for the mean wait; and the longest wait of all. */
  readonly waitedMs: number;
  readonly longestMs: number;
}

export interface QueueTally {
  readonly answered: number;
  readonly abandoned: number;
  readonly messages: number;
}

/** All that the board shows; the fold of the live updates. */
export interface BoardState {
  readonly connected: boolean;
  readonly queues: readonly { readonly queue: string; readonly title: string }[];
  readonly agents: ReadonlyMap<string, Since<WireAgent>>;
  readonly calls: ReadonlyMap<string, Since<Call>>;
  /** Newest first. */
  readonly ended: readonly Call[];
  readonly totals: Totals;
  readonly tallies: ReadonlyMap<string, QueueTally>;
  /** How many calls each agent has taken. */
  readonly taken: ReadonlyMap<string, number>;
}

const mostEnded = 100;

export const emptyBoard: BoardState = {
  connected: false,
  queues: [],
  agents: new Map(),
  calls: new Map(),
  ended: [],
  totals: {
    answered: 0,
    abandoned: 0,
    messages: 0,
    other: 0,
    tickets: 0,
    waitedMs: 0,
    longestMs: 0,
  },
  tallies: new Map(),
  taken: new Map(),
};

/** The board after one update. What was counted stays counted when a new connection begins with a new snapshot. */
export function apply(board: BoardState, update: Update): BoardState {
  const at = Date.parse(update.at);
  switch (update.type) {
    case "hello":
    case "session:renewed":
    case "message:new":
    case "ticket:updated":
    case "system:health":
      return board;
    case "snapshot": {
      const { calls, agents, queues } = update.data;
      return {
        ...board,
        queues: queues.map(({ queue, title }) => ({ queue, title })),
        agents: new Map(agents.map((agent) => [agent.agent_id, agentSince(board, agent, at)])),
        calls: new Map(calls.map((call) => [call.call_id, callSince(board, call, at)])),
      };
    }
    case "agent:status_changed": {
      const agent = update.data;
      const agents = new Map(board.agents).set(agent.agent_id, agentSince(board, agent, at));
      return { ...board, agents };
    }
    case "ticket:created":
      return { ...board, totals: { ...board.totals, tickets: board.totals.tickets + 1 } };
    case "call:routed":
    case "call:transferred":
      // The same fact has come as call:updated.
      return board;
    case "call:new":
    case "call:updated": {
      const call = update.data;
      const calls = new Map(board.calls).set(call.call_id, callSince(board, call, at));
      const isNews = call.connected_at !== null && isUnanswered(board, call);
      return isNews ? countAnswer({ ...board, calls }, call) : { ...board, calls };
    }
    case "call:ended":
      return countEnd(board, update.data);
    default:
      return update satisfies never;
  }
}

function isUnanswered(board: BoardState, call: Call): boolean {
  return board.calls.get(call.call_id)?.value.connected_at == null;
}

function countAnswer(board: BoardState, call: Call): BoardState {
  const { totals, taken } = board;
  const waitedMs = waitOf(call, Date.parse(call.connected_at ?? call.started_at));
  const agent = call.agent_id;
  return {
    ...tally(board, call, "answered"),
    totals: {
      ...totals,
      answered: totals.answered + 1,
      waitedMs: totals.waitedMs + waitedMs,
      longestMs: Math.max(totals.longestMs, waitedMs),
    },
    taken: agent === null ? taken : new Map(taken).set(agent, (taken.get(agent) ?? 0) + 1),
  };
}

function countEnd(before: BoardState, call: Call): BoardState {
  const calls = new Map(before.calls);
  calls.delete(call.call_id);
  const board = { ...before, calls, ended: [call, ...before.ended].slice(0, mostEnded) };
  const { totals } = board;
  if (call.ending?.reason === "left_message")
    return {
      ...tally(board, call, "messages"),
      totals: { ...totals, messages: totals.messages + 1 },
    };
  if (call.ending?.result === "abandoned") {
    const longestMs = Math.max(totals.longestMs, waitOf(call, Date.parse(call.ended_at ?? "")));
    return {
      ...tally(board, call, "abandoned"),
      totals: { ...totals, abandoned: totals.abandoned + 1, longestMs },
    };
  }
  return call.connected_at === null
    ? { ...board, totals: { ...totals, other: totals.other + 1 } }
    : board;
}

function tally(board: BoardState, call: Call, what: keyof QueueTally): BoardState {
  if (call.queue === null) return board;
  const before = board.tallies.get(call.queue) ?? { answered: 0, abandoned: 0, messages: 0 };
  const tallies = new Map(board.tallies).set(call.queue, { ...before, [what]: before[what] + 1 });
  return { ...board, tallies };
}

/** How long a call has waited, or had when somebody answered. */
export function waitOf(call: Call, until: number): number {
  return call.queued_at === null ? 0 : Math.max(0, until - Date.parse(call.queued_at));
}

/** Whether the caller waits: without an agent, or while an agent's phone rings. */
export function isWaiting({ status, queued_at: queued, forwarded_to: to }: Call): boolean {
  return status === "queued" || (status === "ringing" && queued !== null && to === null);
}

/** The four parts of an agent's state as one word. */
export function wordOf(agent: WireAgent): AgentWord {
  if (agent.activity === "talking") return "talking";
  if (agent.reservation === "offered") return "ringing";
  switch (agent.presence) {
    case "offline":
      return "signed out";
    case "after_call":
      return "wrap-up";
    case "paused":
      return "on break";
    case "available":
      if (agent.device === "unreachable") return "no phone";
      if (agent.device !== "idle") return "busy";
      return agent.reservation === "resting" ? "resting" : "free";
    default:
      return agent.presence satisfies never;
  }
}

function agentSince(board: BoardState, agent: WireAgent, at: number): Since<WireAgent> {
  const known = board.agents.get(agent.agent_id);
  const same = known !== undefined && wordOf(known.value) === wordOf(agent);
  const told = agent.talking_since === null ? at : Date.parse(agent.talking_since);
  return { value: agent, since: same ? known.since : told };
}

function callSince(board: BoardState, call: Call, at: number): Since<Call> {
  const known = board.calls.get(call.call_id);
  if (known !== undefined && known.value.status === call.status)
    return { value: call, since: known.since };
  const times: Readonly<Record<Call["status"], string | null>> = {
    initiated: call.started_at,
    menu: call.answered_at,
    // A call that comes back from a phone that was not answered has waited all the time.
    queued: call.queued_at,
    ringing: call.offered_at,
    in_progress: call.connected_at,
    survey: null,
    voicemail: null,
    fallback: null,
    ended: call.ended_at,
  };
  const time = times[call.status];
  return { value: call, since: time === null ? at : Date.parse(time) };
}
