import type { CallId } from "../domain/ids.ts";
import type { Leg } from "../ports/telephony.ts";

/**
 * What runs in this process: what adoption leaves alone, and what a drain waits for. A call has one flow at a time:
 * one that comes back out of the dialplan goes on when its flow of before has cleared away.
 */
export class Running {
  readonly #legs = new Set<Leg>();
  readonly #flows = new Map<CallId, Promise<void>>();
  readonly #awaited = new Map<CallId, (() => void)[]>();
  #onIdle: (() => void)[] = [];

  /** Whether a flow of this call runs here. */
  has(call: CallId): boolean {
    return this.#flows.has(call);
  }

  /** Settles when a flow of this call has begun here; at once when one runs. */
  async begins(call: CallId): Promise<void> {
    if (this.#flows.has(call)) return;
    await new Promise<void>((resolve) => {
      this.#awaited.set(call, [...(this.#awaited.get(call) ?? []), resolve]);
    });
  }

  /** Settles when no flow of this call runs here. */
  async ends(call: CallId): Promise<void> {
    await this.#flows.get(call)?.catch(() => undefined); // Whoever runs it hears of that.
    if (this.#flows.has(call)) await this.ends(call);
  }

  /** Whether a caller's leg is in hand here. */
  handles(leg: Leg): boolean {
    return this.#legs.has(leg);
  }

  /** How many callers are in this process's hands. */
  get size(): number {
    return this.#legs.size;
  }

  /** Does what is to be done with a caller's leg, unless that is done already. `work` must not reject. */
  async handle(leg: Leg, work: () => Promise<void>): Promise<void> {
    if (this.#legs.has(leg)) return;
    this.#legs.add(leg);
    await work();
    this.#legs.delete(leg);
    if (this.#legs.size > 0) return;
    for (const tell of this.#onIdle.splice(0)) tell();
  }

  /** Runs the flow of a call, after one of the same call that runs still. Rejects as `flow` does. */
  async run(call: CallId, flow: () => Promise<void>): Promise<void> {
    const before = this.#flows.get(call);
    const done = before === undefined ? flow() : before.then(flow, flow);
    this.#flows.set(call, done);
    for (const tell of this.#awaited.get(call) ?? []) tell();
    this.#awaited.delete(call);
    try {
      await done;
    } finally {
      if (this.#flows.get(call) === done) this.#flows.delete(call);
    }
  }

  /** Settles when no caller is in hand. */
  async idle(): Promise<void> {
    if (this.#legs.size === 0) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }
}
