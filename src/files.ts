import type { Config } from "./config.ts";
import type { Language } from "./domain/call-fact.ts";
import { KituoError } from "./domain/errors.ts";
import type { Menus } from "./domain/ivr.ts";
import { surveyFaults } from "./domain/survey.ts";
import { loadMenus, menuSurroundings } from "./ops/menus/load.ts";
import { readPromptTexts } from "./ops/prompts/catalogue.ts";
import { readSecrets, type Secrets } from "./ops/secrets.ts";

/** What the server is given in files, beside its configuration. */
export interface Files {
  readonly secrets: Secrets;
  readonly menus: Menus;
  /** Reads the menus again; rejects when they have a fault. */
  readonly readMenus: () => Promise<Menus>;
  /** What a prompt says in a language; its name when that is not known. */
  readonly promptText: (prompt: string, language: Language) => string;
}

/** Reads and checks them; throws `config_invalid` with every fault. */
export async function readFiles(config: Config): Promise<Files> {
  const { centre } = config;
  const [secrets, texts] = await Promise.all([
    secretsOf(config),
    readPromptTexts(config.promptsFolder),
  ]);
  const prompts = new Map(
    Array.from(texts, ([language, known]) => [language, new Set(known.keys())]),
  );
  const faults = surveyFaults(centre, prompts);
  if (faults.length > 0)
    throw new KituoError("config_invalid", "A survey plays what there is not.", faults);
  const surroundings = menuSurroundings(centre, prompts);
  const readMenus = () => loadMenus(config.menusFolder, surroundings);
  return {
    secrets,
    menus: await readMenus(),
    readMenus,
    promptText: (prompt, language) => texts.get(language)?.get(prompt) ?? prompt,
  };
}

async function secretsOf(config: Config): Promise<Secrets> {
  const secrets = await readSecrets(config.secretsFile);
  if (secrets !== null) return secrets;
  throw new KituoError(
    "config_invalid",
    `there is no secrets file at ${config.secretsFile}; \`kituo up\` or \`kituo config render\` makes one`,
  );
}
