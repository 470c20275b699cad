import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Command } from "commander";
import { surveyFaults } from "../../domain/survey.ts";
import { home, opsEnvironment } from "../environment.ts";
import { builtPromptsFolder } from "../instance.ts";
import { findMenuFaults, menuSurroundings } from "../menus/load.ts";
import { buildPrompts } from "../prompts/build.ts";
import { promptNames } from "../prompts/catalogue.ts";
import { checkPrompts } from "../prompts/check.ts";
import { ensureRoot } from "../root.ts";
import { openSandbox, type Sandbox } from "../sandbox.ts";
import { conclude, surroundings } from "./surroundings.ts";

const folder = (): string => opsEnvironment().all["KITUO_PROMPTS"] ?? join(home, "prompts");

/** `kituo prompts`: what callers hear. */
export function prompts(): Command {
  const command = new Command("prompts").description("check and build what callers hear");
  command
    .command("build")
    .description("make a sound of every prompt that has none yet")
    .option("--out <folder>", "gets sounds/ and moh/", builtPromptsFolder)
    .option("--installed", "with this machine's own espeak-ng and sox, as in a container image")
    .action(async ({ out, installed }: { out: string; installed?: boolean }) => {
      const report = (line: string): void => console.error(line);
      const made = await buildPrompts({
        sandbox: installed ? { run: runInstalled } : openSandbox(await ensureRoot(report)),
        promptsFolder: folder(),
        outFolder: join(out, "sounds"),
        report,
      });
      console.log(made === 0 ? "Every prompt is there." : `${made} prompts were made.`);
    });
  command
    .command("check")
    .description("list what is missing: texts that a language lacks, prompts that nobody recorded")
    .action(async () => {
      const { centre, menusFolder, promptsFolder, dialplanFolder } = surroundings();
      const { languages } = centre;
      const names = await promptNames(promptsFolder);
      const known = menuSurroundings(centre, names);
      // What is wrong with the menus themselves is for `menus check`.
      const { menus } = await findMenuFaults(menusFolder, known);
      const report = await checkPrompts({ promptsFolder, dialplanFolder, menus, languages });
      for (const [language, silent] of report.unrecorded)
        if (silent.length > 0)
          console.log(`${language}: ${silent.length} without a recording: ${inShort(silent)}`);
      conclude(
        [...report.missing, ...surveyFaults(centre, names)],
        `prompts in ${languages.join(", ")}`,
      );
    });
  return command;
}

/** Runs a program of this machine as it is, where there may be no sandboxes. */
const runInstalled: Sandbox["run"] = async (command, args, options = {}) => {
  const { stdout } = await promisify(execFile)(command, args, { cwd: options.cwd });
  return stdout;
};

/** A list of names in which a row of numbers is written as its ends. */
function inShort(names: readonly string[]): string {
  const numbered = names
    .filter((name) => /^position-\d+$/.test(name))
    .sort((left, right) => left.localeCompare(right, "en", { numeric: true }));
  const others = names.filter((name) => !numbered.includes(name));
  const ends = numbered.length > 2 ? [`${numbered[0]} ... ${numbered.at(-1)}`] : numbered;
  return [...others, ...ends].join(", ");
}
