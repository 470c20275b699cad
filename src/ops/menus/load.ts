import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Language } from "../../domain/call-fact.ts";
import type { Centre } from "../../domain/centre.ts";
import { KituoError } from "../../domain/errors.ts";
import { type Menu, type Menus, menuSchema } from "../../domain/ivr.ts";
import { checkMenus, type MenuSurroundings } from "../../domain/menu-check.ts";
import { usesOf } from "../../domain/waiting.ts";
import { type Finding, printFinding } from "../finding.ts";
import { readYaml, type YamlFile } from "../yaml.ts";

/** What the menus of a centre may refer to. */
export function menuSurroundings(
  centre: Centre,
  prompts: ReadonlyMap<Language, ReadonlySet<string>>,
): MenuSurroundings {
  return {
    queues: new Set(centre.queues.map((queue) => queue.name)),
    prompts,
    languages: centre.languages,
    entryMenu: centre.entryMenu,
    otherEntries: centre.numbers.flatMap((number) => ("menu" in number ? [number.menu] : [])),
    queuesUse: centre.queues.map((queue) => ({ queue: queue.name, ...usesOf(queue) })),
  };
}

/** Reads and checks every `*.yaml` of a folder; tells all faults of all files, with their lines. */
export async function findMenuFaults(
  folder: string,
  known: MenuSurroundings,
): Promise<{ readonly menus: Menus; readonly faults: readonly Finding[] }> {
  const names = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  const files = new Map<string, YamlFile<Menu>>();
  const menus = new Map<string, Menu>();
  const faults: Finding[] = [];
  for (const file of names) {
    const path = join(folder, file);
    const read = readYaml(path, await readFile(path, "utf8"), menuSchema);
    const name = file.slice(0, -".yaml".length);
    files.set(name, read);
    faults.push(...read.faults);
    if (read.value !== null) menus.set(name, read.value);
  }
  // A menu that could not be read would be told again wherever it is named, so the set is checked when all were read.
  if (faults.length === 0)
    for (const fault of checkMenus(menus, known)) {
      const file = files.get(fault.menu);
      faults.push({
        file: file === undefined ? folder : join(folder, `${fault.menu}.yaml`),
        line: file?.lineOf(fault.path) ?? 0,
        reason: fault.reason,
      });
    }
  return { menus, faults };
}

/**
 * The menus of a folder, by name. A folder with any fault is refused whole, with `config_invalid` whose `faults` name
 * file, line and reason, so that a server which already runs keeps the menus it has.
 */
export async function loadMenus(folder: string, known: MenuSurroundings): Promise<Menus> {
  const { menus, faults } = await findMenuFaults(folder, known).catch((error: unknown) => {
    throw new KituoError("config_invalid", `The menus in ${folder} cannot be read`, [], error);
  });
  if (faults.length > 0)
    throw new KituoError(
      "config_invalid",
      `The menus in ${folder} have ${faults.length} fault${faults.length === 1 ? "" : "s"}`,
      faults.map(printFinding),
    );
  return menus;
}
