import { describe, expect, it } from "vitest";
import { type Agent, noTally } from "../../src/domain/agent.ts";
import { apply, begin, type CallState } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { asAgentId, asCallId, asQueueName, asTicketId } from "../../src/domain/ids.ts";
import type { Ticket } from "../../src/domain/ticket.ts";
import { updateSchema } from "../../src/facade/contract/updates.ts";
import { keepLatest } from "../../src/facade/ws/latest.ts";
import type { LiveState } from "../../src/facade/ws/live-state.ts";
import { Snapshots } from "../../src/facade/ws/snapshots.ts";
import { type Entry, Stream } from "../../src/facade/ws/stream.ts";
import { numbered } from "../../src/facade/ws/written.ts";
import { openBoard } from "../../src/flows/board.ts";
import type { BoardEvent } from "../../src/ports/board.ts";
import { quietLog } from "../telephony/log.ts";
import { wholeCall } from "./story.ts";

/** A stream and snapshots whose state comes when the test says so. */
function openStream(most = 100) {
  const board = openBoard(quietLog);
  const latest = keepLatest(board);
  const stream = new Stream(board, () => null, most);
  const states: PromiseWithResolvers<LiveState>[] = [];
  const read = () => {
    const state = Promise.withResolvers<LiveState>();
    states.push(state);
    return state.promise;
  };
  const snapshots = new Snapshots(stream, latest, read, () => now);
  return { board, stream, snapshots, states };
}

/** A reader that waits for its snapshot; `told` is what it is told after that. */
function openReader(state: Partial<LiveState> = {}) {
  const { board, stream, snapshots, states } = openStream();
  const taken = snapshots.take();
  const told: BoardEvent[] = [];
  const comes = async () => {
    states[0]?.resolve({ calls: [], agents: [], waiting: [], tickets: [], ...state });
    const snapshot = await taken;
    const follow = (entries: readonly Entry[]): void => {
      for (const entry of entries) if (snapshot.newness.of(entry)) told.push(entry.event);
    };
    follow(stream.since(snapshot.from) ?? []);
    stream.read({ told: follow, missed: () => undefined });
    return snapshot;
  };
  return { board, stream, snapshots, states, told, comes };
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

/** Lets the tick end in which the board was told something. */
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function publish(board: { publish(event: BoardEvent): void }, events: readonly BoardEvent[]) {
  for (const event of events) {
    board.publish(event);
    await tick();
  }
}

describe("what follows a snapshot", () => {
  it("is what happened while it was read, unless it is in there", async () => {
    const [inSnapshot, afterIt] = [ticketEvent(1), ticketEvent(2)];
    const [same, older, newest] = [
      agentEvent(1, "lunch"),
      agentEvent(2, "older"),
      agentEvent(2, "newest"),
    ];
    const { board, told, comes } = openReader({
      tickets: [inSnapshot.ticket],
      agents: [same.agent],
    });
    await publish(board, [inSnapshot, lineEvent, older, same, afterIt, newest]);
    await comes();
    expect(told).toEqual([lineEvent, afterIt, newest]);
  });

  it("is not told again where the desk knew of it before the board", async () => {
    const events = callEvents();
    const ahead = events[4];
    if (ahead === undefined) throw new Error("the call is too short");
    const { board, told, comes } = openReader({ calls: [ahead.state] });
    await comes();
    await publish(board, events);
    expect(told).toEqual(events.slice(5));
  });

  it("does not go back to an older ticket or to an agent's state that is in the snapshot", async () => {
    const [created, updated, later] = [
      ticketEvent(1),
      ticketEvent(1, now + 1),
      ticketEvent(1, now + 2),
    ];
    const [lunch, tea] = [agentEvent(1, "lunch"), agentEvent(1, "tea")];
    const { board, told, comes } = openReader({
      tickets: [updated.ticket],
      agents: [lunch.agent],
    });
    await comes();
    await publish(board, [created, updated, later, lunch, tea, lunch]);
    expect(told).toEqual([later, tea, lunch]);
  });

  it("is the same for all who share the snapshot, which is read once", async () => {
    const lunch = agentEvent(1, "lunch");
    const { board, stream, snapshots, states, told, comes } = openReader({ agents: [lunch.agent] });
    const other = snapshots.take();
    expect(states).toHaveLength(1);
    const snapshot = await comes();
    expect(await other).toBe(snapshot);
    await publish(board, [lunch, agentEvent(1, "tea")]);
    const again = (stream.since(snapshot.from) ?? []).filter((entry) => snapshot.newness.of(entry));
    expect(again.map(({ event }) => event)).toEqual(told);
    expect(told).toHaveLength(1);
  });

  it("is not taken from a snapshot that was begun before something was missed", () => {
    const { board, snapshots, states } = openReader();
    board.hear({ type: "missed", at: now });
    void snapshots.take();
    expect(states).toHaveLength(2);
  });
});

const wire = ({ written }: Entry) => JSON.parse(numbered(written, 1).toString("utf8"));

describe("what happens within one tick", () => {
  it("is told with the newest state of each call and agent, and with every fact that clients count on", async () => {
    const { board, stream } = openStream();
    for (const event of callEvents()) {
      board.publish(event);
      board.publish(agentEvent(1, `after ${event.event.type}`));
    }
    board.publish(ticketEvent(1));
    board.publish(ticketEvent(1, now + 1));
    board.publish(lineEvent);
    expect(stream.position).toBe(0);
    await tick();
    const entries = stream.since(0) ?? [];
    expect(entries.map((entry) => wire(entry).type)).toEqual([
      "call:new",
      "call:routed",
      "call:updated",
      "call:ended",
      "agent:status_changed",
      "ticket:created",
      "ticket:updated",
      "message:new",
    ]);
    expect(entries.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const [, , updated, , agent] = entries.map((entry) => wire(entry).data);
    // No fact is lost that way, and the state is the last one before the end.
    expect(updated.facts).toEqual(wholeCall.slice(1, -1).map(({ type }) => type));
    expect(updated).toMatchObject({ status: "in_progress", agent_id: "AGT-001" });
    expect(agent.reason).toBe("after ended");
  });
});

describe("a transfer", () => {
  it("is told with the department and the agent that the call goes to", async () => {
    const { board, stream } = openStream();
    const [started] = callEvents();
    if (started === undefined) throw new Error("the call is too short");
    const moved: CallEvent = {
      type: "moved",
      how: "transferred",
      queue: asQueueName("complaints"),
      agent: asAgentId("AGT-003"),
      by: "faith",
      call: id,
      seq: 2,
      at: now,
    };
    await publish(board, [
      started,
      { type: "call", event: moved, state: apply(started.state, moved) },
    ]);
    const transfer = (stream.since(0) ?? [])
      .map(wire)
      .find(({ type }) => type === "call:transferred");
    expect(updateSchema.parse(transfer).data).toMatchObject({
      call_id: id,
      to_department: "complaints",
      to_agent: "AGT-003",
    });
  });
});

describe("the stream", () => {
  it("keeps its last messages for those who come back, and says when it has no more of them", async () => {
    const { board, stream } = openStream(4);
    const [first, newest] = [stream.markOf(0), stream.markOf(9)];
    await publish(
      board,
      Array.from({ length: 9 }, (_, index) => ticketEvent(index + 1)),
    );
    expect(stream.positionOf(newest)).toBe(9);
    expect(stream.since(9)).toEqual([]);
    expect(stream.since(6)?.map(({ position }) => position)).toEqual([7, 8, 9]);
    expect(stream.positionOf(first)).toBeNull();
    // Of another process, of the future, of nothing.
    for (const mark of [`x${newest}`, stream.markOf(10), "", "1", `${newest}x`])
      expect(stream.positionOf(mark)).toBeNull();
  });

  it("lets nobody go on from before something was missed", () => {
    const { board, stream } = openStream();
    board.publish(ticketEvent(1));
    stream.flush();
    const mark = stream.markOf(stream.position);
    board.hear({ type: "missed", at: now });
    expect(stream.positionOf(mark)).toBeNull();
    expect(stream.positionOf(stream.markOf(stream.position))).toBe(stream.position);
  });
});

describe("the newest state of each call", () => {
  const [started] = callEvents();
  if (started === undefined) throw new Error("the call is too short");

  it("lets a call go that the desk has forgotten without an ending on this board", () => {
    const board = openBoard(quietLog);
    const latest = keepLatest(board);
    board.publish(started);
    expect(latest.over([], now + 1_000)).toHaveLength(1);
    expect(latest.over([], now + 11_000)).toHaveLength(0);
  });

  it("trusts the desk more of other processes' calls when something of theirs was missed", () => {
    const board = openBoard(quietLog);
    const latest = keepLatest(board);
    const there = asCallId("CALL-00000002");
    board.publish(started);
    board.hear({
      type: "call",
      event: { ...started.event, call: there },
      state: { ...started.state, id: there },
    });
    expect(latest.over([], now)).toHaveLength(2);
    board.hear({ type: "missed", at: now });
    expect(latest.over([], now).map((call) => call.id)).toEqual([id]);
  });
});
