import { readdirSync, readFileSync } from "node:fs";

/** A tick of the kernel's accounting, in milliseconds: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

/** The processor time that these processes and what they have started have used so far, in milliseconds. */
export function usedMs(pids: readonly number[]): number {
  const parents = new Map<number, number>();
  const used = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(entry);
    if (stat === null) continue;
    parents.set(Number(entry), stat.parent);
    used.set(Number(entry), stat.ms);
  }
  const roots = new Set(pids);
  const counts = (pid: number): boolean => {
    const parent = parents.get(pid);
    return roots.has(pid) || (parent !== undefined && parent > 1 && counts(parent));
  };
  let sum = 0;
  for (const [pid, ms] of used) if (counts(pid)) sum += ms;
  return sum;
}

/** What /proc tells of a process: the threads of it that have ended count; `null` when it has ended itself. */
function statOf(pid: string): { readonly parent: number; readonly ms: number } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // It has ended since the folder was read.
    return null;
  }
  const [, parent, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [rest[9], rest[10]];
  return { parent: Number(parent), ms: (Number(user) + Number(system)) * tickMs };
}
