import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { home } from "../environment.ts";

/** `kituo start`: the server in this process, against the Asterisk, Redis and store that the environment names. */
export function start(): Command {
  return new Command("start")
    .description("the server alone, against the Asterisk, Redis and store named in the environment")
    .action(async () => {
      const main = join(home, "src/main.ts");
      process.argv = [process.execPath, main];
      await import(pathToFileURL(main).href);
    });
}
