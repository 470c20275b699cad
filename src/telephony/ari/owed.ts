import { hasCode } from "../../domain/errors.ts";
import type { Log } from "../../ports/log.ts";

/** Whether a request failed because Asterisk was away; it may have been carried out all the same. */
export const isAway = (error: unknown): boolean => hasCode(error, "telephony_down");

/**
 * What was to be ended while Asterisk did not answer: channels, conversations. It is ended as soon as Asterisk answers
 * again, whoever asked for it may have gone by then.
 */
export class Owed {
  readonly #log: Log;
  readonly #tasks = new Map<string, () => Promise<unknown>>();
  #settling: Promise<void> | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Ends something, now or later. Rejects on what is no outage. `key` says what it is: it is ended once. */
  async end(key: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#tasks.set(key, task);
      this.#log.warn({ error, key }, "asterisk is away: it is ended later");
    }
  }

  /** The same for what nobody waits for; what is refused is logged. Never rejects. */
  async endQuietly(key: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await this.end(key, task);
    } catch (error) {
      this.#log.error({ error, key }, "what was owed to asterisk could not be ended");
    }
  }

  /** Asterisk answers: ends what is still to be ended. Never rejects; what fails again is kept. */
  settle(): Promise<void> {
    if (this.#tasks.size === 0) return Promise.resolve();
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = null;
    });
    return this.#settling;
  }

  async #settleAll(): Promise<void> {
    const tasks = [...this.#tasks];
    this.#tasks.clear();
    await Promise.all(tasks.map(([key, task]) => this.endQuietly(key, task)));
  }
}
