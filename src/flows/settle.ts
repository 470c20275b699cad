import { apply, type CallEvent, type CallState } from "../domain/call.ts";
import type { Deps } from "./deps.ts";

/**
 * Closes the calls of processes that have died: each gets its one ending, its agent is free again. The channels
 * themselves are Asterisk's: callers who waited are taken to the native queue by their dead-man's switch, and who
 * talks talks on. Doing it twice, or in two processes at once, changes nothing more.
 */
export async function closeOrphans(
  deps: Pick<Deps, "board" | "clock" | "desk" | "jobs" | "log" | "owner" | "store">,
): Promise<void> {
  const { desk, clock, log, owner } = deps;
  const alive = new Set([...(await desk.leases(clock.now())), owner]);
  for (const orphan of await desk.liveCalls()) {
    if (alive.has(orphan.owner)) continue;
    log.warn(
      { call: orphan.state.id, owner: orphan.owner },
      "a call was left by a process that died",
    );
    await closeOrphan(orphan.state, deps);
  }
}

async function closeOrphan(
  state: CallState,
  deps: Pick<Deps, "board" | "clock" | "desk" | "jobs" | "store">,
): Promise<void> {
  const { store, desk, jobs, board, clock } = deps;
  const recorded = await store.calls.get(state.id);
  const latest = recorded !== null && recorded.state.seq > state.seq ? recorded.state : state;
  if (latest.stage !== "ended") {
    const event: CallEvent = {
      type: "ended",
      call: state.id,
      seq: latest.seq + 1,
      at: clock.now(),
      ending: { result: "failed", reason: "server_died", by: "system" },
    };
    const ended = apply(latest, event);
    await store.calls.append([event]);
    await store.calls.save(ended);
    board.publish({ type: "call", event, state: ended });
  }
  await desk.removeCall(state.id);
  await jobs.ask({ type: "post_call", call: state.id });
}
