import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Part } from "../../src/ops/part.ts";

/**
 * The program inside a part's sandbox, as this machine numbers it: the sandbox's two processes stand before it, and
 * only some signals go through them.
 */
export function programOf(part: Part): number {
  return childOf(childOf(part.pid));
}

function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const [first = ""] = children;
  if (first === "") throw new Error(`process ${pid} has no child`);
  return Number(first);
}

/** Says a command to a running Asterisk, as an admin on its machine does with `asterisk -rx`. */
export async function tellAsterisk(asterisk: Part, command: string): Promise<string> {
  const pid = programOf(asterisk);
  const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  const settings = args[args.indexOf("-C") + 1] ?? "";
  const inside = ["--target", String(pid), "--mount", "--root", "--wd=/", "--"];
  const { stdout } = await promisify(execFile)("nsenter", [
    ...inside,
    program,
    "-C",
    settings,
    "-rx",
    command,
  ]);
  return stdout;
}

/** Sends a part's program a signal of any kind: SIGSTOP, SIGCONT, SIGKILL. */
export function signalProgram(part: Part, signal: NodeJS.Signals): void {
  process.kill(programOf(part), signal);
}
