import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { opsEnvironment } from "../environment.ts";

const parts = ["server", "asterisk", "redis", "keeper"] as const;

/** `kituo logs`: what the parts have written, of an instance that is up or was. */
export function logs(): Command {
  return new Command("logs")
    .description("what the server, Asterisk and Redis have written")
    .option("-f, --follow", "go on as more is written")
    .option("-n, --lines <number>", "how many lines of each", "50")
    .addOption(new Option("--part <name>", "only this one").choices(parts))
    .action(async (options: { follow?: boolean; lines: string; part?: string }) => {
      const folder = join(opsEnvironment().varFolder, "log");
      const files = (options.part === undefined ? parts : [options.part])
        .map((name) => join(folder, `${name}.log`))
        .filter((file) => existsSync(file));
      if (files.length === 0)
        throw new KituoError("not_found", `There are no logs in ${folder} yet.`);
      const args = ["-n", options.lines, ...(options.follow ? ["-F"] : []), ...files];
      const tail = spawn("tail", args, { stdio: "inherit" });
      for (const signal of ["SIGINT", "SIGTERM"] as const)
        process.on(signal, () => tail.kill(signal));
      await once(tail, "exit");
    });
}
