import type { CallState } from "../domain/call.ts";
import type { QueueSettings } from "../domain/centre.ts";
import type { AgentId } from "../domain/ids.ts";
import { addedPriority, preferredBy, type Served, servedLast } from "../domain/regulars.ts";
import type { Call } from "./call.ts";
import type { Deps } from "./deps.ts";

/** How many calls of the caller are looked at; of those that were served, nearly always the first is one. */
const CALLS = 10;

/** How long a caller waits for it who has been in no menu: reading a few rows takes less. */
const WITHIN_MS = 50;

/** What history says of a caller: looked for while she is in the menu, so that it holds up nobody. */
export interface History {
  /** `null` when nobody did, or as long as nothing is known. */
  served: Served | null;
  isKnown: boolean;
  /** Never rejects. */
  readonly looked: Promise<void>;
}

/** Begins to look for who served the caller of a call last, where any queue asks for that. */
export function lookBack({ direction, caller }: CallState, deps: Deps): History {
  const isAsked = deps.centre.queues.some(({ lastAgent }) => lastAgent !== null);
  if (!isAsked || direction === "internal" || deps.e164(caller) === null) {
    return { served: null, isKnown: true, looked: Promise.resolve() };
  }
  const read = deps.store.calls.list({ caller, result: "completed", limit: CALLS });
  const history: History = {
    served: null,
    isKnown: false,
    looked: read.then(
      (calls) => {
        history.served = servedLast(calls);
        history.isKnown = true;
      },
      (error: unknown) => {
        deps.log.warn({ err: error }, "it was not found out who served a caller last");
      },
    ),
  };
  return history;
}

/** Whom a queue prefers for this caller, as far as is known by now. */
export function preferredNow(
  { history, deps }: Pick<Call, "history" | "deps">,
  settings: QueueSettings,
): AgentId | null {
  return preferredBy(settings, history.served, deps.clock.now());
}

/** Waits a moment for what is not known yet, where a call goes straight into a queue that asks for it. */
export async function lookedBack(
  { history, scope }: Pick<Call, "history" | "scope">,
  { lastAgent }: QueueSettings,
) {
  if (lastAgent === null || history.isKnown) return;
  await scope.within(
    WITHIN_MS,
    (waiting) => waiting.wait(history.looked),
    () => undefined,
  );
}

/** The priority that she waits with: what was decided when she came, or what her number gives her. */
export function priorityOf({ record, deps }: Pick<Call, "record" | "deps">): number {
  const { queuedAt, priority, caller } = record.state;
  return queuedAt === null ? addedPriority(deps.centre, deps.e164(caller)) : priority;
}
