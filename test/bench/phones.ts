import { type Account, injected, registered } from "../../src/ops/phones/agents.ts";
import { outsideAddress } from "../../src/ops/phones/callers.ts";
import {
  answerScenario,
  callerScenario,
  registerScenario,
  type Span,
} from "../../src/ops/phones/scenario.ts";
import { type PhoneSite, type Sipp, startSipp } from "../../src/ops/phones/sipp.ts";
import type { SipMessage } from "../../src/ops/phones/trace.ts";

/**
 * Phones that ring and answer, and hang up after an exponential time. They send no audio, on either side: what is
 * measured is signalling, and a stream for each phone would take the processor from both. Settles when Asterisk knows
 * them all.
 */
export async function agentPhones(
  site: PhoneSite,
  accounts: readonly Account[],
  talkMs: number,
): Promise<Sipp> {
  const note =
    '<ereg regexp="[0-9]+" search_in="hdr" header="From:" assign_to="caller"/>' +
    '<warning message="bench [$caller] [call_id]"/>';
  const sipp = await startSipp(site, {
    scenario: registerScenario(300),
    incoming: woven(
      answerScenario({ ring: { from: 20, to: 120 }, then: "answer", talk: { mean: talkMs } }),
      '<recv request="INVITE" rrs="true"><action>',
      note,
    ),
    lines: injected(accounts),
    address: "127.0.0.1",
    calls: accounts.length,
  });
  await registered(sipp, accounts.length);
  return sipp;
}

export interface CallerPhones {
  readonly called: string;
  readonly perSecond: number;
  readonly atOnce: number;
  /** Each waits so long before she calls, so that arrivals are random. */
  readonly before: Span & { readonly mean: number };
}

/** Callers who stay until they are hung up on, replaced by others for ever. */
export function callerPhones(site: PhoneSite, phones: CallerPhones): Promise<Sipp> {
  // Others than those of the round before: who is cut off while she waits and dials again has her old place.
  const batch = String(Math.floor(Date.now() / 1_000) % 10_000).padStart(4, "0");
  const number = `2547${batch}[call_number]`;
  return startSipp(site, {
    scenario: woven(
      callerScenario({ called: phones.called, from: `<sip:${number}@${outsideAddress}>` }),
      '<scenario name="caller">',
      `<nop><action><warning message="bench ${number} [call_id]"/></action></nop>` +
        `<pause distribution="exponential" mean="${phones.before.mean}"/>`,
    ),
    address: outsideAddress,
    calls: 1_000_000,
    atOnce: phones.atOnce,
    perSecond: phones.perSecond,
  });
}

/** A scenario with something more after a place that it has exactly once. */
function woven(scenario: string, after: string, more: string): string {
  const parts = scenario.split(after);
  if (parts.length !== 2) throw new Error(`the scenario has not one place ${after}`);
  return parts.join(after + more);
}

/** One call as the phone at one end of it saw it. Times are milliseconds since 1970, to the microsecond. */
export interface PhoneCall {
  /** The caller's number, the same at both ends. */
  readonly caller: string;
  /** The user part that the INVITE asks for. */
  readonly called: string;
  readonly invited: number;
  readonly answered: number | null;
  /** The BYE, whoever sent it. */
  readonly ended: number | null;
  readonly endedHere: boolean;
}

/** The calls of a SIPp that notes the number of each, in the order of their INVITEs. */
export async function callsOf(sipp: Sipp): Promise<readonly PhoneCall[]> {
  const [messages, notes] = await Promise.all([sipp.trace(), sipp.errors()]);
  const numbers = new Map<string, string>();
  for (const [, number = "", id = ""] of notes.matchAll(/bench (\d+) (\S+?)\.?\s/g))
    numbers.set(id, number);
  const byCall = new Map<string, SipMessage[]>();
  for (const message of messages) {
    const known = byCall.get(message.callId);
    if (known === undefined) byCall.set(message.callId, [message]);
    else known.push(message);
  }
  return Array.from(byCall, ([id, own]) => callFrom(numbers.get(id), own))
    .filter((call) => call !== null)
    .sort((left, right) => left.invited - right.invited);
}

function callFrom(caller: string | undefined, messages: readonly SipMessage[]): PhoneCall | null {
  const first = (method: string, status?: number) =>
    messages.find((message) => message.method === method && message.status === status);
  const invite = first("INVITE");
  if (invite === undefined || caller === undefined) return null;
  const bye = first("BYE");
  return {
    caller,
    called: /^INVITE sips?:([^@;> ]+)/.exec(invite.line)?.[1] ?? "",
    invited: invite.at,
    answered: first("INVITE", 200)?.at ?? null,
    ended: bye?.at ?? null,
    endedHere: bye?.direction === "sent",
  };
}
