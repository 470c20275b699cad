import type { HangupCause } from "../../ports/telephony.ts";

/** What ARI calls the reason for our own hangup; each becomes a Q.850 cause and so a SIP status at the phone. */
export const reasonOf: Readonly<Record<HangupCause, string>> = {
  normal: "normal",
  busy: "busy",
  no_answer: "no_answer",
  declined: "rejected",
  unreachable: "unallocated",
  answered_elsewhere: "answered_elsewhere",
  failed: "failure",
  released: "normal",
  asterisk_died: "failure",
};

const causes: ReadonlyMap<number, HangupCause> = new Map([
  [1, "unreachable"],
  [2, "unreachable"],
  [3, "unreachable"],
  [16, "normal"],
  [17, "busy"],
  [18, "no_answer"],
  [19, "no_answer"],
  [20, "unreachable"],
  [21, "declined"],
  [22, "unreachable"],
  [26, "answered_elsewhere"],
  [27, "unreachable"],
  [28, "unreachable"],
  // A soft hangup that came without a cause of its own.
  [0, "normal"],
  [31, "normal"],
  [32, "normal"],
]);

/** Why a leg ended, from the Q.850 cause; whatever is not an ordinary ending is `failed`. */
export function causeOf(code: number | undefined): HangupCause {
  return causes.get(code ?? 0) ?? "failed";
}

/** The same for a phone that never answered: there the network's own failures mean that it cannot be reached. */
export function unansweredCauseOf(code: number): HangupCause {
  const cause = causeOf(code);
  if (cause === "normal") return "no_answer";
  // 34, 38, 41, 42, 44, 47: no way through to the phone, in the words of the telephone network.
  return cause === "failed" && code >= 34 && code <= 47 ? "unreachable" : cause;
}
