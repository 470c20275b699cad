import { relative } from "node:path";
import { Command } from "commander";
import { buildServer } from "../build.ts";
import { home } from "../environment.ts";

/** `kituo build`: the server in a few files, which start sooner than its sources. */
export function build(): Command {
  return new Command("build")
    .description("put the server into a few files under dist/, which start sooner than its sources")
    .action(async () => {
      const program = await buildServer();
      process.stdout.write(`${relative(home, program)} is built; \`node dist/main.js\` runs it.\n`);
    });
}
