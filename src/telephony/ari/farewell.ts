/** Longer than it takes to connect again and to ask who has left. */
const TOLD_WITHIN_MS = 5_000;

/**
 * Asterisk has answered that a channel is gone, and its end has not been told yet. It is in a moment, with the time at
 * which it happened: whoever went on before that would note facts of a call that is over. After an outage requests get
 * through before the events do, and she may have left long ago. Settles in any case, for nothing may wait for ever.
 */
export function farewell(gone: AbortSignal): Promise<void> {
  if (gone.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(late);
      gone.removeEventListener("abort", settle);
      resolve();
    };
    const late = setTimeout(settle, TOLD_WITHIN_MS);
    gone.addEventListener("abort", settle, { once: true });
  });
}
