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
      /** Nobody who serves the queue is signed in. */
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
      ...ways,
    ],
    {
      error:
        "it is one of {priority: N}, {widenSkills: true}, {queue: NAME}, {voicemail: true}, {callback: true}, {menu: NAME}",
    },
  ),
});
export type OverflowStep = z.infer<typeof overflowSchema>;

/** Who of a queue's agents must be there: anybody signed in, anybody not on a break, nobody. */
export const staffings = ["signed-in", "available", "always"] as const;
export type Staffing = (typeof staffings)[number];

/** The settings of a queue that are about waiting; `centre.ts` has the others. */
export const waitingParts = {
  /** What callers are told while they wait. */
  announce: z
    .strictObject({
      /** The place in the queue, on entry and when it changed. */
      position: z.boolean().default(true),
      /** How long it may take yet, with the place, when enough is known to say so. */
      estimate: z.boolean().default(false),
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

/** One thing that is wrong, and where in the list of queues. */
interface WaitingFault {
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
 * What is wrong with where queues lead: to queues that are not there or that nobody serves, round in a circle, or to a
 * telephone outside when there is no trunk.
 */
export function waitingFaults(
  queues: readonly Named[],
  agents: readonly { readonly queues: readonly string[] }[],
  trunks: readonly { readonly name: string }[],
): WaitingFault[] {
  const names = new Set(queues.map(({ name }) => name));
  const served = new Set(agents.flatMap((agent) => agent.queues));
  return queues.flatMap((queue, index) => {
    const faults = trunkFaults(queue, index, trunks);
    for (const { to, path } of passagesOf(queue)) {
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

/** Whoever is called back is called over a trunk. */
function trunkFaults(
  queue: Named,
  index: number,
  trunks: readonly { readonly name: string }[],
): WaitingFault[] {
  const { trunk } = queue.callback;
  if (trunk !== null && trunks.every(({ name }) => name !== trunk)) {
    const reason = `queue ${queue.name} calls back over trunk ${trunk}, which is not defined`;
    return [{ path: [index, "callback", "trunk"], reason }];
  }
  if (trunks.length > 0 || waysOf(queue).every((way) => !("callback" in way))) return [];
  const reason = `queue ${queue.name} calls back, and there is no trunk to call over`;
  return [{ path: [index, "callback"], reason }];
}

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
