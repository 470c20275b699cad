import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Instance } from "../../src/ops/instance.ts";
import { lastLines } from "../../src/ops/part.ts";
import type { ServerCommand } from "../../src/ops/spawn.ts";
import { Standby } from "../../src/ops/standby.ts";
import { until } from "../lab/until.ts";

/** A line of the server's log. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: number | string;
  readonly msg: string;
  readonly [more: string]: unknown;
}

/** One named server process, which is killed, frozen and started again as often as a test likes. */
export class ServerProcess {
  readonly id: string;
  readonly url: string;
  readonly log: string;
  readonly #program: string;
  #environment: NodeJS.ProcessEnv;
  #wrapped: readonly string[] = [];
  /** The disk of its own, when it has one. */
  disk: string | null = null;
  readonly #standby = new Standby();
  #child: ChildProcess | null = null;
  #exit: Promise<number> = Promise.resolve(0);
  /** When it was started last, in milliseconds since 1970. */
  launchedAt = 0;

  constructor(
    program: string,
    instance: Instance,
    id: string,
    port: number,
    extra: Readonly<Record<string, string>> = {},
  ) {
    this.#program = program;
    const environment = instance.serverEnvironment();
    this.id = id;
    this.url = `http://127.0.0.1:${port}`;
    this.log = join(environment["KITUO_VAR"] ?? "", "log", `server-${id}.log`);
    this.#environment = { ...environment, KITUO_ID: id, KITUO_PORT: String(port), ...extra };
  }

  /**
   * From the next start on everything it keeps is on a disk of 48 MB, which is there for this process alone and goes
   * with it.
   */
  useSmallDisk(): void {
    const disk = join(this.#environment["KITUO_VAR"] ?? "", `disk-${this.id}`);
    mkdirSync(disk, { recursive: true });
    this.disk = disk;
    this.#environment = {
      ...this.#environment,
      KITUO_VAR: disk,
      STORE_URL: `sqlite:${join(disk, "kituo.db")}`,
    };
    const mount = 'mount -t tmpfs -o size=48m kituo-chaos "$0" && exec "$@"';
    this.#wrapped = ["unshare", "--mount", "sh", "-c", mount, disk];
  }

  /** Starts it as `kituo up` does, and does not wait. */
  launch(): void {
    this.launchedAt = Date.now();
    const child = this.#standby.start(this.#command);
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once("error", () => resolve(127));
      child.once("exit", (status, signal) => resolve(status ?? (signal === null ? 1 : 137)));
    });
  }

  /** Settles when it says that it is in good health, with the milliseconds from its start until then. */
  async healthy(withinMs = 20_000): Promise<number> {
    const last = () => lastLines(this.log).join("\n");
    const well = async () => {
      if (!this.running) throw new Error(`${this.id} has ended:\n${last()}`);
      return await this.answers("/health");
    };
    await until(`${this.id} in good health`, well, withinMs);
    const tookMs = Date.now() - this.launchedAt;
    // What troubles the server would trouble those on standby as well.
    if (!("KITUO_CHAOS_TROUBLE" in this.#environment)) await this.#standby.prepare(this.#command);
    return tookMs;
  }

  async answers(path: string): Promise<boolean> {
    try {
      const answer = await fetch(this.url + path, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      // Nobody listens there yet, or no more.
      return false;
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Its exit status, once it has ended. */
  get exit(): Promise<number> {
    return this.#exit;
  }

  get #command(): ServerCommand {
    return {
      program: this.#program,
      environment: this.#environment,
      log: this.log,
      wrap: this.#wrapped,
    };
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.id} was never started`);
    return pid;
  }

  get running(): boolean {
    const child = this.#child;
    return child !== null && child.exitCode === null && child.signalCode === null;
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#exit;
  }

  async stop(): Promise<void> {
    await this.#standby.stop();
    if (!this.running) return;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const late = setTimeout(() => this.signal("SIGKILL"), 15_000);
    await this.#exit;
    clearTimeout(late);
  }

  /** The first line of that message since its last start, or since a moment; `null` when it does not come in time. */
  async spoke(message: string, withinMs: number, since = this.launchedAt): Promise<LogLine | null> {
    let found: LogLine | undefined;
    await until(
      message,
      async () => {
        found = (await this.said(since)).find((line) => line.msg === message);
        return found !== undefined;
      },
      withinMs,
    ).catch(() => undefined); // That it did not come is the answer.
    return found ?? null;
  }

  /** What it has logged since a moment. */
  async said(since = 0): Promise<readonly LogLine[]> {
    const text = await readFile(this.log, "utf8").catch(() => "");
    return text
      .split("\n")
      .map(lineFrom)
      .filter((line) => line !== null && line.time >= since) as LogLine[];
  }
}

/** A process that is killed while it writes leaves half a line, and what it says on its way out is no JSON. */
function lineFrom(text: string): LogLine | null {
  if (!text.startsWith("{") || !text.endsWith("}")) return null;
  try {
    const line = JSON.parse(text) as Omit<LogLine, "time"> & { readonly time: string };
    return { ...line, time: Date.parse(line.time) } as LogLine;
  } catch {
    // Two processes that write at once can mix their lines, too.
    return null;
  }
}
