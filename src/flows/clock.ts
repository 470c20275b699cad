import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/** The longest wait that a timer of Node takes; a longer one would fire at once. */
const LONGEST_MS = 2_147_483_647;
/** How often the machine's clock is compared with ours, and from what difference on that is told. */
const COMPARE_EVERY_MS = 1_000;
const TELL_FROM_MS = 1_000;

/** What the machine's clock said when this process's own one began to count. */
const anchor = Date.now() - performance.now();

/**
 * The time by which this process works: what the machine's clock said at its start, and what has passed since. It
 * never goes back and never leaps, so setting the machine's clock moves no wait, no after-call work and no deadline.
 * The price: after the machine's clock was set, the times that this process writes differ from the clock on the wall
 * until it is started again; {@link watchClock} tells.
 */
export const wallClock: Clock = {
  now: () => Math.floor(anchor + performance.now()),
  sleep(ms, signal) {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onEnd = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", onEnd);
        resolve();
      },
      Math.min(ms, LONGEST_MS),
    );
    signal.addEventListener("abort", onEnd, { once: true });
    return promise;
  },
};

/**
 * Logs a warning whenever the machine's clock was set by more than a second, or stood still as the machine slept.
 * Returns what ends it. `wall` is the machine's clock.
 */
export function watchClock(
  log: Log,
  { wall = Date.now, everyMs = COMPARE_EVERY_MS }: { wall?: () => number; everyMs?: number } = {},
): () => void {
  let before = wall() - wallClock.now();
  const timer = setInterval(() => {
    const ahead = wall() - wallClock.now();
    if (Math.abs(ahead - before) < TELL_FROM_MS) return;
    log.warn(
      { setByMs: ahead - before, aheadMs: ahead },
      "the machine's clock was set; times written from now on differ from it until the next start",
    );
    before = ahead;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
