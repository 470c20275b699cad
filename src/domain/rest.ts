import type { OfferOutcome } from "./call-fact.ts";
import type { Centre } from "./centre.ts";
import type { QueueName } from "./ids.ts";

/** Which setting says how long an agent rests after an offer that ended so; `null`: she does not. */
const settings = {
  answered: null,
  answered_elsewhere: null,
  caller_left: null,
  busy: "busyMs",
  declined: "declinedMs",
  no_answer: "noAnswerMs",
  unreachable: "unreachableMs",
} as const satisfies Record<OfferOutcome, keyof Centre["routing"]["rest"] | null>;

/**
 * How long an agent rests after an offer, in milliseconds; 0: she is free at once. A queue may say otherwise than the
 * centre; a direct call has no queue.
 */
export function restAfter(
  outcome: OfferOutcome,
  queue: QueueName | null,
  { queues, routing }: Pick<Centre, "queues" | "routing">,
): number {
  const setting = settings[outcome];
  if (setting === null) return 0;
  return queues.find(({ name }) => name === queue)?.rest[setting] ?? routing.rest[setting];
}
