import { chownSync, mkdirSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { callsFirst } from "../priority.ts";
import { accountOf } from "./account.ts";
import { type Part, startPart } from "./part.ts";
import { freePort } from "./ports.ts";
import type { Sandbox } from "./sandbox.ts";
import { newSecret } from "./secrets.ts";

export interface RedisOptions {
  readonly sandbox: Sandbox;
  /** Its data lies here; made when it is not there. */
  readonly folder: string;
  /** Any free one when nothing is said. */
  readonly port?: number;
  /** A new one when nothing is said. */
  readonly password?: string;
  /** Beside its data when nothing is said. */
  readonly log?: string;
}

/** A Redis that runs, and its address with the password in it. */
export interface RunningRedis extends Part {
  readonly url: string;
}

/** The address of a Redis that {@link startRedis} started. */
export function redisUrl(port: number, password: string): string {
  return `redis://:${password}@127.0.0.1:${port}/0`;
}

/**
 * Starts a Redis of our own on the loopback address. It keeps what it was told (append-only file, written to disk
 * every second) and evicts nothing: what lies in it are calls and jobs, not a cache.
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const { sandbox, folder, password = newSecret() } = options;
  const port = options.port ?? (await freePort("127.0.0.1"));
  const account = accountOf(sandbox.root, "redis");
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  chownSync(folder, account.uid, account.gid);
  const settings = {
    bind: "127.0.0.1",
    port,
    requirepass: password,
    dir: folder,
    appendonly: "yes",
    appendfsync: "everysec",
    "maxmemory-policy": "noeviction",
    // Redis ends blocking reads on its timer only; at the usual 10 a deadline on a quiet queue comes up to 100 ms late.
    hz: 100,
    save: '""',
    "tcp-keepalive": 60,
    daemonize: "no",
  };
  const part = await startPart({
    name: "Redis",
    log: options.log ?? join(folder, "redis.log"),
    startWithin: 20_000,
    grace: 10_000,
    spawn: (output) => {
      const child = sandbox.spawn("redis-server", ["-"], {
        user: "redis",
        cwd: folder,
        binds: [folder],
        stdio: ["pipe", output, output],
        // Behind those who ask it, it answers too late on a busy machine, and the desk goes on without it.
        priority: callsFirst,
      });
      // Its settings hold the password, so they go in where no list of processes shows them.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(
        Object.entries(settings)
          .map(([key, value]) => `${key} ${value}\n`)
          .join(""),
      );
      return child;
    },
    ready: () => answersPing(port, password),
  });
  return { ...part, url: redisUrl(port, password) };
}

/** Whether a Redis answers here and has read its data. */
function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1", timeout: 1_000 });
    let heard = "";
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      if (heard.includes("+PONG")) end(true);
      else if (heard.includes("-")) end(false);
    });
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}
