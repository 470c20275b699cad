import { type Hours, type Opening, openingAt } from "./hours.ts";
import type { QueueName } from "./ids.ts";

/** What somebody said last of a queue, whatever its hours: that it is closed, or that its hours count again. */
export interface Closing {
  readonly queue: QueueName;
  readonly closed: boolean;
  /** When its hours count again; `null`: when somebody says so. */
  readonly until: number | null;
  /** Why; empty when nothing was said. */
  readonly reason: string;
  /** Who said it, by user name. */
  readonly by: string;
  /** When it was said. Milliseconds since 1970. */
  readonly at: number;
}

/** Whether a queue is closed by somebody at a moment. When that was said is not asked: clocks are set, and differ. */
export function isClosedBy(closing: Closing, at: number): boolean {
  return closing.closed && (closing.until === null || at < closing.until);
}

/** Whether a queue takes calls at a moment: not while somebody has closed it, else by its hours. */
export function openingOf(hours: Hours | null, closing: Closing | null, at: number): Opening {
  if (closing === null || !isClosedBy(closing, at)) return openingAt(hours, at);
  const { until } = closing;
  if (until === null) return { open: false, by: "closing", until: null };
  const then = openingAt(hours, until);
  return { open: false, by: "closing", until: then.open ? until : then.until };
}
