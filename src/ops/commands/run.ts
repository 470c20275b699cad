import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";

/** `kituo run FILE ...`: a TypeScript file of this repository, with packages and a Node that are new enough. */
export function run(): Command {
  return new Command("run")
    .description("run a TypeScript file of this repository")
    .argument("<file>")
    .argument("[args...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (file: string, args: readonly string[]) => {
      const path = resolve(file);
      process.argv = [process.execPath, path, ...args];
      await import(pathToFileURL(path).href);
    });
}
