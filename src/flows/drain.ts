import type { Deps } from "./deps.ts";

/**
 * The orderly end of this process while calls go on: it claims no new call, and ends with its last one or when the time
 * is up. What calls it has left then are taken up by the other processes, or by its successor.
 */
export class Drain {
  readonly #deps: Pick<Deps, "clock" | "log" | "running" | "telephony">;
  readonly #onDone: () => void;
  #limit: AbortController | null = null;
  #isOver = false;

  constructor(deps: Pick<Deps, "clock" | "log" | "running" | "telephony">, onDone: () => void) {
    this.#deps = deps;
    this.#onDone = onDone;
  }

  /** Begins it; asked again, the newest limit counts. `withinMs` null: however long the calls last. */
  begin(withinMs: number | null): void {
    const { clock, log, running, telephony } = this.#deps;
    if (this.#limit === null) {
      telephony.drain();
      log.info(
        { calls: running.size },
        "no new calls are taken; this process ends with its last one",
      );
      void running.idle().then(() => this.#end());
    }
    this.#limit?.abort();
    const limit = new AbortController();
    this.#limit = limit;
    if (withinMs === null) return;
    clock.sleep(withinMs, limit.signal).then(
      () => this.#end(),
      () => undefined, // Rejects only because another limit took its place.
    );
  }

  state(): { readonly draining: boolean; readonly calls: number } {
    return { draining: this.#limit !== null, calls: this.#deps.running.size };
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limit?.abort();
    this.#onDone();
  }
}
