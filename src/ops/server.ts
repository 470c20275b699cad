import { spawn } from "node:child_process";
import { join } from "node:path";
import { home } from "./environment.ts";
import { type Part, startPart } from "./part.ts";

export interface ServerOptions {
  /** Its whole configuration, as `src/config.ts` reads it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where it answers once it is up. */
  readonly url: string;
  readonly log: string;
}

/** Starts the server as a process of its own, which dies with this one; it is ready when its health is good. */
export function startServer({ environment, url, log }: ServerOptions): Promise<Part> {
  return startPart({
    name: "The server",
    log,
    startWithin: 30_000,
    grace: 15_000,
    spawn: (output) =>
      spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, join(home, "src/main.ts")], {
        cwd: home,
        env: environment,
        detached: true,
        stdio: ["ignore", output, output],
      }),
    ready: async () => {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    },
  });
}
