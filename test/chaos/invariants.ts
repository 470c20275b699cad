import type { Census } from "./census.ts";

/** Something that must not be, with what it is about, so that it is told apart from one that looks alike later. */
export interface Breach {
  readonly what: string;
  readonly subject: string;
}

/**
 * What holds at every moment of a centre in order. Nobody is busy with a call that does not live, nothing of Asterisk's
 * belongs to no call, and no call lives without its channels.
 */
export function breachesOf(census: Census): readonly Breach[] {
  const { calls, agents, channels, bridges } = census;
  const found: Breach[] = [];
  const breach = (what: string, subject: string) => found.push({ what, subject });
  const byId = new Map(calls.map((call) => [call.call_id, call]));
  const byNumber = new Map(calls.map((call) => [call.phone_number, call]));

  for (const agent of agents) {
    const busy = agent.reservation === "offered" || agent.activity === "talking";
    const call = agent.call_id === null ? undefined : byId.get(agent.call_id);
    if (busy && call === undefined)
      breach("ghost agent: busy with a call that does not live", agent.extension);
    if (busy && call !== undefined && call.agent_id !== agent.agent_id)
      breach("ghost agent: busy with a call that is another's", agent.extension);
  }
  for (const channel of channels) {
    const call = byNumber.get(channel.number);
    if (call === undefined && channel.ours)
      breach(
        "orphan leg: a channel of no live call",
        `${channel.extension ?? "caller"} ${channel.id}`,
      );
    if (call !== undefined && channel.extension !== null && call.extension !== channel.extension)
      breach("orphan leg: a phone that is not in its call", `${channel.extension} ${channel.id}`);
  }
  for (const bridge of bridges) {
    // One is made for a phone that rings, and is empty until she answers; its name tells for which call.
    const owner = calls.find((call) => bridge.id.includes(call.call_id));
    if (owner === undefined) breach("unknown bridge", bridge.id);
    const members = bridge.channels.map((id) => channels.find((channel) => channel.id === id));
    if (members.some((member) => member !== undefined && member.number !== owner?.phone_number))
      breach("unknown bridge: somebody is in it who is not of its call", bridge.id);
  }
  for (const call of calls) {
    const own = channels.filter((channel) => channel.number === call.phone_number);
    if (!own.some((channel) => channel.extension === null))
      breach("ghost call: its caller's channel is gone", call.phone_number);
    if (call.status === "in_progress" && own.length < 2)
      breach("ghost call: it talks without both channels", call.phone_number);
  }
  return found;
}

/** Calls come and go while we look. What two looks find of the same thing is so. */
export function lasting(first: readonly Breach[], second: readonly Breach[]): readonly Breach[] {
  return second.filter((now) =>
    first.some((then) => then.what === now.what && then.subject === now.subject),
  );
}

/** Breaches as sentences, alike ones counted. */
export function told(breaches: readonly Breach[]): readonly string[] {
  return Array.from(
    Map.groupBy(breaches, (breach) => breach.what),
    ([what, same]) =>
      `${what}: ${same.length} (${same
        .slice(0, 5)
        .map((each) => each.subject)
        .join(", ")}${same.length > 5 ? ", ..." : ""})`,
  );
}
