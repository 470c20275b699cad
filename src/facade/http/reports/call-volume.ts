import { defined, definitions } from "../../../domain/metrics/definitions.ts";
import { placeIn } from "../../../domain/metrics/intervals.ts";
import type { WireVolume } from "../../contract/analytics.ts";
import type { Routes } from "../../contract/routes.ts";
import { toTime } from "../../contract/words.ts";
import type { FacadeDeps } from "../deps.ts";
import type { Asked } from "../handler.ts";
import { callsIn, presentWindow, startsOf, windowOf } from "./history.ts";

type ReportDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;
type Input = Asked<Routes["callVolume"]>["input"];

const noVolume = {
  calls: 0,
  inbound: 0,
  outbound: 0,
  internal: 0,
  completed: 0,
  abandoned: 0,
  unserved: 0,
  refused: 0,
  failed: 0,
  live: 0,
};

/** How many calls there were, by the interval in which they started, and by queue. */
export async function volumeOf(input: Input, deps: ReportDeps): Promise<WireVolume> {
  const window = windowOf(input, deps);
  const { interval } = input;
  const starts = startsOf(window, interval);
  const counts = starts.map(() => ({ ...noVolume }));
  const total = { ...noVolume };
  const { queue: wanted, agent } = window;
  const names = deps.centre.queues.map(({ name }) => name);
  const ofQueue = new Map(
    names
      .filter((name) => wanted === null || name === wanted)
      .map((name) => [name, { ...noVolume }]),
  );
  for await (const call of callsIn(window, deps)) {
    const { startedAt, direction, state, contacts, talks, offers } = call;
    const queues = new Set([state, ...contacts, ...talks, ...offers].map(({ queue }) => queue));
    if (wanted !== null && !Array.from(queues, String).includes(wanted)) continue;
    if (agent !== null && ![...talks, ...offers].some((each) => each.agent === agent)) continue;
    const ofQueues = Array.from(queues, (queue) =>
      queue === null ? undefined : ofQueue.get(queue),
    );
    for (const each of [total, counts[placeIn(starts, startedAt)], ...ofQueues]) {
      if (each === undefined) continue;
      each.calls += 1;
      each[direction] += 1;
      each[state.ending?.result ?? "live"] += 1;
    }
  }
  return {
    ...presentWindow(window),
    interval,
    intervals: starts.map((at, place) => ({ at: toTime(at), ...(counts[place] ?? noVolume) })),
    queues: Array.from(ofQueue, ([queue, each]) => ({ queue, ...each })),
    total,
    definitions: { ...defined("calls", "interval"), abandoned: definitions.abandoned_calls },
  };
}
