import type { Clock } from "../ports/clock.ts";

/** The longest wait that a timer of Node takes; a longer one would fire at once. */
const LONGEST_MS = 2_147_483_647;

/** The machine's own clock. */
export const wallClock: Clock = {
  now: () => Date.now(),
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
