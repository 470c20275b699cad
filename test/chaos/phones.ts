import { type Account, injected, registered } from "../../src/ops/phones/agents.ts";
import { outsideAddress } from "../../src/ops/phones/callers.ts";
import { mediaFile } from "../../src/ops/phones/media.ts";
import {
  type AgentPlan,
  answerScenario,
  callerScenario,
  registerScenario,
  type Span,
} from "../../src/ops/phones/scenario.ts";
import { type PhoneSite, type Sipp, startSipp } from "../../src/ops/phones/sipp.ts";

/** What each side of a conversation sounds like, so that a recording tells whether both are in it. */
export const tones = { caller: 700, agent: 1_100 } as const;

/** How long people can be heard; after that they are silent. */
const audibleMs = 150_000;

export interface CallerGroup {
  readonly called: string;
  /** One call of each. */
  readonly numbers: readonly string[];
  readonly perSecond: number;
  /** Absent: until she is hung up on. */
  readonly stay?: Span;
  readonly silent?: boolean;
}

/** Elsewhere people's phones have processors of their own; here they yield to what they call. */
function besides(site: PhoneSite): PhoneSite {
  return { ...site, niceness: 10 };
}

/** Callers who each have a number of their own, by which they are found again at every other place. */
export function callers(site: PhoneSite, group: CallerGroup): Promise<Sipp> {
  const scenario = callerScenario({
    called: group.called,
    from: `<sip:[field0]@${outsideAddress}>`,
    ...(group.silent ? {} : { media: "media.pcap" }),
    ...(group.stay === undefined ? {} : { stay: group.stay }),
  });
  return startSipp(besides(site), {
    scenario: woven(scenario, '<scenario name="caller">', nop(noted("[field0]"))),
    ...(group.silent ? {} : { files: { "media.pcap": sound(tones.caller) } }),
    lines: group.numbers,
    address: outsideAddress,
    calls: group.numbers.length,
    perSecond: group.perSecond,
  });
}

/** Phones of agents who treat every call alike. Settles when Asterisk knows them all. */
export async function agentPhones(
  site: PhoneSite,
  accounts: readonly Account[],
  plan: Omit<AgentPlan, "media">,
): Promise<Sipp> {
  const caller = '<ereg regexp="[0-9]+" search_in="hdr" header="From:" assign_to="caller"/>';
  const sipp = await startSipp(besides(site), {
    scenario: registerScenario(120),
    incoming: woven(
      answerScenario({ ...plan, media: "media.pcap" }),
      '<recv request="INVITE" rrs="true"><action>',
      caller + noted("+[$caller]"),
    ),
    files: { "media.pcap": sound(tones.agent) },
    lines: injected(accounts),
    address: "127.0.0.1",
    calls: accounts.length,
  });
  await registered(sipp, accounts.length);
  return sipp;
}

const sound = (toneHz: number) => mediaFile({ durationMs: audibleMs, toneHz, keys: [] });
const noted = (number: string) => `<warning message="chaos ${number} [call_id]"/>`;
const nop = (action: string) => `<nop><action>${action}</action></nop>`;

/** A scenario with something more after a place that it has exactly once. */
function woven(scenario: string, after: string, more: string): string {
  const parts = scenario.split(after);
  if (parts.length !== 2) throw new Error(`the scenario has not one place ${after}`);
  return parts.join(after + more);
}
