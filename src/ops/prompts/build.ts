import { createHash, randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { Language } from "../../domain/call-fact.ts";
import type { Sandbox } from "../sandbox.ts";
import { type Prompt, readCatalogues } from "./catalogue.ts";
import { holdMusic, sampleRate, tone, wav } from "./sound.ts";

export interface BuildOptions {
  /** Where espeak-ng and sox are run. */
  readonly sandbox: Pick<Sandbox, "run">;
  /** The folder of the catalogues. */
  readonly promptsFolder: string;
  /** Gets `<language>/kituo/<name>.wav`; the hold music goes to `moh/` beside it. */
  readonly outFolder: string;
  readonly report?: (line: string) => void;
}

/** The voice of each language, and how fast it speaks in words a minute. */
const voices: Readonly<Record<Language, { readonly voice: string; readonly speed: number }>> = {
  en: { voice: "en-gb", speed: 155 },
  sw: { voice: "sw", speed: 155 },
  ar: { voice: "ar", speed: 150 },
};

/** Counts up when the same texts are to sound different. */
const edition = 1;

interface Item {
  /** Below the folder that holds `sounds/` and `moh/`. */
  readonly file: string;
  /** The same key, the same sound. */
  readonly key: string;
  readonly make:
    | { readonly by: "speech"; readonly prompt: Prompt; readonly say: string }
    | { readonly by: "recording"; readonly bytes: Uint8Array }
    | { readonly by: "synthesis"; readonly samples: () => Float64Array };
}

/**
 * Makes every sound that Asterisk plays: speech for the prompts that nobody recorded, recordings in the right form,
 * tones and the hold music. What is there already, made from the same words, is left alone, so that a second run takes
 * milliseconds; what no catalogue names any more is removed. Returns how many were made.
 */
export async function buildPrompts(options: BuildOptions): Promise<number> {
  const { outFolder, promptsFolder } = options;
  const report = options.report ?? (() => undefined);
  const root = dirname(outFolder);
  const items = await itemsOf(promptsFolder, outFolder);
  const manifestFile = join(outFolder, "built.json");
  const built = await readManifest(manifestFile);
  const present = await presentIn(root, items);
  const due = items.filter((item) => built[item.file] !== item.key || !present.has(item.file));
  const wanted = new Set(items.map((item) => item.file));
  const gone = Object.keys(built).filter((file) => !wanted.has(file));
  if (due.length === 0 && gone.length === 0) return 0;

  report(`making ${due.length} prompts and sounds`);
  const work = join(outFolder, `.work-${randomUUID()}`);
  await mkdir(work, { recursive: true });
  try {
    await make(due, work, options.sandbox);
    for (const folder of new Set(due.map((item) => dirname(join(root, item.file)))))
      await mkdir(folder, { recursive: true });
    for (const [index, item] of due.entries()) {
      const ready = join(work, `${index}.wav`);
      await chmod(ready, 0o644);
      await rename(ready, join(root, item.file));
    }
    for (const file of gone) await rm(join(root, file), { force: true });
    const manifest = join(work, "built.json");
    const keys = Object.fromEntries(items.map((item) => [item.file, item.key]));
    await writeFile(manifest, `${JSON.stringify(keys, null, 1)}\n`);
    await rename(manifest, manifestFile);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return due.length;
}

async function itemsOf(promptsFolder: string, outFolder: string): Promise<Item[]> {
  const sounds = outFolder.slice(dirname(outFolder).length + 1);
  const catalogues = await readCatalogues(promptsFolder);
  const items: Item[] = [];
  for (const [language, prompts] of catalogues)
    for (const prompt of prompts.values()) {
      const file = `${sounds}/${language}/kituo/${prompt.name}.wav`;
      items.push(await itemOf(file, prompt));
    }
  items.push({
    file: "moh/kituo.wav",
    key: keyOf(["music"]),
    make: { by: "synthesis", samples: holdMusic },
  });
  return items;
}

async function itemOf(file: string, prompt: Prompt): Promise<Item> {
  const { source, language } = prompt;
  if (source.is === "recording") {
    const bytes = await readFile(source.file);
    return { file, key: keyOf(["recording", bytes]), make: { by: "recording", bytes } };
  }
  if (source.is === "tone") {
    const { hz, ms } = source;
    const key = keyOf(["tone", String(hz), String(ms)]);
    return { file, key, make: { by: "synthesis", samples: () => tone(hz, ms) } };
  }
  const { voice, speed } = voices[language];
  const key = keyOf(["speech", voice, String(speed), source.say]);
  return { file, key, make: { by: "speech", prompt, say: source.say } };
}

function keyOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256").update(String(edition));
  for (const part of parts) hash.update("\0").update(part);
  return hash.digest("hex").slice(0, 32);
}

/**
 * Makes `<index>.wav` of every item in the work folder. Speech and recordings go through one run of the sandbox, in
 * which as many are made at the same time as there are processors.
 */
async function make(items: readonly Item[], work: string, sandbox: BuildOptions["sandbox"]) {
  const jobs: string[] = [];
  for (const [index, { make: how }] of items.entries()) {
    if (how.by === "synthesis") {
      await writeFile(join(work, `${index}.wav`), wav(how.samples()));
    } else if (how.by === "recording") {
      await writeFile(join(work, `${index}.in.wav`), how.bytes);
      jobs.push(`${index} - 0`);
    } else {
      const { voice, speed } = voices[how.prompt.language];
      await writeFile(join(work, `${index}.txt`), how.say);
      jobs.push(`${index} ${voice} ${speed}`);
    }
  }
  if (jobs.length === 0) return;
  await writeFile(join(work, "jobs"), `${jobs.join("\n")}\n`);
  await writeFile(join(work, "one.sh"), oneSound);
  await sandbox.run(
    "sh",
    ["-euc", `xargs -n 3 -P ${availableParallelism()} sh -eu one.sh < jobs`],
    { binds: [work], cwd: work },
  );
}

/** Arguments: number, voice (`-`: convert a recording), speed. Level and silence at both ends are made even. */
const oneSound = `
if [ "$2" = - ]; then
  in="$1.in.wav"
else
  in="$1.said.wav"
  espeak-ng -v "$2" -s "$3" -b 1 -w "$in" -f "$1.txt"
fi
sox -q "$in" -D -r ${sampleRate} -c 1 -b 16 -e signed-integer "$1.wav" \\
  rate -h ${sampleRate} highpass 150 silence 1 0.01 0.1% reverse silence 1 0.01 0.1% reverse \\
  gain -n -4 pad 0.1 0.25
`;

async function readManifest(file: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
  } catch {
    // Nothing was built yet, or the note of it is damaged: everything is made again.
    return {};
  }
}

async function presentIn(root: string, items: readonly Item[]): Promise<ReadonlySet<string>> {
  const folders = new Set(items.map((item) => dirname(item.file)));
  const found = await Promise.all(
    [...folders].map(async (folder) => {
      const names = await readdir(join(root, folder)).catch(() => []);
      return names.map((name) => `${folder}/${name}`);
    }),
  );
  return new Set(found.flat());
}
