import { keyEveryMs, mediaFile } from "./media.ts";
import { type AgentPlan, answerScenario, callerScenario, type Span } from "./scenario.ts";
import { type PhoneSite, type Sipp, startSipp } from "./sipp.ts";

/** The address by which Asterisk tells simulated callers from all others; the trunk `simulator` is identified by it. */
export const outsideAddress = "127.0.0.2";

/** What a caller does after the answer, in order. */
export type CallerStep = { readonly waitMs: number } | { readonly keys: string };

export interface Caller {
  /** The number she dials. */
  readonly called: string;
  /** Her own number; `from` overrides the whole From header. */
  readonly number: string;
  readonly name?: string;
  readonly from?: string;
  readonly steps?: readonly CallerStep[];
  /** How long she stays after the answer; absent: until the other side hangs up. */
  readonly stay?: Span;
  /** Gives up when nobody answers for so long. */
  readonly patienceMs?: number;
  /** What she sounds like; 0 is silence. */
  readonly toneHz?: number;
  /** How much sound is made ready. */
  readonly mediaMs?: number;
  /** How many such callers, and how many call each second. */
  readonly calls?: number;
  readonly perSecond?: number;
}

/** Lets somebody outside call in over the simulated trunk. */
export function callIn(site: PhoneSite, caller: Caller): Promise<Sipp> {
  const keys: { atMs: number; key: string }[] = [];
  let atMs = 0;
  for (const step of caller.steps ?? []) {
    if ("waitMs" in step) {
      atMs += step.waitMs;
      continue;
    }
    for (const key of step.keys) {
      keys.push({ atMs, key });
      atMs += keyEveryMs;
    }
  }
  const name = caller.name === undefined ? "" : `"${caller.name}" `;
  return startSipp(site, {
    scenario: callerScenario({
      called: caller.called,
      from: caller.from ?? `${name}<sip:${caller.number}@${outsideAddress}>`,
      media: "media.pcap",
      ...(caller.stay === undefined ? {} : { stay: caller.stay }),
      ...(caller.patienceMs === undefined ? {} : { patienceMs: caller.patienceMs }),
    }),
    files: {
      "media.pcap": mediaFile({
        durationMs: caller.mediaMs ?? Math.max(60_000, atMs + 1_000),
        toneHz: caller.toneHz ?? 700,
        keys,
      }),
    },
    address: outsideAddress,
    calls: caller.calls ?? 1,
    ...(caller.perSecond === undefined ? {} : { perSecond: caller.perSecond }),
  });
}

export type Callee = Omit<AgentPlan, "media"> & {
  /** Where she is called: the address and the port of the trunk. */
  readonly address: string;
  readonly port: number;
  /** What she sounds like; without it she says again what she hears. */
  readonly toneHz?: number;
  readonly mediaMs?: number;
};

/** Lets somebody outside be called; she treats every call alike. */
export function answerOutside(site: PhoneSite, callee: Callee): Promise<Sipp> {
  const { address, port, toneHz, mediaMs, ...plan } = callee;
  const speaks = toneHz !== undefined;
  return startSipp(site, {
    scenario: answerScenario(speaks ? { ...plan, media: "media.pcap" } : { ...plan, echo: true }),
    files: speaks
      ? { "media.pcap": mediaFile({ durationMs: mediaMs ?? 60_000, toneHz, keys: [] }) }
      : {},
    address,
    port,
    echo: !speaks,
    calls: 10_000,
    atOnce: 100,
  });
}
