import { isDeepStrictEqual } from "node:util";
import type { Agent } from "../../domain/agent.ts";
import type { CallState } from "../../domain/call.ts";
import type { AgentId, CallId, TicketId } from "../../domain/ids.ts";
import type { WaitingCall } from "../../domain/queue.ts";
import type { Ticket } from "../../domain/ticket.ts";
import type { Board, BoardEvent } from "../../ports/board.ts";

/** Everything live, read at about one moment. */
export interface LiveState {
  readonly calls: readonly CallState[];
  readonly agents: readonly Agent[];
  readonly waiting: readonly WaitingCall[];
  readonly tickets: readonly Ticket[];
}

interface FeedReader {
  snapshot(state: LiveState): void;
  event(event: BoardEvent): void;
  /** Too much happened before the snapshot could be read. */
  overflow(): void;
}

/** How many events are kept while the snapshot is read. */
const mostBuffered = 10_000;

/**
 * Gives a reader the live state, then what happens after it: nothing is missing between the two and nothing of the
 * snapshot is told again, whether the desk or the board heard of it first. Rejects when the state cannot be read;
 * `latest` makes the desk's calls as new as the board; `signal` ends the feed.
 */
export async function follow(
  board: Board,
  latest: (fromDesk: readonly CallState[]) => CallState[],
  read: () => Promise<LiveState>,
  reader: FeedReader,
  signal: AbortSignal,
): Promise<void> {
  let buffer: BoardEvent[] | null = [];
  let isNews: (event: BoardEvent) => boolean = () => true;
  // First the subscription, then the snapshot: what happens in between waits in the buffer.
  const unsubscribe = board.subscribe((event) => {
    if (buffer === null) {
      if (isNews(event)) reader.event(event);
    } else if (buffer.length < mostBuffered) {
      buffer.push(event);
    } else {
      unsubscribe();
      reader.overflow();
    }
  });
  signal.addEventListener("abort", unsubscribe, { once: true });
  if (signal.aborted) return unsubscribe();
  let state: LiveState;
  try {
    state = await read();
    // From here to the last line nothing waits, so that no event can come in between.
    state = { ...state, calls: latest(state.calls) };
  } catch (error) {
    unsubscribe();
    throw error;
  }
  if (signal.aborted) return;
  isNews = newsSince(state);
  reader.snapshot(state);
  const waiting = withoutBygones(buffer);
  buffer = null;
  for (const event of waiting) if (isNews(event)) reader.event(event);
}

/** Whether an event tells more than the snapshot and the events before it did. */
function newsSince(state: LiveState): (event: BoardEvent) => boolean {
  const calls = new Map<CallId, number>(state.calls.map((call) => [call.id, call.seq]));
  const agents = new Map<AgentId, Agent>(state.agents.map((agent) => [agent.id, agent]));
  const tickets = new Map<TicketId, Ticket>(state.tickets.map((ticket) => [ticket.id, ticket]));
  return (event) => {
    switch (event.type) {
      case "call": {
        const { call, seq, type } = event.event;
        if (seq <= (calls.get(call) ?? 0)) return false;
        if (type === "ended") calls.delete(call);
        else calls.set(call, seq);
        return true;
      }
      case "agent": {
        const known = agents.get(event.agent.id);
        agents.delete(event.agent.id);
        return known === undefined || !isDeepStrictEqual(known, event.agent);
      }
      case "ticket": {
        const known = tickets.get(event.ticket.id);
        if (known === undefined) return true;
        if (event.ticket.updatedAt < known.updatedAt) return false;
        tickets.delete(event.ticket.id);
        return !isDeepStrictEqual(known, event.ticket);
      }
      case "transcript":
      case "health":
        return true;
      default:
        return event satisfies never;
    }
  };
}

/**
 * The buffered events that still mean something. Of calls and parts none: the snapshot has all that the board told of
 * them before it. Of each agent only the last, because older ones would lead back in time.
 */
function withoutBygones(buffer: readonly BoardEvent[]): BoardEvent[] {
  const last = new Map<AgentId, BoardEvent>();
  for (const event of buffer) if (event.type === "agent") last.set(event.agent.id, event);
  return buffer.filter(
    (event) =>
      event.type !== "call" &&
      event.type !== "health" &&
      (event.type !== "agent" || last.get(event.agent.id) === event),
  );
}
