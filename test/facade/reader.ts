import { WebSocket } from "ws";
import type { z } from "zod";
import { callStreamSchema } from "../../src/facade/contract/call-stream.ts";
import { phoneUpdateSchema } from "../../src/facade/contract/phone-updates.ts";
import { type Update, updateSchema, updatesPath } from "../../src/facade/contract/updates.ts";
import type { Harness } from "./harness.ts";

interface ReaderOptions {
  readonly headers?: Record<string, string>;
  readonly origin?: string;
  readonly path?: string;
}

/** What every message of a live socket has. */
interface Message {
  readonly type: string;
  readonly seq: number;
  readonly resume?: string | undefined;
  readonly data: unknown;
}

/** A client of a live socket that keeps all it gets, each message checked against the contract. */
class SocketReader<Told extends Message> {
  readonly socket: WebSocket;
  readonly updates: Told[] = [];
  readonly closed: Promise<number>;
  /** The HTTP status of a refused upgrade. */
  readonly refused: Promise<number>;
  readonly #waiting = new Set<() => void>();
  #fault: unknown = null;

  constructor(
    harness: Pick<Harness, "base">,
    query: string,
    schema: z.ZodType<Told>,
    options: ReaderOptions = {},
  ) {
    const base = harness.base.replace("http:", "ws:");
    this.socket = new WebSocket(`${base}${options.path ?? updatesPath}${query}`, {
      headers: options.headers ?? {},
      ...(options.origin === undefined ? {} : { origin: options.origin }),
    });
    this.socket.on("message", (data) => {
      try {
        this.updates.push(schema.parse(JSON.parse((data as Buffer).toString("utf8"))));
      } catch (error) {
        this.#fault ??= error;
      }
      for (const wake of this.#waiting) wake();
    });
    this.closed = new Promise((resolve) => this.socket.once("close", (code) => resolve(code)));
    this.refused = new Promise((resolve) =>
      this.socket.once("unexpected-response", (request, response) => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      }),
    );
    // A refused or broken socket is seen by its status or its close code.
    this.socket.on("error", () => undefined);
  }

  /** The first message of this type, now or when it comes. */
  async first<Type extends Told["type"]>(type: Type): Promise<Extract<Told, { type: Type }>> {
    const is = (update: Told): update is Extract<Told, { type: Type }> => update.type === type;
    await this.until(() => this.updates.some(is));
    const found = this.updates.find(is);
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  get types(): string[] {
    return this.updates.map(({ type }) => type);
  }

  /** Where it stands, for whoever goes on from there. */
  get mark(): string {
    const mark = this.updates.findLast(({ resume }) => resume !== undefined)?.resume;
    if (mark === undefined) throw new Error("it was not told where it stands");
    return mark;
  }

  /** Settles when what was received satisfies the test; rejects on a message outside the contract. */
  async until(test: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.#fault !== null) reject(this.#fault as Error);
        else if (!test()) return;
        else resolve();
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** A client of `/ws/updates`. */
export class Reader extends SocketReader<Update> {
  constructor(harness: Pick<Harness, "base">, query: string, options: ReaderOptions = {}) {
    super(harness, query, updateSchema, options);
  }
}

/** A client of `/ws?extension=`; the query begins after that. */
export class PhoneReader extends SocketReader<z.output<typeof phoneUpdateSchema>> {
  constructor(harness: Harness, extension: string, query: string) {
    super(harness, `?extension=${extension}${query}`, phoneUpdateSchema, { path: "/ws" });
  }
}

/** A client of `/api/calls/stream/{session_id}`. */
export class CallReader extends SocketReader<z.output<typeof callStreamSchema>> {
  constructor(harness: Harness, session: string, query: string) {
    super(harness, query, callStreamSchema, { path: `/api/calls/stream/${session}` });
  }
}
