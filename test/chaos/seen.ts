import type { Sipp } from "../../src/ops/phones/sipp.ts";
import type { SipMessage } from "../../src/ops/phones/trace.ts";

/** One call as the phone at one end of it saw it. Times are milliseconds since 1970, to the microsecond. */
export interface SeenCall {
  /** The caller's number, the same at both ends. */
  readonly number: string;
  /** The user part that the INVITE asks for. */
  readonly called: string;
  readonly invitedAt: number;
  /** The first answer to the INVITE: until then a busy exchange may not have read it. */
  readonly heardAt: number;
  readonly answeredAt: number | null;
  /** The status that a call was turned down with. */
  readonly refused: number | null;
  /** The moment of the CANCEL, whoever sent it. */
  readonly cancelledAt: number | null;
  /** The moment of the BYE, and whether it was sent here. */
  readonly endedAt: number | null;
  readonly endedHere: boolean;
  /** The answer to the BYE or, before there was a conversation, the CANCEL. */
  readonly endHeardAt: number | null;
}

/** The calls of phones that note the number of each, in the order of their INVITEs. */
export async function seenBy(...phones: readonly Sipp[]): Promise<readonly SeenCall[]> {
  const calls = await Promise.all(phones.map(callsOf));
  return calls.flat().sort((left, right) => left.invitedAt - right.invitedAt);
}

async function callsOf(sipp: Sipp): Promise<readonly SeenCall[]> {
  const [messages, notes] = await Promise.all([sipp.trace(), sipp.errors()]);
  const numbers = new Map<string, string>();
  for (const [, number = "", id = ""] of notes.matchAll(/chaos (\+\d+) (\S+?)\.?\s/g))
    numbers.set(id, number);
  const byCall = Map.groupBy(messages, (message) => message.callId);
  return Array.from(byCall, ([id, own]) => callFrom(numbers.get(id), own)).filter(
    (call) => call !== null,
  );
}

function callFrom(number: string | undefined, messages: readonly SipMessage[]): SeenCall | null {
  const first = (method: string, status?: number) =>
    messages.find((message) => message.method === method && message.status === status);
  const invite = first("INVITE");
  if (invite === undefined || number === undefined) return null;
  const heard = messages.find(({ method, status }) => method === "INVITE" && status !== undefined);
  const bye = first("BYE");
  const cancel = first("CANCEL");
  const end = bye ?? cancel ?? null;
  const refusal = messages.find(({ method, status = 0 }) => method === "INVITE" && status >= 300);
  return {
    number,
    called: /^INVITE sips?:([^@;> ]+)/.exec(invite.line)?.[1] ?? "",
    invitedAt: invite.at,
    heardAt: heard?.at ?? invite.at,
    answeredAt: first("INVITE", 200)?.at ?? null,
    refused: refusal?.status ?? null,
    cancelledAt: cancel?.at ?? null,
    endedAt: bye?.at ?? null,
    endedHere: bye?.direction === "sent",
    endHeardAt: end === null ? null : (first(end.method, 200) ?? end).at,
  };
}
