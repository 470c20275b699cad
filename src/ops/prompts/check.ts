import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Language } from "../../domain/call-fact.ts";
import type { Menus } from "../../domain/ivr.ts";
import { promptsOfCalls } from "../../domain/prompt.ts";
import { promptsPlayed } from "../config/check-dialplan.ts";
import { parseDialplan } from "../config/dialplan.ts";
import { type Catalogues, readCatalogues } from "./catalogue.ts";

/** What is missing among the prompts. Missing texts are faults; missing recordings are only worth knowing. */
export interface PromptReport {
  /** Sentences: a language lacks a prompt that another has, or that something plays. */
  readonly missing: readonly string[];
  /** Prompts that are spoken by the speech engine because nobody recorded them. */
  readonly unrecorded: ReadonlyMap<Language, readonly string[]>;
}

/** Where a prompt is needed. */
export interface PromptNeed {
  readonly prompt: string;
  readonly by: string;
}

/** Compares the catalogues of the centre's languages with each other and with all that plays prompts. */
export function reportPrompts(
  catalogues: Catalogues,
  languages: readonly Language[],
  needs: readonly PromptNeed[],
): PromptReport {
  const reasons = new Map<string, string>();
  for (const language of languages)
    for (const prompt of catalogues.get(language)?.keys() ?? [])
      if (!reasons.has(prompt)) reasons.set(prompt, `${language} has it`);
  for (const { prompt, by } of needs) reasons.set(prompt, `${by} plays it`);

  const missing: string[] = [];
  for (const [prompt, why] of [...reasons].sort(([left], [right]) => left.localeCompare(right)))
    for (const language of languages)
      if (!catalogues.get(language)?.has(prompt))
        missing.push(`${language} has no prompt ${prompt}: ${why}`);
  const unrecorded = new Map(
    languages.map((language) => [
      language,
      [...(catalogues.get(language)?.values() ?? [])]
        .filter(({ source }) => source.is === "speech")
        .map(({ name }) => name),
    ]),
  );
  return { missing, unrecorded };
}

/** What the calls, the menus and the dialplan play. */
export async function promptNeeds(menus: Menus, dialplanFile: string): Promise<PromptNeed[]> {
  const dialplan = parseDialplan(await readFile(dialplanFile, "utf8"));
  return [
    ...promptsOfCalls.map((prompt) => ({ prompt, by: "a call" })),
    ...[...menus.values()].flatMap((menu) =>
      [
        ...menu.prompts,
        menu.invalid.prompt,
        ...(menu.noInput.prompt === undefined ? [] : [menu.noInput.prompt]),
      ].map((prompt) => ({ prompt, by: `menu ${menu.menu}` })),
    ),
    ...dialplan.steps
      .flatMap(promptsPlayed)
      .filter((sound) => sound.startsWith("kituo/"))
      .map((sound) => ({ prompt: basename(sound), by: "the dialplan" })),
  ];
}

/** Reads everything and reports; rejects with `config_invalid` when a catalogue itself is broken. */
export async function checkPrompts(options: {
  readonly promptsFolder: string;
  readonly dialplanFolder: string;
  readonly menus: Menus;
  readonly languages: readonly Language[];
}): Promise<PromptReport> {
  const catalogues = await readCatalogues(options.promptsFolder);
  const needs = await promptNeeds(options.menus, join(options.dialplanFolder, "extensions.conf"));
  return reportPrompts(catalogues, options.languages, needs);
}
