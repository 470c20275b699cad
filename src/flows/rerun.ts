/**
 * Work that is asked for more often than it need run: one run at a time, and one more when it was asked for during a
 * run. The work must not reject.
 */
export class Rerun {
  readonly #work: () => Promise<void>;
  #asked: PromiseWithResolvers<void> | null = null;
  #running: Promise<void> | null = null;
  #current: Promise<void> | null = null;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  ask(): void {
    void this.run(); // The work does not reject, so neither does this.
  }

  /** Asks for it; settles when a run that began after this is over. */
  run(): Promise<void> {
    this.#asked ??= Promise.withResolvers();
    this.#running ??= this.#drain();
    return this.#asked.promise;
  }

  /** Settles when nothing is asked for and nothing runs. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Settles when the run that is under way now is over, if one is, whatever is asked for meanwhile. */
  async current(): Promise<void> {
    await this.#current;
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // What is asked for in one go is done in one go.
    for (let asked = this.#asked; asked !== null; asked = this.#asked) {
      this.#asked = null;
      this.#current = this.#work();
      await this.#current;
      asked.resolve();
    }
    this.#running = null; // In the same step as the last look at `asked`, so that no wish falls between.
  }
}
