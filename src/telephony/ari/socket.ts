import WebSocket from "ws";
import type { Log } from "../../ports/log.ts";

export interface EventSocketOptions {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly log: Log;
  /** Told of each text message. */
  readonly onText: (text: string) => void;
  /** Run on each new connection; the socket counts as up when it settles, and is dropped when it rejects. */
  readonly onOpen: () => Promise<void>;
  /** Told when the connection is lost. */
  readonly onClose: () => void;
  readonly pingEveryMs?: number;
  readonly reconnectMs?: { readonly least: number; readonly most: number };
}

/** A WebSocket that is kept open: it pings, notices silence, and connects again for ever until closed. */
export interface EventSocket {
  /** Settles when the first connection is up. */
  open(): Promise<void>;
  readonly up: boolean;
  close(): void;
}

/** How long to wait before the next try: doubles from `least` to `most`, shaken so that many clients do not march. */
export function pauseBefore(attempt: number, least: number, most: number): number {
  const whole = Math.min(most, least * 2 ** Math.min(attempt, 20));
  return whole * (0.5 + Math.random() / 2);
}

/** Makes the socket; nothing is connected before `open`. */
export function createEventSocket(options: EventSocketOptions): EventSocket {
  const { log, pingEveryMs = 5_000, reconnectMs = { least: 250, most: 5_000 } } = options;
  const credentials = Buffer.from(`${options.user}:${options.password}`).toString("base64");
  const first = Promise.withResolvers<void>();
  // Whoever closes before the first connection need not have called `open`.
  first.promise.catch(() => undefined);
  let socket: WebSocket | null = null;
  let retry: NodeJS.Timeout | null = null;
  let attempt = 0;
  let up = false;
  let closed = false;

  function connect(): void {
    retry = null;
    const current = new WebSocket(options.url, {
      headers: { authorization: `Basic ${credentials}` },
      perMessageDeflate: false,
      handshakeTimeout: 4_000,
      // Frames come from Asterisk on our own machine or a private net, as valid UTF-8 from its JSON writer.
      skipUTF8Validation: true,
    });
    socket = current;
    let waiting = false;
    const heartbeat = setInterval(() => {
      if (waiting) {
        log.warn({}, "events of asterisk: no answer to a ping, connecting again");
        current.terminate();
        return;
      }
      if (current.readyState !== WebSocket.OPEN) return;
      waiting = true;
      current.ping();
    }, pingEveryMs);
    current.on("pong", () => {
      waiting = false;
    });
    current.on("open", () => {
      options.onOpen().then(
        () => {
          if (current.readyState !== WebSocket.OPEN) return;
          attempt = 0;
          up = true;
          log.info({}, "events of asterisk: connected");
          first.resolve();
        },
        (error: unknown) => {
          log.warn({ error }, "events of asterisk: could not prepare the connection");
          current.terminate();
        },
      );
    });
    current.on("message", (data, binary) => {
      if (!binary && Buffer.isBuffer(data)) options.onText(data.toString("utf8"));
    });
    current.on("error", (error) => {
      log.warn({ error, attempt }, "events of asterisk: connection failed");
    });
    current.on("close", () => {
      clearInterval(heartbeat);
      const wasUp = up;
      up = false;
      if (socket !== current) return;
      socket = null;
      if (wasUp) options.onClose();
      if (closed) return;
      retry = setTimeout(connect, pauseBefore(attempt, reconnectMs.least, reconnectMs.most));
      attempt += 1;
    });
  }

  return {
    get up() {
      return up;
    },
    open() {
      if (socket === null && retry === null && !closed) connect();
      return first.promise;
    },
    close() {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      const current = socket;
      socket = null;
      up = false;
      current?.terminate();
      first.reject(new Error("the event socket was closed"));
    },
  };
}
