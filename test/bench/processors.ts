import { readdirSync, readFileSync } from "node:fs";

/** A tick of the kernel's accounting, in milliseconds: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

/** The processor time of each part that serves calls, in milliseconds of one core; of app_queue's only Asterisk's. */
export interface Used {
  readonly asterisk: number;
  readonly server: number;
  readonly redis: number;
}

/** What was used from one moment to the next. */
export function usedSince(before: Used, now: Used): Used {
  return {
    asterisk: now.asterisk - before.asterisk,
    server: now.server - before.server,
    redis: now.redis - before.redis,
  };
}

/** All parts together. */
export function allOf({ asterisk, server, redis }: Used): number {
  return asterisk + server + redis;
}

/** The same for one of so many, in words. */
export function inParts(used: Used, of: number): string {
  const each = (ms: number): string => (ms / of).toFixed(1);
  const all = each(allOf(used));
  if (used.server === 0) return all;
  return `${all} (Asterisk ${each(used.asterisk)}, server ${each(used.server)}, Redis ${each(used.redis)})`;
}

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
