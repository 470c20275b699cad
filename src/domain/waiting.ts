import { z } from "zod";
import { callbackSchema } from "./callback.ts";

/**
 * What a queue does for those who wait in it, and with those whom it cannot serve: the part of its settings that a
 * caller hears. The order in which calls are served is in `routing/`.
 */
const queueName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "a queue is named by its name");
const menuName = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "a menu is named by its name");
const promptName = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "a prompt is named by its name");
const milliseconds = (least: number, most: number) => z.int().min(least).max(most);

/** Where a caller is taken who leaves a queue without an agent. */
const ways = [
  z.strictObject({ voicemail: z.literal(true) }),
  /** Her place waits on without her, and she is called. */
  z.strictObject({ callback: z.literal(true) }),
  z.strictObject({ queue: queueName }),
  z.strictObject({ menu: menuName }),
] as const;
const waySchema = z.union(ways, {
  error: "it leads to one of {voicemail: true}, {callback: true}, {queue: NAME}, {menu: NAME}",
});
export type Way = z.infer<typeof waySchema>;

/** Somebody outside, by her number, over a trunk of this file: the first one where none is named. */
const outsideSchema = z.strictObject({
  number: z.string().regex(/^\+\d{7,15}$/, "a number is written like +254700000001"),
  trunk: z.string().optional(),
});
export type Outside = z.infer<typeof outsideSchema>;

/** What offers a key, where the usual words do not suit. */
const prompt = promptName.optional();

/** What a key does while she waits. */
const exitSchema = z.union(
  [
    z.strictObject({ voicemail: z.literal(true), prompt }),
    z.strictObject({ callback: z.literal(true), prompt }),
    z.strictObject({ queue: queueName, prompt }),
    z.strictObject({ menu: menuName, prompt }),
  ],
  {
    error: "a key leads to one of {voicemail: true}, {callback: true}, {queue: NAME}, {menu: NAME}",
  },
);

export const overflowSchema = z.strictObject({
  when: z.union(
    [
      /** She has been in this queue for so long. */
      z.strictObject({ waitedMs: milliseconds(0, 7_200_000) }),
      /** She has longer than this to wait yet, as far as can be told. */
      z.strictObject({ estimateMs: milliseconds(0, 7_200_000) }),
      /** She is this far back in the queue, or further. */
      z.strictObject({ length: z.int().min(1).max(10_000) }),
      /** Nobody who serves the queue is signed in with a phone that can be reached. */
      z.strictObject({ noAgents: z.literal(true) }),
    ],
    { error: "it is one of {waitedMs: N}, {estimateMs: N}, {length: N}, {noAgents: true}" },
  ),
  do: z.union(
    [
      /** So much is added to her priority. */
      z.strictObject({ priority: z.int().min(-100).max(100) }),
      /** The skills that were required are only preferred from now on. */
      z.strictObject({ widenSkills: z.literal(true) }),
      /** She waits on in her place, and the agents of that queue may take her too. */
      z.strictObject({ alsoQueue: queueName }),
      ...ways,
      /** She is put through to somebody outside; who is not answered there goes where `otherwise` says. */
      outsideSchema,
    ],
    {
      error:
        "it is one of {priority: N}, {widenSkills: true}, {alsoQueue: NAME}, {queue: NAME}, {voicemail: true}, {callback: true}, {menu: NAME}, {number: +254700000001}",
    },
  ),
});
export type OverflowStep = z.infer<typeof overflowSchema>;

/** Who of a queue's agents must be there, with a phone: anybody signed in, anybody not on a break, nobody. */
export const staffings = ["signed-in", "available", "always"] as const;
export type Staffing = (typeof staffings)[number];

/** The settings of a queue that are about waiting; `centre.ts` has the others. */
export const waitingParts = {
  /** What callers are told while they wait. */
  announce: z
    .strictObject({
      /** The place in the queue, on entry, when it changed, and again every so often. */
      position: z.boolean().default(true),
      /** How long it may take yet, with the place, when enough is known to say so. */
      estimate: z.boolean().default(false),
      /** How often the two are told though nothing has changed; never more often than what has changed. */
      repeatEveryMs: milliseconds(5_000, 3_600_000).default(60_000),
      /** Prompts that are told one at a time, in turn. */
      messages: z.array(promptName).max(50).default([]),
      /** How often one of them is told, and the keys are offered. */
      messagesEveryMs: milliseconds(5_000, 3_600_000).default(60_000),
    })
    .prefault({}),
  /** What the estimate is made from. */
  estimate: z
    .strictObject({
      /** What a call is taken to need of an agent before any is known. */
      priorMs: milliseconds(10_000, 3_600_000).default(180_000),
      /** Nothing is told before so many calls of the queue have been handled. */
      fromCalls: z.int().min(0).max(10_000).default(10),
    })
    .prefault({}),
  /** What the keys do while she waits. */
  exits: z.record(z.string().regex(/^[0-9*#]$/, "a key is one of 0-9 * #"), exitSchema).default({}),
  /** How many may wait; who would be one more is taken where `otherwise` says. */
  maxLength: z.int().min(1).max(10_000).nullable().default(null),
  /** Who must be there for a caller to be let in. */
  joinEmpty: z.enum(staffings).default("signed-in"),
  /** Who must be there for callers to go on waiting, and for how long they wait when nobody is. */
  leaveEmpty: z.enum(staffings).default("always"),
  leaveEmptyAfterMs: milliseconds(0, 7_200_000).default(60_000),
  /** What else is done for her, each step once, as soon as what it waits for is so. */
  overflow: z.array(overflowSchema).max(20).default([]),
  /** Where she is taken when the queue is full or empty, or she has waited as long as it allows. */
  otherwise: waySchema.default({ voicemail: true }),
  /** How those are called back who asked for it. */
  callback: callbackSchema,
};

const waitingSchema = z.strictObject(waitingParts);
export type WaitingSettings = z.infer<typeof waitingSchema>;

interface Named extends WaitingSettings {
  readonly name: string;
}

interface Trunk {
  readonly name: string;
  readonly host: string;
}

/** One thing that is wrong, and where in the list of queues. */
export interface QueueFault {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

/** A way out of a queue into another one. */
interface Passage {
  readonly to: string;
  readonly path: readonly (string | number)[];
  /** Whether it may be taken without any wait and without the caller's doing. */
  readonly atOnce: boolean;
}

/**
 * What is wrong with where queues lead, and with those whose agents they add: queues that are not there, that are
 * themselves or that nobody serves, or that lead round in a circle; telephones outside that no trunk leads to.
 */
export function waitingFaults(
  queues: readonly Named[],
  agents: readonly { readonly queues: readonly string[] }[],
  trunks: readonly Trunk[],
): QueueFault[] {
  const names = new Set(queues.map(({ name }) => name));
  const served = new Set(agents.flatMap((agent) => agent.queues));
  return queues.flatMap((queue, index) => {
    const faults = trunkFaults(queue, trunks).map(({ path, reason }) => ({
      path: [index, ...path],
      reason: `queue ${queue.name} ${reason}`,
    }));
    for (const { to, path } of [...passagesOf(queue), ...additionsOf(queue)]) {
      const fault = (why: string) =>
        faults.push({ path: [index, ...path], reason: `queue ${queue.name} leads to ${why}` });
      if (!names.has(to)) fault(`queue ${to}, which is not defined`);
      else if (to === queue.name) fault("itself");
      else if (!served.has(to)) fault(`queue ${to}, which no agent serves`);
    }
    const round = circle(queue, queues);
    if (faults.length > 0 || round === null) return faults;
    const way = round.names.join(" -> ");
    return [{ path: [index, ...round.path], reason: `callers could go round for ever: ${way}` }];
  });
}

/** Whoever is called outside is called over a trunk, which has to be one that can call. */
function trunkFaults(queue: Named, trunks: readonly Trunk[]): QueueFault[] {
  const { callback, overflow } = queue;
  const callsBack =
    callback.trunk !== undefined || waysOf(queue).some((way) => "callback" in way)
      ? [{ does: "calls back", over: callback, path: ["callback"] }]
      : [];
  const putsThrough = overflow.flatMap(({ do: over }, at) =>
    "number" in over
      ? [{ does: "leads to a number outside", over, path: ["overflow", at, "do"] }]
      : [],
  );
  const unable = [...callsBack, ...putsThrough].flatMap(({ does, over, path }) => {
    const why = whyNotOver(over, trunks);
    return why === null ? [] : [{ path, reason: `${does}: ${why}` }];
  });
  if (callsBack.length === 0 || callback.only.length > 0) return unable;
  const reason =
    'calls back, and names no numbers that may be called: only: ["+254"], or ["+"] for every number';
  return [...unable, { path: ["callback", "only"], reason }];
}

function whyNotOver(over: Over, trunks: readonly Trunk[]): string | null {
  const trunk = trunkFor(over, trunks);
  if (trunk === undefined)
    return over.trunk === undefined ? "there is no trunk" : `trunk ${over.trunk} is not defined`;
  // Callers are known by a network, but nobody can be called at one.
  return trunk.host.includes("/")
    ? `the host of trunk ${trunk.name} is a network, which cannot be called`
    : null;
}

/** Which trunk somebody outside is called over, where one is named. */
type Over = Pick<Outside, "trunk">;

/** The trunk that is called over: the one that is named, else the first. */
export const trunkFor = <Kind extends Trunk>({ trunk }: Over, trunks: readonly Kind[]) =>
  trunk === undefined ? trunks[0] : trunks.find(({ name }) => name === trunk);

/** Everything that a queue does with those who leave it without an agent, or who wait long. */
const waysOf = ({ exits, otherwise, overflow }: Named) => [
  ...Object.values(exits),
  otherwise,
  ...overflow.map((step) => step.do),
];

function passagesOf({ exits, overflow, otherwise }: Named): Passage[] {
  return [
    ...Object.entries(exits).flatMap(([key, way]) =>
      "queue" in way ? [{ to: way.queue, path: ["exits", key, "queue"], atOnce: false }] : [],
    ),
    ...overflow.flatMap((step, at) => {
      if (!("queue" in step.do)) return [];
      const waits = "waitedMs" in step.when && step.when.waitedMs > 0;
      return [{ to: step.do.queue, path: ["overflow", at, "do", "queue"], atOnce: !waits }];
    }),
    ...("queue" in otherwise
      ? [{ to: otherwise.queue, path: ["otherwise", "queue"], atOnce: true }]
      : []),
  ];
}

/** The queues whose agents are added; a caller stays where she is, so these lead nowhere. */
function additionsOf({ overflow }: Named): Pick<Passage, "to" | "path">[] {
  return overflow.flatMap((step, at) =>
    "alsoQueue" in step.do
      ? [{ to: step.do.alsoQueue, path: ["overflow", at, "do", "alsoQueue"] }]
      : [],
  );
}

/** The shortest way round from a queue to itself on which nobody waits; `null` when there is none. */
function circle(
  start: Named,
  queues: readonly Named[],
): { readonly names: readonly string[]; readonly path: Passage["path"] } | null {
  const byName = new Map(queues.map((queue) => [queue.name, queue]));
  const seen = new Set<string>();
  const open = passagesOf(start)
    .filter(({ atOnce }) => atOnce)
    .map(({ to, path }) => ({ names: [start.name, to], to, path }));
  for (let way = open.shift(); way !== undefined; way = open.shift()) {
    if (way.to === start.name) return way;
    const queue = byName.get(way.to);
    if (queue === undefined || seen.has(way.to)) continue;
    seen.add(way.to);
    for (const { to, atOnce } of passagesOf(queue))
      if (atOnce) open.push({ names: [...way.names, to], to, path: way.path });
  }
  return null;
}

const namesOfKeys: Readonly<Record<string, string>> = { "*": "star", "#": "hash" };

/** The prompts that offer the keys, in the order of the keys. */
export function offersOf(exits: WaitingSettings["exits"]): string[] {
  return Object.entries(exits).map(([key, exit]) => {
    return exit.prompt ?? `exit-${kindOf(exit)}-${namesOfKeys[key] ?? key}`;
  });
}

function kindOf(way: Way): "voicemail" | "callback" | "queue" | "menu" {
  if ("voicemail" in way) return "voicemail";
  if ("callback" in way) return "callback";
  return "queue" in way ? "queue" : "menu";
}

/** The menus that callers of a queue can be taken to, and the prompts that they hear while they wait. */
export function usesOf(queue: Named): { readonly menus: string[]; readonly prompts: string[] } {
  return {
    menus: waysOf(queue).flatMap((way) => ("menu" in way ? [way.menu] : [])),
    prompts: [...queue.announce.messages, ...offersOf(queue.exits)],
  };
}
