import { readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

/** Who remembers the calls goes before what else runs on the machine: everybody waits for its answers, which are short. */
export const callsFirst = constants.priority.PRIORITY_HIGH;

/**
 * Who decides about calls and who carries them come next, side by side. What is decided is worth nothing before Asterisk
 * has done it: a server that goes before it keeps it from ringing the phone that it was just asked to ring.
 */
export const mediaNext = constants.priority.PRIORITY_ABOVE_NORMAL;

/**
 * Puts a server, this process or another, before all others of its machine, Asterisk too: the calls that it is about to
 * take in hand are served by nobody until then. Then it goes {@link goFirst first}, and {@link stepBack steps back} when
 * they are served. Without the right to ask, it stays as it is.
 */
export function hurry(pid = process.pid): void {
  prefer(pid, constants.priority.PRIORITY_HIGHEST);
}

/** Puts this process beside Redis, before all others. */
export function goFirst(): void {
  prefer(process.pid, callsFirst);
}

/** Puts this process beside Asterisk, before all others; without the right to ask for that, it stays as it is. */
export function stepBack(): void {
  prefer(process.pid, mediaNext);
}

/**
 * Sets the priority of a process, -20 (first) to 19, as far as we may. Where Linux shares its processors out among
 * sessions (`sched_autogroup`), a process's priority counts within its session only, and the session has one of its own.
 * It is set as well when the process leads the session, as a service does: in a terminal it would be the terminal's.
 */
export function prefer(pid: number, priority: number): void {
  unlessRefused(() => setPriority(pid, priority));
  unlessRefused(() => {
    if (leadsSession(pid)) writeFileSync(`/proc/${pid}/autogroup`, String(priority));
  });
}

/** By the session's id in `/proc/PID/stat`, the fourth word after the name, which may hold anything. */
function leadsSession(pid: number): boolean {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const session = text.slice(text.lastIndexOf(")") + 2).split(" ")[3];
  return Number(session) === pid;
}

/** The kernel may know no such thing, or not let us; and the process may have ended. */
function unlessRefused(ask: () => void): void {
  try {
    ask();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}
