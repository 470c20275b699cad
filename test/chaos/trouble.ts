import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Trouble } from "./preload.ts";

/** Where trouble of a stage's servers is told; see `preload.ts`. */
export class Troublemaker {
  readonly #file: string;
  #now: Trouble = {};

  constructor(folder: string) {
    this.#file = join(folder, "trouble.json");
  }

  /** What a server process has to be started with. */
  get environment(): Readonly<Record<string, string>> {
    const preload = pathToFileURL(join(import.meta.dirname, "preload.ts")).href;
    return { NODE_OPTIONS: `--import=${preload}`, KITUO_CHAOS_TROUBLE: this.#file };
  }

  /** Changes what is wrong; a server process knows it within a moment. */
  async make(trouble: Trouble): Promise<void> {
    this.#now = { ...this.#now, ...trouble };
    const beside = `${this.#file}.new`;
    await writeFile(beside, `${JSON.stringify(this.#now)}\n`);
    await rename(beside, this.#file);
  }
}
