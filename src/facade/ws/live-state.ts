import type { Agent } from "../../domain/agent.ts";
import type { CallState } from "../../domain/call.ts";
import type { WaitingCall } from "../../domain/queue.ts";
import type { Ticket } from "../../domain/ticket.ts";
import type { FacadeDeps } from "../http/deps.ts";

/** Everything live, read at about one moment. */
export interface LiveState {
  readonly calls: readonly CallState[];
  readonly agents: readonly Agent[];
  readonly waiting: readonly WaitingCall[];
  readonly tickets: readonly Ticket[];
}

const snapshotTickets = 100;

/** Reads the live state from the desk and the store. */
export async function readLive({
  desk,
  store,
}: Pick<FacadeDeps, "desk" | "store">): Promise<LiveState> {
  const [live, { waiting, agents }, tickets] = await Promise.all([
    desk.liveCalls(),
    desk.snapshot(),
    store.tickets.list({ status: "open", limit: snapshotTickets }),
  ]);
  // One that has ended stays at the desk until what follows it is done.
  const calls = live.map(({ state }) => state).filter(({ stage }) => stage !== "ended");
  return { calls, waiting, agents, tickets };
}
