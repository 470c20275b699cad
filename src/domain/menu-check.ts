import type { Language } from "./call-fact.ts";
import type { Exit, Menu, Menus } from "./ivr.ts";

/** What menus may refer to. */
export interface MenuSurroundings {
  readonly queues: ReadonlySet<string>;
  /** The prompts that each language has. */
  readonly prompts: ReadonlyMap<Language, ReadonlySet<string>>;
  /** The languages callers can choose. */
  readonly languages: readonly Language[];
  /** The menu new calls enter at. */
  readonly entryMenu: string;
  /** Menus that a number of its own leads into. */
  readonly otherEntries?: readonly string[];
  /** What callers hear, and the menus they are taken to, while they wait in a queue. */
  readonly queuesUse?: readonly QueueUse[];
}

/** What one queue names. */
export interface QueueUse {
  readonly queue: string;
  readonly menus: readonly string[];
  readonly prompts: readonly string[];
}

export type MenuFaultKind =
  | "wrong_name"
  | "unknown_menu"
  | "unknown_queue"
  | "unknown_language"
  | "missing_prompt"
  | "dead_menu"
  | "no_way_out"
  | "endless";

/** One thing that is wrong with a menu, and where: the path of the value inside it. */
export interface MenuFault {
  readonly menu: string;
  readonly path: readonly (string | number)[];
  readonly kind: MenuFaultKind;
  readonly reason: string;
}

interface Way {
  readonly exit: Exit;
  readonly path: readonly string[];
}

/**
 * Finds what is wrong with a set of menus before a caller does: names that lead nowhere, prompts that a language
 * lacks, menus nobody can reach, and callers who could never leave. The menus are keyed by the name of their file.
 */
export function checkMenus(menus: Menus, known: MenuSurroundings): MenuFault[] {
  const ours = [known.entryMenu, ...(known.otherEntries ?? [])];
  const uses = known.queuesUse ?? [];
  const entries = [...ours, ...uses.flatMap((use) => use.menus)];
  return [
    ...ours.filter((entry) => !menus.has(entry)).map(missingEntry),
    ...uses.flatMap((use) => queueFaults(use, menus, known)),
    ...[...menus].flatMap(([file, menu]) => [
      ...nameFaults(file, menu),
      ...exitFaults(file, menu, menus, known),
      ...promptFaults(file, menu, known),
    ]),
    ...deadMenus(menus, entries),
    ...waysOutFaults(menus),
  ];
}

const missingEntry = (entry: string): MenuFault => ({
  menu: entry,
  path: [],
  kind: "unknown_menu",
  reason: `calls enter at menu ${entry}, but there is no such menu`,
});

/** The file that a queue is set in is not known here; the reason names the queue. */
function queueFaults(
  { queue, menus: named, prompts }: QueueUse,
  menus: Menus,
  known: MenuSurroundings,
): MenuFault[] {
  const fault = (menu: string, kind: MenuFaultKind, reason: string) => ({
    menu,
    path: [],
    kind,
    reason,
  });
  return [
    ...named
      .filter((menu) => !menus.has(menu))
      .map((menu) =>
        fault(menu, "unknown_menu", `queue ${queue} leads to menu ${menu}, which is not there`),
      ),
    ...prompts.flatMap((name) => {
      const lacking = known.languages.filter((each) => !known.prompts.get(each)?.has(name));
      if (lacking.length === 0) return [];
      const where = lacking.join(", ");
      return [
        fault("", "missing_prompt", `queue ${queue} tells ${name}, which is no prompt in ${where}`),
      ];
    }),
  ];
}

function nameFaults(file: string, menu: Menu): MenuFault[] {
  if (menu.menu === file) return [];
  const reason = `the menu calls itself ${menu.menu}, but its file is named ${file}`;
  return [{ menu: file, path: ["menu"], kind: "wrong_name", reason }];
}

/** Every exit of a menu with its path; repeating is no exit. */
function waysOf(menu: Menu): Way[] {
  const keys = Object.entries(menu.keys).flatMap(([key, leads]) =>
    "repeat" in leads ? [] : [{ exit: leads, path: ["keys", key] }],
  );
  return [
    ...keys,
    { exit: menu.noInput.then, path: ["noInput", "then"] },
    { exit: menu.invalid.then, path: ["invalid", "then"] },
    { exit: menu.error, path: ["error"] },
  ];
}

function exitFaults(file: string, menu: Menu, menus: Menus, known: MenuSurroundings): MenuFault[] {
  const faults: MenuFault[] = [];
  const fault = (kind: MenuFaultKind, path: readonly (string | number)[], reason: string) =>
    faults.push({ menu: file, path, kind, reason });
  for (const { exit, path } of waysOf(menu)) {
    if ("menu" in exit) {
      if (!menus.has(exit.menu))
        fault("unknown_menu", [...path, "menu"], `there is no menu ${exit.menu}`);
      if (exit.language !== undefined && !known.languages.includes(exit.language))
        fault(
          "unknown_language",
          [...path, "language"],
          `language ${exit.language} is not one of this centre (${known.languages.join(", ")})`,
        );
    }
    const queue = "queue" in exit ? exit.queue : "voicemail" in exit ? exit.voicemail : null;
    if (queue !== null && !known.queues.has(queue))
      fault(
        "unknown_queue",
        [...path, "queue" in exit ? "queue" : "voicemail"],
        `there is no queue ${queue} (there are ${[...known.queues].join(", ")})`,
      );
  }
  for (const [index, language] of (menu.speak ?? []).entries())
    if (!known.languages.includes(language))
      fault(
        "unknown_language",
        ["speak", index],
        `language ${language} is not one of this centre (${known.languages.join(", ")})`,
      );
  return faults;
}

/** A prompt is needed in every language the menu is spoken in; a farewell in every language of the centre. */
function promptFaults(file: string, menu: Menu, known: MenuSurroundings): MenuFault[] {
  const spoken = (menu.speak ?? known.languages).filter((each) => known.languages.includes(each));
  const { prompt: told } = menu.noInput;
  const needed: { name: string; path: (string | number)[]; languages: readonly Language[] }[] = [
    ...menu.prompts.map((name, index) => ({ name, path: ["prompts", index], languages: spoken })),
    { name: menu.invalid.prompt, path: ["invalid", "prompt"], languages: spoken },
    ...(told === undefined ? [] : [{ name: told, path: ["noInput", "prompt"], languages: spoken }]),
    ...waysOf(menu).flatMap(({ exit, path }) =>
      "hangup" in exit
        ? [{ name: exit.hangup, path: [...path, "hangup"], languages: known.languages }]
        : [],
    ),
  ];
  return needed.flatMap(({ name, path, languages }) => {
    const lacking = languages.filter((language) => !known.prompts.get(language)?.has(name));
    if (lacking.length === 0) return [];
    const reason = `there is no prompt ${name} in ${lacking.join(", ")}`;
    return [{ menu: file, path, kind: "missing_prompt" as const, reason }];
  });
}

function deadMenus(menus: Menus, entries: readonly string[]): MenuFault[] {
  const reached = new Set<string>();
  const open = [...entries];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const menu = menus.get(name);
    if (menu === undefined || reached.has(name)) continue;
    reached.add(name);
    for (const { exit } of waysOf(menu)) if ("menu" in exit) open.push(exit.menu);
  }
  return [...menus.keys()]
    .filter((name) => !reached.has(name))
    .map((name) => ({
      menu: name,
      path: ["menu"],
      kind: "dead_menu" as const,
      reason: `no call can reach this menu: no number and no other menu leads to it`,
    }));
}

/** A caller who does the same thing again and again must get out of the menus, whatever it is he does. */
const habits = [
  { path: ["noInput", "then"], follow: (menu: Menu) => menu.noInput.then, who: "who is silent" },
  {
    path: ["invalid", "then"],
    follow: (menu: Menu) => menu.invalid.then,
    who: "who presses wrong keys",
  },
  { path: ["error"], follow: (menu: Menu) => menu.error, who: "whose prompts cannot be played" },
] as const;

function waysOutFaults(menus: Menus): MenuFault[] {
  return [...menus].flatMap(([name, menu]): MenuFault[] => {
    if (!canLeave(name, menus))
      return [
        {
          menu: name,
          path: ["menu"],
          kind: "no_way_out",
          reason:
            "a caller can go round in menus only: no queue, voicemail or hangup can be reached",
        },
      ];
    return habits.flatMap(({ path, follow, who }) => {
      const round = circle(name, menus, follow);
      if (round === null) return [];
      const exit = follow(menu);
      return [
        {
          menu: name,
          path: "menu" in exit ? [...path, "menu"] : path,
          kind: "endless" as const,
          reason: `a caller ${who} goes round for ever: ${round.join(" -> ")}`,
        },
      ];
    });
  });
}

function canLeave(start: string, menus: Menus): boolean {
  const seen = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const menu = menus.get(name);
    // What leads to an unknown menu is told as that.
    if (menu === undefined) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const { exit } of waysOf(menu)) {
      if (!("menu" in exit)) return true;
      open.push(exit.menu);
    }
  }
  return false;
}

/** The circle that a menu itself lies on when one kind of exit is always taken; `null` when there is none. */
function circle(start: string, menus: Menus, follow: (menu: Menu) => Exit): string[] | null {
  const round = [start];
  for (let name = start; round.length <= menus.size + 1; ) {
    const menu = menus.get(name);
    const exit = menu === undefined ? null : follow(menu);
    if (exit === null || !("menu" in exit)) return null;
    round.push(exit.menu);
    if (exit.menu === start) return round;
    name = exit.menu;
  }
  return null;
}
