import { setTimeout as pause } from "node:timers/promises";
import { sessionSchema } from "../../facade/contract/session.ts";
import { type Update, updateSchema, updatesPath } from "../../facade/contract/updates.ts";

export interface FeedOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly onUpdate: (update: Update) => void;
  /** The connection has come or gone. */
  readonly onConnected: (connected: boolean) => void;
  readonly note: (line: string) => void;
}

/** Follows the live updates until it is stopped, as any board would: signs in, reads, connects again when it must. */
export function followUpdates(options: FeedOptions): { stop(): Promise<void> } {
  const over = new AbortController();
  const following = (async () => {
    while (!over.signal.aborted) {
      try {
        await readOnce(options, over.signal);
      } catch (error) {
        if (!over.signal.aborted) options.note(`the live updates broke off: ${String(error)}`);
      }
      options.onConnected(false);
      // The stop cuts this short; there is nothing to do about it but to look at the loop's condition.
      await pause(500, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      over.abort();
      await following;
    },
  };
}

/** One connection, from signing in to its end. */
async function readOnce(options: FeedOptions, signal: AbortSignal): Promise<void> {
  const answer = await fetch(new URL("/api/auth/login", options.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: options.username, password: options.password }),
    signal,
  });
  if (!answer.ok) throw new Error(`signing in was answered with ${answer.status}`);
  const { token } = sessionSchema.parse(await answer.json());
  const address = new URL(updatesPath, options.url);
  address.protocol = "ws:";
  const socket = new WebSocket(address);
  const ended = Promise.withResolvers<void>();
  const stop = (): void => socket.close();
  signal.addEventListener("abort", stop, { once: true });
  let next = 1;
  socket.onopen = () => socket.send(JSON.stringify({ type: "auth", token }));
  socket.onmessage = ({ data }) => {
    try {
      const update = updateSchema.parse(JSON.parse(String(data)));
      if (update.seq !== next) throw new Error(`message ${next} is missing`);
      next += 1;
      if (update.type === "snapshot") options.onConnected(true);
      options.onUpdate(update);
    } catch (error) {
      socket.close();
      ended.reject(error);
    }
  };
  // What is wrong is told by the close event that follows.
  socket.onerror = () => undefined;
  socket.onclose = ({ code, reason }) =>
    signal.aborted ? ended.resolve() : ended.reject(new Error(`closed with ${code} ${reason}`));
  try {
    await ended.promise;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
