/**
 * The commands of one leg, one after another. Asterisk answers some requests only when an earlier one on the same
 * channel has ended, so what must happen in order is sent in order.
 */
export class CommandQueue {
  #last: Promise<unknown> = Promise.resolve();
  #owed: (() => Promise<void>) | null = null;

  /** What has to be done before the next command, and need not be done when there is none; it must not reject. */
  beforeNext(task: () => Promise<void>): void {
    this.#owed = task;
  }

  /** Runs a task when all tasks before it have ended, well or badly. */
  run<Value>(task: () => Promise<Value>): Promise<Value> {
    if (this.#owed !== null) {
      this.#last = this.#last.then(this.#owed);
      this.#owed = null;
    }
    const result = this.#last.then(task);
    // The next command does not care how this one ended; whoever asked for this one is told.
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Runs a task while no other command of any of these queues runs. The caller sorts, so that two never deadlock. */
export function runInAll<Value>(
  queues: readonly CommandQueue[],
  task: () => Promise<Value>,
): Promise<Value> {
  const [first, ...rest] = queues;
  return first === undefined ? task() : first.run(() => runInAll(rest, task));
}
