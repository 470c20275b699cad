import { z } from "zod";
import { languages } from "./call-fact.ts";
import { hoursSchema } from "./hours.ts";
import { strategies } from "./routing/strategies.ts";
import { surveySchema } from "./survey.ts";
import { waitingFaults, waitingParts } from "./waiting.ts";

/**
 * The contact centre as its admin describes it in `kituo.yaml`: languages, queues, agents, extensions, trunk. All
 * Asterisk configuration is rendered from this, and the server routes by it.
 */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "a name is 1-31 of a-z, 0-9 and -, beginning with a letter");

const milliseconds = (least: number, most: number) => z.int().min(least).max(most);

const restMs = milliseconds(0, 3_600_000);

const level = z.int().min(1, "a level is 1 to 5").max(5, "a level is 1 to 5");

const needParts = {
  /** The least level that is asked for, 1 to 5. */
  level: level.default(1),
  /** Without it an agent gets no call of the queue; else those who have it come first. */
  required: z.boolean().default(true),
  /** What is asked for instead after a wait; a level of 0 asks for nothing any more. */
  relax: z
    .array(z.strictObject({ afterMs: milliseconds(0, 7_200_000), level: z.int().min(0).max(5) }))
    .default([]),
};
const needSchema = z.strictObject({ skill: name, ...needParts });

const wrapUpCodeSchema = z.strictObject({ code: name, title: z.string().min(1).max(60) });

export const queueSchema = z.strictObject({
  name,
  title: z.string().min(1).max(60),
  /** How long one agent's phone rings before the next is tried. */
  ringMs: milliseconds(1_000, 120_000).default(15_000),
  /** After-call work that follows each call of this queue. 0: none. */
  wrapUpMs: milliseconds(0, 3_600_000).default(10_000),
  /** What an agent can say that came of a call of this queue. */
  wrapUpCodes: z.array(wrapUpCodeSchema).default([]),
  /** Whether she has to say it before she can end her after-call work early. */
  wrapUpRequired: z.boolean().default(false),
  /** How long an agent rests after an offer of this queue, where that is not as the centre says. */
  rest: z
    .strictObject({ busyMs: restMs, declinedMs: restMs, noAnswerMs: restMs, unreachableMs: restMs })
    .partial()
    .default({}),
  /** The longest wait; then the caller is taken where `otherwise` says. */
  maxWaitMs: milliseconds(1_000, 7_200_000).default(900_000),
  /** The least time between two announcements of the place in the queue to one caller. */
  announceEveryMs: milliseconds(1_000, 600_000).default(20_000),
  /** Whether conversations of this queue are recorded. */
  record: z.boolean().default(true),
  /** A caller of a heavier queue is served before one of a lighter queue. */
  weight: z.int().min(0).max(100).default(0),
  /** When it takes calls; always, when this is not given. Whoever comes outside of that is asked for a message. */
  hours: hoursSchema.nullable().default(null),
  /** Who of the free agents who suit equally well is asked first. */
  strategy: z.enum(strategies).default("longest-idle"),
  /**
   * How many phones ring for one call. `one`: one after the other. `all`: those of all free agents who suit.
   * `progressively`: one more every `ringNextMs`, and the earlier ones go on ringing.
   */
  ring: z.enum(["one", "all", "progressively"]).default("one"),
  ringNextMs: milliseconds(500, 120_000).default(5_000),
  /** The skills that its calls ask for. */
  skills: z.array(needSchema).default([]),
  /** Who served a caller last is preferred; nobody is when this is not given. */
  lastAgent: z
    .strictObject({
      withinDays: z.int().min(1).max(365).default(7),
      /** How long a caller waits for her, while she is busy, before others are asked. */
      graceMs: milliseconds(0, 120_000).default(0),
    })
    .nullable()
    .default(null),
  /** What a caller is asked when her agent has hung up; nothing when this is not given. */
  survey: surveySchema.nullable().default(null),
  /** How well an agent has to speak the caller's language; nothing is asked for when this is not given. */
  language: z.strictObject(needParts).nullable().default(null),
  ...waitingParts,
});

const extensionPattern = /^10(0[1-9]|[1-9]\d)$/;

export const agentSchema = z.strictObject({
  id: z.string().regex(/^AGT-\d{3}$/, "an agent id looks like AGT-001"),
  name: z.string().min(1).max(80),
  extension: z.string().regex(extensionPattern, "an extension is 1001 to 1099"),
  queues: z.array(name),
  /** What she can do, each with a level of 1 to 5. */
  skills: z.record(name, level).default({}),
  /** The languages she speaks, each with a level of 1 to 5. */
  speaks: z.partialRecord(z.enum(languages), level).default({}),
  /** Her share of the calls of queues that draw agents by weight. */
  share: z.number().min(0.01).max(100).default(1),
});

export const numberSchema = z.union([
  z.strictObject({ number: z.string().regex(/^\+?\d{3,15}$/), menu: name }),
  z.strictObject({ number: z.string().regex(/^\+?\d{3,15}$/), queue: name }),
]);

export const trunkSchema = z.strictObject({
  name,
  /** The provider's SIP host; calls from it enter at the main menu. */
  host: z.string().min(1),
  /** Where it listens, when that is not the usual port of SIP. */
  port: z.int().min(1).max(65_535).optional(),
  username: z.string().optional(),
  /** The name of the environment variable that holds the password; the password never stands in this file. */
  passwordFrom: z.string().optional(),
  register: z.boolean().default(false),
});

export const vipSchema = z.strictObject({
  number: z.string().regex(/^\+\d{7,15}$/, "a number is written like +254700000001"),
  /** What is added to the priority of her calls. */
  priority: z.int().min(1).max(100).default(10),
});

export const centreSchema = z
  .strictObject({
    name: z.string().min(1).default("Kituo"),
    languages: z
      .array(z.enum(languages))
      .min(1)
      .default([...languages]),
    /** The menu that a new call enters; a file of that name stands in `dialplan/menus/`. */
    entryMenu: name.default("language"),
    /** Numbers that callers outside dial and that do not enter at `entryMenu`: another menu, or straight into a queue. */
    numbers: z.array(numberSchema).default([]),
    /** How long Asterisk holds a caller, with music, for a server to take her up; then its own queue has her. */
    holdMs: milliseconds(0, 600_000).default(60_000),
    routing: z
      .strictObject({
        /** `strict`: a call of a higher priority is served first. `minutes`: each point counts like a minute waited. */
        priority: z.enum(["strict", "minutes"]).default("strict"),
        /** How long an agent rests after an offer that she did not answer, by what came of it. */
        rest: z
          .strictObject({
            busyMs: restMs.default(10_000),
            declinedMs: restMs.default(10_000),
            noAnswerMs: restMs.default(5_000),
            unreachableMs: restMs.default(5_000),
          })
          .prefault({}),
        /** After so many offers in a row that rang out or were declined, an agent is paused. 0: never. */
        pauseAfter: z.int().min(0).max(100).default(3),
        /** How long after-call work lasts at most, counted from the end of the conversation, when it is extended. */
        wrapUpMaxMs: milliseconds(0, 14_400_000).default(600_000),
        /** For how long who was cut off while she waited keeps her place, when she dials again. 0: not at all. */
        keepPlaceMs: milliseconds(0, 3_600_000).default(60_000),
        /** Callers who are served with more priority than others, by their numbers. */
        vip: z.array(vipSchema).default([]),
      })
      .prefault({}),
    /** Why an agent may take a break, where the API takes these reasons only. */
    pauseReasons: z.array(z.string().trim().min(1).max(60)).default([]),
    queues: z.array(queueSchema).min(1),
    agents: z.array(agentSchema),
    trunks: z.array(trunkSchema).default([]),
  })
  .check((context) => {
    const fault = (message: string, path: (string | number)[]) =>
      context.issues.push({ code: "custom", message, path, input: context.value });
    const { queues, agents, routing, trunks } = context.value;
    routing.vip.forEach(({ number }, index) => {
      if (routing.vip.findIndex((each) => each.number === number) < index)
        fault(`${number} has two priorities`, ["routing", "vip", index, "number"]);
    });
    const seen = new Set<string>();
    queues.forEach((queue, index) => {
      if (seen.has(queue.name))
        fault(`queue ${queue.name} is defined twice`, ["queues", index, "name"]);
      seen.add(queue.name);
    });
    queues.forEach((queue, index) => {
      const serving = agents.filter((agent) => agent.queues.includes(queue.name));
      queue.skills.forEach(({ skill, level: least, required, relax }, place) => {
        const ends = relax.some((step) => step.level === 0);
        const able = serving.some((agent) => (agent.skills[skill] ?? 0) >= least);
        if (required && !ends && serving.length > 0 && !able && relax.length === 0)
          fault(
            `queue ${queue.name} requires ${skill} at ${least}, which none of its agents has: nobody could take its calls`,
            ["queues", index, "skills", place],
          );
      });
    });
    queues.forEach(({ name: queue, wrapUpCodes, wrapUpRequired, wrapUpMs }, index) => {
      const codes = wrapUpCodes.map(({ code }) => code);
      wrapUpCodes.forEach(({ code }, place) => {
        if (codes.indexOf(code) !== place)
          fault(`queue ${queue} has the wrap-up code ${code} twice`, [
            "queues",
            index,
            "wrapUpCodes",
            place,
          ]);
      });
      if (wrapUpRequired && codes.length === 0)
        fault(`queue ${queue} requires a wrap-up code and has none`, [
          "queues",
          index,
          "wrapUpRequired",
        ]);
      if (wrapUpRequired && wrapUpMs === 0)
        fault(`queue ${queue} requires a wrap-up code and leaves no time for it: wrapUpMs is 0`, [
          "queues",
          index,
          "wrapUpRequired",
        ]);
    });
    for (const { path, reason } of waitingFaults(queues, agents, trunks))
      fault(reason, ["queues", ...path]);
    const extensions = new Set<string>();
    const ids = new Set<string>();
    agents.forEach((agent, index) => {
      if (extensions.has(agent.extension))
        fault(`extension ${agent.extension} belongs to two agents`, ["agents", index, "extension"]);
      if (ids.has(agent.id)) fault(`agent ${agent.id} is defined twice`, ["agents", index, "id"]);
      extensions.add(agent.extension);
      ids.add(agent.id);
      for (const queue of agent.queues)
        if (!seen.has(queue))
          fault(`agent ${agent.id} serves queue ${queue}, which is not defined`, [
            "agents",
            index,
            "queues",
          ]);
    });
  });

export type Centre = z.infer<typeof centreSchema>;
export type QueueSettings = z.infer<typeof queueSchema>;
export type AgentSettings = z.infer<typeof agentSchema>;

/** The extensions of every centre; each exists in Asterisk whether or not an agent has it. */
export const extensions: readonly string[] = Array.from({ length: 20 }, (_, index) =>
  String(1001 + index),
);

/** The extensions that a SIP phone can register as: those of every centre, and those that further agents have. */
export function extensionsOf(centre: Pick<Centre, "agents">): readonly string[] {
  return [...new Set([...extensions, ...centre.agents.map((agent) => agent.extension)])].sort();
}

/** Whether this could be an extension of some centre: 1001 to 1099. */
export const isExtension = (dialled: string): boolean => extensionPattern.test(dialled);
