import type { Clock } from "../ports/clock.ts";

/** Waits for something, but not longer than that: `null` when it is not there by then. It goes on all the same. */
export async function atMost<T>(ms: number, coming: Promise<T>, clock: Clock): Promise<T | null> {
  const inTime = new AbortController();
  const late = clock.sleep(ms, inTime.signal).then(() => null);
  late.catch(() => undefined); // Rejects when it came in time, which is the ordinary case.
  try {
    return await Promise.race([coming, late]);
  } finally {
    inTime.abort();
  }
}
