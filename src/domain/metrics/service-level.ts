import type { Contact } from "./contacts.ts";

/**
 * The ways in which the field computes a service level, each a share of 0 to 1. A: answered; B: abandoned without the
 * short ones; S: short abandons; C: asked to be called back; N: all stays that are over. An index T: only those who had
 * waited no longer than the threshold; <T: less than it.
 */
export const serviceLevelFormulas = {
  /** Recommended: who went elsewhere, or is called back, is in neither. */
  answered_or_abandoned: "A_T / (A + B)",
  /** Asterisk's ServicelevelPerf: who gives up is not seen. */
  answered_only: "A_T / A",
  /** Wazo's quality of service: an answer at the threshold is too late. */
  answered_under: "A_<T / A",
  /** Asterisk's ServicelevelPerf2: short waits help, whatever ended them. */
  short_waits: "(A_T + B_T + S_T) / (A + B + S)",
  /** XCALLY: who gave up in time is left out. */
  late_abandons: "A_T / (A + B + S - B_T - S_T)",
  /** Genesys with flow-outs, and Vonage with breakouts where no abandon is short: whoever went elsewhere counts against it. */
  all_offered: "A_T / (N - S)",
  /** Amazon Connect: whoever left the queue in time, answered, given up or to be called back. */
  removed: "(A_T + B_T + S_T + C_T) / N",
} as const;
export type ServiceLevelMethod = keyof typeof serviceLevelFormulas;
export const serviceLevelMethods = Object.keys(serviceLevelFormulas) as [
  ServiceLevelMethod,
  ...ServiceLevelMethod[],
];

export interface ServiceLevelRules {
  /** How long an answer may take to be in time. */
  readonly thresholdMs: number;
  /** Who hangs up sooner than this has not waited: she is no abandon. */
  readonly shortAbandonMs: number;
}

/** What a queue's service level, speed of answer and abandon rate are computed from; sums, so that parts can be added. */
export interface Counts {
  /** Contacts that are over: the sum of `answered`, `abandoned`, `shortAbandoned`, `callbacks`, `flowedOut` and `lost`. */
  readonly offered: number;
  readonly answered: number;
  readonly answeredInTime: number;
  /** In less than the threshold. */
  readonly answeredUnder: number;
  /** Without the short ones. */
  readonly abandoned: number;
  readonly abandonedInTime: number;
  readonly shortAbandoned: number;
  readonly shortInTime: number;
  readonly callbacks: number;
  readonly callbacksInTime: number;
  /** Those who left a message and those who were put through to somebody outside among them. */
  readonly flowedOut: number;
  readonly voicemail: number;
  readonly forwarded: number;
  readonly lost: number;
  /** How long all who were answered had waited, together, and the longest of them, and of those who gave up. */
  readonly answeredWaitMs: number;
  readonly longestWaitMs: number;
}

export const noCounts: Counts = {
  offered: 0,
  answered: 0,
  answeredInTime: 0,
  answeredUnder: 0,
  abandoned: 0,
  abandonedInTime: 0,
  shortAbandoned: 0,
  shortInTime: 0,
  callbacks: 0,
  callbacksInTime: 0,
  flowedOut: 0,
  voicemail: 0,
  forwarded: 0,
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
        answeredUnder: counts.answeredUnder + (waitedMs < thresholdMs ? 1 : 0),
        answeredWaitMs: counts.answeredWaitMs + waitedMs,
        longestWaitMs: Math.max(counts.longestWaitMs, waitedMs),
      };
    case "abandoned":
      if (waitedMs < shortAbandonMs)
        return {
          ...next,
          shortAbandoned: counts.shortAbandoned + 1,
          shortInTime: counts.shortInTime + inTime,
        };
      return {
        ...next,
        abandoned: counts.abandoned + 1,
        abandonedInTime: counts.abandonedInTime + inTime,
        longestWaitMs: Math.max(counts.longestWaitMs, waitedMs),
      };
    case "callback":
      return {
        ...next,
        callbacks: counts.callbacks + 1,
        callbacksInTime: counts.callbacksInTime + inTime,
      };
    case "voicemail":
    case "forwarded":
      return { ...next, flowedOut: counts.flowedOut + 1, [end]: counts[end] + 1 };
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
    answeredUnder: sum("answeredUnder"),
    abandoned: sum("abandoned"),
    abandonedInTime: sum("abandonedInTime"),
    shortAbandoned: sum("shortAbandoned"),
    shortInTime: sum("shortInTime"),
    callbacks: sum("callbacks"),
    callbacksInTime: sum("callbacksInTime"),
    flowedOut: sum("flowedOut"),
    voicemail: sum("voicemail"),
    forwarded: sum("forwarded"),
    lost: sum("lost"),
    answeredWaitMs: sum("answeredWaitMs"),
    longestWaitMs: Math.max(left.longestWaitMs, right.longestWaitMs),
  };
}

/** A share, or `null` where there was nothing to have a share of. */
export const share = (of: number, all: number): number | null => (all === 0 ? null : of / all);

/** The service level by one of the field's definitions ({@link serviceLevelFormulas}); `null` when nobody counts. */
export function serviceLevel(counts: Counts, method: ServiceLevelMethod): number | null {
  const { offered, answered, answeredInTime, abandoned, shortAbandoned } = counts;
  const gaveUp = abandoned + shortAbandoned;
  const gaveUpInTime = counts.abandonedInTime + counts.shortInTime;
  switch (method) {
    case "answered_or_abandoned":
      return share(answeredInTime, answered + abandoned);
    case "answered_only":
      return share(answeredInTime, answered);
    case "answered_under":
      return share(counts.answeredUnder, answered);
    case "short_waits":
      return share(answeredInTime + gaveUpInTime, answered + gaveUp);
    case "late_abandons":
      return share(answeredInTime, answered + gaveUp - gaveUpInTime);
    case "all_offered":
      return share(answeredInTime, offered - shortAbandoned);
    case "removed":
      return share(answeredInTime + gaveUpInTime + counts.callbacksInTime, offered);
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
