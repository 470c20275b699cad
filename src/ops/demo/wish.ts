/** Pressed keys and signals that come so close together are one: npm passes on what the terminal has also sent. */
const together = 500;

/** The wish of whoever started this that it ends. */
export interface EndWish {
  /** Settles with the first wish. */
  readonly first: Promise<void>;
  /** Tells of a wish: the first one ends all in order, a second one calls `again`. */
  tell(): void;
}

/** Listens for signals that mean the end. */
export function listenForEnd(again: () => void, now: () => number = Date.now): EndWish {
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstAt: number | null = null;
  const tell = (): void => {
    if (firstAt !== null && now() - firstAt > together) again();
    firstAt ??= now();
    resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, tell);
  return { first: promise, tell };
}
