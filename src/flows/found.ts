import { type CallState, isOutside } from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import { queueRules } from "../domain/routing/rules.ts";
import type { DialledLeg, FoundChannel, Survey } from "../ports/telephony.ts";
import type { Deps } from "./deps.ts";

/**
 * The phone of the agent whom the record names, or of somebody outside: as it is found, or as one that has gone. A call
 * that waits may have one too: a phone is rung a moment before that is written down.
 */
export async function agentLegOf(
  state: CallState,
  survey: Survey,
  { telephony }: Deps,
): Promise<DialledLeg | null> {
  const { stage, agentChannel } = state;
  if (stage !== "queued" && stage !== "ringing" && stage !== "in_progress") return null;
  if (isOutside(state)) {
    const phones = survey.channels.filter((each) => isAgentOf(each, state.id));
    const hers = newest(phones.filter((each) => each.extension === null));
    const there = stage === "in_progress" ? agentChannel : (hers?.id ?? null);
    return there === null ? null : await telephony.adoptDialled(there, null);
  }
  const hers = newest(
    survey.channels
      .filter((each) => isAgentOf(each, state.id) && each.extension !== null)
      .filter((each) => stage === "queued" || each.extension === state.extension),
  );
  const channel = stage === "in_progress" ? (agentChannel ?? hers?.id) : hers?.id;
  const extension = state.extension ?? hers?.extension;
  if (channel === undefined || extension === undefined || extension === null) return null;
  return await telephony.adoptDialled(channel, extension);
}

/** The other phones that ring for a call of a queue that rings several. */
export async function otherLegsOf(
  state: CallState,
  survey: Survey,
  { telephony, rules }: Deps,
): Promise<readonly DialledLeg[]> {
  const { stage, queue } = state;
  if (queue === null || queueRules(rules, queue).several === undefined) return [];
  if (stage !== "queued" && stage !== "ringing") return [];
  const phones = survey.channels.filter(
    (each) => isAgentOf(each, state.id) && each.extension !== null,
  );
  const first = stage === "queued" ? (newest(phones)?.extension ?? null) : state.extension;
  const others = new Set(phones.map(({ extension }) => extension));
  others.delete(null);
  others.delete(first);
  return await Promise.all(
    [...others].flatMap((extension) => {
      const channel = newest(phones.filter((each) => each.extension === extension));
      if (channel === null || extension === null) return [];
      return [telephony.adoptDialled(channel.id, extension)];
    }),
  );
}

function newest(channels: readonly FoundChannel[]): FoundChannel | null {
  return channels.reduce<FoundChannel | null>(
    (newer, each) => (newer === null || each.since > newer.since ? each : newer),
    null,
  );
}

const isAgentOf = (channel: FoundChannel, call: CallId): boolean =>
  channel.role === "agent" && channel.call === call;
