import { serverProgram } from "./build.ts";
import { type Part, startPart } from "./part.ts";
import type { Standby } from "./standby.ts";

export interface ServerOptions {
  /** Its whole configuration, as `src/config.ts` reads it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where it answers once it is up. */
  readonly url: string;
  readonly log: string;
}

/**
 * Starts the server, with the process on standby where there is one; it is ready when its health is good. Then another is
 * put on standby for the next start.
 */
export async function startServer(
  { environment, url, log }: ServerOptions,
  standby: Standby,
): Promise<Part> {
  const command = { program: await serverProgram(), environment, log };
  const part = await startPart({
    name: "The server",
    log,
    startWithin: 30_000,
    grace: 15_000,
    spawn: () => standby.start(command),
    ready: async () => {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    },
  });
  await standby.prepare(command);
  return part;
}
