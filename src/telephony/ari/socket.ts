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
  /** Told when the connection is up. */
  readonly onUp: () => void;
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
  /** When the other side was last heard, in milliseconds since 1970. */
  readonly heardAt: number;
  /**
   * Connects again when the place that we were just pushed out of may be held by ourselves: a handshake that we gave up
   * while Asterisk hung is carried out when it does not hang any more, perhaps after a later one. `false`: it was not us.
   */
  reclaim(): boolean;
  /** Gives this connection up and makes another. */
  drop(): void;
  close(): void;
}

/** What the machine's clock said at the start, and what has passed since: it is not moved when that clock is set. */
const now = (): number => Math.floor(performance.timeOrigin + performance.now());

/** How long to wait before the next try: doubles from `least` to `most`, shaken so that many clients do not march. */
export function pauseBefore(attempt: number, least: number, most: number): number {
  const whole = Math.min(most, least * 2 ** Math.min(attempt, 20));
  return whole * (0.5 + Math.random() / 2);
}

/**
 * So many pings without an answer, and the connection is given up. They are counted, not timed: a process that was
 * frozen finds the answers waiting.
 */
const pingsUnanswered = 2;

/** So long after a connection was made, nothing of handshakes that were given up before it comes any more. */
const straysWithinMs = 3_000;

/** Makes the socket; nothing is connected before `open`. */
export function createEventSocket(options: EventSocketOptions): EventSocket {
  const { log, pingEveryMs = 700, reconnectMs = { least: 100, most: 500 } } = options;
  const credentials = Buffer.from(`${options.user}:${options.password}`).toString("base64");
  const first = Promise.withResolvers<void>();
  // Whoever closes before the first connection need not have called `open`.
  first.promise.catch(() => undefined);
  let socket: WebSocket | null = null;
  let retry: NodeJS.Timeout | null = null;
  let attempt = 0;
  let up = false;
  let closed = false;
  let heardAt = now();
  /** Handshakes were given up, and Asterisk may carry them out yet. */
  let strays = false;
  let straysUntil = 0;

  function connect(): void {
    retry = null;
    const current = new WebSocket(options.url, {
      headers: { authorization: `Basic ${credentials}` },
      perMessageDeflate: false,
      handshakeTimeout: 1_000,
      // Frames come from Asterisk on our own machine or a private net, as valid UTF-8 from its JSON writer.
      skipUTF8Validation: true,
    });
    socket = current;
    let unanswered = 0;
    const heartbeat = setInterval(() => {
      if (unanswered >= pingsUnanswered) {
        log.warn({}, "events of asterisk: no answer to a ping, connecting again");
        current.terminate();
        return;
      }
      if (current.readyState !== WebSocket.OPEN) return;
      unanswered += 1;
      current.ping();
    }, pingEveryMs);
    current.on("pong", () => {
      unanswered = 0;
      heardAt = now();
    });
    current.on("open", () => {
      options.onOpen().then(
        () => {
          if (current.readyState !== WebSocket.OPEN) return;
          attempt = 0;
          up = true;
          if (strays) straysUntil = performance.now() + straysWithinMs;
          strays = false;
          log.info({}, "events of asterisk: connected");
          options.onUp();
          first.resolve();
        },
        (error: unknown) => {
          log.warn({ error }, "events of asterisk: could not prepare the connection");
          current.terminate();
        },
      );
    });
    current.on("message", (data, binary) => {
      heardAt = now();
      if (!binary && Buffer.isBuffer(data)) options.onText(data.toString("utf8"));
    });
    current.on("error", (error) => {
      log.warn({ error, attempt }, "events of asterisk: connection failed");
    });
    current.on("close", () => {
      clearInterval(heartbeat);
      const wasUp = up;
      up = false;
      if (!wasUp) strays = true;
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
    get heardAt() {
      return heardAt;
    },
    reclaim() {
      const ours = strays || performance.now() < straysUntil;
      if (ours) socket?.terminate();
      return ours;
    },
    drop() {
      socket?.terminate();
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
