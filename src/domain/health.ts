/** The parts that a Kituo process leans on. */
export const parts = ["asterisk", "desk", "jobs", "store", "journal"] as const;
export type Part = (typeof parts)[number];

/**
 * How a part is: `up`; `down`: it does not answer; of the journal, `behind`: the store does not take what is to be
 * kept, it waits on the disk; `failing`: it waits in memory, for the disk takes nothing either.
 */
export const partStates = ["up", "behind", "failing", "down"] as const;
export type PartState = (typeof partStates)[number];

export interface PartHealth {
  readonly state: PartState;
  /** Since when it is so, in milliseconds since 1970. */
  readonly since: number;
}

export type Parts = Readonly<Record<Part, PartHealth>>;

/** `up`; `degraded`: calls go on though something is away; `down`: calls cannot be handled. */
export const overallStates = ["up", "degraded", "down"] as const;
export type OverallState = (typeof overallStates)[number];

/** How the whole is. Only without Asterisk are there no calls; everything else can be away for a while. */
export function overall(health: Parts): OverallState {
  if (health.asterisk.state !== "up") return "down";
  return parts.every((part) => health[part].state === "up") ? "up" : "degraded";
}
