import type { Centre } from "../../../domain/centre.ts";
import { defined } from "../../../domain/metrics/definitions.ts";
import { intervalAt, intervalsIn } from "../../../domain/metrics/intervals.ts";
import {
  abandonRate,
  type Counts,
  counting,
  noCounts,
  serviceLevel,
  serviceLevelMethods,
  speedOfAnswer,
  together,
} from "../../../domain/metrics/service-level.ts";
import type { WireLevel } from "../../contract/analytics.ts";
import type { Routes } from "../../contract/routes.ts";
import { toTime } from "../../contract/words.ts";
import type { FacadeDeps } from "../deps.ts";
import type { Asked } from "../handler.ts";
import { rateOf, secondsOf } from "./figures.ts";
import { callsIn, presentWindow, windowOf } from "./history.ts";

type ReportDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;
type Input = Asked<Routes["serviceLevels"]>["input"];

/** What is known of one queue in one stretch of time. */
interface QueueTally {
  counts: Counts;
  talks: number;
  talkMs: number;
}

/** Of each queue, by the interval in which callers came into it, and of the whole time. */
export async function levelsOf(input: Input, deps: ReportDeps): Promise<WireLevel> {
  const window = windowOf(input, deps);
  const { interval, threshold_seconds, short_abandon_seconds, method } = input;
  const rules = {
    thresholdMs: threshold_seconds * 1_000,
    shortAbandonMs: short_abandon_seconds * 1_000,
  };
  const queues = namesOf(deps.centre, window.queue);
  const starts = intervalsIn(window.from, window.to, interval, window.zone);
  const tallies = new Map<string, QueueTally>();
  const tallyAt = (at: number, queue: string): QueueTally => {
    const key = `${intervalAt(at, interval, window.zone)} ${queue}`;
    const tally = tallies.get(key) ?? { counts: noCounts, talks: 0, talkMs: 0 };
    tallies.set(key, tally);
    return tally;
  };
  for await (const { contacts, talks } of callsIn(window, deps)) {
    for (const contact of contacts) {
      const tally = tallyAt(contact.enteredAt, contact.queue);
      tally.counts = counting(tally.counts, contact, rules);
    }
    for (const { queue, at, endedAt } of talks) {
      if (queue === null || endedAt === null) continue;
      const tally = tallyAt(at, queue);
      tally.talks += 1;
      tally.talkMs += endedAt - at;
    }
  }
  const none: QueueTally = { counts: noCounts, talks: 0, talkMs: 0 };
  const tally = (at: number, queue: string) => tallies.get(`${at} ${queue}`) ?? none;
  const present = ({ counts, talks, talkMs }: QueueTally) => ({
    offered: counts.offered,
    answered: counts.answered,
    abandoned: counts.abandoned,
    short_abandoned: counts.shortAbandoned,
    callbacks: counts.callbacks,
    flowed_out: counts.flowedOut,
    lost: counts.lost,
    service_level: rateOf(serviceLevel(counts, method)),
    asa_seconds: secondsOf(speedOfAnswer(counts)),
    abandon_rate: rateOf(abandonRate(counts)),
    longest_wait_seconds: secondsOf(counts.longestWaitMs) ?? 0,
    aht_seconds: talks === 0 ? null : secondsOf(talkMs / talks),
  });
  return {
    ...presentWindow(window),
    interval,
    threshold_seconds,
    short_abandon_seconds,
    method,
    intervals: starts.flatMap((at) =>
      queues.map((queue) => ({ at: toTime(at), queue, ...present(tally(at, queue)) })),
    ),
    queues: queues.map((queue) => {
      const all = starts.map((at) => tally(at, queue)).reduce(addTallies, none);
      const levels = serviceLevelMethods.map((each) => [
        each,
        rateOf(serviceLevel(all.counts, each)),
      ]);
      return { queue, ...present(all), service_levels: Object.fromEntries(levels) };
    }),
    definitions: defined(
      "offered",
      "answered",
      "abandoned",
      "short_abandoned",
      "callbacks",
      "flowed_out",
      "lost",
      "service_level",
      "asa_seconds",
      "abandon_rate",
      "longest_wait_seconds",
      "aht_seconds",
      "interval",
    ),
  };
}

const addTallies = (left: QueueTally, right: QueueTally): QueueTally => ({
  counts: together(left.counts, right.counts),
  talks: left.talks + right.talks,
  talkMs: left.talkMs + right.talkMs,
});

const namesOf = ({ queues }: Centre, queue: string | null): readonly string[] =>
  queue === null ? queues.map(({ name }) => name) : [queue];
