import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

/** The verbs that are scripts: each is the file of its name in `commands/`, with `prelude.lua` before it. */
const verbs = {
  read: "read",
  enrol: "enrol",
  setDuties: "set-duties",
  setPresence: "set-presence",
  setDevice: "set-device",
  agentByExtension: "agent-by-extension",
  join: "join",
  adjust: "adjust",
  keepPlace: "keep-place",
  leave: "leave",
  snapshot: "snapshot",
  setClosing: "set-closing",
  reserve: "reserve",
  reserveDirect: "reserve-direct",
  release: "release",
  expire: "expire",
  connect: "connect",
  finish: "finish",
  endWrapUp: "end-wrap-up",
  extendWrapUp: "extend-wrap-up",
  saveCall: "save-call",
  bookCallback: "book-callback",
  takeOver: "take-over",
  removeCall: "remove-call",
  beat: "beat",
  retire: "retire",
  fence: "fence",
  restore: "restore",
} as const;
export type Verb = keyof typeof verbs;

/** What every verb answers: whether it changed something that all must hear of, and its value. */
export type Answer = readonly [changed: 0 | 1, value: unknown];
type Script = (...values: readonly (string | number)[]) => Promise<Answer>;

/** The names of everything the desk keeps in Redis. One hash tag puts all of it on one node of a cluster. */
export interface Keys {
  readonly agents: string;
  readonly extensions: string;
  readonly waiting: string;
  readonly due: string;
  readonly calls: string;
  readonly peers: string;
  readonly fenced: string;
  readonly sessions: string;
  readonly places: string;
  readonly placesDue: string;
  readonly closings: string;
  readonly callbacks: string;
  readonly channel: string;
}

export function keysUnder(prefix: string): Keys {
  const under = `{${prefix}}:desk`;
  return {
    agents: `${under}:agents`,
    extensions: `${under}:extensions`,
    waiting: `${under}:waiting`,
    due: `${under}:due`,
    calls: `${under}:calls`,
    peers: `${under}:peers`,
    fenced: `${under}:fenced`,
    sessions: `${under}:sessions`,
    places: `${under}:places`,
    placesDue: `${under}:places-due`,
    closings: `${under}:closings`,
    callbacks: `${under}:callbacks`,
    channel: `${under}:changes`,
  };
}

/** Who runs a verb: the process, and which session of it. */
export interface Runner {
  readonly owner: string;
  readonly session: number;
}

/**
 * Teaches a connection the verbs and returns the way to call them. Each verb gets every key in one order, the channel
 * and who runs it first, which `prelude.lua` gives their names.
 */
export function teachVerbs(
  redis: Redis,
  keys: Keys,
): (runner: Runner, verb: Verb, ...values: readonly (string | number)[]) => Promise<Answer> {
  const ordered = [
    keys.agents,
    keys.extensions,
    keys.waiting,
    keys.due,
    keys.calls,
    keys.peers,
    keys.fenced,
    keys.sessions,
    keys.places,
    keys.placesDue,
    keys.closings,
    keys.callbacks,
  ];
  const prelude = readCommand("prelude");
  const session = readCommand("session");
  const scripts = new Map<Verb, Script>();
  for (const [verb, file] of Object.entries(verbs) as [Verb, string][]) {
    const name = `desk:${file}`;
    const guard = verb === "restore" ? "" : session;
    redis.defineCommand(name, {
      lua: `${prelude}\n${guard}\n${readCommand(file)}`,
      numberOfKeys: ordered.length,
    });
    // ioredis adds the command as a method that its types know nothing of.
    const methods = redis as unknown as Record<string, Script | undefined>;
    const script = methods[name];
    if (script === undefined) throw new Error(`the Redis client did not take the command ${name}`);
    scripts.set(verb, script.bind(redis));
  }
  return async ({ owner, session: number }, verb, ...values) => {
    const script = scripts.get(verb);
    if (script === undefined) throw new Error(`the desk has no verb ${verb}`);
    return await script(...ordered, keys.channel, owner, number, ...values);
  };
}

function readCommand(file: string): string {
  return readFileSync(new URL(`./commands/${file}.lua`, import.meta.url), "utf8");
}
