import { WebSocket } from "ws";
import { type Update, updateSchema, updatesPath } from "../../src/facade/contract/updates.ts";
import type { Harness } from "./harness.ts";

/** A client of `/ws/updates` that keeps all it gets, each message checked against the contract. */
export class Reader {
  readonly socket: WebSocket;
  readonly updates: Update[] = [];
  readonly closed: Promise<number>;
  /** The HTTP status of a refused upgrade. */
  readonly refused: Promise<number>;
  readonly #waiting = new Set<() => void>();
  #fault: unknown = null;

  constructor(
    harness: Harness,
    query: string,
    options: { headers?: Record<string, string>; origin?: string; path?: string } = {},
  ) {
    const base = harness.base.replace("http:", "ws:");
    this.socket = new WebSocket(`${base}${options.path ?? updatesPath}${query}`, {
      headers: options.headers ?? {},
      ...(options.origin === undefined ? {} : { origin: options.origin }),
    });
    this.socket.on("message", (data) => {
      try {
        this.updates.push(updateSchema.parse(JSON.parse((data as Buffer).toString("utf8"))));
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
  async first<Type extends Update["type"]>(type: Type): Promise<Extract<Update, { type: Type }>> {
    const is = (update: Update): update is Extract<Update, { type: Type }> => update.type === type;
    await this.until(() => this.updates.some(is));
    const found = this.updates.find(is);
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
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
