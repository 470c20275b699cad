/** One `name = value` of an Asterisk configuration file. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** One `[name](options)` and what stands under it. The same name can stand more than once. */
export interface Section {
  readonly name: string;
  readonly line: number;
  /** A template, `(!)`: not there itself, others are made from it. */
  readonly template: boolean;
  readonly settings: readonly Setting[];
}

/** Reads a configuration file; settings that a section takes from its templates come first in it. */
export function parseConf(text: string): Section[] {
  const sections: (Section & { readonly settings: Setting[] })[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const content = withoutComment(raw).trim();
    const line = index + 1;
    const head = /^\[([^\]]+)\]\s*(?:\(([^)]*)\))?/.exec(content);
    if (head !== null) {
      const options = (head[2] ?? "").split(",").map((option) => option.trim());
      const parents = options.filter((option) => option !== "" && option !== "!" && option !== "+");
      const inherited = parents.flatMap(
        (parent) => sections.findLast(({ name }) => name === parent)?.settings ?? [],
      );
      sections.push({
        name: head[1] ?? "",
        line,
        template: options.includes("!"),
        settings: [...inherited],
      });
      continue;
    }
    const setting = /^([^=]+?)\s*=>?\s*(.*)$/.exec(content);
    if (setting?.[1] !== undefined)
      sections.at(-1)?.settings.push({ name: setting[1], value: setting[2] ?? "", line });
  }
  return sections;
}

/** A semicolon starts a comment unless a backslash stands before it. */
function withoutComment(line: string): string {
  return line.replace(/(^|[^\\]);.*$/, "$1");
}

/** The last value of a setting in a section. */
export function settingOf(section: Section, name: string): Setting | undefined {
  return section.settings.findLast((setting) => setting.name === name);
}
