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

/** What a part that is not up means, and for what it is to be done. */
const troubles: Readonly<Record<Part, string>> = {
  asterisk: "Asterisk does not answer: no call can be handled",
  desk: "Redis does not answer: calls go on in this process's memory",
  jobs: "the queue of jobs does not answer: jobs wait in this process's memory",
  store: "the store does not answer: call logs wait on the disk, history cannot be read",
  journal: "the journal cannot write to its disk: make room there",
};

/** Why a part is not up, in words; `null` when it is. */
export function troubleOf(part: Part, { state }: PartHealth): string | null {
  if (state === "up") return null;
  // On the disk is where it is safe: it is brought to the store by itself.
  return part === "journal" && state === "behind"
    ? "call logs wait on the disk until the store takes them"
    : troubles[part];
}
