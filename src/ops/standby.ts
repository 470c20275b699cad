import type { ChildProcess } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { hurry } from "../priority.ts";
import { type ServerCommand, spawnServer } from "./spawn.ts";

/**
 * One begins when the server has died, and the next when that one dies as well, as it may by the same call: beside a full
 * house the one after them takes seconds to be loaded.
 */
const kept = 3;

/**
 * Processes that have the server loaded and wait to be told to begin. Loading is the longest part of a start, and callers
 * need not wait for what can be done before. Each costs some 100 MB of memory, half of it shared with the server, and no
 * processor time once it is loaded.
 */
export class Standby {
  #command: ServerCommand | null = null;
  #waiting: Waiting[] = [];

  /** Begins to load what is missing for starts with this command; what was loaded for another is ended. */
  async prepare(command: ServerCommand): Promise<void> {
    if (!isDeepStrictEqual(command, this.#command)) await this.stop();
    this.#command = command;
    this.#waiting = this.#waiting.filter(isThere);
    for (const { child, isLoaded } of this.#waiting) if (!isLoaded) child.kill("SIGCONT");
    this.#load(command);
  }

  /**
   * Starts the server and gives it away: the process that has waited for longest, or a new one where none waits for this
   * command. None is loaded beside it, which would keep it from callers, until the next are prepared.
   */
  start(command: ServerCommand): ChildProcess {
    if (!isDeepStrictEqual(command, this.#command)) return spawnServer(command);
    this.#waiting = this.#waiting.filter(isThere);
    const next = this.#waiting.shift();
    for (const { child, isLoaded } of this.#waiting) if (!isLoaded) child.kill("SIGSTOP");
    return next === undefined ? spawnServer(command) : begin(next.child);
  }

  /** Ends the processes that wait. */
  async stop(): Promise<void> {
    const waiting = this.#waiting.filter(isThere);
    this.#waiting = [];
    await Promise.all(
      waiting.map(({ child }) => {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        return ended;
      }),
    );
  }

  /** One after another, so that the first is loaded soon on a machine that is busy with calls. */
  #load(command: ServerCommand): void {
    if (this.#waiting.length >= kept || this.#waiting.some(({ isLoaded }) => !isLoaded)) return;
    const child = spawnServer(command, "standby");
    const waiting = { child, isLoaded: false };
    this.#waiting.push(waiting);
    // Without it a start takes longer, and says what is wrong.
    child.on("error", () => undefined);
    child.once("message", () => {
      waiting.isLoaded = true;
      if (this.#waiting.includes(waiting)) this.#load(command);
    });
  }
}

interface Waiting {
  readonly child: ChildProcess;
  isLoaded: boolean;
}

const isThere = ({ child: { pid, exitCode, signalCode, connected } }: Waiting): boolean =>
  pid !== undefined && exitCode === null && signalCode === null && connected;

function begin(child: ChildProcess): ChildProcess {
  if (child.pid !== undefined) hurry(child.pid);
  child.kill("SIGCONT"); // It may have been stopped while it was loaded, beside one that has died meanwhile.
  child.send("begin");
  return child;
}
