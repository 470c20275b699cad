import type { Finding } from "../finding.ts";
import type { Section } from "./conf.ts";
import { type Dialplan, type DialplanStep, jumpsOf, splitArguments, takes } from "./dialplan.ts";

const file = "extensions.conf";

/** Checks the dialplan: doubles, jumps that lead nowhere, sounds and queues that are not there. */
export function checkDialplan(
  dialplan: Dialplan,
  queues: readonly Section[],
  prompts: ReadonlySet<string> | undefined,
): Finding[] {
  const { contexts, steps, includes, broken } = dialplan;
  return [
    ...broken.map((line) => ({ file, ...line })),
    ...includes
      .filter(({ context }) => !contexts.has(context))
      .map(({ context, line }) => ({
        file,
        line,
        reason: `context ${context} is included but does not exist`,
      })),
    ...doubles(steps),
    ...gaps(steps),
    ...steps.flatMap((step) => [
      ...jumpsOf(step).flatMap((jump) => jumpFaults(jump, step, dialplan)),
      ...soundFaults(step, prompts),
      ...queueFaults(step, queues),
    ]),
  ];
}

function doubles(steps: readonly DialplanStep[]): Finding[] {
  const first = new Map<string, number>();
  return steps.flatMap(({ context, extension, priority, line }) => {
    const key = `${context} ${extension} ${priority}`;
    const before = first.get(key);
    if (before === undefined) {
      first.set(key, line);
      return [];
    }
    const reason = `extension ${extension},${priority} of context ${context} is there twice, first in line ${before}`;
    return [{ file, line, reason }];
  });
}

/** An extension whose first priority is missing is never entered. */
function gaps(steps: readonly DialplanStep[]): Finding[] {
  const entered = new Set(
    steps.filter((step) => step.priority === 1).map((step) => `${step.context} ${step.extension}`),
  );
  const told = new Set<string>();
  return steps.flatMap(({ context, extension, line }) => {
    const key = `${context} ${extension}`;
    if (entered.has(key) || told.has(key)) return [];
    told.add(key);
    return [
      { file, line, reason: `extension ${extension} of context ${context} has no priority 1` },
    ];
  });
}

/** What holds a variable is known only when a call is there. */
const isOpen = (text: string) => text.includes("${") || text.includes("$[");

function jumpFaults(jump: readonly string[], step: DialplanStep, dialplan: Dialplan): Finding[] {
  const { line } = step;
  const priority = jump.at(-1) ?? "";
  const extension = jump.length > 1 ? (jump.at(-2) ?? "") : step.extension;
  const context = jump.length > 2 ? (jump[0] ?? "") : step.context;
  if (isOpen(context)) return [];
  if (!dialplan.contexts.has(context))
    return [{ file, line, reason: `it jumps to context ${context}, which does not exist` }];
  if (isOpen(extension)) return [];
  const reached = dialplan.steps.filter(
    (other) =>
      other.context === context &&
      (other.extension === extension || (jump.length > 1 && takes(other.extension, extension))),
  );
  if (reached.length === 0) {
    // A context with includes can have it from there, and one with `i` takes everything.
    const reason = `it jumps to extension ${extension} of context ${context}, which does not exist`;
    const caught = dialplan.steps.some(
      (other) => other.context === context && other.extension === "i",
    );
    return caught || hasIncludes(context, dialplan) ? [] : [{ file, line, reason }];
  }
  if (isOpen(priority)) return [];
  const there = reached.some(
    (other) => other.label === priority || String(other.priority) === priority,
  );
  if (there) return [];
  const kind = /^\d+$/.test(priority) ? "priority" : "label";
  const reason = `it jumps to ${kind} ${priority} of extension ${extension} in context ${context}, which does not exist`;
  return [{ file, line, reason }];
}

function hasIncludes(context: string, { contexts }: Dialplan): boolean {
  return (contexts.get(context)?.settings ?? []).some(({ name }) => name === "include");
}

/** The prompts that a dialplan step plays: `kituo/NAME` in Playback, Background and the like. */
export function promptsPlayed(step: DialplanStep): string[] {
  const playing = ["Playback", "Background", "ControlPlayback", "Read"];
  if (!playing.includes(step.application)) return [];
  const argument = splitArguments(step.arguments)[step.application === "Read" ? 1 : 0] ?? "";
  return argument.split("&").filter((sound) => sound !== "" && !isOpen(sound));
}

function soundFaults(step: DialplanStep, prompts: ReadonlySet<string> | undefined): Finding[] {
  if (prompts === undefined) return [];
  return promptsPlayed(step).flatMap((sound) => {
    const name = /^kituo\/(.+)$/.exec(sound)?.[1];
    if (name !== undefined && prompts.has(name)) return [];
    const reason =
      name === undefined
        ? `sound ${sound} is not one of ours (kituo/NAME) and may be missing`
        : `prompt ${name} is in no catalogue, or not in that of every language`;
    return [{ file, line: step.line, reason }];
  });
}

function queueFaults(step: DialplanStep, queues: readonly Section[]): Finding[] {
  if (step.application !== "Queue") return [];
  const name = splitArguments(step.arguments)[0] ?? "";
  if (isOpen(name) || queues.some((queue) => queue.name === name && !queue.template)) return [];
  return [{ file, line: step.line, reason: `queue ${name} is not in queues.conf` }];
}
