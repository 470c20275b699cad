/**
 * Every error that Kituo can answer with. A domain error knows its code; only `facade/http` knows which HTTP
 * status goes with it, and nobody compares messages.
 */
export type ErrorCode =
  | "bad_request"
  | "not_signed_in"
  | "not_allowed"
  | "number_not_allowed"
  | "not_found"
  | "conflict"
  | "illegal_transition"
  | "agent_unknown"
  | "agent_busy"
  | "queue_unknown"
  | "call_gone"
  | "telephony_down"
  | "desk_down"
  | "store_down"
  | "fenced"
  | "config_invalid"
  | "internal";

/** An error with a code, a sentence for people, and what was found wrong, one line a fault. */
export class KituoError extends Error {
  override readonly name = "KituoError";
  readonly code: ErrorCode;
  readonly faults: readonly string[];

  constructor(code: ErrorCode, message: string, faults: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.faults = faults;
  }
}

/** Whether this is an error of ours with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is KituoError {
  return error instanceof KituoError && error.code === code;
}
