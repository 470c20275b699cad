import { readFileSync } from "node:fs";
import { type Part } from "../../src/ops/part.ts";

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

/** Sends a part's program a signal of any kind: SIGSTOP, SIGCONT, SIGKILL. */
export function signalProgram(part: Part, signal: NodeJS.Signals): void {
  process.kill(programOf(part), signal);
}
