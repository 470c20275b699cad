import { readFileSync } from "node:fs";
import { z } from "zod";
import { queueSchema } from "../../domain/centre.ts";
import { KituoError } from "../../domain/errors.ts";
import { printFinding } from "../finding.ts";
import { readYaml } from "../yaml.ts";

const time = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time is written like "08:30"')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const name = queueSchema.shape.name;

const targetSchema = z.strictObject({
  /** Of all who call, so many percent ... */
  percent: z.number().min(1).max(99.9),
  /** ... are answered within so long. */
  withinSeconds: z.number().min(0).max(3_600),
});

const arrivalsSchema = z.strictObject({
  from: time,
  to: time,
  perHour: z.number().min(0.1).max(100_000),
});

const queueTrafficSchema = z.strictObject({
  name,
  /** How long a call keeps an agent on average: talk and after-call work. */
  handleSeconds: z.number().min(1).max(14_400),
  /** The part of it that is after-call work, the same for each call. */
  wrapUpSeconds: z.number().min(0).max(3_600).default(0),
  /** How long callers wait on average before they hang up; for ever, when this is not given. */
  patienceSeconds: z.number().min(1).max(86_400).nullable().default(null),
  /** As the queue of this name in `kituo.yaml` has them. */
  weight: queueSchema.shape.weight,
  strategy: queueSchema.shape.strategy,
  skills: queueSchema.shape.skills,
  /** What this queue is to reach, where that is not what all are. */
  target: targetSchema.optional(),
  arrivals: z.array(arrivalsSchema).min(1),
});

const groupSchema = z.strictObject({
  name: name.default("agents"),
  /** How many there are: what is planned, and the proportion in which more or fewer are taken. */
  count: z.int().min(1).max(2_000),
  /** All queues, when this is not given. */
  queues: z.array(name).min(1).optional(),
  skills: z
    .record(name, z.int().min(1, "a level is 1 to 5").max(5, "a level is 1 to 5"))
    .default({}),
});

export type QueueTraffic = z.infer<typeof queueTrafficSchema>;
export type Group = z.infer<typeof groupSchema>;
export type ScenarioTarget = z.infer<typeof targetSchema>;

/** Calls as they are expected, and who could take them: what `kituo simulate` reads. Times are minutes of the day. */
export const scenarioSchema = z
  .strictObject({
    name: z.string().min(1).max(80).default("Scenario"),
    target: targetSchema,
    /** How long an agent takes to answer her phone. */
    answerSeconds: z.number().min(0).max(60).default(0),
    queues: z.array(queueTrafficSchema).min(1).max(50),
    agents: z.array(groupSchema).min(1).max(50),
  })
  .check((context) => {
    const fault = (message: string, path: (string | number)[]) =>
      context.issues.push({ code: "custom", message, path, input: context.value });
    const { queues, agents, answerSeconds } = context.value;
    twice(queues).forEach((index) =>
      fault(`queue ${queues[index]?.name} is defined twice`, ["queues", index, "name"]),
    );
    twice(agents).forEach((index) =>
      fault(`two groups of agents are called ${agents[index]?.name}`, ["agents", index]),
    );
    queues.forEach((queue, index) => {
      const { withinSeconds } = queue.target ?? context.value.target;
      if (answerSeconds > withinSeconds)
        fault(
          `answering takes ${answerSeconds} s, and ${queue.name} is to be answered within ${withinSeconds} s`,
          ["answerSeconds"],
        );
      if (queue.wrapUpSeconds >= queue.handleSeconds)
        fault("after-call work is a part of handleSeconds, and takes all of it", [
          "queues",
          index,
          "wrapUpSeconds",
        ]);
      for (const [place, reason] of overlaps(queue.arrivals))
        fault(reason, ["queues", index, "arrivals", place]);
      const able = agents.filter((group) => mayTake(group, queue));
      if (able.length === 0)
        fault(`no agents may take the calls of ${queue.name}`, ["queues", index, "name"]);
    });
    agents.forEach((group, index) => {
      for (const queue of group.queues ?? [])
        if (!queues.some((each) => each.name === queue))
          fault(`${group.name} serve queue ${queue}, which is not defined`, [
            "agents",
            index,
            "queues",
          ]);
    });
  });

export type Scenario = z.infer<typeof scenarioSchema>;

/** Whether a group serves a queue. */
export const serves = ({ queues }: Group, queue: QueueTraffic): boolean =>
  queues === undefined || queues.includes(queue.name);

/** Whether a group may take calls of a queue, sooner or later. */
export function mayTake(group: Group, queue: QueueTraffic): boolean {
  const has = (skill: string) => group.skills[skill] ?? 0;
  return (
    serves(group, queue) &&
    queue.skills.every(
      ({ skill, level, required, relax }) =>
        !required || has(skill) >= level || relax.some((step) => has(skill) >= step.level),
    )
  );
}

/** Where a name stands that stood before. */
function twice(named: readonly { readonly name: string }[]): readonly number[] {
  return named.flatMap(({ name: each }, index) =>
    named.slice(0, index).some((earlier) => earlier.name === each) ? [index] : [],
  );
}

function overlaps(
  arrivals: readonly z.infer<typeof arrivalsSchema>[],
): readonly (readonly [number, string])[] {
  return arrivals.flatMap(({ from, to }, index): [number, string][] => {
    if (from >= to) return [[index, "an interval ends after it begins"]];
    const other = arrivals.slice(0, index).some((each) => each.from < to && from < each.to);
    return other ? [[index, "the interval overlaps an earlier one"]] : [];
  });
}

/** Reads a scenario; throws `config_invalid` with file, line and reason of every fault. */
export function readScenario(file: string): Scenario {
  const { value, faults } = readYaml(file, textOf(file), scenarioSchema);
  if (value !== null) return value;
  throw new KituoError(
    "config_invalid",
    `The scenario has ${faults.length} fault${faults.length === 1 ? "" : "s"}.`,
    faults.map(printFinding),
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new KituoError("config_invalid", `The scenario cannot be read from ${file}.`, [], error);
  }
}
