import { type ServiceLevelMethod, serviceLevelFormulas } from "./service-level.ts";

/** What each number of the reports means, printed beside it: there is more than one definition in use of most. */
export const definitions = {
  calls:
    "calls that started; with queue: those that came into it or were of it, so one that came into two is one of both",
  offered:
    "stays in a queue that are over: answered + abandoned + short_abandoned + callbacks + flowed_out + lost; a caller who comes into two queues is counted in both, one who comes back from an offer or an outage once, one whom a user had called in none",
  answered: "stays that ended with a conversation with an agent",
  abandoned:
    "callers who hung up while they waited or while a telephone rang for them, after at least short_abandon_seconds; call backs are never counted",
  short_abandoned: "the same, sooner than short_abandon_seconds",
  callbacks: "callers who asked to be called back instead of waiting",
  flowed_out:
    "callers who went elsewhere: by a key, a rule of the queue, a transfer, to leave a message, to somebody outside",
  voicemail: "of flowed_out: asked for a message",
  forwarded: "of flowed_out: answered by somebody outside",
  lost: "callers whose stay ended because something broke",
  asa_seconds:
    "average speed of answer: wait of the answered / answered, from the entry into the queue to the answer, ringing included; menus before it do not count",
  abandon_rate: "abandoned / (offered - short_abandoned)",
  longest_wait_seconds: "the longest wait of those who were answered or abandoned",
  handled: "conversations with agents that are over",
  transferred: "of handled: ended because the caller was taken to another agent or queue",
  talk_seconds:
    "all conversations together, each from the moment both were connected to its end, the survey after it left out",
  hold_seconds:
    "null: the history does not keep yet when callers are on hold, so hold is part of talk",
  wrap_seconds: "null: the history does not keep yet when after-call work ends",
  aht_seconds:
    "average handling time: (talk + hold + wrap) / handled; what is null is left out, and aht_covers names what is in it",
  occupancy:
    "null: (talk + hold + wrap) / (talk + hold + wrap + available) needs the times at which agents were available and worked after calls, which the history does not keep yet",
  offers: "how often the agent's telephone was rung for a call",
  answered_offers: "of offers: answered",
  abandoned_calls:
    "calls whose caller hung up before she was served, in a menu too, however soon; of whom had come into a queue, service-level tells more",
  missed: "offers that she declined, did not answer, or could not be reached for",
  duration_seconds: "from the start of a call to its end",
  wait_seconds: "stays in queues that ended with a conversation",
  percentiles:
    "the least length that so many percent of all do not exceed: one that was seen, to the tenth of a second",
  interval:
    "all of a call counts in the interval in which it started, so intervals add up to the whole; days, weeks (from Monday) and months are those of the zone",
} as const;
export type Definition = keyof typeof definitions;

/** Those that an answer needs. */
export function defined(...names: readonly Definition[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, definitions[name]]));
}

/** What a service level is, with what was chosen for it, and what it would be by each other method. */
export function serviceLevelDefined(
  method: ServiceLevelMethod,
  thresholdSeconds: number,
  shortAbandonSeconds: number,
): Record<string, string> {
  const letters = `A answered, B abandoned, S short_abandoned (before ${shortAbandonSeconds} s), C callbacks, N offered; with T: those of them who had waited no longer than ${thresholdSeconds} s, with <T: less than that`;
  return {
    service_level: `${serviceLevelFormulas[method]} (${method}); ${letters}`,
    ...Object.fromEntries(
      Object.entries(serviceLevelFormulas).map(([name, formula]) => [
        `service_levels.${name}`,
        formula,
      ]),
    ),
  };
}
