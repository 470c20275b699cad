import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningRedis, startRedis } from "../../src/ops/redis.ts";
import { ensureRoot } from "../../src/ops/root.ts";
import { openSandbox } from "../../src/ops/sandbox.ts";

/** A Redis that belongs to one test, which may do to it what it likes. */
export interface OwnRedis {
  readonly url: string;
  /** As `kill -9`: what was not yet written to its file is lost. */
  kill(): Promise<void>;
  /** Starts it again where it was. */
  restart(): Promise<void>;
  /** It takes connections and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function openOwnRedis(): Promise<OwnRedis> {
  const root = await ensureRoot(() => undefined);
  const folder = await mkdtemp(join(tmpdir(), "kituo-redis-"));
  const sandbox = openSandbox(root);
  let running: RunningRedis = await startRedis({ sandbox, folder: join(folder, "data") });
  const { url } = running;
  const { port, password } = new URL(url);
  const server = (): number => serverUnder(running.pid);
  const kill = async (): Promise<void> => {
    process.kill(server(), "SIGKILL");
    await running.ended;
  };
  return {
    url,
    kill,
    restart: async () => {
      running = await startRedis({
        sandbox,
        folder: join(folder, "data"),
        port: Number(port),
        password,
      });
    },
    freeze: () => void process.kill(server(), "SIGSTOP"),
    thaw: () => void process.kill(server(), "SIGCONT"),
    close: async () => {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server itself, below the programs that give it its namespaces. */
function serverUnder(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  if (name === "redis-server" || children === "") return pid;
  return serverUnder(Number(children.split(" ").at(-1)));
}
