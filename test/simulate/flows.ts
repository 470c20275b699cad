import type { Centre } from "../../src/domain/centre.ts";
import {
  type AgentId,
  asCallId,
  asQueueName,
  type CallId,
  type ChannelId,
  type QueueName,
} from "../../src/domain/ids.ts";
import { type Arrival, arrivalsOf, type Stream } from "../../src/ops/simulate/arrivals.ts";
import type { Watcher } from "../../src/ops/simulate/play.ts";
import { openSoakStore } from "../flows/soak-store.ts";
import { openWorld } from "../flows/world.ts";

/** A conversation is never shorter than it takes to bring both together, which is ten milliseconds. */
const SHORTEST_MS = 50;

interface Expected {
  readonly arrival: Arrival;
  readonly index: number;
  /** Ends the caller's patience: somebody has answered. */
  readonly answered: AbortController;
}

/**
 * Plays whole calls through the flows of production, on the fake exchange and a wound clock: each is answered, queued,
 * told her place, offered, rung, brought together, recorded, ended and logged. Agents pick up at once. The wait is what
 * the call's own record says it was. Each queue of the centre has a number that leads straight into it.
 */
export async function playThroughFlows(
  given: { centre: Centre; streams: readonly Stream[]; calls: number; seed: number },
  watcher: Watcher,
): Promise<void> {
  const { centre, streams, calls, seed } = given;
  const world = await openWorld({ centre, store: openSoakStore() });
  const { clock, telephony, deps } = world;
  const expected = new Map<ChannelId, Expected>();
  const ringing = new Map<CallId, Expected>();
  deps.board.subscribe((news) => {
    if (news.type !== "call") return;
    const { event, state } = news;
    const call = expected.get(state.channel);
    if (call === undefined || state.queuedAt === null) return;
    const over = (agent: AgentId | null): void => {
      expected.delete(state.channel);
      call.answered.abort();
      const waitedMs = event.at - (state.queuedAt ?? event.at);
      watcher.ends?.({ ...call.arrival, call: state.id, index: call.index, waitedMs, agent });
    };
    if (event.type === "queued") watcher.comes?.(state.id, call.arrival);
    else if (event.type === "offered") {
      ringing.set(state.id, call);
      watcher.reserves?.(state.id, event.agent);
      over(event.agent);
    } else if (event.type === "ended") over(null);
  });
  for (const { id, extension } of centre.agents) {
    telephony.plugIn(extension, (leg) => {
      const call = ringing.get(asCallId(leg.labels.get("call") ?? ""));
      if (call === undefined) throw new Error(`${extension} rings for nobody`);
      leg.pickUp();
      const { handleMs, queue } = call.arrival;
      clock.sleep(Math.max(SHORTEST_MS, handleMs - wrapUpOf(centre, queue)), leg.gone).then(
        () => leg.end("normal"),
        () => undefined, // The caller has hung up.
      );
    });
    await world.signIn(id);
  }
  const numbers = new Map(
    centre.numbers.flatMap((entry) =>
      "queue" in entry ? [[asQueueName(entry.queue), entry.number] as const] : [],
    ),
  );
  const began = clock.now();
  const never = new AbortController().signal;
  const arrive = async (): Promise<void> => {
    let index = 0;
    for (const arrival of arrivalsOf(streams, calls, seed)) {
      await clock.sleep(began + arrival.at - clock.now(), never);
      // Everybody calls from a phone of her own: who calls again soon would have her old place.
      const from = `+2547${String(index).padStart(8, "0")}`;
      const dialled = numbers.get(arrival.queue);
      if (dialled === undefined) throw new Error(`no number leads to ${arrival.queue}`);
      const caller = telephony.incoming({ from: "outside", dialled }, from);
      const answered = new AbortController();
      expected.set(caller.id, { arrival, index, answered });
      index += 1;
      if (!Number.isFinite(arrival.patienceMs)) continue;
      clock.sleep(arrival.patienceMs, answered.signal).then(
        () => caller.end("normal"),
        () => undefined, // Somebody was quicker than her patience.
      );
    }
  };
  const arriving = arrive();
  await clock.wind();
  await arriving;
  const errors = world.log.lines.filter((line) => line.level === "error");
  if (errors.length > 0) throw new Error(`the log has errors: ${JSON.stringify(errors[0])}`);
  if (expected.size > 0) throw new Error(`${expected.size} calls have not ended`);
  await world.stop();
}

/** The after-call work that follows each call of a queue. */
export function wrapUpOf({ queues }: Centre, name: QueueName): number {
  return queues.find((queue) => queue.name === name)?.wrapUpMs ?? 0;
}
