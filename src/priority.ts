import { readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * Who decides about calls goes before what else runs on the machine; without the right to ask for that, beside it. Where
 * Linux shares its processors out among sessions (`sched_autogroup`), a process's priority counts within its session
 * only, and the session has one of its own. It is asked for when this process leads the session, as a service does: in a
 * terminal it would be the terminal's.
 */
export function goFirst(): void {
  const priority = constants.priority.PRIORITY_HIGH;
  unlessRefused(() => setPriority(priority));
  unlessRefused(() => {
    if (leadsSession()) writeFileSync("/proc/self/autogroup", String(priority));
  });
}

/** By the session's id in `/proc/self/stat`, the fourth word after the name, which may hold anything. */
function leadsSession(): boolean {
  const text = readFileSync("/proc/self/stat", "utf8");
  const session = text.slice(text.lastIndexOf(")") + 2).split(" ")[3];
  return Number(session) === process.pid;
}

/** The kernel may know no such thing, or not let us. */
function unlessRefused(ask: () => void): void {
  try {
    ask();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}
