import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Language, languages } from "../../domain/call-fact.ts";
import { KituoError } from "../../domain/errors.ts";
import { type Finding, printFinding } from "../finding.ts";
import { readYaml } from "../yaml.ts";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "a name is 1-41 of a-z, 0-9 and -");
const words = z.string().trim().min(1);

const entrySchema = z.union(
  [
    words.transform((text) => ({ text })),
    z.strictObject({
      text: words,
      /** What the speech engine is given, where the text alone would be said badly. */
      say: words.optional(),
      /** Makes one prompt a number; `{n}` in the words is the number. */
      each: z.strictObject({ from: z.int().min(0), to: z.int().max(999) }).optional(),
    }),
    z.strictObject({
      text: words,
      tone: z.strictObject({ hz: z.int().min(100).max(3_400), ms: z.int().min(50).max(10_000) }),
    }),
  ],
  {
    error:
      "an entry is a text or one of {text, say}, {text, say, each: {from, to}}, {text, tone: {hz, ms}}",
  },
);
const catalogueSchema = z.record(name, entrySchema);

/** One prompt in one language. */
export interface Prompt {
  readonly name: string;
  readonly language: Language;
  /** What people read: the transcript, the web pages. */
  readonly text: string;
  readonly source:
    | { readonly is: "speech"; readonly say: string }
    | { readonly is: "tone"; readonly hz: number; readonly ms: number }
    | { readonly is: "recording"; readonly file: string };
}

/** Every prompt by language, then by name. */
export type Catalogues = ReadonlyMap<Language, ReadonlyMap<string, Prompt>>;

/**
 * Reads the catalogues of all languages that have a folder under `prompts/`, and which prompts are recorded. All
 * faults are told at once, as `config_invalid`.
 */
export async function readCatalogues(folder: string): Promise<Catalogues> {
  const faults: Finding[] = [];
  const read = await Promise.all(
    languages.map(
      async (language) => [language, await readLanguage(folder, language, faults)] as const,
    ),
  );
  if (faults.length > 0)
    throw new KituoError(
      "config_invalid",
      `The prompts in ${folder} have ${faults.length} fault${faults.length === 1 ? "" : "s"}`,
      faults.map(printFinding),
    );
  return new Map(read.filter(([, prompts]) => prompts.size > 0));
}

/** The names of the prompts that each language has. */
export async function promptNames(
  folder: string,
): Promise<ReadonlyMap<Language, ReadonlySet<string>>> {
  const catalogues = await readCatalogues(folder);
  return new Map([...catalogues].map(([language, prompts]) => [language, new Set(prompts.keys())]));
}

/** The text of each prompt, for transcripts: language, then prompt name, to words. */
export async function readPromptTexts(
  folder: string,
): Promise<ReadonlyMap<Language, ReadonlyMap<string, string>>> {
  const catalogues = await readCatalogues(folder);
  const texts = (prompts: ReadonlyMap<string, Prompt>) =>
    new Map([...prompts].map(([prompt, { text }]) => [prompt, text]));
  return new Map([...catalogues].map(([language, prompts]) => [language, texts(prompts)]));
}

async function readLanguage(
  folder: string,
  language: Language,
  faults: Finding[],
): Promise<ReadonlyMap<string, Prompt>> {
  const file = join(folder, language, "catalogue.yaml");
  const text = await readIfThere(file);
  const prompts = new Map<string, Prompt>();
  if (text === null) return prompts;
  const catalogue = readYaml(file, text, catalogueSchema);
  faults.push(...catalogue.faults);
  const recordings = join(folder, language, "recordings");
  const recorded = new Set(await list(recordings));

  // A prompt with a number that is also written out by itself (`position-1`) is taken as it is written out.
  const entries = Object.entries(catalogue.value ?? {});
  const numbered = entries.filter(([, entry]) => "each" in entry && entry.each !== undefined);
  const single = entries.filter(([, entry]) => !("each" in entry) || entry.each === undefined);
  for (const [prompt, entry] of [...numbered, ...single])
    for (const n of numbersOf(entry)) {
      const called = n === null ? prompt : `${prompt}-${n}`;
      const fill = (some: string) => (n === null ? some : some.replaceAll("{n}", String(n)));
      const source: Prompt["source"] = recorded.has(`${called}.wav`)
        ? { is: "recording", file: join(recordings, `${called}.wav`) }
        : "tone" in entry
          ? { is: "tone", ...entry.tone }
          : { is: "speech", say: fill(("say" in entry ? entry.say : undefined) ?? entry.text) };
      prompts.set(called, { name: called, language, text: fill(entry.text), source });
    }
  for (const recording of recorded)
    if (recording.endsWith(".wav") && !prompts.has(recording.slice(0, -".wav".length)))
      faults.push({
        file: join(recordings, recording),
        line: 0,
        reason: "the recording has no text in the catalogue",
      });
  return prompts;
}

function numbersOf(entry: z.infer<typeof entrySchema>): readonly (number | null)[] {
  if (!("each" in entry) || entry.each === undefined) return [null];
  const { from, to } = entry.each;
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // A language without any recording needs no folder for them.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
