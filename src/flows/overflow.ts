import type { QueueSettings } from "../domain/centre.ts";
import { asQueueName } from "../domain/ids.ts";
import type { QueueSnapshot } from "../domain/queue.ts";
import { isStaffed, loadOf } from "../domain/routing/load.ts";
import {
  isStillStaffed,
  nextStepAfter,
  type Outlook,
  refusalOf,
  stepDue,
  wayInstead,
  wayOf,
} from "../domain/routing/overflow.ts";
import { compareWaiting } from "../domain/routing/ranking.ts";
import { Inbox } from "../ports/inbox.ts";
import type { Call } from "./call.ts";
import type { Scope } from "./scope.ts";
import type { Leaving, WayOut } from "./way-out.ts";

/** What is said to whom a queue does not take. */
const prompts = {
  queue_full: "queue-full",
  nobody_signed_in: "no-agents",
  nobody_available: "no-agents",
} as const;

/** Whether it has to be known how a queue stands while a caller waits in it. */
export const isWatched = ({ announce, overflow, leaveEmpty }: QueueSettings): boolean =>
  announce.estimate || overflow.length > 0 || leaveEmpty !== "always";

/** How the queue stands for one who waits in it, as it was told last. */
export class Watched {
  #outlook: Outlook | null = null;
  readonly #changes = new Inbox<Outlook>();

  get outlook(): Outlook | null {
    return this.#outlook;
  }

  see(outlook: Outlook): void {
    this.#outlook = outlook;
    this.#changes.flush(); // Only the newest counts.
    this.#changes.put(outlook);
  }

  /** Waits until it stands otherwise. */
  async change(signal: AbortSignal): Promise<void> {
    await this.#changes.next(signal);
  }
}

/** Why a queue does not take a caller who has just joined it, and where she is taken instead; `null` when it does. */
export function refuse(
  call: Call,
  settings: QueueSettings,
  snapshot: QueueSnapshot,
): Leaving | null {
  const queue = asQueueName(settings.name);
  const place = settings.maxLength === null ? 1 : placeOf(call, settings, snapshot);
  const now = call.deps.clock.now();
  const staffed = isStaffed(settings.joinEmpty, queue, snapshot.agents, now);
  const why = refusalOf(settings, { staffed, place });
  if (why === null) return null;
  const load = loadOf({ queue }, snapshot, call.deps.rules, now);
  const standing = { waitedMs: 0, place: placeOf(call, settings, snapshot), load };
  return { to: wayInstead(settings, standing), why, prompt: prompts[why] };
}

/**
 * The place, from 1, that counts for how many a queue takes. Of those who come at one moment the first are taken;
 * whoever is brought from another queue, where she has waited, comes last of all.
 */
function placeOf(call: Call, { name }: QueueSettings, { waiting }: QueueSnapshot): number {
  const { state } = call.record;
  const others = waiting.filter((entry) => entry.queue === name && entry.call !== state.id);
  const own = waiting.find((entry) => entry.call === state.id);
  if (state.queuedAt !== null || own === undefined) return others.length + 1;
  return others.filter((other) => compareWaiting(other, own, call.deps.rules) < 0).length + 1;
}

/** Does what the queue's rules say, at the moment they say it, for as long as she waits or until one takes her away. */
export async function heedRules(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
  watched: Watched,
  wayOut: WayOut,
): Promise<void> {
  const { record } = call;
  const { clock } = call.deps;
  // Each step is taken once, whatever comes of it: one that could not be written down must not be due for ever.
  const taken = new Set(record.state.overflowed);
  let emptySince: number | null = null;
  for (;;) {
    const { outlook } = watched;
    const now = clock.now();
    const waitedMs = now - (record.state.joinedAt ?? now);
    const moments: number[] = [];
    if (outlook !== null) {
      const due = stepDue(settings, [...taken], { ...outlook, waitedMs });
      if (due !== null) {
        taken.add(due);
        if (await take(call, scope, settings, due, wayOut)) return;
        continue;
      }
      const staffed = isStillStaffed(settings.leaveEmpty, outlook.load);
      emptySince = staffed ? null : (emptySince ?? now);
      if (emptySince !== null) {
        const left = emptySince + settings.leaveEmptyAfterMs - now;
        if (left <= 0) {
          wayOut.take({ to: settings.otherwise, why: "nobody_left", prompt: "no-agents" });
          return;
        }
        moments.push(left);
      }
    }
    const next = nextStepAfter(settings.overflow, [...taken], waitedMs);
    if (next !== null) moments.push(next - waitedMs);
    if (moments.length === 0) await watched.change(scope.signal);
    else
      await scope.within(
        Math.min(...moments),
        (waiting) => watched.change(waiting.signal),
        () => undefined,
      );
  }
}

/** Takes a step of the overflow; `true` when it takes her out of the queue. */
async function take(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
  index: number,
  wayOut: WayOut,
): Promise<boolean> {
  const { record, deps } = call;
  const step = settings.overflow[index];
  if (step === undefined) return false;
  const to = wayOf(step);
  if (to !== null) {
    wayOut.take({ to, why: `overflow_${index + 1}` });
    return true;
  }
  const { state } = record;
  const priority = state.priority + ("priority" in step.do ? step.do.priority : 0);
  const widened = state.widened || "widenSkills" in step.do;
  const added = "alsoQueue" in step.do ? [asQueueName(step.do.alsoQueue)] : [];
  const alsoQueues = [...new Set([...state.alsoQueues, ...added])];
  const also = alsoQueues.length === 0 ? {} : { alsoQueues };
  const queue = asQueueName(settings.name);
  // Written down first: whoever takes the call up joins the queue with it.
  record.note({ type: "overflowed", queue, step: index, priority, widened, ...also });
  await scope.wait(
    deps.desk.adjust(state.id, { priority, ...(widened ? { widened } : {}), ...also }),
  );
  return false;
}
