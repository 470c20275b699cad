import { type ChildProcess, spawn } from "node:child_process";
import { hurry } from "../priority.ts";
import { serverProgram } from "./build.ts";
import { home } from "./environment.ts";
import { type Part, startPart } from "./part.ts";

export interface ServerOptions {
  /** Its whole configuration, as `src/config.ts` reads it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where it answers once it is up. */
  readonly url: string;
  readonly log: string;
}

/**
 * A start makes more garbage in a second than calls do in minutes, and collecting that would keep it from callers; so
 * there is room for it from the beginning. In MB, twice.
 */
const roomForGarbage = "--min-semi-space-size=32";

/**
 * Runs a program of the server as a process of its own, which dies with this one and goes before all others of the
 * machine until it has its calls in hand. `output` is an open file; `wrap` a command that runs it in turn.
 */
export function spawnServer(
  program: string,
  environment: NodeJS.ProcessEnv,
  output: number,
  wrap: readonly string[] = [],
): ChildProcess {
  const command = ["--pdeathsig", "KILL", ...wrap, process.execPath, roomForGarbage, program];
  const child = spawn("setpriv", command, {
    cwd: home,
    env: environment,
    detached: true,
    stdio: ["ignore", output, output],
  });
  // It asks for that itself, but not before it is loaded.
  if (child.pid !== undefined) hurry(child.pid);
  return child;
}

/** Starts the server; it is ready when its health is good. */
export async function startServer({ environment, url, log }: ServerOptions): Promise<Part> {
  const program = await serverProgram();
  return await startPart({
    name: "The server",
    log,
    startWithin: 30_000,
    grace: 15_000,
    spawn: (output) => spawnServer(program, environment, output),
    ready: async () => {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    },
  });
}
