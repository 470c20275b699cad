import { centreSchema } from "../../src/domain/centre.ts";
import {
  type AgentId,
  asCallId,
  asQueueName,
  type CallId,
  type ChannelId,
} from "../../src/domain/ids.ts";
import { type Arrival, arrivalsOf } from "../../src/ops/simulate/arrivals.ts";
import type { Traffic } from "../../src/ops/simulate/erlang.ts";
import type { Outcome } from "../../src/ops/simulate/play.ts";
import { openSoakStore } from "../flows/soak-store.ts";
import { openWorld } from "../flows/world.ts";

/** A conversation is never shorter than it takes to bring both together, which is ten milliseconds. */
const SHORTEST_MS = 50;
const number = "+254711000002";
const queue = asQueueName("support");

interface Expected {
  readonly arrival: Arrival;
  readonly index: number;
  /** Ends the caller's patience: somebody has answered. */
  readonly answered: AbortController;
}

/**
 * Plays whole calls through the flows of production, on the fake exchange and a wound clock: each is answered, queued,
 * told her place, offered, rung, brought together, recorded, ended and logged. Agents pick up at once. The wait is what
 * the call's own record says it was.
 */
export async function playThroughFlows(
  given: { traffic: Traffic; agents: number; calls: number; seed: number },
  ends: (outcome: Outcome) => void,
): Promise<void> {
  const { traffic, agents, calls, seed } = given;
  const staff = Array.from({ length: agents }, (_, index) => ({
    id: `AGT-${String(index + 1).padStart(3, "0")}`,
    name: `Agent ${index + 1}`,
    extension: String(1001 + index),
    queues: [queue],
  }));
  const centre = centreSchema.parse({
    numbers: [{ number, queue }],
    queues: [{ name: queue, title: "Support", wrapUpMs: 0, maxWaitMs: 7_200_000 }],
    agents: staff,
  });
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
      ends({ ...call.arrival, call: state.id, index: call.index, waitedMs, agent });
    };
    if (event.type === "offered") {
      ringing.set(state.id, call);
      over(event.agent);
    } else if (event.type === "ended") over(null);
  });
  for (const { id, extension } of staff) {
    telephony.plugIn(extension, (leg) => {
      const call = ringing.get(asCallId(leg.labels.get("call") ?? ""));
      if (call === undefined) throw new Error(`${extension} rings for nobody`);
      leg.pickUp();
      clock.sleep(Math.max(SHORTEST_MS, call.arrival.handleMs), leg.gone).then(
        () => leg.end("normal"),
        () => undefined, // The caller has hung up.
      );
    });
    await world.signIn(id);
  }
  const began = clock.now();
  const never = new AbortController().signal;
  const arrive = async (): Promise<void> => {
    let index = 0;
    for (const arrival of arrivalsOf([{ ...traffic, queue }], calls, seed)) {
      await clock.sleep(began + arrival.at - clock.now(), never);
      // Everybody calls from a phone of her own: who calls again soon would have her old place.
      const from = `+2547${String(index).padStart(8, "0")}`;
      const caller = telephony.incoming({ from: "outside", dialled: number }, from);
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
