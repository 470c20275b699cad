import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import type { Language } from "../../src/domain/call-fact.ts";
import { findMenuFaults, menuSurroundings } from "../../src/ops/menus/load.ts";
import { promptNames, readCatalogues, readPromptTexts } from "../../src/ops/prompts/catalogue.ts";
import { checkPrompts, reportPrompts } from "../../src/ops/prompts/check.ts";

const repository = join(import.meta.dirname, "../..");
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kituo-prompts-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function catalogue(language: Language, text: string, recordings: readonly string[] = []) {
  await mkdir(join(folder, language, "recordings"), { recursive: true });
  await writeFile(join(folder, language, "catalogue.yaml"), text);
  for (const name of recordings)
    await writeFile(join(folder, language, "recordings", `${name}.wav`), "RIFF");
}

describe("a catalogue", () => {
  it("counts numbered prompts, and takes one that is written out as it is written", async () => {
    await catalogue(
      "sw",
      'position-1: Wewe ndiye unayefuata.\nposition: { text: "Nambari {n}.", each: { from: 1, to: 3 } }\n',
    );
    const texts = (await readPromptTexts(folder)).get("sw");
    expect(Object.fromEntries(texts ?? [])).toEqual({
      "position-1": "Wewe ndiye unayefuata.",
      "position-2": "Nambari 2.",
      "position-3": "Nambari 3.",
    });
  });

  it("plays a recording where there is one, and gives the speech engine what it says best", async () => {
    await catalogue("ar", "hello: { text: مرحبا, say: مَرْحَبا }\nbye: مع السلامة\n", ["bye"]);
    const prompts = (await readCatalogues(folder)).get("ar");
    expect(prompts?.get("hello")?.source).toEqual({ is: "speech", say: "مَرْحَبا" });
    expect(prompts?.get("bye")).toMatchObject({
      text: "مع السلامة",
      source: { is: "recording", file: join(folder, "ar/recordings/bye.wav") },
    });
  });

  it("is refused with every fault of every language, with file and line", async () => {
    await catalogue("en", "hello: Hello.\nBad Name: x\nempty: ''\n");
    await catalogue("sw", "hello: { words: Habari. }\n", ["nobody-knows"]);
    const refused = await promptNames(folder).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "config_invalid" });
    const { faults } = refused as { faults: string[] };
    expect(faults.map((fault) => fault.replace(`${folder}/`, "").slice(0, 40)).sort()).toEqual([
      expect.stringMatching(/^en\/catalogue\.yaml:2: /),
      expect.stringMatching(/^en\/catalogue\.yaml:3: /),
      expect.stringMatching(/^sw\/catalogue\.yaml:1: /),
      expect.stringMatching(/^sw\/recordings\/nobody-knows\.wav: /),
    ]);
  });
});

describe("kituo prompts check", () => {
  it("tells what a language lacks: what another has, and what is played", async () => {
    await catalogue("en", "hello: Hello.\nbeep: { text: tone, tone: { hz: 900, ms: 200 } }\n");
    await catalogue("sw", "hello: Habari.\nasante: Asante.\n", ["hello"]);
    const needs = [{ prompt: "goodbye", by: "menu start" }];
    const report = reportPrompts(await readCatalogues(folder), ["en", "sw"], needs);
    expect(report.missing).toEqual([
      "en has no prompt asante: sw has it",
      "sw has no prompt beep: en has it",
      "en has no prompt goodbye: menu start plays it",
      "sw has no prompt goodbye: menu start plays it",
    ]);
    expect(report.unrecorded.get("en")).toEqual(["hello"]);
    expect(report.unrecorded.get("sw")).toEqual(["asante"]);
  });

  it("misses nothing of what the calls, the menus and the dialplan of this repository play", async () => {
    const centre = readCentre(join(repository, "kituo.yaml"));
    const promptsFolder = join(repository, "prompts");
    const dialplanFolder = join(repository, "dialplan");
    const known = menuSurroundings(centre, await promptNames(promptsFolder));
    const { menus } = await findMenuFaults(join(dialplanFolder, "menus"), known);
    const { languages } = centre;
    const report = await checkPrompts({ promptsFolder, dialplanFolder, menus, languages });
    expect(report.missing).toEqual([]);
  });
});
