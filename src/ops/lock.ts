import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Holds a lock file until the returned function is called. The lock is the kernel's: it is gone with its holder,
 * however that one ends, so there is never a stale one to clear away.
 */
export async function takeLock(file: string, onWait: () => void): Promise<() => Promise<void>> {
  const holder = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", "flock", "-x", file, "sh", "-c", "echo held; exec cat"],
    { stdio: ["pipe", "pipe", "inherit"], detached: true },
  );
  const waiting = setTimeout(onWait, 300);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", reject);
      holder.once("exit", (status) =>
        reject(new Error(`The lock ${file} could not be taken (status ${status}).`)),
      );
    });
  } finally {
    clearTimeout(waiting);
  }
  return async () => {
    const ended = once(holder, "exit");
    holder.stdin.end();
    await ended;
  };
}
