import { describe, expect, it } from "vitest";
import { type Agent, noTally } from "../../src/domain/agent.ts";
import { apply, begin, type CallState } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { asAgentId, asCallId, asTicketId } from "../../src/domain/ids.ts";
import type { Ticket } from "../../src/domain/ticket.ts";
import { follow, type LiveState } from "../../src/facade/ws/feed.ts";
import { keepLatest } from "../../src/facade/ws/latest.ts";
import type { Board, BoardEvent } from "../../src/ports/board.ts";
import { wholeCall } from "./story.ts";

/** A feed whose snapshot comes when the test says so. */
function openFeed() {
  const readers = new Set<(event: BoardEvent) => void>();
  const board: Board = {
    publish: (event) => {
      for (const reader of readers) reader(event);
    },
    subscribe: (reader) => {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
  const latest = keepLatest(board);
  const snapshot = Promise.withResolvers<LiveState>();
  const told: (LiveState | BoardEvent | "overflow")[] = [];
  const end = new AbortController();
  const done = follow(
    board,
    (calls) => latest.over(calls, now),
    () => snapshot.promise,
    {
      snapshot: (state) => void told.push(state),
      event: (event) => void told.push(event),
      overflow: () => void told.push("overflow"),
    },
    end.signal,
  );
  const begins = async (state: Partial<LiveState> = {}) => {
    snapshot.resolve({ calls: [], agents: [], waiting: [], tickets: [], ...state });
    await done;
  };
  return { board, told, end, done, begins, fails: snapshot.reject, readers };
}

const now = Date.parse("2026-11-20T08:00:00Z");
const id = asCallId("CALL-00000001");

/** The states of one call after each of its facts, as the board tells them. */
function callEvents(): (BoardEvent & { type: "call" })[] {
  let state: CallState | null = null;
  return wholeCall.map((fact, index) => {
    const event: CallEvent = { ...fact, call: id, seq: index + 1, at: now };
    state = state === null ? begin(event) : apply(state, event);
    return { type: "call", event, state };
  });
}

function agentEvent(number: number, reason: string): BoardEvent & { type: "agent" } {
  const agent: Agent = {
    id: asAgentId(`AGT-00${number}`),
    extension: `100${number}`,
    queues: [],
    presence: { is: "paused", reason },
    reservation: { is: "none" },
    activity: { is: "none" },
    device: "idle",
    pending: null,
    idleSince: now,
    tally: noTally,
  };
  return { type: "agent", agent, at: now };
}

function ticketEvent(number: number, updatedAt = now): BoardEvent & { type: "ticket" } {
  const ticket: Ticket = {
    id: asTicketId(`TKT-20261120-000${number}`),
    subject: `at ${updatedAt}`,
    description: "",
    status: "open",
    priority: "low",
    department: null,
    assignee: null,
    customerName: "",
    customerPhone: "",
    call: null,
    recording: null,
    source: "api",
    tags: [],
    dueAt: null,
    linkedCalls: [],
    notes: [],
    createdAt: now,
    updatedAt,
    resolvedAt: null,
    closedAt: null,
  };
  return {
    type: "ticket",
    ticket,
    change: updatedAt === now ? "created" : "updated",
    at: updatedAt,
  };
}

const lineEvent: BoardEvent = {
  type: "transcript",
  call: id,
  line: {
    call: id,
    seq: 1,
    key: "1",
    speaker: "bot",
    content: "",
    language: null,
    at: now,
    source: "menu",
  },
  at: now,
};

describe("a feed", () => {
  it("tells after the snapshot what happened while it was read, unless it is in there", async () => {
    const feed = openFeed();
    const [inSnapshot, afterIt] = [ticketEvent(1), ticketEvent(2)];
    const [same, older, newest] = [
      agentEvent(1, "lunch"),
      agentEvent(2, "older"),
      agentEvent(2, "newest"),
    ];
    for (const event of [inSnapshot, lineEvent, older, same, afterIt, newest]) {
      feed.board.publish(event);
    }
    expect(feed.told).toEqual([]);
    await feed.begins({ tickets: [inSnapshot.ticket], agents: [same.agent] });
    expect(feed.told.slice(1)).toEqual([lineEvent, afterIt, newest]);
  });

  it("does not tell again what the desk knew before the board", async () => {
    const feed = openFeed();
    const events = callEvents();
    const ahead = events[4];
    if (ahead === undefined) throw new Error("the call is too short");
    await feed.begins({ calls: [ahead.state] });
    for (const event of events) feed.board.publish(event);
    expect(feed.told.slice(1)).toEqual(events.slice(5));
  });

  it("does not go back to an older ticket or to an agent's state that is in the snapshot", async () => {
    const feed = openFeed();
    const [created, updated, later] = [
      ticketEvent(1),
      ticketEvent(1, now + 1),
      ticketEvent(1, now + 2),
    ];
    const [lunch, tea] = [agentEvent(1, "lunch"), agentEvent(1, "tea")];
    await feed.begins({ tickets: [updated.ticket], agents: [lunch.agent] });
    for (const event of [created, updated, later, lunch, tea, lunch]) feed.board.publish(event);
    expect(feed.told.slice(1)).toEqual([later, tea, lunch]);
  });

  it("lets a call go that the desk has forgotten without an ending on this board", async () => {
    const board: { reader?: (event: BoardEvent) => void } = {};
    const latest = keepLatest({
      publish: () => undefined,
      subscribe: (reader) => {
        board.reader = reader;
        return () => undefined;
      },
    });
    const [started] = callEvents();
    if (started !== undefined) board.reader?.(started);
    expect(latest.over([], now + 1_000)).toHaveLength(1);
    expect(latest.over([], now + 11_000)).toHaveLength(0);
  });

  it("tells nothing once it has ended, and lets go of the board", async () => {
    const feed = openFeed();
    const watching = feed.readers.size;
    await feed.begins();
    feed.end.abort();
    feed.board.publish(lineEvent);
    expect(feed.told).toHaveLength(1);
    expect(feed.readers.size).toBe(watching - 1);
    const failing = openFeed();
    failing.fails(new Error("away"));
    await expect(failing.done).rejects.toThrow("away");
    expect(failing.readers.size).toBe(watching - 1);
  });

  it("gives up on a reader when too much happens before there is a snapshot", () => {
    const feed = openFeed();
    for (let count = 0; count <= 10_000; count += 1) feed.board.publish(lineEvent);
    expect(feed.told).toEqual(["overflow"]);
  });
});
