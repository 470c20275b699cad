import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { serverProgram } from "../build.ts";

/** `kituo start`: the server in this process, against the Asterisk, Redis and store that the environment names. */
export function start(): Command {
  return new Command("start")
    .description("the server alone, against the Asterisk, Redis and store named in the environment")
    .action(async () => {
      const program = await serverProgram();
      process.argv = [process.execPath, program];
      await import(pathToFileURL(program).href);
    });
}
