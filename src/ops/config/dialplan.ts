import { parseConf, type Section } from "./conf.ts";

/** One priority of one extension. */
export interface DialplanStep {
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
  readonly label: string | null;
  readonly application: string;
  readonly arguments: string;
  readonly line: number;
}

export interface Dialplan {
  readonly contexts: ReadonlyMap<string, Section>;
  readonly steps: readonly DialplanStep[];
  readonly includes: readonly { readonly context: string; readonly line: number }[];
  /** Lines that are no extension at all. */
  readonly broken: readonly { readonly line: number; readonly reason: string }[];
}

const settingsSections = new Set(["general", "globals"]);

/** Reads extensions.conf: `exten => x,1,App(args)` and ` same => n,App(args)`. */
export function parseDialplan(text: string): Dialplan {
  const contexts = new Map<string, Section>();
  const steps: DialplanStep[] = [];
  const includes: Dialplan["includes"][number][] = [];
  const broken: Dialplan["broken"][number][] = [];
  for (const section of parseConf(text)) {
    if (settingsSections.has(section.name)) continue;
    contexts.set(section.name, section);
    let extension = "";
    let last = 0;
    for (const { name, value, line } of section.settings) {
      if (name === "include") {
        includes.push({ context: value.split(",")[0]?.trim() ?? "", line });
        continue;
      }
      if (name !== "exten" && name !== "same") {
        broken.push({ line, reason: `${name} is neither exten nor same nor include` });
        continue;
      }
      const step = /^(\d+|n|s|hint)(?:\(([^)]*)\))?\s*,\s*([A-Za-z_]+)\s*(?:\((.*)\))?$/;
      const comma = value.indexOf(",", value.startsWith("_[") ? value.indexOf("]") : 0);
      const rest = name === "same" ? value : value.slice(comma + 1);
      const found = step.exec(rest.trim());
      if (found === null || (name === "exten" && comma < 0) || !isBalanced(found[4] ?? "")) {
        broken.push({ line, reason: "this is not EXTENSION,PRIORITY,APPLICATION(ARGUMENTS)" });
        continue;
      }
      if (found[1] === "hint") continue;
      if (name === "exten") {
        const next = value.slice(0, comma).trim();
        if (next !== extension) last = 0;
        extension = next;
      }
      last = found[1] === "n" ? last + 1 : found[1] === "s" ? last : Number(found[1]);
      steps.push({
        context: section.name,
        extension,
        priority: last,
        label: found[2] ?? null,
        application: found[3] ?? "",
        arguments: found[4] ?? "",
        line,
      });
    }
  }
  return { contexts, steps, includes, broken };
}

/** Whether no parenthesis closes that was not opened: `Answer() Hangup()` is not one application. */
function isBalanced(text: string): boolean {
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth += 1;
    if (letter === ")") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Splits arguments at the commas that stand in no bracket. */
export function splitArguments(text: string, separator = ","): string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const letter of text) {
    if ("({[".includes(letter)) depth += 1;
    if (")}]".includes(letter)) depth -= 1;
    if (letter === separator && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

/**
 * Where a step can lead to, each target split into its one to three parts: by Goto, GotoIf and GotoIfTime, and by what
 * is run when a phone answers or a channel ends.
 */
export function jumpsOf({ application, arguments: text }: DialplanStep): string[][] {
  const whenAnswered = (context: string | undefined) =>
    context === undefined || context === "" ? [] : [[context, "s", "1"]];
  switch (application) {
    case "Goto":
      return [splitArguments(text)];
    case "GotoIf":
    case "GotoIfTime": {
      const [, targets] = splitArguments(text, "?");
      return splitArguments(targets ?? "", ":")
        .filter((target) => target !== "")
        .map((target) => splitArguments(target));
    }
    case "Set": {
      const handler = /^CHANNEL\(hangup_handler_push\)=(.*)$/.exec(text)?.[1];
      return handler === undefined ? [] : [splitArguments(handler)];
    }
    case "Dial":
      return whenAnswered(/U\(([^)^]*)/.exec(splitArguments(text)[2] ?? "")?.[1]);
    case "Queue":
      return whenAnswered(splitArguments(text)[6]);
    default:
      return [];
  }
}

/** Whether an extension of the dialplan, which can be a pattern, takes what was dialled. */
export function takes(extension: string, dialled: string): boolean {
  if (!extension.startsWith("_")) return extension === dialled;
  const pattern = extension
    .slice(1)
    .replaceAll(
      /\[[^\]]*\]|[XxZzNn.!]|[^A-Za-z0-9]/g,
      (part) => patternParts[part] ?? literal(part),
    );
  return new RegExp(`^${pattern}$`).test(dialled);
}

const patternParts: Readonly<Record<string, string>> = {
  X: "\\d",
  x: "\\d",
  Z: "[1-9]",
  z: "[1-9]",
  N: "[2-9]",
  n: "[2-9]",
  ".": ".+",
  "!": ".*",
};

function literal(part: string): string {
  return part.startsWith("[") && part.length > 1 ? part : `\\${part}`;
}
