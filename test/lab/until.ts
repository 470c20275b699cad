import { setTimeout as pause } from "node:timers/promises";

/** Settles when `holds` says so, which is asked again and again; rejects, naming `what`, when it never does. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come in ${withinMs} ms`);
    await pause(20);
  }
}

/** Lets people talk or listen for so long: sound takes its time, and there is no event for having heard it. */
export const conversation = (ms: number): Promise<void> => pause(ms);

/** Whether moments, as the API writes them, follow one another; one that never came breaks the order. */
export const inOrder = (moments: readonly (string | null)[]): boolean =>
  moments.every((moment, at) => {
    const before = moments[at - 1];
    return moment !== null && (at === 0 || (before ?? "") <= moment);
  });
