import type { Centre } from "../../../domain/centre.ts";
import { defined, serviceLevelDefined } from "../../../domain/metrics/definitions.ts";
import {
  averageHandling,
  type Handling,
  handledTogether,
  handling,
  noHandling,
} from "../../../domain/metrics/handling.ts";
import { placeIn } from "../../../domain/metrics/intervals.ts";
import {
  abandonRate,
  type Counts,
  counting,
  noCounts,
  type ServiceLevelMethod,
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
import { handlingCovers, presentHandling, rateOf, secondsOf } from "./figures.ts";
import { callsIn, presentWindow, startsOf, windowOf } from "./history.ts";

type ReportDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;
type Input = Asked<Routes["serviceLevels"]>["input"];

/** What is known of one queue in one stretch of time. */
interface QueueTally {
  counts: Counts;
  work: Handling;
}
const none: QueueTally = { counts: noCounts, work: noHandling };

/** Of each queue, by the interval in which its calls started, and of the whole time; and of all queues together. */
export async function levelsOf(input: Input, deps: ReportDeps): Promise<WireLevel> {
  const queues = namesOf(deps.centre, input.queue);
  const window = windowOf(input, deps, queues.length);
  const { interval, threshold_seconds, short_abandon_seconds, method } = input;
  const rules = {
    thresholdMs: threshold_seconds * 1_000,
    shortAbandonMs: short_abandon_seconds * 1_000,
  };
  const starts = startsOf(window, interval);
  const tallies = new Map(queues.map((queue) => [queue, starts.map(() => ({ ...none }))]));
  for await (const { startedAt, contacts, talks } of callsIn(window, deps)) {
    const place = placeIn(starts, startedAt);
    for (const contact of contacts) {
      const tally = tallies.get(contact.queue)?.[place];
      if (tally !== undefined) tally.counts = counting(tally.counts, contact, rules);
    }
    for (const talk of talks) {
      const tally = talk.queue === null ? undefined : tallies.get(talk.queue)?.[place];
      if (tally !== undefined) tally.work = handling(tally.work, talk);
    }
  }
  const wholes = Array.from(tallies, ([queue, parts]) => ({
    queue,
    whole: parts.reduce(addTallies, none),
  }));
  return {
    ...presentWindow(window),
    interval,
    threshold_seconds,
    short_abandon_seconds,
    method,
    aht_covers: handlingCovers(noHandling),
    intervals: starts.flatMap((at, place) =>
      queues.map((queue) => ({
        at: toTime(at),
        queue,
        ...present(tallies.get(queue)?.[place] ?? none, method),
      })),
    ),
    queues: wholes.map(({ queue, whole }) => ({ queue, ...presentWhole(whole, method) })),
    total: presentWhole(wholes.map(({ whole }) => whole).reduce(addTallies, none), method),
    definitions: {
      ...serviceLevelDefined(method, threshold_seconds, short_abandon_seconds),
      ...defined(
        "offered",
        "answered",
        "abandoned",
        "short_abandoned",
        "callbacks",
        "flowed_out",
        "voicemail",
        "forwarded",
        "lost",
        "asa_seconds",
        "abandon_rate",
        "longest_wait_seconds",
        "handled",
        "transferred",
        "talk_seconds",
        "hold_seconds",
        "wrap_seconds",
        "aht_seconds",
        "occupancy",
        "interval",
      ),
    },
  };
}

function present({ counts, work }: QueueTally, method: ServiceLevelMethod) {
  return {
    offered: counts.offered,
    answered: counts.answered,
    abandoned: counts.abandoned,
    short_abandoned: counts.shortAbandoned,
    callbacks: counts.callbacks,
    flowed_out: counts.flowedOut,
    voicemail: counts.voicemail,
    forwarded: counts.forwarded,
    lost: counts.lost,
    service_level: rateOf(serviceLevel(counts, method)),
    asa_seconds: secondsOf(speedOfAnswer(counts)),
    abandon_rate: rateOf(abandonRate(counts)),
    longest_wait_seconds: secondsOf(counts.longestWaitMs) ?? 0,
    ...presentHandling(work),
    aht_seconds: secondsOf(averageHandling(work)),
  };
}

function presentWhole(tally: QueueTally, method: ServiceLevelMethod) {
  const levels = serviceLevelMethods.map((each) => [
    each,
    rateOf(serviceLevel(tally.counts, each)),
  ]);
  return { ...present(tally, method), service_levels: Object.fromEntries(levels) };
}

const addTallies = (left: QueueTally, right: QueueTally): QueueTally => ({
  counts: together(left.counts, right.counts),
  work: handledTogether(left.work, right.work),
});

/** What `windowOf` refuses is no queue here. */
const namesOf = ({ queues }: Centre, queue: string | undefined): readonly string[] =>
  queue === undefined ? queues.map(({ name }) => name) : [queue];
