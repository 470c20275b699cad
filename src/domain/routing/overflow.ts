import type { Outside, OverflowStep, Staffing, WaitingSettings, Way } from "../waiting.ts";
import { estimateWait } from "./estimate.ts";
import type { QueueLoad } from "./load.ts";

/** Why a queue does not take a caller. */
export type Refusal = "queue_full" | "nobody_signed_in" | "nobody_available";

/** A caller's place in a queue, from 1, and how the queue stands. */
export interface Outlook {
  readonly place: number;
  readonly load: QueueLoad;
}

/** How a waiting caller stands at one moment: `waitedMs` is since she came into this queue. */
export interface Standing extends Outlook {
  readonly waitedMs: number;
}

/** Why the queue does not take whoever comes with this place; `null` when it does. */
export function refusalOf(
  { joinEmpty, maxLength }: Pick<WaitingSettings, "joinEmpty" | "maxLength">,
  { place, staffed }: { readonly place: number; readonly staffed: boolean },
): Refusal | null {
  if (!staffed) return joinEmpty === "available" ? "nobody_available" : "nobody_signed_in";
  return maxLength !== null && place > maxLength ? "queue_full" : null;
}

/** Whether a rule that was true of agents when a caller came is true still. */
export function isStillStaffed(rule: Staffing, load: QueueLoad): boolean {
  return rule === "always" || (rule === "signed-in" ? load.signedIn : load.available) > 0;
}

/** The first step whose time has come and that was not taken yet, by its place in the list; `null` when there is none. */
export function stepDue(
  { overflow, estimate }: Pick<WaitingSettings, "overflow" | "estimate">,
  taken: readonly number[],
  standing: Standing,
): number | null {
  const found = overflow.findIndex(
    (step, index) => !taken.includes(index) && isDue(step, standing, estimate),
  );
  return found < 0 ? null : found;
}

function isDue(
  { when }: OverflowStep,
  { waitedMs, place, load }: Standing,
  estimate: WaitingSettings["estimate"],
): boolean {
  if ("waitedMs" in when) return waitedMs >= when.waitedMs;
  if ("length" in when) return place >= when.length;
  if ("noAgents" in when) return load.signedIn === 0;
  const waitMs = estimateWait(place, load, estimate);
  return waitMs !== null && waitMs > when.estimateMs;
}

/** The wait at which a step comes that has not been taken and that waits for nothing else; `null` when there is none. */
export function nextStepAfter(
  steps: readonly OverflowStep[],
  taken: readonly number[],
  waitedMs: number,
): number | null {
  const coming = steps.flatMap(({ when }, index) =>
    "waitedMs" in when && when.waitedMs > waitedMs && !taken.includes(index) ? when.waitedMs : [],
  );
  return coming.length === 0 ? null : Math.min(...coming);
}

/** Where a step takes a caller; `null` when it lets her wait on. */
export function wayOf({ do: does }: OverflowStep): Way | Outside | null {
  return "priority" in does || "widenSkills" in does || "alsoQueue" in does ? null : does;
}

/** Where a caller is taken whom the queue refuses: by the first step that is due and takes her anywhere, else `otherwise`. */
export function wayInstead(settings: WaitingSettings, standing: Standing): Way | Outside {
  const staying = settings.overflow.flatMap((step, index) => (wayOf(step) === null ? index : []));
  const due = stepDue(settings, staying, standing);
  const step = due === null ? undefined : settings.overflow[due];
  return (step === undefined ? null : wayOf(step)) ?? settings.otherwise;
}
