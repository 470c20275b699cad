import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** What the `kituo` command reads from its environment; nothing else under `ops/` looks there. */
export interface OpsEnvironment {
  /** Where the private root is kept. */
  readonly cacheFolder: string;
  /** An Asterisk to use instead of the private root's. */
  readonly asterisk: string | undefined;
  /** A Redis to use instead of one of our own. */
  readonly redisUrl: string | undefined;
  readonly storeUrl: string | undefined;
  readonly varFolder: string;
  readonly centreFile: string;
  readonly path: string;
  /** All of it, for a program that is started with the same surroundings. */
  readonly all: NodeJS.ProcessEnv;
}

/** The repository's folder. */
export const home = resolve(import.meta.dirname, "../..");

/** Reads the environment of the `kituo` command. */
export function opsEnvironment(env: NodeJS.ProcessEnv = process.env): OpsEnvironment {
  const named = (key: string): string | undefined => (env[key] === "" ? undefined : env[key]);
  return {
    cacheFolder: join(named("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "kituo"),
    asterisk: named("KITUO_ASTERISK"),
    redisUrl: named("REDIS_URL"),
    storeUrl: named("STORE_URL"),
    varFolder: resolve(named("KITUO_VAR") ?? join(home, "var")),
    centreFile: resolve(named("KITUO_CENTRE") ?? join(home, "kituo.yaml")),
    path: named("PATH") ?? "",
    all: env,
  };
}
