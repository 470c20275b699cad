/** What each number of the reports means, printed beside it: there is more than one definition in use of most. */
export const definitions = {
  offered:
    "stays in a queue that are over; a caller who comes into two queues is counted in both, one who comes back from an offer once",
  answered: "stays that ended with a conversation with an agent",
  abandoned:
    "callers who hung up while they waited or while a telephone rang for them, after at least short_abandon_seconds; call backs are never counted",
  short_abandoned: "the same, sooner than short_abandon_seconds",
  callbacks: "callers who asked to be called back instead of waiting",
  flowed_out:
    "callers who went elsewhere: by a key, a rule of the queue, a transfer, to leave a message",
  lost: "callers whose stay ended because something broke, or whom the dialplan took over",
  service_level:
    "answered within threshold_seconds / (answered + abandoned), as `method` says; other methods are in service_levels",
  asa_seconds:
    "mean wait of the answered, from the entry into the queue; menus before it do not count",
  abandon_rate: "abandoned / (offered - short_abandoned)",
  longest_wait_seconds: "the longest wait of those who were answered or abandoned",
  aht_seconds:
    "mean length of the conversations of the queue's calls; after-call work is not kept in the history yet and is not in it",
  talk_seconds: "all conversations together, each from the moment both were connected",
  occupancy:
    "null: (talk + after-call work) / (that + available) needs the times at which agents were available, which the history does not keep yet",
  offers: "how often the agent's telephone was rung for a call",
  missed: "offers that she declined, did not answer, or could not be reached for",
  duration_seconds: "from the start of a call to its end",
  wait_seconds: "stays in queues that ended with a conversation",
  interval:
    "calls are counted in the interval in which they started, stays in the one in which they began",
} as const;
export type Definition = keyof typeof definitions;

/** Those that an answer needs. */
export function defined(...names: readonly Definition[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, definitions[name]]));
}
