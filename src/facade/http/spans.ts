import type { Span } from "../../ports/store.ts";
import { Problem } from "./problems.ts";

/** A span of time as the store takes it; `undefined`: any time. */
export function spanOf(from: number | undefined, to: number | undefined): Span | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** Refuses (400) a span that ends before it begins; `prefix`: of `created_from` and `created_to`. */
export function refuseEmptySpan(
  prefix: string | null,
  from: number | undefined,
  to: number | undefined,
): void {
  if (from === undefined || to === undefined || from < to) return;
  const [first, second] = prefix === null ? ["from", "to"] : [`${prefix}_from`, `${prefix}_to`];
  throw new Problem("bad_request", "One thing is wrong with the request.", {
    faults: [`${first}: must be before ${second}`],
  });
}
