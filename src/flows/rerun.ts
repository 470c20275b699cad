/**
 * Work that is asked for more often than it need run: one run at a time, and one more when it was asked for during a
 * run. The work must not reject.
 */
export class Rerun {
  readonly #work: () => Promise<void>;
  #asked = false;
  #running: Promise<void> | null = null;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  ask(): void {
    this.#asked = true;
    this.#running ??= this.#run();
  }

  /** Settles when nothing is asked for and nothing runs. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // What is asked for in one go is done in one go.
    while (this.#asked) {
      this.#asked = false;
      await this.#work();
    }
    this.#running = null; // In the same step as the last look at `asked`, so that no wish falls between.
  }
}
