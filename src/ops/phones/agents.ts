import { mediaFile } from "./media.ts";
import { type AgentPlan, answerScenario, registerScenario } from "./scenario.ts";
import { type PhoneSite, type Sipp, startSipp } from "./sipp.ts";

export interface Account {
  readonly extension: string;
  readonly password: string;
}

export type AgentPhones = Omit<AgentPlan, "media"> & {
  readonly accounts: readonly Account[];
  /** What the agents sound like; 0 is silence. */
  readonly toneHz?: number;
  readonly mediaMs?: number;
  readonly expiresS?: number;
};

const agentAddress = "127.0.0.1";
export const injected = (accounts: readonly Account[]) =>
  accounts.map((account) => `${account.extension};${account.password}`);

/**
 * Phones of several agents in one SIPp: they register, stay registered, and treat every call that comes in alike.
 * Settles when Asterisk knows them all.
 */
export async function startAgents(site: PhoneSite, phones: AgentPhones): Promise<Sipp> {
  const { accounts } = phones;
  const sipp = await startSipp(site, {
    scenario: registerScenario(phones.expiresS ?? 120),
    incoming: answerScenario({ ...phones, media: "media.pcap" }),
    files: {
      "media.pcap": mediaFile({
        durationMs: phones.mediaMs ?? 60_000,
        toneHz: phones.toneHz ?? 1_100,
        keys: [],
      }),
    },
    lines: injected(accounts),
    address: agentAddress,
    calls: accounts.length,
  });
  await registered(sipp, accounts.length);
  return sipp;
}

/** Settles when so many phones of this SIPp have registered. */
export async function registered(sipp: Sipp, phones: number): Promise<void> {
  const known = new Set<string>();
  await sipp.message((message) => {
    if (message.method === "REGISTER" && message.status === 200) known.add(message.callId);
    return known.size === phones;
  });
}

/** Takes the phones' registrations back, for an Asterisk that goes on without them. */
export async function unregister(site: PhoneSite, accounts: readonly Account[]): Promise<void> {
  const sipp = await startSipp(site, {
    scenario: registerScenario(0),
    lines: injected(accounts),
    address: agentAddress,
    calls: accounts.length,
  });
  await sipp.exit;
  await sipp.stop();
}
