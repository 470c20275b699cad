import type { Contact } from "./contacts.ts";

/** The ways in which the field computes a service level; each is a share of 0 to 1. */
export const serviceLevelMethods = [
  "answered_or_abandoned",
  "answered_only",
  "short_waits",
  "late_abandons",
] as const;
export type ServiceLevelMethod = (typeof serviceLevelMethods)[number];

export interface ServiceLevelRules {
  /** How long an answer may take to be in time. */
  readonly thresholdMs: number;
  /** Who hangs up sooner than this has not waited: she is no abandon. */
  readonly shortAbandonMs: number;
}

/** What a queue's service level, speed of answer and abandon rate are computed from; sums, so that parts can be added. */
export interface Counts {
  /** Contacts that are over, and that counted for the queue: `answered`, `abandoned`, `callbacks`, `flowedOut`, `lost`. */
  readonly offered: number;
  readonly answered: number;
  readonly answeredInTime: number;
  /** Without the short ones. */
  readonly abandoned: number;
  readonly abandonedInTime: number;
  readonly shortAbandoned: number;
  readonly callbacks: number;
  readonly flowedOut: number;
  readonly lost: number;
  /** How long all who were answered had waited, together, and the longest of them, and of those who gave up. */
  readonly answeredWaitMs: number;
  readonly longestWaitMs: number;
}

export const noCounts: Counts = {
  offered: 0,
  answered: 0,
  answeredInTime: 0,
  abandoned: 0,
  abandonedInTime: 0,
  shortAbandoned: 0,
  callbacks: 0,
  flowedOut: 0,
  lost: 0,
  answeredWaitMs: 0,
  longestWaitMs: 0,
};

/** The counts with one more contact; one that is not over counts for nothing yet. */
export function counting(
  counts: Counts,
  { end, enteredAt, endedAt }: Contact,
  { thresholdMs, shortAbandonMs }: ServiceLevelRules,
): Counts {
  if (endedAt === null) return counts;
  const waitedMs = endedAt - enteredAt;
  const inTime = waitedMs <= thresholdMs ? 1 : 0;
  const next = { ...counts, offered: counts.offered + 1 };
  switch (end) {
    case "answered":
      return {
        ...next,
        answered: counts.answered + 1,
        answeredInTime: counts.answeredInTime + inTime,
        answeredWaitMs: counts.answeredWaitMs + waitedMs,
        longestWaitMs: Math.max(counts.longestWaitMs, waitedMs),
      };
    case "abandoned":
      if (waitedMs < shortAbandonMs) return { ...next, shortAbandoned: counts.shortAbandoned + 1 };
      return {
        ...next,
        abandoned: counts.abandoned + 1,
        abandonedInTime: counts.abandonedInTime + inTime,
        longestWaitMs: Math.max(counts.longestWaitMs, waitedMs),
      };
    case "callback":
      return { ...next, callbacks: counts.callbacks + 1 };
    case "flowed_out":
      return { ...next, flowedOut: counts.flowedOut + 1 };
    case "lost":
      return { ...next, lost: counts.lost + 1 };
    case "waiting":
      return counts;
    default:
      return end satisfies never;
  }
}

/** Two parts together. */
export function together(left: Counts, right: Counts): Counts {
  const sum = (name: keyof Counts): number => left[name] + right[name];
  return {
    offered: sum("offered"),
    answered: sum("answered"),
    answeredInTime: sum("answeredInTime"),
    abandoned: sum("abandoned"),
    abandonedInTime: sum("abandonedInTime"),
    shortAbandoned: sum("shortAbandoned"),
    callbacks: sum("callbacks"),
    flowedOut: sum("flowedOut"),
    lost: sum("lost"),
    answeredWaitMs: sum("answeredWaitMs"),
    longestWaitMs: Math.max(left.longestWaitMs, right.longestWaitMs),
  };
}

/** A share, or `null` where there was nothing to have a share of. */
const share = (of: number, all: number): number | null => (all === 0 ? null : of / all);

/**
 * The service level by one of the field's definitions.
 *
 * - `answered_or_abandoned`: answered in time / (answered + abandoned); short abandons, call backs and those who went
 *   elsewhere are in neither. The default.
 * - `answered_only`: answered in time / answered (Asterisk's ServicelevelPerf): who gives up is not seen.
 * - `short_waits`: (answered + abandoned in time) / (answered + abandoned) (Asterisk's ServicelevelPerf2), short abandons
 *   among the abandoned.
 * - `late_abandons`: answered in time / (answered + abandoned later than the threshold) (XCALLY).
 */
export function serviceLevel(counts: Counts, method: ServiceLevelMethod): number | null {
  const { answered, answeredInTime, abandoned, abandonedInTime, shortAbandoned } = counts;
  switch (method) {
    case "answered_or_abandoned":
      return share(answeredInTime, answered + abandoned);
    case "answered_only":
      return share(answeredInTime, answered);
    case "short_waits":
      return share(
        answeredInTime + abandonedInTime + shortAbandoned,
        answered + abandoned + shortAbandoned,
      );
    case "late_abandons":
      return share(answeredInTime, answered + abandoned - abandonedInTime);
    default:
      return method satisfies never;
  }
}

/** Average speed of answer: the mean wait of those who were answered, in milliseconds. */
export const speedOfAnswer = ({ answeredWaitMs, answered }: Counts): number | null =>
  share(answeredWaitMs, answered);

/** Abandoned / (offered - short abandons): call backs and short abandons are none. */
export const abandonRate = ({ abandoned, offered, shortAbandoned }: Counts): number | null =>
  share(abandoned, offered - shortAbandoned);
