import { connect, type Socket } from "node:net";
import { AnswerReader, type HttpAnswer } from "./answer.ts";

export interface HttpPoolOptions {
  readonly host: string;
  readonly port: number;
  readonly authorization: string;
  /** A connection that was not used for so long is closed. */
  readonly idleMs: number;
  readonly connectionsAtMost: number;
  readonly answerBytesAtMost: number;
}

/**
 * How many connections may be on their way at once. Asterisk lets ten of all its clients wait to be accepted; one more is dropped without
 * a word, and tried again by the kernel only after a second.
 */
const CONNECTING_AT_MOST = 4;
/** A connection that stands for so long has been accepted, also by an Asterisk that is busy. */
const ACCEPTED_AFTER_MS = 250;

/**
 * HTTP/1.1 to one server over kept connections, and nothing more than ARI needs of it: one request at a time on each,
 * the connection used last is used first. Node's own client takes half a millisecond longer for a single request,
 * which is a fifth of all that lies between a caller and the ringing of a phone.
 */
export interface HttpPool {
  /** Settles with the whole answer; rejects when it has not come in time. */
  exchange(
    method: string,
    path: string,
    body: Buffer | null,
    deadlineMs: number,
  ): Promise<HttpAnswer>;
  /** Closes the connections that nothing is under way on: the way they lead may be dead. */
  dropIdle(): void;
  /** Closes all connections; what is under way rejects. */
  close(): void;
}

interface Exchange {
  readonly text: Buffer;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
  connection: Connection | null;
}

/** Makes the pool; nothing is connected before the first request. */
export function createHttpPool(options: HttpPoolOptions): HttpPool {
  const all = new Set<Connection>();
  const free: Connection[] = [];
  const waiting: Exchange[] = [];
  const fixed = `Host: ${options.host}:${options.port}\r\nAuthorization: ${options.authorization}\r\n`;
  let closed = false;
  let connecting = 0;

  function onFree(connection: Connection): void {
    const next = waiting.shift();
    if (next === undefined) free.push(connection);
    else connection.send(next);
  }

  function onClose(connection: Connection): void {
    all.delete(connection);
    const at = free.indexOf(connection);
    if (at >= 0) free.splice(at, 1);
    const next = waiting.shift();
    if (next !== undefined) dispatch(next);
  }

  function dispatch(exchange: Exchange): void {
    const kept = free.pop();
    if (kept !== undefined) kept.send(exchange);
    else if (all.size >= options.connectionsAtMost || connecting >= CONNECTING_AT_MOST) {
      waiting.push(exchange);
    } else {
      connecting += 1;
      const fresh = new Connection(options, onSettled, onFree, onClose);
      all.add(fresh);
      fresh.send(exchange);
    }
  }

  /** A connection stands, or never will: there is room for another. */
  function onSettled(): void {
    connecting -= 1;
    const next = closed ? undefined : waiting.shift();
    if (next !== undefined) dispatch(next);
  }

  function drop(exchange: Exchange, error: Error): void {
    const at = waiting.indexOf(exchange);
    if (at >= 0) waiting.splice(at, 1);
    exchange.connection?.destroy();
    exchange.reject(error);
  }

  return {
    exchange(method, path, body, deadlineMs) {
      if (closed) return Promise.reject(new Error("the connections were closed"));
      const type = body === null ? "" : "Content-Type: application/json\r\n";
      const head = `${method} ${path} HTTP/1.1\r\n${fixed}${type}Content-Length: ${body?.length ?? 0}\r\n\r\n`;
      const text = body === null ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
      const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
      const late = setTimeout(
        () => drop(exchange, new Error(`no answer within ${deadlineMs} ms`)),
        deadlineMs,
      );
      const exchange: Exchange = {
        text,
        resolve: (answer) => {
          clearTimeout(late);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(late);
          reject(error);
        },
        connection: null,
      };
      dispatch(exchange);
      return promise;
    },
    dropIdle() {
      for (const connection of free.splice(0)) connection.destroy();
    },
    close() {
      closed = true;
      for (const exchange of waiting.splice(0)) exchange.reject(new Error("closed"));
      for (const connection of all) connection.destroy();
    },
  };
}

/** One connection: free, or busy with one exchange. */
class Connection {
  readonly #socket: Socket;
  readonly #bytesAtMost: number;
  readonly #onFree: (connection: Connection) => void;
  #current: { readonly exchange: Exchange; readonly reader: AnswerReader } | null = null;

  constructor(
    options: HttpPoolOptions,
    onSettled: () => void,
    onFree: (connection: Connection) => void,
    onClose: (connection: Connection) => void,
  ) {
    this.#bytesAtMost = options.answerBytesAtMost;
    this.#onFree = onFree;
    const socket = connect({
      host: options.host,
      port: options.port,
      noDelay: true,
      keepAlive: true,
    });
    this.#socket = socket;
    // While a request is under way its own deadline is what counts; it destroys the connection.
    socket.setTimeout(options.idleMs, () => this.#current ?? socket.destroy());
    let isSettled = false;
    const settle = (): void => {
      if (!isSettled) onSettled();
      isSettled = true;
    };
    // Only an answer shows that it was accepted; one that takes long is not waited for.
    socket.once("connect", () => setTimeout(settle, ACCEPTED_AFTER_MS).unref());
    socket.once("data", settle);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => {
      this.#fail(new Error("the connection was closed"));
      onClose(this);
      settle();
    });
    socket.on("end", () => {
      const last = this.#current?.reader.end() ?? null;
      if (last !== null) this.#settle(last);
      socket.destroy();
    });
  }

  send(exchange: Exchange): void {
    exchange.connection = this;
    this.#current = { exchange, reader: new AnswerReader(this.#bytesAtMost) };
    this.#socket.ref();
    this.#socket.write(exchange.text);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    // An answer to nothing, such as the notice that a kept connection has timed out.
    if (this.#current === null) return this.destroy();
    try {
      const answer = this.#current.reader.take(chunk);
      if (answer !== null) this.#settle(answer);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      this.destroy();
    }
  }

  #settle(answer: HttpAnswer): void {
    const current = this.#current;
    this.#current = null;
    if (answer.keep && !this.#socket.destroyed) {
      this.#socket.unref();
      this.#onFree(this);
    } else this.destroy();
    current?.exchange.resolve(answer);
  }

  #fail(error: Error): void {
    const current = this.#current;
    this.#current = null;
    current?.exchange.reject(error);
  }
}
