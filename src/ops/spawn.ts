import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { hurry, mediaNext, prefer } from "../priority.ts";
import { standbyFlag } from "../standby.ts";
import { home } from "./environment.ts";
import { openLog } from "./part.ts";

/**
 * A start makes more garbage in a second than calls do in minutes, and collecting that would keep it from callers; so
 * there is room for it from the beginning, in MB, twice. One on standby collects what it has made until then.
 */
const roomForGarbage = ["--min-semi-space-size=32", "--expose-gc"];

/** What a server process is run with. */
export interface ServerCommand {
  /** From `serverProgram`. */
  readonly program: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The file that it logs to. */
  readonly log: string;
  /** A command that runs it in turn. */
  readonly wrap?: readonly string[];
}

/**
 * Runs the server as a process of its own, which dies with this one. It goes before all others of the machine until it
 * has its calls in hand; one on `standby` begins, and does so, when it is sent a message.
 */
export function spawnServer(
  { program, environment, log, wrap = [] }: ServerCommand,
  as: "server" | "standby" = "server",
): ChildProcess {
  const waits = as === "standby";
  const run = [
    ...wrap,
    process.execPath,
    ...roomForGarbage,
    program,
    ...(waits ? [standbyFlag] : []),
  ];
  const output = openLog(log);
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...run], {
    cwd: home,
    env: environment,
    detached: true,
    stdio: ["ignore", output, output, ...(waits ? (["ipc"] as const) : [])],
  });
  closeSync(output);
  const { pid } = child;
  // One on standby is to be loaded soon, but not at the cost of what is said.
  if (pid !== undefined && waits) prefer(pid, mediaNext);
  // The other asks for that itself, but not before it is loaded.
  else if (pid !== undefined) hurry(pid);
  return child;
}
