import type { Client } from "../lab/client.ts";
import type { SeenCall } from "./seen.ts";

type Moment = readonly [at: number, what: string];

/**
 * Everything that is known of one caller's call, in order, a line each: what her phone and those of agents saw, and
 * what the log has. Whoever reads of a fault should not have to go through the traces of ten phones.
 */
export async function timeline(
  api: Client,
  number: string,
  callers: readonly SeenCall[],
  agents: readonly SeenCall[],
): Promise<string> {
  const hers = callers.filter((call) => call.number === number);
  const theirs = agents.filter((leg) => leg.number === number);
  const logged = (await api.allPastCalls()).filter((call) => call.phone_number === number);
  const logs = await Promise.all(logged.map((call) => api.call(call.call_id)));
  const moments: readonly Moment[] = [
    ...hers.flatMap((call) => momentsOf("her phone", call)),
    ...theirs.flatMap((leg) => momentsOf(leg.called, leg)),
    ...logs.flatMap(({ call_id, events }) =>
      events.map((event): Moment => [Date.parse(event.at), `${call_id} ${event.type}`]),
    ),
  ];
  return moments
    .toSorted(([left], [right]) => left - right)
    .map(([at, what]) => `    ${new Date(at).toISOString().slice(11, 23)} ${what}`)
    .join("\n");
}

function momentsOf(phone: string, seen: SeenCall): readonly Moment[] {
  const at = (moment: number | null, what: string): readonly Moment[] =>
    moment === null ? [] : [[moment, `${phone}: ${what}`]];
  return [
    ...at(seen.invitedAt, "INVITE"),
    ...at(seen.answeredAt, "200 to it"),
    ...at(seen.cancelledAt, "CANCEL"),
    ...at(seen.endedAt, seen.endedHere ? "BYE, its own" : "BYE from the other side"),
  ];
}
