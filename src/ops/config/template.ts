import { KituoError } from "../../domain/errors.ts";

/** What a template can be filled with: words, and lists of such values for `{{#each name}}` ... `{{/each}}`. */
export interface TemplateValues {
  readonly [name: string]: string | number | readonly TemplateValues[];
}

interface Frame {
  readonly values: TemplateValues;
  readonly path: string;
}

interface Block {
  readonly name: string;
  readonly line: number;
  readonly body: Line[];
}

type Line = { readonly line: number; readonly text: string } | Block;

const opening = /^\s*\{\{#each ([a-zA-Z]+)\}\}\s*$/;
const closing = /^\s*\{\{\/each\}\}\s*$/;
const placeholder = /\{\{([^}]*)\}\}/g;

/** Splits a template into lines and blocks; an `each` without its end, or an end without its `each`, is an error. */
function parse(file: string, text: string): Line[] {
  const root: Block = { name: "", line: 0, body: [] };
  const open: Block[] = [root];
  for (const [index, line] of text.split("\n").entries()) {
    const inner = open.at(-1) ?? root;
    const start = opening.exec(line);
    if (start?.[1] !== undefined) {
      const block: Block = { name: start[1], line: index + 1, body: [] };
      inner.body.push(block);
      open.push(block);
    } else if (closing.test(line)) {
      if (open.length === 1) throw invalid([`${file}:${index + 1}: {{/each}} closes nothing`]);
      open.pop();
    } else {
      inner.body.push({ line: index + 1, text: line });
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined && unclosed !== root)
    throw invalid([`${file}:${unclosed.line}: {{#each ${unclosed.name}}} is never closed`]);
  return root.body;
}

function invalid(faults: readonly string[]): KituoError {
  return new KituoError("config_invalid", "Asterisk's configuration cannot be rendered", faults);
}

/**
 * Fills a template: `{{name}}` becomes a value, and the lines between `{{#each list}}` and `{{/each}}` (each alone on
 * its line) are repeated for every entry of a list, in which outer values stay visible. Strict on purpose: a
 * placeholder without a value, a value that no placeholder uses, and a value that would break out of its line (a line
 * end, or `;`, which starts a comment) are all faults, told together with file and line.
 */
export function fillTemplate(file: string, text: string, values: TemplateValues): string {
  const faults: string[] = [];
  const used = new Set<string>();
  const known = new Set<string>();

  const find = (name: string, frames: readonly Frame[]) => {
    for (const frame of frames.toReversed()) {
      const value = frame.values[name];
      if (value === undefined) continue;
      used.add(frame.path + name);
      return { value, path: `${frame.path}${name}.` };
    }
    return null;
  };

  const fillLine = (line: number, content: string, frames: readonly Frame[]) =>
    content.replace(placeholder, (_, name: string) => {
      const found = find(name, frames);
      if (found === null || typeof found.value === "object") {
        faults.push(`${file}:${line}: {{${name}}} is not known here`);
        return "";
      }
      const word = String(found.value);
      if (/[\r\n\0;]/.test(word))
        faults.push(`${file}:${line}: the value of {{${name}}} holds a line end or a semicolon`);
      return word;
    });

  const fill = (lines: readonly Line[], frames: readonly Frame[]): string[] =>
    lines.flatMap((line) => {
      if ("text" in line) return [fillLine(line.line, line.text, frames)];
      const found = find(line.name, frames);
      if (found === null || typeof found.value !== "object") {
        faults.push(`${file}:${line.line}: {{#each ${line.name}}} is not a list known here`);
        return [];
      }
      return found.value.flatMap((entry) =>
        fill(line.body, [...frames, { values: entry, path: found.path }]),
      );
    });

  const note = (entry: TemplateValues, path: string) => {
    for (const [name, value] of Object.entries(entry)) {
      known.add(path + name);
      // What stands in a list counts only when the list is used at all, else one slip is told many times.
      if (typeof value === "object") for (const inner of value) note(inner, `${path}${name}.`);
    }
  };

  const lines = parse(file, text);
  const filled = fill(lines, [{ values, path: "" }]).join("\n");
  note(values, "");
  const unused = [...known].filter((name) => !used.has(name));
  for (const name of unused)
    if (!unused.some((other) => name.startsWith(`${other}.`)))
      faults.push(`${file}: the value "${name}" is given but the template never uses it`);
  if (faults.length > 0) throw invalid([...new Set(faults)]);
  return filled;
}
