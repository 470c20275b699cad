import { defined } from "../../../domain/metrics/definitions.ts";
import { intervalAt, intervalsIn } from "../../../domain/metrics/intervals.ts";
import type { WireVolume } from "../../contract/analytics.ts";
import type { Routes } from "../../contract/routes.ts";
import { toTime } from "../../contract/words.ts";
import type { FacadeDeps } from "../deps.ts";
import type { Asked } from "../handler.ts";
import { callsIn, presentWindow, windowOf } from "./history.ts";

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

/** How many calls there were, by the interval in which they started. */
export async function volumeOf(input: Input, deps: ReportDeps): Promise<WireVolume> {
  const window = windowOf(input, deps);
  const { interval } = input;
  const starts = intervalsIn(window.from, window.to, interval, window.zone);
  const counts = new Map(starts.map((at) => [at, { ...noVolume }]));
  const total = { ...noVolume };
  for await (const { startedAt, direction, state } of callsIn(window, deps)) {
    if (window.queue !== null && state.queue !== window.queue) continue;
    const ofInterval = counts.get(intervalAt(startedAt, interval, window.zone));
    for (const each of ofInterval === undefined ? [total] : [total, ofInterval]) {
      each.calls += 1;
      each[direction] += 1;
      each[state.ending?.result ?? "live"] += 1;
    }
  }
  const intervals = Array.from(counts, ([at, each]) => ({ at: toTime(at), ...each }));
  return { ...presentWindow(window), interval, intervals, total, definitions: defined("interval") };
}
