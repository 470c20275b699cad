/** One SIP message as a phone sent or received it. */
export interface SipMessage {
  /** Milliseconds since 1970, to the microsecond. */
  readonly at: number;
  readonly direction: "sent" | "received";
  readonly callId: string;
  readonly cseq: number;
  /** The method of the transaction, also on a response. */
  readonly method: string;
  /** The status of a response; absent on a request. */
  readonly status?: number;
  /** The first line. */
  readonly line: string;
}

/** Reads SIPp's short message log (`-trace_shortmsg -rfc3339`); a last line that is not complete yet is left out. */
export function parseTrace(text: string): readonly SipMessage[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .flatMap((row) => {
      const [time, way, callId, cseq, line] = row.split("\t");
      const at = time === undefined ? Number.NaN : microseconds(time);
      const order = /^CSeq:\s*(\d+)\s+(\w+)/.exec(cseq ?? "");
      if (Number.isNaN(at) || callId === undefined || line === undefined || order === null)
        return [];
      const status = /^SIP\/2\.0 (\d{3})/.exec(line)?.[1];
      return [
        {
          at,
          direction: way === "S" ? ("sent" as const) : ("received" as const),
          callId,
          cseq: Number(order[1]),
          method: order[2] ?? "",
          ...(status === undefined ? {} : { status: Number(status) }),
          line,
        },
      ];
    });
}

/** `2026-11-21T04:50:12.375667Z` as milliseconds with three decimals, which `Date.parse` would cut off. */
function microseconds(time: string): number {
  const parts = /^(.*)\.(\d{3})(\d{3})Z$/.exec(time.trim());
  if (parts === null) return Number.NaN;
  return Date.parse(`${parts[1]}.${parts[2]}Z`) + Number(parts[3]) / 1000;
}
