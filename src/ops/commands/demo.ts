import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { opsEnvironment } from "../environment.ts";

interface Options {
  readonly callsPerMinute?: number;
  readonly agents: number;
  readonly seconds?: number;
  readonly var?: string;
  readonly anyPorts?: boolean;
}

/** A conversation and what follows it take nearly a minute, and not everybody waits for one. */
const busyCallsPerAgent = 1.3;

/** `kituo demo`: everything, with simulated agents and callers on real Asterisk, until Ctrl-C. */
export function demo(): Command {
  return (
    new Command("demo")
      .description(
        "everything, with simulated callers and agents, and a live board in the terminal",
      )
      .option("--agents <number>", "how many simulated agents work, 1 to 20", between(1, 20), 6)
      .option(
        "--calls-per-minute <number>",
        "how many people call, 1 to 120; as many as keep the agents busy when nothing is said",
        between(1, 120),
      )
      .option("--seconds <number>", "end by itself after so long", between(1, 86_400))
      .option("--var <folder>", "where everything of this demo is kept; var/ when nothing is said")
      // For tests, of which many start something at the same time: the usual ports are then taken between look and use.
      .addOption(new Option("--any-ports").hideHelp())
      .action(run)
  );
}

async function run(options: Options): Promise<void> {
  const { listenForEnd } = await import("../demo/wish.ts");
  // What was started ends with this process, however that ends.
  const wish = listenForEnd(() => process.exit(130));
  let isUp = false;
  void wish.first.then(() => {
    if (!isUp) process.exit(130);
  });
  const { runDemo } = await import("../demo/run.ts");
  const env = opsEnvironment();
  const { isTTY } = process.stdout;
  await runDemo(
    {
      varFolder: options.var === undefined ? env.varFolder : resolve(options.var),
      agents: options.agents,
      callsPerMinute: options.callsPerMinute ?? Math.ceil(options.agents * busyCallsPerAgent),
      ports: options.anyPorts ? "any" : "usual",
      lastsMs: options.seconds === undefined ? null : options.seconds * 1000,
      colour: (env.all["NO_COLOR"] ?? "") === "",
      canDraw: isTTY && env.all["TERM"] !== "dumb",
    },
    wish,
    () => {
      isUp = true;
    },
  );
  // Sockets of the libraries that were loaded may still be open; nothing of ours is.
  process.exit();
}

/** Reads a whole number of a range. */
function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}
